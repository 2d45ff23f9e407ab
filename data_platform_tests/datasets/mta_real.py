"""Real weeks of the MTA through the real path, and what there is to tell of them.

`python -m data_platform_tests.datasets.mta_real DATA` prints it, where DATA is the folder with `mta` and `expected`.
"""

import argparse
import gzip
import shutil
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from data_platform.components.datasets import read_datasets
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform_tests.datasets.building import House
from data_platform_tests.datasets.conftest import DATASETS

# Name beside the data → week. The last three follow one another.
WEEKS = {
    "turnstile_150620_part.csv": "2015-06-20",
    "turnstile_230603.csv.gz": "2023-05-27",
    "240106.csv.gz": "2023-12-30",
    "240113.csv.gz": "2024-01-06",
    "240120.csv.gz": "2024-01-13",
}
FLOWS, DAYS = "curated.turnstile_flows", "curated.station_daily_ridership"


def real_house(real_data: Path, root: Path) -> House:
    """A platform below `root` in which the real weeks stand."""
    _lay_out(real_data / "mta", root / "mta")
    settings = Settings(
        home=root / "home",
        sources="live",
        mta_url=(root / "mta").as_uri(),
        tlc_url=(root / "none").as_uri(),
        memory_limit="1GiB",
        threads=2,
    )
    datasets = read_datasets(DATASETS, settings)
    house = House(settings, datasets, platform_of(settings, datasets.catalog), datetime(2024, 2, 1, tzinfo=UTC))
    house.make()
    return house


def _lay_out(mta: Path, root: Path) -> None:
    """The files under the names and in the folders of the official site."""
    weeks, lists = root / "data" / "nyct" / "turnstile", root / "resources" / "nyct" / "turnstile"
    weeks.mkdir(parents=True)
    lists.mkdir(parents=True)
    for name, week in WEEKS.items():
        ends = date.fromisoformat(week) + timedelta(days=7)
        written = (mta / name).read_bytes()
        plain = gzip.decompress(written) if name.endswith(".gz") else written
        (weeks / f"turnstile_{ends:%y%m%d}.txt").write_bytes(plain)
    shutil.copyfile(mta / "Remote-Booth-Station.xls", lists / "Remote-Booth-Station.xls")


def weeks(house: House) -> pd.DataFrame:
    """Of each week: readings, turnstiles, stations, classes, and how many turnstiles have registers that count down."""
    return pd.concat(
        [
            house.ask(
                "SELECT count(*) AS readings, count(DISTINCT (control_area, unit, scp)) AS turnstiles,"
                " count(DISTINCT station) AS names,"
                " count(DISTINCT (station, line, division)) AS stations,"
                " count_if(class = 'ok') AS ok, count_if(class = 'reversed') AS reversed,"
                " count_if(class = 'reset') AS reset, count_if(class = 'implausible') AS implausible,"
                " count_if(class = 'gap' AND started_at IS NULL) AS without_start,"
                " count_if(class = 'gap' AND started_at IS NOT NULL) AS too_long,"
                " count(DISTINCT (control_area, unit, scp)) FILTER (WHERE class = 'reversed') AS counting_down,"
                " count(DISTINCT (control_area, unit, scp)) FILTER (WHERE class = 'reversed' AND entries_delta < 0)"
                " AS entries_counting_down,"
                " sum(entries) AS entries, sum(exits) AS exits FROM rows",
                house.paths(FLOWS, week),
            ).assign(week=week)
            for week in WEEKS.values()
        ],
        ignore_index=True,
    ).set_index("week")


def days(house: House, real_data: Path) -> pd.DataFrame:
    """Of each day of the whole weeks: entries, exits, complete stations, and the MTA's own count of passengers.

    That count is of the subway: `subway` are our entries without PATH, Roosevelt Island and Staten Island.
    """
    whole = [path for week in [*WEEKS.values()][1:] for path in house.paths(DAYS, week)]
    found = house.ask(
        "SELECT CAST(service_date AS VARCHAR) AS day, dayname(service_date) AS weekday, sum(entries) AS entries,"
        " sum(exits) AS exits, sum(entries) FILTER (WHERE division IN ('BMT', 'IND', 'IRT')) AS subway,"
        " count_if(is_complete) AS complete, count(*) AS stations"
        " FROM rows GROUP BY service_date ORDER BY service_date",
        whole,
    ).set_index("day")
    (path,) = (real_data / "expected").glob("mta_daily_ridership*.csv")
    official = pd.read_csv(path, sep=";")
    official.index = pd.to_datetime(official["Date"], format="%d/%m/%Y").dt.strftime("%Y-%m-%d")
    found["official"] = official["Subways: Total Estimated Ridership"].reindex(found.index).astype("int64")
    found["ratio"] = found["subway"] / found["official"]
    return found


def rank_correlation(table: pd.DataFrame) -> float:
    """Spearman's, of our entries in the subway with the MTA's passengers over the days."""
    return float(table["subway"].rank().corr(table["official"].rank()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.datasets.mta_real", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with the real files")
    real_data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as folder:
        house = real_house(real_data, Path(folder))
        by_day = days(house, real_data)
        told = [_markdown(weeks(house).T), _markdown(by_day.round({"ratio": 2}))]
    told.append(f"Rank correlation over {len(by_day)} days: {rank_correlation(by_day):.3f}")
    sys.stdout.write("\n\n".join(told) + "\n")


def _markdown(table: pd.DataFrame) -> str:
    rows = [["", *map(str, table.columns)], ["---"] * (len(table.columns) + 1)]
    rows += [
        [str(name), *map(_text, row)] for name, row in zip(table.index, table.itertuples(index=False), strict=True)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.2f}" if isinstance(value, float) and 0 < value < 1 else f"{value:,.0f}"


if __name__ == "__main__":
    main()
