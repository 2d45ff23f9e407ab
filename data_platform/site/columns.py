"""What a table's contract says of its columns and rows, in lines for its page: meaning, bounds, rules, checks."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_platform.contracts.contract import ColumnSpec, Contract, NotReconciled
from data_platform.contracts.raw import RawColumn
from data_platform.planning.catalog import ModelTable, RawTable
from data_platform.sql.expressions import columns_of

_BUILT_IN = {
    "castable": "a value does not fit its column's type",
    "duplicate": "another row of the same grain comes first",
    "unparsed": "the line could not be read",
}


@dataclass(frozen=True)
class ColumnLine:
    """A column as its page tells it. `bounds` are what its values promise, in words; `rules` the names of those on it.
    `names` are other names that a source has for it. `privacy` is what personal data it holds, and how that is masked.
    """

    name: str
    type: str
    semantic: str | None
    unit: str | None
    per: tuple[str, ...]
    description: str
    privacy: str
    bounds: tuple[str, ...]
    rules: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def personal(self) -> bool:
        """Whether it holds personal data."""
        return bool(self.privacy)


@dataclass(frozen=True)
class RuleLine:
    """A rule: what becomes of a row that breaks it (`reject`, `drop`, `flag`), and when that is, as SQL or in words."""

    name: str
    kind: str
    condition: str
    is_sql: bool
    columns: tuple[str, ...]


def rule_lines(table: ModelTable) -> tuple[RuleLine, ...]:
    """All rules on a table's rows: what its columns imply, its own, and of staged tables those of the platform."""
    contract = table.contract
    found = [
        RuleLine(f"{name}_{suffix}", "reject", text, False, (name,))
        for name, spec in contract.columns.items()
        for suffix, text in _implied(name, spec)
        if suffix != "within_partition" or table.partitions is not None
    ]
    found += [
        RuleLine(rule.name, rule.kind, rule.condition, True, _columns_of(rule.condition, contract))
        for rule in contract.rules
    ]
    if table.name.layer == "staged" and not table.is_view:
        found += [
            RuleLine(name, "reject", text, False, contract.grain if name == "duplicate" else ())
            for name, text in _BUILT_IN.items()
            if name != "duplicate" or contract.deduplicate is not None
        ]
        found.append(RuleLine("rounded", "flag", "a value was made coarser to fit its column's type", False, ()))
    return tuple(found)


def _implied(name: str, spec: ColumnSpec) -> list[tuple[str, str]]:
    """What a column's promises make a rule of, in words; the names are those of `contracts.rules`."""
    found = [("required", f"{name} is missing")] if spec.required else []
    if spec.min is not None or spec.max is not None:
        sides = [f"below {spec.min}"] if spec.min is not None else []
        sides += [f"above {spec.max}"] if spec.max is not None else []
        found.append(("range", f"{name} lies {' or '.join(sides)}"))
    if spec.accepted is not None:
        found.append(("accepted", f"{name} is none of {', '.join(map(str, spec.accepted))}"))
    if spec.within_partition:
        found.append(("within_partition", f"{name} lies outside of the row's partition"))
    return found


def _columns_of(condition: str, contract: Contract) -> tuple[str, ...]:
    by_name = {name.lower(): name for name in contract.columns}
    named = (by_name.get(name.lower()) for name in columns_of(condition))
    return tuple(dict.fromkeys(name for name in named if name is not None))


def column_lines(table: ModelTable, rules: tuple[RuleLine, ...]) -> tuple[ColumnLine, ...]:
    """The columns of a staged or curated table, in order."""
    return tuple(
        ColumnLine(
            name,
            spec.type,
            spec.semantic,
            spec.unit,
            spec.per,
            spec.description,
            spec.privacy,
            _bounds(spec),
            tuple(rule.name for rule in rules if name in rule.columns),
        )
        for name, spec in table.contract.columns.items()
    )


def raw_column_lines(columns: Mapping[str, RawColumn]) -> tuple[ColumnLine, ...]:
    """The columns of a raw table, in order."""
    return tuple(
        ColumnLine(
            name,
            spec.type,
            spec.semantic,
            spec.unit,
            (),
            spec.description,
            spec.privacy,
            ("may be missing from a file",) if spec.optional else (),
            names=spec.aliases,
        )
        for name, spec in columns.items()
    )


def _bounds(spec: ColumnSpec) -> tuple[str, ...]:
    found = ["required"] if spec.required else []
    if spec.min is not None and spec.max is not None:
        found.append(f"from {spec.min} to {spec.max}")
    elif spec.min is not None:
        found.append(f"at least {spec.min}")
    elif spec.max is not None:
        found.append(f"at most {spec.max}")
    if spec.accepted is not None:
        found.append(f"one of {', '.join(map(str, spec.accepted))}")
    if spec.within_partition:
        found.append("within its partition")
    return tuple(found)


@dataclass(frozen=True)
class CheckLine:
    """A check by its name in Dagster, and what it holds."""

    name: str
    text: str


def check_lines(table: ModelTable) -> tuple[CheckLine, ...]:
    """What is checked before each commit of a table; of a view nothing, since nothing is stored."""
    contract = table.contract
    if table.is_view:
        return ()
    found = []
    staged = table.name.layer == "staged"
    if staged:
        text = "every row that arrived is found again, by identity, as clean, quarantined or dropped"
        found.append(CheckLine("rows_accounted_for", text))
    share = f"at most {contract.audit.max_rejected_share:.2%} of the rows are quarantined"
    least = f"; at least {contract.audit.min_rows:,} rows" if contract.audit.min_rows else ""
    found.append(CheckLine("contract_bounds", (share if staged else "no row breaks a rule") + least))
    if contract.grain:
        found.append(CheckLine("grain_is_unique", f"no two rows share {', '.join(contract.grain)}"))
    if isinstance(contract.reconciles, NotReconciled):
        found.append(CheckLine("not reconciled", contract.reconciles.none))
    for rule in () if isinstance(contract.reconciles, NotReconciled) else contract.reconciles:
        groups = f", by {', '.join(name for _, _, name in rule.groups)}" if rule.groups else ""
        within = f", within {rule.tolerance}" if rule.tolerance else ""
        found.append(
            CheckLine(f"reconciles: {rule.name}", f"{rule.this} equals {rule.that} of {rule.of}{groups}{within}")
        )
    for rule_name, days in contract.audit.max_rejection_age_days.items():
        text = f"a row that breaks {rule_name} stays in quarantine for {days} days at most (told, blocks nothing)"
        found.append(CheckLine("rejections_are_recent", text))
    return tuple(found)


def description_of(table: RawTable | ModelTable) -> str:
    """What a table says of itself."""
    return table.description if isinstance(table, RawTable) else table.contract.description
