"""What a written partition must keep before it may be committed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_platform.contracts.account import RowAccount
from data_platform.contracts.contract import Contract
from data_platform.engines.curating import Checksum, Difference
from data_platform.lake.names import TableName
from data_platform.privacy.discretion import HIDDEN

# The check of a curated table's rules that warn.
WARNS = "nothing_to_warn_of"


@dataclass(frozen=True)
class Audit:
    """The outcome of one check, in words, with numbers for the record. One that failed blocks the commit, unless it
    only `warns`.
    """

    check: str
    passed: bool
    text: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    warns: bool = False

    @property
    def blocks(self) -> bool:
        return not self.passed and not self.warns


class AuditFailed(Exception):  # noqa: N818 - it is named for what happened, like the lake's
    """A written partition does not keep its contract: nothing of it was committed, the old version stays."""

    def __init__(self, table: TableName, partition: str, audits: Sequence[Audit]) -> None:
        self.table = table
        self.partition = partition
        self.audits = tuple(audits)
        failed = "; ".join(f"{audit.check}: {audit.text}" for audit in audits if audit.blocks)
        super().__init__(f"{table} {partition}: not committed, the version before stays. {failed}")


def audit_warned(flagged: Mapping[str, int], contract: Contract) -> list[Audit]:
    """Whether any row is as the contract warns of; nothing where it warns of nothing. `flagged`: rule → rows."""
    rules = {rule.name: rule.condition for rule in contract.rules if rule.kind == "warn"}
    if not rules:
        return []
    found = {name: flagged[name] for name in rules if flagged.get(name)}
    told = "; ".join(f"{name}: {rows} rows where {rules[name]}" for name, rows in found.items())
    return [Audit(WARNS, not found, told or "no row is as the contract warns of", found, warns=True)]


def audit_account(account: RowAccount, written: int) -> Audit:
    """Whether every row that arrived was found again, by identity, and the files' counts (`written`) say the same."""
    numbers = {
        "arrived": account.arrived,
        "clean": account.clean,
        "rejected": account.rejected,
        "dropped": account.dropped,
    }
    if account.closes and written != account.clean + account.rejected:
        text = f"the files hold {account.clean + account.rejected} rows, the writer told {written}; run again"
        return Audit("rows_accounted_for", False, text, numbers)
    if account.closes:
        return Audit("rows_accounted_for", True, f"all {account.arrived} rows found again", numbers)
    shown = account.gaps[:5]
    more = f" (and {len(account.gaps) - 5} more files)" if len(account.gaps) > 5 else ""
    return Audit("rows_accounted_for", False, "; ".join(shown) + more, numbers)


def audit_rejected(account: RowAccount, contract: Contract) -> Audit:
    """Whether rejections and rows stay within the contract's bounds."""
    share, most = account.rejected_share, contract.audit.max_rejected_share
    by = ", ".join(f"{rule} {rows}" for rule, rows in sorted(account.rejected_by.items(), key=lambda item: -item[1]))
    numbers = {
        "rejected_share": share,
        "rows": account.clean,
        **{f"rejected_{k}": v for k, v in account.rejected_by.items()},
    }
    if share > most:
        text = (
            f"{account.rejected} of {account.arrived} rows rejected ({share:.2%}), at most {most:.2%} may be: {by}. "
            "Mend the model or the source, or raise audit.max_rejected_share"
        )
        return Audit("contract_bounds", False, text, numbers)
    if account.clean < contract.audit.min_rows:
        return Audit("contract_bounds", False, _too_few(account.clean, contract), numbers)
    return Audit("contract_bounds", True, f"{share:.2%} rejected{': ' + by if by else ''}", numbers)


def audit_broken(broken: Mapping[str, int], contract: Contract, *, made: Checksum, found: Checksum, told: int) -> Audit:
    """Whether a curated table keeps each of its columns' bounds, in a file that holds what its model made.

    `found` is read back from the file, `told` are the rows that its writer counted.
    """
    rows = found.rows
    numbers = {"rows": rows, **{f"broken_{name}": count for name, count in broken.items()}}
    if not made.rows == told == rows:
        text = f"{made.rows} rows were made, the writer told {told}, the file holds {rows}; run again"
        return Audit("contract_bounds", False, text, numbers)
    if made != found:
        text = f"not all of the {rows} rows in the file have the values that were made; run again"
        return Audit("contract_bounds", False, text, numbers)
    if broken:
        text = "; ".join(f"{count} rows break {name}" for name, count in broken.items())
        return Audit("contract_bounds", False, text, numbers)
    if rows < contract.audit.min_rows:
        return Audit("contract_bounds", False, _too_few(rows, contract), numbers)
    return Audit("contract_bounds", True, f"{rows} rows keep every bound", numbers)


def audit_grain(repeated: int, grain: Sequence[str], *, removed: bool) -> Audit:
    """Whether no two clean rows share a grain."""
    of = ", ".join(grain)
    numbers = {"repeated": repeated}
    if repeated and not removed:
        text = f"{repeated} rows repeat the grain ({of}) of another; widen the grain or add `deduplicate`"
        return Audit("grain_is_unique", False, text, numbers)
    text = f"{repeated} duplicates quarantined" if repeated else f"no two rows share {of}"
    return Audit("grain_is_unique", True, text, numbers)


def audit_reconciles(differences: Mapping[str, Sequence[Difference]], *, hidden: Collection[str] = ()) -> Audit:
    """Whether each reconciliation with an input agrees. The values of `hidden` groups are not told."""
    failed = {name: found for name, found in differences.items() if found}
    numbers = {name: len(found) for name, found in differences.items()}
    if not failed:
        return Audit("reconciles", True, f"{', '.join(differences)} agree with the inputs", numbers)
    text = "; ".join(
        f"{name}: {'; '.join(_told(difference, hidden) for difference in found[:3])}" for name, found in failed.items()
    )
    return Audit("reconciles", False, text, numbers)


def _told(difference: Difference, hidden: Collection[str]) -> str:
    group = ", ".join(f"{key} {HIDDEN if key in hidden else value}" for key, value in difference.group.items())
    this, that = ("nothing" if value is None else value for value in (difference.this, difference.that))
    return f"{group + ': ' if group else ''}{this} here, {that} in the input"


def _too_few(rows: int, contract: Contract) -> str:
    return f"{rows} rows, at least {contract.audit.min_rows} were promised (audit.min_rows)"
