"""What a written partition must keep before it may be committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_platform.contracts.account import RowAccount
from data_platform.contracts.contract import Contract
from data_platform.engines.curating import Difference
from data_platform.lake.names import TableName


@dataclass(frozen=True)
class Audit:
    """The outcome of one check, in words, with numbers for the record. One that failed blocks the commit."""

    check: str
    passed: bool
    text: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


class AuditFailed(Exception):  # noqa: N818 - it is named for what happened, like the lake's
    """A written partition does not keep its contract: nothing of it was committed, the old version stays."""

    def __init__(self, table: TableName, partition: str, audits: Sequence[Audit]) -> None:
        self.table = table
        self.partition = partition
        self.audits = tuple(audits)
        failed = "; ".join(f"{audit.check}: {audit.text}" for audit in audits if not audit.passed)
        super().__init__(f"{table} {partition}: not committed, the version before stays. {failed}")


def audit_account(account: RowAccount) -> Audit:
    """Whether every row that arrived was found again, by identity."""
    numbers = {
        "arrived": account.arrived,
        "clean": account.clean,
        "rejected": account.rejected,
        "dropped": account.dropped,
    }
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


def audit_broken(broken: Mapping[str, int], rows: int, contract: Contract) -> Audit:
    """Whether a curated table keeps each of its columns' bounds."""
    numbers = {"rows": rows, **{f"broken_{name}": count for name, count in broken.items()}}
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


def audit_reconciles(differences: Mapping[str, Sequence[Difference]]) -> Audit:
    """Whether each reconciliation with an input agrees."""
    failed = {name: found for name, found in differences.items() if found}
    numbers = {name: len(found) for name, found in differences.items()}
    if not failed:
        return Audit("reconciles", True, f"{', '.join(differences)} agree with the inputs", numbers)
    text = "; ".join(
        f"{name}: {'; '.join(_told(difference) for difference in found[:3])}" for name, found in failed.items()
    )
    return Audit("reconciles", False, text, numbers)


def _told(difference: Difference) -> str:
    group = ", ".join(f"{key} {value}" for key, value in difference.group.items())
    this, that = ("nothing" if value is None else value for value in (difference.this, difference.that))
    return f"{group + ': ' if group else ''}{this} here, {that} in the input"


def _too_few(rows: int, contract: Contract) -> str:
    return f"{rows} rows, at least {contract.audit.min_rows} were promised (audit.min_rows)"
