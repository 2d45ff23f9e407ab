"""The losses page: what was injected, who saw it, and why what nobody saw is no loss of rows. Text only."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from data_platform_tests.proof.losses_commits import COMMITTED
from data_platform_tests.proof.losses_models import READ, Verdict
from data_platform_tests.proof.losses_seams import BYTES, HANDED, WRITTEN

# Who can see a loss, in the order in which a row meets them.
_WHO = (
    ("definition", "definition"),
    ("reading", "reading"),
    ("the lookup's key", "lookup key"),
    ("the engine", "engine"),
    ("rows_accounted_for", "row account"),
    ("contract_bounds", "bounds"),
    ("grain_is_unique", "grain"),
    ("reconciles", "reconciles"),
    ("commit", "commit"),
)

_INTRODUCTION = """\
# Losses, injected

Written by `python -m data_platform_tests.proof.losses --write`; a test compares it with what that command finds today.

{count} faults were made by machine, one at a time, on thinned samples of what files feed: {caught} were refused or
caught, {equal} changed no row on the sample, {survived} survived. {losing} of the survivors lose or invent rows.

Every model's text is mutated, and the text that the compiler makes of staged models as well, past the checks of the
definition as if these were not there. Then the platform's own seams lie: the list of files that a model is given, the
bytes of those files, the rows that the engine reads, the file that it writes, the files that are committed.

Who saw them, by where the fault was:

"""

_COLUMNS = """\

| column | the fault was seen by |
| --- | --- |
| definition | the checks of models and contracts, before anything runs |
| reading | size and number of the input files, against ledger and commits |
| lookup key | a lookup that has a key twice |
| engine | DuckDB, or the rows of an input, compared with its commits: how many, of staged tables also which |
| row account | every row that arrived is found again, by identity; files hold as many rows as their writer told |
| bounds, grain, reconciles | the audits of the contract |
| commit | the lake, which is told how many rows the files must hold |
| equal | nobody: on the sample the same rows came out, column by column, key by key |
| survived | nobody, and something differs: see below |
"""


def page(verdicts: Sequence[Verdict]) -> str:
    """The page as Markdown."""
    survivors = [v for v in verdicts if v.survived]
    equal = sum(not v.by and not v.differs for v in verdicts)
    told = _INTRODUCTION.format(
        count=len(verdicts),
        caught=sum(bool(v.by) for v in verdicts),
        equal=equal,
        survived=len(survivors),
        losing=sum(v.loses for v in survivors),
    )
    return "".join(
        [
            told,
            _table("where", verdicts, lambda v: v.where),
            _COLUMNS,
            "\n## By table\n\n",
            _table("table", verdicts, lambda v: v.table.sql),
            "\n## By operator\n\n",
            _table("operator", verdicts, lambda v: v.operator.partition(": ")[0] if v.where == WRITTEN else v.operator),
            "\n## Survivors\n",
            *_survivors(survivors),
        ]
    )


def _table(head: str, verdicts: Sequence[Verdict], key: Callable[[Verdict], str]) -> str:
    whos = [(by, name) for by, name in _WHO if any(v.by == by for v in verdicts)]
    lines = [
        f"| {head} | faults | {' | '.join(name for _, name in whos)} | equal | survived |",
        f"| --- | {'--: | ' * (len(whos) + 2)}--: |",
    ]
    for name in dict.fromkeys(map(key, verdicts)):
        of = [v for v in verdicts if key(v) == name]
        counts = Counter("survived" if v.survived else v.by or "equal" for v in of)
        cells = [str(counts[by] or "") for by in [*(by for by, _ in whos), "equal", "survived"]]
        lines.append(f"| {name} | {len(of)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _survivors(survivors: Iterable[Verdict]) -> Iterable[str]:
    if not (found := list(survivors)):
        yield "\nNone.\n"
    reasons = dict.fromkeys(reason(v) for v in found)
    for why in reasons:
        of = [v for v in found if reason(v) == why]
        yield f"\n### {why}\n\n"
        for (table, where), same in groupby(of, lambda v: (v.table.sql, v.where)):
            for v in same:
                kind = "**loses or invents rows** " if v.loses else ""
                yield f"- `{table}`, {where}: {v.operator}, {v.place}: {kind}{v.differs}\n"


def reason(verdict: Verdict) -> str:
    """Why a survivor is no loss of rows, or what would catch it. Of kinds of faults, never of a dataset."""
    if verdict.where == BYTES:
        return (
            "A byte of a stored file was changed in its place. The size is the same and no row is lost: only hashing "
            "each file before it is read would tell, against the SHA-256 that the ledger has of raw files"
        )
    if verdict.where == READ:
        return "The engine reads another value than the file holds. No row is lost; whatever checks it reads the same"
    if verdict.where == WRITTEN:
        return (
            "A value was altered between the SELECT and the file, within every bound of the contract. All rows are "
            "there; a checksum of the values, made where they are judged and compared with the file, would tell"
        )
    if verdict.where in (HANDED, COMMITTED):
        return "A file of the account is missing or doubled: this must not be"
    if verdict.table.layer == "staged":
        return (
            "Every row of the raw table is there once, with another value of a looked-up column. What a lookup means "
            "is its author's to say; a test of the model on rows by hand catches it, a rule of the contract may"
        )
    if verdict.loses:
        return "Rows are lost or invented, and no reconcile sees it"
    return (
        "Every row is counted where it belongs; a figure that no reconcile covers is another one (a median, a share, a "
        "change against a week ago). A test of the model on rows by hand catches it; a reconcile of the column would"
    )
