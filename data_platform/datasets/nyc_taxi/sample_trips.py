"""Faultless trips with the shapes of real ones: when and where New Yorkers ride, how far, and what it costs.

Amounts are cents and distances hundredths of a mile until they are written, so that sums stay exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_platform.datasets.nyc_taxi.sample_zones import ZONES

JFK, LAGUARDIA, NEWARK = 132, 138, 1
AMOUNTS = ("fare", "extra", "mta_tax", "improvement", "congestion", "cbd", "airport_fee", "tolls", "tip")
CONGESTION_PRICING = np.datetime64("2025-01-05")

_BOROUGH = np.array(["", *(zone.borough for zone in ZONES)])
_YELLOW_ZONE = np.array([False, *(zone.service_zone == "Yellow Zone" for zone in ZONES)])
# Zones of Manhattan's yellow zone that lie north of 60th Street, outside the Congestion Relief Zone.
_UPTOWN = [24, 43, 103, 104, 105, 140, 141, 142, 143, 151, 194, 236, 237, 238, 239, 262, 263]
_RELIEF_ZONE = _YELLOW_ZONE & ~np.isin(np.arange(len(_YELLOW_ZONE)), _UPTOWN)
# Share of an average day (by month and day); the rest are ordinary days.
_HOLIDAYS = {(11, 28): 0.62, (11, 29): 0.8, (12, 24): 0.8, (12, 25): 0.55, (1, 1): 0.7, (1, 20): 0.85, (2, 17): 0.87}

Numbers = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Fleet:
    """How a service's trips are spread. Weights need not add up to 1; hours run from 0 to 23, days from Monday."""

    vendors: Mapping[int, float]
    popular: Mapping[int, float]
    elsewhere: float
    hours: tuple[float, ...]
    days: tuple[float, ...]
    stays_in_borough: float
    card: float
    congestion_cents: int
    airport_fee_cents: int
    dispatched: float


# Zone and hour weights follow the order of magnitude of TLC records of 2024 and 2025.
YELLOW = Fleet(
    vendors={1: 22, 2: 77, 6: 1},
    popular={
        **{237: 150, 161: 144, 236: 139, JFK: 133, 230: 111, 186: 110, 162: 105, 142: 98, LAGUARDIA: 86, 239: 85},
        **{163: 84, 170: 83, 234: 80, 68: 75, 141: 72, 48: 69, 140: 67, 79: 67, 164: 64, 249: 64, 263: 58, 107: 56},
        **{246: 55, 238: 52, 229: 49, 43: 46, 100: 46, 113: 44, 262: 43, 90: 42, 114: 40, 231: 35, 143: 30, 137: 29},
    },
    elsewhere=1.5,
    hours=(24, 16, 10, 7, 5, 5, 13, 25, 37, 45, 46, 50, 57, 61, 63, 68, 64, 72, 72, 63, 59, 57, 49, 33),
    days=(0.87, 0.96, 1.03, 1.1, 1.09, 1.05, 0.9),
    stays_in_borough=0.86,
    card=0.83,
    congestion_cents=250,
    airport_fee_cents=175,
    dispatched=0,
)
GREEN = Fleet(
    vendors={1: 13, 2: 86, 6: 1},
    popular={
        **{74: 98, 75: 62, 43: 21, 95: 21, 166: 20, 82: 19, 41: 18, 97: 16, 65: 13, 130: 11, 244: 10, 7: 9, 129: 8},
        **{42: 8, 260: 6, 66: 6, 134: 5, 33: 4, 83: 4, 92: 3, 116: 3, 223: 3, 24: 3, 193: 3, 25: 2},
    },
    elsewhere=0.25,
    hours=(36, 26, 19, 15, 12, 13, 35, 83, 104, 113, 111, 113, 116, 121, 136, 149, 162, 176, 160, 126, 98, 77, 65, 51),
    days=(0.98, 1.04, 1.06, 1.07, 1.08, 0.95, 0.82),
    stays_in_borough=0.7,
    card=0.7,
    congestion_cents=275,
    airport_fee_cents=0,
    dispatched=0.05,
)


