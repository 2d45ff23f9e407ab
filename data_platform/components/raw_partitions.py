"""Which partitions a raw table has: those of its dataset, from a later `start`, up to an `end` where it has ended."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from data_platform.components.spec import PartitionsSpec, RawTableSpec
from data_platform.contracts.errors import ContractError
from data_platform.contracts.partitions import Partitions, parse_key
from data_platform.contracts.yaml_file import YamlFile


def raw_partitions(
    file: YamlFile, at: Sequence[str], spec: PartitionsSpec | None, table: RawTableSpec
) -> Partitions | None:
    """None for one file for all times. Raises ContractError at the `start` or `end` that cannot be meant."""
    if spec is None or table.partitions == "none":
        return None
    found = spec.partitions
    for name, key in (("start", table.start), ("end", table.end)):
        if key is None:
            continue
        try:
            day = _bound(found, name, key)
        except ValueError as error:
            raise ContractError(file.path, file.line(*at, name), str(error)) from error
        found = replace(found, start=day) if name == "start" else replace(found, end=day)
    return found


def _bound(partitions: Partitions, name: str, key: str) -> date:
    """A week that begins on another weekday than the dataset's would be no partition of any other table."""
    day = parse_key(partitions.kind, key)
    window = partitions.window(day)
    if window != day:
        near = f"{window:%Y-%m-%d} or {window + timedelta(days=7):%Y-%m-%d}"
        raise ValueError(f"'{key}' is a {day:%A}, the dataset's weeks begin on a {window:%A}: write {near}")
    if name == "end" and day < partitions.start:
        first = partitions.start.strftime(partitions.format)
        raise ValueError(f"'{key}' is before the first partition, {first}; `end` names the last one")
    return day
