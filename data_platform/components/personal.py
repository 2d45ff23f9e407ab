"""Tags of personal data, led along lineage through all tables, and where data would stand unmasked: told with file,
line, the way that it came and the repair.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from data_platform.components.masks import check_masks
from data_platform.components.proofs import Proofs
from data_platform.contracts.contract import ColumnSpec
from data_platform.contracts.errors import ContractError, Gathering, nearest
from data_platform.contracts.yaml_file import YamlFile, read_text
from data_platform.lake.names import TableName
from data_platform.lineage.personal import FAULTS, Arriving, Tag, Tags, arriving, kind_of, personal_of
from data_platform.planning.catalog import ModelTable, RawTable, Table
from data_platform.sql.column_flow import Source
from data_platform.sql.model import Model, ModelError, line_of_column
from data_platform.sql.personal_flow import Pick

_NOTHING = Arriving({})


class PersonalColumns:
    """The tags of all tables, each table after those that it reads."""

    def __init__(self, proofs: Proofs) -> None:
        self._proofs = proofs
        self._tags: dict[TableName, Tags] = {}
        self._arriving: dict[TableName, Arriving] = {}
        self._declared: dict[TableName, frozenset[str]] = {}
        """The columns of which their authors say so."""

    def told(self, table: Table, settled: Mapping[TableName, Table]) -> Table:
        """The table with the tags that its columns have by what they are made of."""
        if isinstance(table, RawTable):
            own = {name: Tag(kind, (f"{table.name.sql}.{name}",)) for name, kind in personal_of(table).items()}
            self._tags[table.name] = own
            return table
        arrives = self._arrive(table, settled)
        self._arriving[table.name] = arrives
        self._declared[table.name] = frozenset(personal_of(table))
        tags = {name: tag for name in table.contract.columns if (tag := self._tag(table, arrives, name)) is not None}
        self._tags[table.name] = {name: tag for name, tag in tags.items() if _hands_on(table, name)}
        if not tags:
            return table
        columns = {
            name: spec.model_copy(update={"pii": tags[name].kind}) if name in tags else spec
            for name, spec in table.contract.columns.items()
        }
        return replace(table, contract=table.contract.model_copy(update={"columns": columns}))

    def check(self, table: Table) -> None:
        """Raises ContractError or ModelError for personal data that is not masked where it must be, for a mask that
        does nothing, and for an escape that nothing needs; Mistakes for several.
        """
        if isinstance(table, RawTable):
            return
        contract = table.contract
        arrives, columns = self._arriving[table.name], contract.columns.values()
        if not (contract.privacy or arrives.columns or arrives.picks or any(spec.mask or spec.pii for spec in columns)):
            return  # most tables
        file, mistakes, used = YamlFile.read(table.path), Gathering(ModelError), set[int]()
        for found in self._faults(file, table):
            by = [i for i, one in enumerate(contract.privacy) if (one.allow, one.on.lower()) == found.key]
            used.update(by)
            if not by and found.mistake is not None:
                with mistakes.going_on():
                    raise found.mistake
        for index, escape in enumerate(contract.privacy):
            if index not in used:
                with mistakes.going_on():
                    raise _needless(file, index, escape.allow, escape.on)
        with mistakes.going_on():
            check_masks(file, table)
        mistakes.tell()

    def _arrive(self, table: ModelTable, settled: Mapping[TableName, Table]) -> Arriving:
        reads = {name: self._tags.get(name, {}) for name in table.reads}
        if not any(reads.values()):
            return _NOTHING
        columns = [(str(name), list(_columns(settled[name])), _as_json(tags)) for name, tags in reads.items()]
        of = (read_text(table.path), table.model.text, str(table.name), columns)
        found = self._proofs.once(partial(_find, table, settled, reads), "personal", *of)
        return _from_json(found)

    def _tag(self, table: ModelTable, arrives: Arriving, name: str) -> Tag | None:
        spec = table.contract.columns[name]
        here = f"{table.name.sql}.{name}"
        if spec.pii is not None and name not in arrives.columns:
            return Tag(spec.pii, (here,))
        if name not in arrives.columns or (spec.pii is None and _is_allowed(table, name)):
            return None
        came = [self._tags[source.table][source.column] for source in arrives.columns[name]]
        return Tag(spec.pii or kind_of(came), (*came[0].way, here))

    def _faults(self, file: YamlFile, table: ModelTable) -> Iterator["_Found"]:
        """What an escape may be for. Without a mistake it is one that only an escape makes right."""
        arrives = self._arriving[table.name]
        curated = table.name.layer == "curated"
        for name, spec in table.contract.columns.items():
            sources = arrives.columns.get(name, ())
            if (not sources and spec.pii is None) or (curated and spec.mask is not None):
                continue
            said = name in self._declared[table.name]
            wrong = curated or (name in arrives.undeclared and not said)
            if curated or not said:
                mistake = self._carries(file, table, name, sources) if wrong else None
                yield _Found(("carries_personal", name.lower()), mistake)
        for pick in arrives.picks if curated else ():
            yield _Found(("picks_by_personal", pick.source.column.lower()), _picks(table, pick))

    def _carries(
        self, file: YamlFile, table: ModelTable, name: str, sources: tuple[Source, ...]
    ) -> ContractError | ModelError:
        line = file.line("columns", name)
        if name in self._arriving[table.name].undeclared and sources:
            inputs = ", ".join(map(str, sources))
            text = f"column '{name}' may hold any of the personal data that the model is given: {inputs}. Say what it "
            return ContractError(
                file.path, line, f"{text}comes from: `lineage: {{{name}: {{direct: [layer.table.column]}}}}`"
            )
        came = self._tags[sources[0].table][sources[0].column] if sources else None
        here = f"{table.name.sql}.{name}"
        at = f" ({table.model.path.name}:{line_of_column(table.model, name)})" if isinstance(table.model, Model) else ""
        told = f": {' → '.join((*came.way, here))}{at}" if came is not None else ""
        kind = table.contract.columns[name].pii or (came.kind if came else "")
        text = (
            f"column '{name}' holds personal data ({kind}) and has no mask{told}. Write `mask: hash`, drop, redact or "
        )
        repair = f"truncate, leave the column out, or say why it is right: `{_escape('carries_personal', name)}`"
        return ContractError(file.path, line, text + repair)


@dataclass(frozen=True)
class _Found:
    key: tuple[str, str]
    mistake: ContractError | ModelError | None


def _picks(table: ModelTable, pick: Pick) -> ModelError:
    text = (
        f"picks rows by a value of {pick.source}, which is personal: what is left tells of that person. Join a table "
    )
    repair = f"of those that are meant, or say why it is right: `{_escape('picks_by_personal', pick.source.column)}`"
    return ModelError(table.model.path, pick.line, text + repair)


def _escape(fault: str, on: str) -> str:
    return f"privacy: [{{allow: {fault}, on: {on}, because: …}}]"


def _needless(file: YamlFile, index: int, allow: str, on: str) -> ContractError:
    line = file.line("privacy", index)
    if allow not in FAULTS:
        return ContractError(file.path, line, f"no fault is called '{allow}'{nearest(allow, FAULTS)}")
    return ContractError(
        file.path, line, f"allows {allow} on '{on}', and nothing of the kind is found there; leave it away"
    )


def _is_allowed(table: ModelTable, name: str) -> bool:
    return any((one.allow, one.on.lower()) == ("carries_personal", name.lower()) for one in table.contract.privacy)


def _hands_on(table: ModelTable, name: str) -> bool:
    """A curated column that is masked does not, nor one that should be: it is told once, not of all its readers too. A
    staged one is masked when it is published.
    """
    return table.name.layer != "curated" or _is_allowed(table, name)


def _columns(table: Table) -> Mapping[str, Any]:
    columns: Mapping[str, ColumnSpec] | Mapping[str, Any] = (
        table.columns if isinstance(table, RawTable) else table.contract.columns
    )
    return columns


def _find(table: ModelTable, settled: Mapping[TableName, Table], tags: Mapping[TableName, Tags]) -> dict[str, Any]:
    try:
        found = arriving(table, settled, tags)
    except ModelError:
        found = _NOTHING  # a name that is not there: told where the SELECT is tried
    return {
        "columns": {name: [_pair(source) for source in sources] for name, sources in found.columns.items()},
        "picks": [[*_pair(pick.source), pick.line] for pick in found.picks],
        "undeclared": sorted(found.undeclared),
    }


def _pair(source: Source) -> list[str]:
    return [source.table.sql, source.column]


def _from_json(found: Mapping[str, Any]) -> Arriving:
    columns = {name: tuple(_source(*pair) for pair in pairs) for name, pairs in found["columns"].items()}
    picks = tuple(Pick(_source(table, column), line) for table, column, line in found["picks"])
    return Arriving(columns, picks, frozenset(found["undeclared"]))


def _source(table: str, column: str) -> Source:
    return Source(TableName.parse(table), column)


def _as_json(tags: Tags) -> dict[str, str]:
    return {name: tag.kind for name, tag in tags.items()}
