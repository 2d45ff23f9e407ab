"""One raw table of a `defs.yaml`: its partitions, its columns, and each of its kinds of sources."""

from dataclasses import dataclass, replace

from data_platform.components.expressions import check_raw_types
from data_platform.components.located import located
from data_platform.components.proofs import Proofs
from data_platform.components.raw_partitions import raw_partitions
from data_platform.components.read_spec import read_options
from data_platform.components.source_kinds.all_kinds import SourceSpec, sources_of
from data_platform.components.source_kinds.context import Installation, SourceContext
from data_platform.components.spec import DatasetSpec, RawTableSpec
from data_platform.contracts.partitions import Partitions, first_day
from data_platform.contracts.yaml_file import YamlFile
from data_platform.lake.names import TableName
from data_platform.planning.catalog import Expected, RawTable
from data_platform.sources.options import format_by_name


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
    file: YamlFile, spec: DatasetSpec, name: str, *, installation: Installation, span: Span, proofs: Proofs
) -> RawTable:
    """Raises ContractError with the line of a mistake."""
    table, at = spec.raw[name], ("attributes", "raw", name)
    with located(file, *at):
        table_name = TableName("raw", name)
    types = {column: declared.type for column, declared in table.columns.items()}
    proofs.once(lambda: check_raw_types(file, at, table.columns), "raw types", types)
    partitions = raw_partitions(file, at, spec.partitions, table)
    partitions = partitions and span.clip(partitions)
    context = SourceContext(file, at, file.path.parent.name, partitions, table.columns, installation)
    return RawTable(
        name=table_name,
        dataset=file.path.parent.name,
        path=file.path,
        line=file.line(*at),
        description=table.description,
        owners=table.owners or spec.owners,
        partitions=partitions,
        sources=sources_of(table.source, context),
        format=table.format or _format(table.source),
        columns=table.columns,
        expected=_expected(table),
        check_every=table.check_every,
        read=read_options(file, at, table.format, table.read),
        unknown_columns=table.unknown_columns,
    )


def _expected(table: RawTableSpec) -> Expected:
    """What is only pushed comes when others like, unless its author knows better."""
    is_awaited = "after_days" in table.expected.model_fields_set or table.source.model_fields_set != {"push"}
    return table.expected.expected if is_awaited else replace(table.expected.expected, after_days=None)


def _format(source: SourceSpec) -> str | None:
    """What people are told before anything came: where one address is all there is, it says what it has."""
    if source.http_file is None or len(source.model_fields_set) > 1:
        return None
    return format_by_name(source.http_file.url.partition("?")[0]) or "parquet"
