"""Whether what tables compute makes sense by what their columns mean: told with file and line, like every mistake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from data_platform.components.proofs import Proofs
from data_platform.components.selects import columns_of
from data_platform.contracts.contract import Contract
from data_platform.contracts.errors import ContractError, Gathering, nearest
from data_platform.contracts.yaml_file import YamlFile, read_text
from data_platform.lake.names import TableName
from data_platform.meaning import examining
from data_platform.meaning.declared import Declared, MeaningError, check, check_unit
from data_platform.meaning.examining import Found
from data_platform.meaning.faults import Fault
from data_platform.meaning.kinds import FAULTS
from data_platform.meaning.value import Meaning
from data_platform.planning.catalog import ModelTable, RawTable, Table
from data_platform.sql.model import Model, ModelError, line_of_column
from data_platform.sql.syntax import SqlError

Columns = Mapping[str, Declared]


@dataclass(frozen=True)
class Reads:
    """What a table reads: the meanings of columns, and the grains that are known."""

    columns: Mapping[TableName, Columns]
    grains: Mapping[TableName, Sequence[str]]


class MeaningsOfTables:
    """What the columns of all tables mean, each table after those that it reads."""

    def __init__(self, nouns: frozenset[str], proofs: Proofs) -> None:
        self._nouns = nouns
        self._proofs = proofs
        self._columns: dict[TableName, Columns] = {}
        self._grains: dict[TableName, tuple[str, ...]] = {}

    def add(self, table: Table) -> None:
        """Raises ContractError for a meaning that a column cannot have, and ModelError or ContractError for arithmetic
        that makes no sense and is not allowed; Mistakes for several. Its readers are looked at all the same.
        """
        declared = _declared(table)
        self._columns[table.name] = {name: Declared(each.type) for name, each in declared.items()}
        written = [(name, each.type, each.semantic, each.unit, each.per) for name, each in declared.items()]
        if any(each.semantic or each.per for each in declared.values()):
            find = partial(_check_columns, table, declared, self._nouns)
            self._proofs.once(find, "meaning of columns", written, sorted(self._nouns))
        self._columns[table.name] = declared
        if isinstance(table, RawTable):
            return
        self._grains[table.name] = table.contract.grain
        reads = {name: self._columns.get(name, {}) for name in table.reads}
        means = any(each.semantic for columns in (declared, *reads.values()) for each in columns.values())
        if not means and not table.contract.arithmetic:
            return  # most tables: nothing is known of any of their columns
        grains = {name: self._grains[name] for name in table.reads if self._grains.get(name)}
        told = [(str(name), _as_json(columns), grains.get(name)) for name, columns in reads.items()]
        of = (read_text(table.path), table.model.text, str(table.name), told, sorted(self._nouns))
        found = self._proofs.once(partial(_examine, table, declared, Reads(reads, grains), self._nouns), "meaning", *of)
        carried = {name: Declared("", semantic, unit, tuple(per)) for name, (semantic, unit, per) in found.items()}
        self._columns[table.name] = {
            name: examining.with_meaning(each, carried.get(name.lower())) for name, each in declared.items()
        }


def _declared(table: Table) -> dict[str, Declared]:
    """The columns that a SELECT may name of a table, as they are declared."""
    specs: Mapping[str, Any] = table.columns if isinstance(table, RawTable) else table.contract.columns
    found = {name: Declared(type_) for name, type_ in columns_of(table)}
    for name, spec in specs.items():
        found[name] = Declared(spec.type, spec.semantic, spec.unit, getattr(spec, "per", ()))
    return found


def _as_json(columns: Columns) -> dict[str, Any]:
    return {name: [each.semantic, each.unit, each.per] for name, each in columns.items()}


def _check_columns(table: Table, declared: Columns, nouns: frozenset[str]) -> None:
    file = YamlFile.read(table.path)
    at = ("attributes", "raw", table.name.table) if isinstance(table, RawTable) else ()
    mistakes = Gathering()
    for name, each in declared.items():
        with mistakes.going_on():
            try:
                if isinstance(table, RawTable):
                    check_unit(name, each, nouns)
                else:
                    check(name, each, declared, nouns)
            except MeaningError as error:
                raise ContractError(file.path, file.line(*at, "columns", name), str(error)) from error
    mistakes.tell()


def _examine(table: ModelTable, declared: Columns, reads: Reads, nouns: frozenset[str]) -> dict[str, Any]:
    """What the columns hand on that say nothing themselves."""
    file = YamlFile.read(table.path)
    own = examining.columns_of(declared, nouns)
    tables = {name: examining.columns_of(columns, nouns) for name, columns in reads.columns.items()}
    carried: dict[str, Declared] = {}
    mistakes = Gathering(ModelError)
    try:
        made, found = _of_model(table, tables, reads.grains)
        carried = examining.carried(made)
        others = _otherwise(table, declared, made, nouns)
        found += tuple(others.values())
        # Where both disagree, the SELECT is believed: one mistake is told once.
        said = {name: Declared(each.type) if name in others else each for name, each in declared.items()}
        known = {name: examining.with_meaning(each, carried.get(name.lower())) for name, each in said.items()}
        own = examining.columns_of(known, nouns)
        found += tuple(examining.of_contract(table.name, table.contract, own, tables))
    except SqlError:
        return {}  # a name that is not there: told where the SELECT and the expressions are tried
    judged = examining.judged(found, table.contract.arithmetic)
    for each in judged.faults:
        with mistakes.going_on():
            _tell(file, table, each)
    for index in judged.stale:
        with mistakes.going_on():
            _tell_stale(file, table.contract, index)
    mistakes.tell()
    return _as_json(carried)


def _of_model(
    table: ModelTable, tables: Mapping[TableName, Mapping[str, Meaning]], grains: Mapping[TableName, Sequence[str]]
) -> tuple[Mapping[str, Meaning], tuple[Found, ...]]:
    if not isinstance(table.model, Model):
        return {}, ()
    return examining.of_select(table.model.text, tables, grains)


def _otherwise(
    table: ModelTable, declared: Columns, made: Mapping[str, Meaning], nouns: frozenset[str]
) -> dict[str, Found]:
    """The columns that are something else than their contract says."""
    found = {}
    for name, each in declared.items():
        meaning = made.get(name.lower())
        if meaning is None or not isinstance(table.model, Model):
            continue
        if not examining.disagrees(each.meaning(nouns), meaning):
            continue
        place = f"{table.model.path.name}:{line_of_column(table.model, name)}"
        says, makes = _words(each.semantic, each.unit), _words(meaning.kind, meaning.unit)
        text = f"column '{name}' is {says} here, the SELECT ({place}) makes {makes}. Write here what it is, or convert"
        fault = Fault("declared_otherwise", 1, f"{text} there", frozenset({name.lower()}))
        found[name] = Found(fault, ("columns", name))
    return found


def _words(kind: str | None, unit: object) -> str:
    return f"{kind} in {unit}" if unit is not None else str(kind)


def _tell(file: YamlFile, table: ModelTable, found: Found) -> None:
    if found.place is None:
        raise ModelError(table.model.path, found.fault.line, found.fault.text)
    raise ContractError(file.path, file.line(*found.place), found.fault.text)


def _tell_stale(file: YamlFile, contract: Contract, index: int) -> None:
    escape = contract.arithmetic[index]
    line = file.line("arithmetic", index)
    if escape.allow not in FAULTS:
        raise ContractError(file.path, line, f"no fault is called '{escape.allow}'{nearest(escape.allow, FAULTS)}")
    text = f"allows {escape.allow} on '{escape.on}', and nothing of the kind is found there; leave it away"
    raise ContractError(file.path, line, text)
