"""The stations, booths and turnstiles of the generated sample: invented, laid out like the MTA's."""

from collections.abc import Iterator
from dataclasses import dataclass

# Station; lines; division; its booths (control area, remote unit, turnstiles). Names repeat as they do in New York: two
# stations are called 31 ST, two booths of one station call it differently.
_STATIONS = """
HARBOR ST; 7; IRT; A201 R601 6, A202 R601 4
MAPLE AV; BDF; IND; N301 R602 7
CANNERY ROW; L; BMT; H101 R603 5, H102 R603 5
31 ST; NQR; BMT; A203 R604 8
31 ST; 6; IRT; R201 R605 6
GRANITE BLVD; ACE; IND; N302 R606 9, N303 R606 6
FOUNDRY SQ; ACENQR7; BMT; A204 R607 12
FOUNDRY SQ; 7ACENQR; IRT; R202 R607 10, R203 R607 8
ORCHARD-7 ST; F; IND; N304 R608 5
7 ST-ORCHARD; F; IND; N305 R608 4
QUARRY RD; 25; IRT; R204 R609 6
LIGHTHOUSE; Q; BMT; B001 R610 4
MILL BASIN RD; J; BMT; J001 R611 5
OBSERVATORY; BC; IND; N306 R612 7
TANNERS LA; G; IND; N307 R613 6
BELLWETHER AV; 4; IRT; R205 R614 7, R206 R614 3
SALT MARSH; A; IND; N308 R615 4
COBBLERS HILL; R; BMT; C001 R616 5
VIADUCT-125; 1; IRT; R207 R617 8
ROPEWALK; JMZ; BMT; K001 R618 6
KITE HILL PARK; D4; IND; N309 R619 7
FERRY LANDING; R1; BMT; A205 R620 6, R208 R620 5
GASWORKS; N; BMT; D001 R621 4
ASYLUM AV; 2; IRT; R209 R622 5
PRINTERS ROW; BDFM; IND; N310 R623 9
RIVER TRAM; R; RIT; TRAM8 R624 3
NARROWS FERRY; 1; SRT; S101 R625 5
TWIN BRIDGES; 1; PTH; PTH31 R626 8
"""
# Booths that the list has, but no turnstile reports from; and booths that report, but are not in the list.
_LISTED_ONLY = ("DEPOT YARD; 5; IRT; R299 R698 0", "OLD TERMINAL; A; IND; N399 R699 0")
_NOT_LISTED = ("N310", "PTH31")


@dataclass(frozen=True)
class Booth:
    """A booth as the weekly files name it; `turnstiles` is how many it has."""

    control_area: str
    unit: str
    station: str
    line: str
    division: str
    turnstiles: int


@dataclass(frozen=True)
class Position:
    """One turnstile, by what its readings call it."""

    booth: Booth
    scp: str


def _booths(text: str) -> Iterator[Booth]:
    for written in text.strip().splitlines():
        station, line, division, booths = (part.strip() for part in written.split(";"))
        for booth in booths.split(","):
            control_area, unit, turnstiles = booth.split()
            yield Booth(control_area, unit, station, line, division, int(turnstiles))


BOOTHS = tuple(sorted(_booths(_STATIONS), key=lambda booth: booth.control_area))
POSITIONS = tuple(
    Position(booth, f"{number // 4:02}-{number // 2 % 2:02}-{number % 4:02}")
    for booth in BOOTHS
    for number in range(booth.turnstiles)
)


def listed_booths() -> list[tuple[str, ...]]:
    """The rows of the MTA's list of booths, by remote unit; some stations have been renamed since."""
    listed = [*(booth for booth in BOOTHS if booth.control_area not in _NOT_LISTED), *_booths("\n".join(_LISTED_ONLY))]
    rows = [
        (booth.unit, booth.control_area, booth.station.replace(" AV", " AVENUE"), booth.line, booth.division)
        for booth in sorted(listed, key=lambda booth: (booth.unit, booth.control_area))
    ]
    return [("Remote", "Booth", "Station", "Line Name", "Division"), *rows]
