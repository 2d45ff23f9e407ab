"""One raw table of a `defs.yaml`: its partitions, its columns, and each of its kinds of sources."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from data_platform.components.expressions import check_raw_types
from data_platform.components.proofs import Proofs
from data_platform.components.raw_partitions import raw_partitions
from data_platform.components.read_spec import read_options
from data_platform.components.spec import DatasetSpec, HttpFileSpec, LandingPartitionSpec, LandingSpec
from data_platform.components.templates import path_of, resolved
from data_platform.contracts.errors import ContractError
from data_platform.contracts.partitions import Partitions, first_day
from data_platform.contracts.yaml_file import YamlFile
from data_platform.lake.names import TableName
from data_platform.planning.catalog import RawTable
from data_platform.sources.content import FromContent
from data_platform.sources.http_file import HttpFile
from data_platform.sources.landing import FromName, Landing
from data_platform.sources.options import format_by_name
from data_platform.sources.slot import Source


@dataclass(frozen=True)
class Span:
    """The partitions that are loaded here: all that a dataset has, or only those from `first` to `last`."""

    first: str | None = None
    last: str | None = None

    def clip(self, partitions: Partitions) -> Partitions:
        start, end = partitions.start, partitions.end
        if self.first is not None:
            start = max(start, partitions.window(first_day(self.first)))
        if self.last is not None:
            last = partitions.window(first_day(self.last))
            end = last if end is None else min(end, last)
        return replace(partitions, start=start, end=end)


def raw_table(
    file: YamlFile, spec: DatasetSpec, name: str, *, variables: Mapping[str, str], span: Span, proofs: Proofs
) -> RawTable:
    """Raises ContractError with the line of a mistake."""
    table, at = spec.raw[name], ("attributes", "raw", name)
    with located(file, *at):
        table_name = TableName("raw", name)
    types = {column: declared.type for column, declared in table.columns.items()}
    proofs.once(lambda: check_raw_types(file, at, table.columns), "raw types", types)
    partitions = raw_partitions(file, at, spec.partitions, table)
    partitions = partitions and span.clip(partitions)
    sources: list[Source] = []
    if (http := table.source.http_file) is not None:
        sources.append(_http_file(file, at, http, variables, partitions))
    if (landing := table.source.landing) is not None:
        sources.append(_landing(file, at, landing, variables, partitions))
    return RawTable(
        name=table_name,
        dataset=file.path.parent.name,
        path=file.path,
        line=file.line(*at),
        description=table.description,
        owners=table.owners or spec.owners,
        partitions=partitions,
        sources=tuple(sources),
        format=table.format or (None if http is None or landing else _format(http.url)),
        columns=table.columns,
        expected=table.expected.expected,
        check_every=table.check_every,
        read=read_options(file, at, table.format, table.read),
        unknown_columns=table.unknown_columns,
    )


def _format(url: str) -> str:
    return format_by_name(url.partition("?")[0]) or "parquet"


def _http_file(
    file: YamlFile,
    at: tuple[str, ...],
    spec: HttpFileSpec,
    variables: Mapping[str, str],
    partitions: Partitions | None,
) -> HttpFile:
    place = (*at, "source", "http_file", "url")
    with located(file, *place):
        source = HttpFile(
            resolved(spec.url, variables),
            timeout_seconds=spec.timeout_seconds,
            min_bytes_per_second=spec.min_bytes_per_second,
            max_seconds=spec.max_seconds,
            max_bytes=spec.max_bytes,
            attempts=spec.attempts,
            absent=frozenset(spec.absent),
        )
    if (partitions is not None) != source.is_partitioned:
        wanted = "lacks" if partitions else "has"
        repair = "write {partition:%Y-%m} in the url" if partitions else "write `partitions:` for the dataset"
        text = f"raw table '{at[-1]}': the url {wanted} a partition; {repair}"
        raise ContractError(file.path, file.line(*place), text)
    return source


def _landing(
    file: YamlFile,
    at: tuple[str, ...],
    spec: LandingSpec,
    variables: Mapping[str, str],
    partitions: Partitions | None,
) -> Landing:
    place = (*at, "source", "landing")
    if (partitions is None) != (spec.partition is None):
        repair = "write `partition: {from: <group>, format: …}` or `{column: …}`" if partitions else "drop `partition`"
        has = "has" if partitions else "has no"
        text = f"raw table '{at[-1]}' {has} partitions; {repair} for its landing zone"
        raise ContractError(file.path, file.line(*place), text)
    with located(file, *place, "folder"):
        folder = Path(path_of(spec.folder, variables))
    with located(file, *place, "files"):
        return Landing(
            folder,
            spec.files,
            _told_by(spec.partition),
            slot=spec.slot,
            mirror=spec.mirror,
            settle_seconds=spec.settle_seconds,
            max_bytes=spec.max_bytes,
        )


def _told_by(spec: LandingPartitionSpec | None) -> FromName | FromContent | None:
    if spec is None:
        return None
    if spec.column is not None:
        return FromContent(spec.column, spec.format)
    assert spec.from_ is not None  # it is one of them
    assert spec.format is not None
    return FromName(spec.from_, spec.format, timedelta(days=spec.shift_days))


class located:  # noqa: N801 - reads as a statement
    """Turns a ValueError into a ContractError at a place of a YAML file."""

    def __init__(self, file: YamlFile, *keys: str) -> None:
        self.file, self.keys = file, keys

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError) and not isinstance(error, ContractError):
            raise ContractError(self.file.path, self.file.line(*self.keys), str(error)) from error
