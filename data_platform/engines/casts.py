"""What casts do to values: which keep them all, and SQL that sees what is lost or rounded and keeps its text."""

from collections.abc import Mapping

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


def changes(column: str, has: str, wanted: str) -> str:
    """SQL that is true where casting loses the value: it becomes NULL, or something else than it was.

    What is only made coarser (a fraction beyond a DECIMAL's scale, the time of a DATE) is rounded: see `rounds`.
    """
    cast = f"TRY_CAST({column} AS {wanted})"
    lost = f"{column} IS NOT NULL AND {cast} IS NULL"
    if wanted in _WHOLE and (has in _FLOATING or has.startswith("DECIMAL")):
        # 1.5 would become 2 without a word.
        return f"({lost} OR {column} <> {cast})"
    if wanted in _WHOLE and has == "VARCHAR":
        # So would '1.5'. DECIMAL, since DOUBLE cannot tell neighbours beyond 2^53 apart.
        return f"({lost} OR TRY_CAST({column} AS DECIMAL(38,10)) <> {cast})"
    if wanted in _FLOATING and has in _WHOLE:
        # 2^53 + 1 would become 2^53.
        return f"({lost} OR TRY_CAST({cast} AS {has}) IS DISTINCT FROM {column})"
    if wanted in _FLOATING and has == "VARCHAR":
        # '1e400' would become infinity.
        return f"({lost} OR (isinf({cast}) AND NOT contains(lower({column}), 'inf')))"
    if wanted == "BOOLEAN" and (has in _WHOLE or has in _FLOATING or has.startswith("DECIMAL")):
        # 2, 0.5 and NaN would become true.
        return f"({lost} OR {column} NOT IN (0, 1))"
    return f"({lost})"


def rounds(column: str, has: str, wanted: str) -> str | None:
    """SQL that is true where a cast makes a value coarser; None where it cannot.

    A fraction is rounded to a DECIMAL's scale or to a floating number's digits; a DATE leaves the time away.
    """
    cast = f"TRY_CAST({column} AS {wanted})"
    if wanted.startswith("DECIMAL"):
        return _rounds_to_scale(column, has, wanted)
    if wanted in _FLOATING and has.startswith("DECIMAL") and _size(has)[0] > _FLOATING_DIGITS[wanted]:
        # By way of text: 0.1 is no binary fraction, but its text is that of the nearest one.
        return f"TRY_CAST(CAST({cast} AS VARCHAR) AS {has}) <> {column}"
    if wanted == "FLOAT" and has == "DOUBLE":
        return f"CAST({cast} AS DOUBLE) <> {column}"
    if wanted == "DATE" and has.startswith("TIMESTAMP"):
        return f"{cast} <> {column}"
    if wanted == "DATE" and has == "VARCHAR":
        return f"{cast} <> TRY_CAST({column} AS TIMESTAMP)"
    if wanted.startswith("TIMESTAMP") and has == "TIMESTAMP_NS":
        return f"TRY_CAST({cast} AS {has}) <> {column}"
    return None


def _rounds_to_scale(column: str, has: str, wanted: str) -> str | None:
    cast = f"TRY_CAST({column} AS {wanted})"
    digits, scale = _size(wanted)
    if has in _FLOATING:
        # Compared as binary fractions: 0.1 is not one, but becomes DECIMAL 0.10 and back the same.
        return f"CAST({cast} AS {has}) <> {column}"
    if has.startswith("DECIMAL"):
        return f"{cast} <> {column}" if _size(has)[1] > scale else None
    if has == "VARCHAR":
        # DOUBLE sees any digit of short numbers, the widest DECIMAL those of long ones.
        widest = f"TRY_CAST({column} AS DECIMAL(38,{38 - digits + scale}))"
        return f"coalesce({cast} <> {widest}, CAST({cast} AS DOUBLE) <> TRY_CAST({column} AS DOUBLE))"
    return None


def may_differ(column: str, has: str, wanted: str) -> str:
    """SQL that is true at least where `changes` or `rounds` is, and costs less than both."""
    if has in _FLOATING and wanted.startswith("DECIMAL"):
        return f"CAST(TRY_CAST({column} AS {wanted}) AS {has}) IS DISTINCT FROM {column}"
    rounding = rounds(column, has, wanted)
    return changes(column, has, wanted) if rounding is None else f"({changes(column, has, wanted)} OR {rounding})"


def _size(decimal: str) -> tuple[int, int]:
    """Digits in all and digits behind the point."""
    digits, _, scale = decimal.removeprefix("DECIMAL(").rstrip(")").partition(",")
    return int(digits), int(scale)


def originals(broken: Mapping[str, tuple[str, str]]) -> str:
    """SQL for a JSON object of original texts: column name → (its SQL, the condition under which it is told)."""
    if not broken:
        return "CAST(NULL AS VARCHAR)"
    parts = ", ".join(
        f"CASE WHEN {condition} THEN to_json({literal(name)}) || ':' || to_json(CAST({column} AS VARCHAR)) END"
        for name, (column, condition) in broken.items()
    )
    anything = " OR ".join(f"({condition})" for _, condition in broken.values())
    return f"CASE WHEN {anything} THEN '{{' || concat_ws(',', {parts}) || '}}' END"
