"""A lake in which every partition of many tables was built. The ledgers and the logs of one dataset's models are the
product's own work; the logs of the others are copies of these under other names, with fingerprints of their own.

The question what is stale opens no data file: those of one dataset hold a byte, those of the others are not there.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.synthetic import write_datasets
from data_platform.components.datasets import Datasets, read_datasets
from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.schema import Column
from data_platform.lake.sightings import Sighting, Sightings
from data_platform.lake.tables import LakeTable, WrittenFile
from data_platform.planning.arrivals import question
from data_platform.planning.catalog import Catalog, ModelTable, RawTable
from data_platform.planning.stale import Wanted, wanted
from data_platform.planning.versions import Versions, code_version
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform.sources.slot import ONE_SLOT
from data_platform.steps.platform import Platform

Wants = Mapping[str, Wanted]

FIRST = (2016, 1)
_WORD = re.compile(r"town_[0-9]+|[0-9a-f]{10,}")
_RUN_ID = "benchmark"
_SEEN_AT = datetime(2024, 1, 1, tzinfo=UTC)


def settings_of(root: Path) -> Settings:
    return Settings(home=root / "home", sources="live", tlc_url=(root / "source").as_uri())


def datasets_of(root: Path) -> Datasets:
    return read_datasets(root / "datasets", settings_of(root))


def platform_at(root: Path) -> Platform:
    return platform_of(settings_of(root), datasets_of(root).catalog)


def after(months: int) -> datetime:
    """The moment at which so many months are over since the first."""
    year, month = divmod(FIRST[1] - 1 + months, 12)
    return datetime(FIRST[0] + year, month + 1, 2, tzinfo=UTC)


def write_lake(root: Path, *, tables: int, months: int, commits: int) -> None:
    """Datasets, their sources and a lake in which nothing is stale; each table is built in so many commits."""
    write_datasets(root / "datasets", tables)
    (root / "home").mkdir(parents=True)
    platform = platform_at(root)
    now = after(months)
    first = next(iter(platform.catalog.by_dataset))
    built: dict[TableName, Wants] = {}
    for dataset, found in platform.catalog.by_dataset.items():
        versions = Versions(platform.catalog, platform.lake)
        for table in found:
            if isinstance(table, RawTable):
                _receive(platform, table, now)
                continue
            wants = dict(_wants(platform.catalog, table, versions))
            twin = TableName(table.name.layer, table.name.table.replace(dataset, first))
            if dataset == first:
                _build(platform.lake.table(table.name), table, wants, commits)
                built[table.name] = wants
            else:
                _copy_log(platform, twin, table.name, _translation(built[twin], wants) | {first: dataset})


def _receive(platform: Platform, table: RawTable, now: datetime) -> None:
    """Empty files at the source, and a ledger that has seen them."""
    assert table.partitions is not None
    keys = table.partitions.keys(now)
    for key in keys:
        file = Path(address_of(platform.lake, table, key).removeprefix("file://"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    ledger = platform.lake.ledger(table.name.table)
    ledger.append([_sighting(platform, table, key) for key in keys], base=ledger.read())


def address_of(lake: Lake, table: RawTable, key: str) -> str:
    """Where the one source of a table has a partition."""
    (source,) = table.sources
    (place,) = source.places(question(lake, table, source, [key], Sightings(), _SEEN_AT)).found
    return place.uri


def _sighting(platform: Platform, table: RawTable, key: str) -> Sighting:
    address = address_of(platform.lake, table, key)
    seen = table.sources[0].look(address)
    assert seen is not None
    return Sighting(
        partition=key,
        slot=ONE_SLOT,
        uri=address,
        version=seen.text,
        state="received",
        reason=None,
        sha256=f"{int(key.replace('-', '')):064x}",
        key=f"raw/{table.name.table}/{key}/file",
        data_key=f"raw/{table.name.table}/{key}/file.parquet",
        bytes=0,
        records=0,
        columns=tuple((name, column.type) for name, column in table.columns.items()),
        seen_at=_SEEN_AT,
        run_id=_RUN_ID,
    )


def _wants(catalog: Catalog, table: ModelTable, versions: Versions) -> Iterator[tuple[str, Wanted]]:
    code = code_version(catalog, table)
    for key in sorted({key for name in table.reads for key in versions.of(name)}):
        want = wanted(catalog, table, key, versions, code)
        assert isinstance(want, Wanted), want
        yield key, want


def _build(target: LakeTable, table: ModelTable, wants: Wants, commits: int) -> None:
    keys = list(wants)
    for number in range(commits):
        commit(target, table, {key: wants[key] for key in keys[number::commits]})


def _translation(before: Wants, after: Wants) -> dict[str, str]:
    """Of one table → of another: code, input versions, and fingerprints in both ways in which a log writes them."""
    found: dict[str, str] = {}
    for key, want in after.items():
        was = before[key]
        found[was.code] = want.code
        found |= dict(zip(was.inputs.values(), want.inputs.values(), strict=True))
        found[was.fingerprint] = want.fingerprint
        found[str(int(was.fingerprint, 16))] = str(int(want.fingerprint, 16))
    return found


def _copy_log(platform: Platform, twin: TableName, name: TableName, words: Mapping[str, str]) -> None:
    source, target = (Path(platform.lake.storage.delta_uri(str(one))) / "_delta_log" for one in (twin, name))
    target.mkdir(parents=True)
    for path in source.iterdir():
        text = path.read_text(encoding="utf-8")
        (target / path.name).write_text(_WORD.sub(lambda found: words.get(found[0], found[0]), text), encoding="utf-8")


def commit(target: LakeTable, table: ModelTable, wants: Wants) -> None:
    """One commit that replaces some partitions, of a file each."""
    columns = [Column(name, type_) for name, type_ in table.columns]
    stats = {name: {"null_count": "0", "num_values": "1"} for name, _ in table.columns}
    files = []
    for key in wants:
        new = target.new_file(key, rejected=False)
        new.path.write_bytes(b"0")
        files.append(WrittenFile(key, rejected=False, key=new.key, rows=1, bytes=1, stats=stats))
    some = next(iter(wants.values()))
    target.commit(
        target.begin(list(wants)),
        files,
        columns=columns,
        fingerprints={key: want.fingerprint for key, want in wants.items()},
        provenance={"inputs": dict(some.inputs), "code": some.code, "run_id": _RUN_ID, "rows": len(wants)},
    )
