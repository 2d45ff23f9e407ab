"""A large CSV is generated, received and staged, and the peak of memory is told: it does not grow with the file.

`python -m data_platform_tests.proof.large_csv FOLDER --gigabytes 10`
"""

import argparse
import resource
import shutil
import time
from pathlib import Path

from data_platform_tests.small_dataset import FILES, small_dataset

_ROWS_AT_ONCE = 200_000
_DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: A large file.
  owners: ["team:test"]
  raw:
    audits:
      description: Generated audits of turnstiles.
      source: {{http_file: {{url: "{url}", max_bytes: 100000000000}}}}
      columns:
        unit: {{type: VARCHAR}}
        device: {{type: VARCHAR}}
        station: {{type: VARCHAR}}
        audited_at: {{type: TIMESTAMP}}
        kind: {{type: VARCHAR}}
        entries: {{type: BIGINT}}
        exits: {{type: BIGINT}}
"""
_CONTRACT = """\
description: One row per audit.
columns:
  unit: {type: VARCHAR}
  device: {type: VARCHAR}
  station: {type: VARCHAR}
  audited_at: {type: TIMESTAMP, required: true}
  kind: {type: VARCHAR}
  entries: {type: BIGINT, required: true, min: 0}
  exits: {type: BIGINT, required: true, min: 0}
"""


def generate(path: Path, size: int) -> None:
    """Audits of turnstiles until the file has so many bytes; one line in a million is a cell short."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("unit,device,station,audited_at,kind,entries,exits\n")
        row = 0
        while file.tell() < size:
            file.writelines(_line(number) for number in range(row, row + _ROWS_AT_ONCE))
            row += _ROWS_AT_ONCE


def _line(row: int) -> str:
    device, audit = row % 5000, row // 5000
    day = f"20{24 + audit // 2016 % 70:02d}-{1 + audit // 168 % 12:02d}-{1 + audit // 6 % 28:02d}"
    turnstile = f"R{device % 470:03d},02-{device % 100:02d}-00,STATION {device % 378}"
    short = "" if row % 1_000_000 == 999_999 else f",{device * 7919 + audit * 51}"
    return f"{turnstile},{day} {audit % 6 * 4:02d}:00:00,REGULAR,{device * 104729 + audit * 97}{short}\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.proof.large_csv", description=__doc__)
    parser.add_argument("folder", type=Path, help="where there is room for about three times the file")
    parser.add_argument("--gigabytes", type=float, default=10)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    path = args.folder.resolve() / "large.csv"
    generate(path, round(args.gigabytes * 1e9))
    home = args.folder / "platform"
    shutil.rmtree(home, ignore_errors=True)
    files = {**dict.fromkeys(FILES), "defs.yaml": _DEFS.format(url=path.as_uri()), "staged/audits.yaml": _CONTRACT}
    small = small_dataset(home, files)
    start = time.monotonic()
    (received,) = small.receive("audits")
    _tell(f"received in {time.monotonic() - start:.0f} s: {received.text}")
    start = time.monotonic()
    built = small.built("staged.audits")
    assert built.account is not None
    told = f"{built.account.arrived:,} arrived, {built.account.clean:,} clean, {built.account.rejected:,} rejected"
    _tell(f"staged in {time.monotonic() - start:.0f} s: {told}")


def _tell(text: str) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"{text}; peak of memory {peak:,.0f} MB", flush=True)  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
