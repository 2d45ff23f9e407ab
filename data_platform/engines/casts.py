"""What casts do to values: which keep them all, and SQL that sees what is lost or rounded and keeps its text."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_platform.contracts.quoting import literal

# What stands in a raw row's `_uncast` when nothing was lost, but something rounded: no column's original text.
ROUNDED = "{}"
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_WHOLE = {*_INTEGERS, *_UNSIGNED, "HUGEINT", "UHUGEINT"}
_FLOATING = ("FLOAT", "DOUBLE")
# Casts that keep every value: nothing to check, nothing to report.
_WIDER = {
    **{narrow: {*_INTEGERS[i + 1 :], "HUGEINT"} for i, narrow in enumerate(_INTEGERS)},
    **{narrow: {*_INTEGERS[i + 1 :], *_UNSIGNED[i + 1 :], "HUGEINT"} for i, narrow in enumerate(_UNSIGNED)},
    "FLOAT": {"DOUBLE"},
}
_EXACT_DOUBLE = {"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"}
# As many decimal digits survive the way there and back.
_FLOATING_DIGITS = {"FLOAT": 6, "DOUBLE": 15}


def keeps_values(has: str, wanted: str) -> bool:
    """Whether every value of one type can be cast to the other unchanged, so that nothing needs checking."""
    if has == wanted or wanted == "VARCHAR":
        return True
    return wanted in _WIDER.get(has, ()) or (wanted == "DOUBLE" and has in _EXACT_DOUBLE)


@dataclass(frozen=True)
class Cast:
    """A value on its way into another type: SQL of what it was, SQL of what it becomes (NULL where it cannot)."""

    was: str
    becomes: str
    has: str
    wanted: str

    @classmethod
    def of(cls, value: str, has: str, wanted: str) -> "Cast":
        return cls(value, f"TRY_CAST({value} AS {wanted})", has, wanted)


def changes(cast: Cast) -> str:
    """SQL that is true where casting loses the value: it becomes NULL, or something else than it was.

    What is only made coarser (a fraction beyond a DECIMAL's scale, the time of a DATE) is rounded: see `rounds`.
    """
    was, becomes, has, wanted = cast.was, cast.becomes, cast.has, cast.wanted
    lost = f"{was} IS NOT NULL AND {becomes} IS NULL"
    if wanted in _WHOLE and (has in _FLOATING or has.startswith("DECIMAL")):
        # 1.5 would become 2 without a word.
        return f"({lost} OR {was} <> {becomes})"
    if wanted in _WHOLE and has == "VARCHAR":
        # So would '1.5'. DECIMAL, since DOUBLE cannot tell neighbours beyond 2^53 apart.
        return f"({lost} OR TRY_CAST({was} AS DECIMAL(38,10)) <> {becomes})"
    if wanted in _FLOATING and has in _WHOLE:
        # 2^53 + 1 would become 2^53.
        return f"({lost} OR TRY_CAST({becomes} AS {has}) IS DISTINCT FROM {was})"
    if wanted in _FLOATING and has == "VARCHAR":
        # '1e400' would become infinity.
        return f"({lost} OR (isinf({becomes}) AND NOT contains(lower({was}), 'inf')))"
    if wanted == "BOOLEAN" and (has in _WHOLE or has in _FLOATING or has.startswith("DECIMAL")):
        # 2, 0.5 and NaN would become true.
        return f"({lost} OR {was} NOT IN (0, 1))"
    return f"({lost})"


def rounds(cast: Cast) -> str | None:
    """SQL that is true where a cast makes a value coarser; None where it cannot.

    A fraction is rounded to a DECIMAL's scale or to a floating number's digits; a DATE leaves the time away.
    """
    was, becomes, has, wanted = cast.was, cast.becomes, cast.has, cast.wanted
    if wanted.startswith("DECIMAL"):
        return _rounds_to_scale(cast)
    if wanted in _FLOATING and has.startswith("DECIMAL") and _size(has)[0] > _FLOATING_DIGITS[wanted]:
        # By way of text: 0.1 is no binary fraction, but its text is that of the nearest one.
        return f"TRY_CAST(CAST({becomes} AS VARCHAR) AS {has}) <> {was}"
    if wanted == "FLOAT" and has == "DOUBLE":
        return f"CAST({becomes} AS DOUBLE) <> {was}"
    if wanted == "DATE" and has.startswith("TIMESTAMP"):
        return f"{becomes} <> {was}"
    if wanted == "DATE" and has == "VARCHAR":
        return f"{becomes} <> TRY_CAST({was} AS TIMESTAMP)"
    if wanted.startswith("TIMESTAMP") and has == "TIMESTAMP_NS":
        return f"TRY_CAST({becomes} AS {has}) <> {was}"
    return None


def _rounds_to_scale(cast: Cast) -> str | None:
    was, becomes, has = cast.was, cast.becomes, cast.has
    digits, scale = _size(cast.wanted)
    if has in _FLOATING:
        # Compared as binary fractions: 0.1 is not one, but becomes DECIMAL 0.10 and back the same.
        return f"CAST({becomes} AS {has}) <> {was}"
    if has.startswith("DECIMAL"):
        return f"{becomes} <> {was}" if _size(has)[1] > scale else None
    if has == "VARCHAR":
        # DOUBLE sees any digit of short numbers, the widest DECIMAL those of long ones.
        widest = f"TRY_CAST({was} AS DECIMAL(38,{38 - digits + scale}))"
        return f"coalesce({becomes} <> {widest}, CAST({becomes} AS DOUBLE) <> TRY_CAST({was} AS DOUBLE))"
    return None


def may_differ(cast: Cast) -> str:
    """SQL that is true at least where `changes` or `rounds` is, and costs less than both."""
    if cast.has in _FLOATING and cast.wanted.startswith("DECIMAL"):
        return f"CAST({cast.becomes} AS {cast.has}) IS DISTINCT FROM {cast.was}"
    rounding = rounds(cast)
    return changes(cast) if rounding is None else f"({changes(cast)} OR {rounding})"


def _size(decimal: str) -> tuple[int, int]:
    """Digits in all and digits behind the point."""
    digits, _, scale = decimal.removeprefix("DECIMAL(").rstrip(")").partition(",")
    return int(digits), int(scale)


def originals(casts: Mapping[str, Cast]) -> str:
    """SQL for a JSON object of the texts that the casts of these columns lose: NULL where none does."""
    if not casts:
        return "CAST(NULL AS VARCHAR)"
    lost = {name: changes(cast) for name, cast in casts.items()}
    parts = ", ".join(
        f"CASE WHEN {lost[name]} THEN to_json({literal(name)}) || ':' || to_json(CAST({cast.was} AS VARCHAR)) END"
        for name, cast in casts.items()
    )
    return f"CASE WHEN {' OR '.join(lost.values())} THEN '{{' || concat_ws(',', {parts}) || '}}' END"