def trips(fleet: Fleet, month: date, count: int, random: np.random.Generator) -> pd.DataFrame:
    """`count` trips that began within the month, in order of pickup, no two in the same second.

    Codes and amounts are floats, so that faults can put NULL (NaN) into them.
    """
    pickup, hour, is_workday = _pickups(fleet, month, count, random)
    start, end = _zones(fleet, count, random)
    distance = _distances(start, end, random)
    speed = np.where((hour >= 7) & (hour < 20), 9.5, 15.0) + 0.6 * np.minimum(distance / 100, 20)  # miles an hour
    seconds = np.clip(distance / 100 / speed * random.normal(1, 0.15, count).clip(0.6, 1.6) * 3600 + 75, 60, 10_000)
    is_dispatched = random.random(count) < fleet.dispatched
    rate = _rates(start, end, is_dispatched)
    payment = random.choice([1, 2, 3, 4], count, p=[fleet.card, 0.985 - fleet.card, 0.008, 0.007])
    frame = pd.DataFrame(
        {
            "vendor": _draw(fleet.vendors, count, random),
            "pickup": pickup,
            "dropoff": pickup + seconds.astype("timedelta64[s]"),
            "passengers": random.choice([0, 1, 2, 3, 4, 5, 6], count, p=[0.01, 0.77, 0.13, 0.035, 0.025, 0.018, 0.012]),
            "distance": distance,
            "rate": rate,
            "flag": np.where(random.random(count) < 0.004, "Y", "N").astype(object),
            "pickup_zone": start,
            "dropoff_zone": end,
            "payment": payment,
            "trip_type": np.where(is_dispatched, 2, 1),
            "fare": _fares(distance, seconds, rate),
            "extra": _extras(hour, is_workday, rate),
            "mta_tax": np.where(np.isin(rate, [3, 5]), 0, 50),
            "improvement": 100,
            "congestion": np.where(_YELLOW_ZONE[start] | _YELLOW_ZONE[end], fleet.congestion_cents, 0),
            "cbd": np.where((pickup >= CONGESTION_PRICING) & (_RELIEF_ZONE[start] | _RELIEF_ZONE[end]), 75, 0),
            "airport_fee": np.where(np.isin(start, [JFK, LAGUARDIA]), fleet.airport_fee_cents, 0),
            "tolls": np.where(random.random(count) < _toll_chance(start, end), 694, 0),
        }
    )
    tip = random.choice([0, 0.1, 0.15, 0.18, 0.2, 0.25, 0.3], count, p=[0.07, 0.06, 0.12, 0.2, 0.33, 0.15, 0.07])
    frame["tip"] = np.where(payment == 1, np.rint(tip * (frame["fare"] + frame["extra"])), 0)
    frame["total"] = frame[list(AMOUNTS)].sum(axis=1)
    return frame.astype({name: "float64" for name in frame if name not in ("pickup", "dropoff", "flag")})


def _pickups(
    fleet: Fleet, month: date, count: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.datetime64], Ids, Flags]:
    days = pd.date_range(month, periods=pd.Timestamp(month).days_in_month)
    of_day = [fleet.days[day.weekday()] * _HOLIDAYS.get((day.month, day.day), 1) for day in days]
    weights = np.outer(of_day, fleet.hours).ravel()
    slots = random.choice(len(weights), count, p=weights / weights.sum())
    # Before the last minute, so that the nudge below stays within the month.
    seconds = np.sort(np.minimum(slots * 3600 + random.integers(0, 3600, count), len(days) * 86_400 - 60))
    steps = np.arange(count)
    # Strictly rising: two trips that happened to be equal would be a duplicate that nobody planted.
    seconds = np.maximum.accumulate(seconds - steps) + steps
    pickup = np.datetime64(month, "us") + seconds.astype("timedelta64[s]")
    is_workday = np.array([day.weekday() < 5 for day in days])[seconds // 86_400]
    return pickup, seconds % 86_400 // 3600, is_workday


def _zones(fleet: Fleet, count: int, random: np.random.Generator) -> tuple[Ids, Ids]:
    ids = np.arange(1, 264)
    # Staten Island has its zones, but hardly a taxi.
    quiet = np.where(_BOROUGH[ids] == "Staten Island", 0.02, 1) * fleet.elsewhere
    weights = np.array([fleet.popular.get(int(zone), rest) for zone, rest in zip(ids, quiet, strict=True)])
    start = random.choice(ids, count, p=weights / weights.sum())
    # People leave from few places and go to many.
    spread = weights**0.8
    end = random.choice(ids, count, p=spread / spread.sum())
    stays = (random.random(count) < fleet.stays_in_borough) & ~np.isin(start, [JFK, LAGUARDIA])
    for borough in np.unique(_BOROUGH[ids]):
        here = stays & (_BOROUGH[start] == borough)
        near = ids[_BOROUGH[ids] == borough]
        chance = spread[near - 1] / spread[near - 1].sum()
        end[here] = random.choice(near, int(here.sum()), p=chance)
    return start, end


def _distances(start: Ids, end: Ids, random: np.random.Generator) -> Numbers:
    def touches(*zones: int) -> Flags:
        found: Flags = np.isin(start, zones) | np.isin(end, zones)
        return found

    median = np.select(
        [start == end, touches(NEWARK), touches(JFK), touches(LAGUARDIA), _BOROUGH[start] == _BOROUGH[end]],
        [0.7, 17.5, 15.5, 9.5, 1.7],
        5.8,
    )
    spread = np.where(median > 9, 0.2, 0.5)
    miles = np.clip(median * np.exp(random.normal(0, 1, len(start)) * spread), 0.1, 60)
    hundredths: Numbers = np.rint(miles * 100)
    return hundredths


def _rates(start: Ids, end: Ids, is_dispatched: Flags) -> Ids:
    between_manhattan_and_jfk = ((start == JFK) & (_BOROUGH[end] == "Manhattan")) | (
        (end == JFK) & (_BOROUGH[start] == "Manhattan")
    )
    rates: Ids = np.select([is_dispatched, end == NEWARK, between_manhattan_and_jfk], [5, 3, 2], 1)
    return rates


def _fares(distance: Numbers, seconds: Numbers, rate: Ids) -> Numbers:
    # The meter starts at $3.00 and ticks $0.70 for a fifth of a mile or a minute of standing; JFK is $70 flat,
    # Newark $20 more (TLC rate of 2022-12).
    ticks = np.floor(distance / 100 * 5 * 0.85 + seconds / 60 * 0.25)
    metered = 300 + 70 * ticks
    fares: Numbers = np.select(
        [rate == 2, rate == 3, rate == 5], [7000, metered + 2000, np.rint(metered / 100) * 100], metered
    )
    return fares


def _extras(hour: Ids, is_workday: Flags, rate: Ids) -> Ids:
    rush = is_workday & (hour >= 16) & (hour < 20)
    night = (hour >= 20) | (hour < 6)
    extras: Ids = np.select([rate == 5, rush & (rate == 2), rush, night], [0, 500, 250, 100], 0)
    return extras


def _toll_chance(start: Ids, end: Ids) -> Numbers:
    airport = np.isin(start, [JFK, LAGUARDIA]) | np.isin(end, [JFK, LAGUARDIA])
    chance: Numbers = np.select([airport, _BOROUGH[start] != _BOROUGH[end]], [0.45, 0.08], 0)
    return chance


def _draw(weights: Mapping[int, float], count: int, random: np.random.Generator) -> Ids:
    chances = np.array(list(weights.values()))
    drawn: Ids = random.choice(list(weights), count, p=chances / chances.sum())
    return drawn
