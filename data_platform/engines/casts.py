"""What casts do to values: which keep them all, and SQL that sees what is lost or rounded and keeps its text."""

from collections.abc import Mapping

from data_platform.contracts.quoting import literal

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_WHOLE = {*_INTEGERS, *_UNSIGNED, "HUGEINT", "UHUGEINT"}
_FLOATING = ("FLOAT", "DOUBLE")
# Casts that keep every value: nothing to check, nothing to report.
_WIDER = {
    **{narrow: {*_INTEGERS[i + 1 :], "HUGEINT"} for i, narrow in enumerate(_INTEGERS)},
    **{narrow: {*_INTEGERS[i + 1 :], *_UNSIGNED[i + 1 :], "HUGEINT"} for i, narrow in enumerate(_UNSIGNED)},
    "FLOAT": {"DOUBLE"},
    "DATE": {"TIMESTAMP"},
}
_EXACT_DOUBLE = {"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"}


def keeps_values(has: str, wanted: str) -> bool:
    """Whether every value of one type can be cast to the other unchanged, so that nothing needs checking."""
    if has == wanted or wanted == "VARCHAR":
        return True
    return wanted in _WIDER.get(has, ()) or (wanted == "DOUBLE" and has in _EXACT_DOUBLE)


def changes(column: str, has: str, wanted: str) -> str:
    """SQL that is true where casting loses the value: it becomes NULL, or another number than it was.

    A fraction beyond a DECIMAL's scale is not lost but rounded: see `rounds`.
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
    return f"({lost})"


def rounds(column: str, has: str, wanted: str) -> str | None:
    """SQL that is true where a cast rounds a fraction to a DECIMAL's scale; None where it cannot."""
    if not wanted.startswith("DECIMAL"):
        return None
    cast = f"TRY_CAST({column} AS {wanted})"
    if has in _FLOATING:
        # Compared as binary fractions: 0.1 is not one, but becomes DECIMAL 0.10 and back the same.
        return f"CAST({cast} AS {has}) <> {column}"
    if has.startswith("DECIMAL"):
        return f"{cast} <> {column}" if _scale(has) > _scale(wanted) else None
    if has == "VARCHAR":
        return f"CAST({cast} AS DOUBLE) <> TRY_CAST({column} AS DOUBLE)"
    return None


def may_differ(column: str, has: str, wanted: str) -> str:
    """SQL that is true at least where `changes` or `rounds` is, and costs less than both."""
    if has in _FLOATING and wanted.startswith("DECIMAL"):
        return f"CAST(TRY_CAST({column} AS {wanted}) AS {has}) IS DISTINCT FROM {column}"
    rounding = rounds(column, has, wanted)
    return changes(column, has, wanted) if rounding is None else f"({changes(column, has, wanted)} OR {rounding})"


def _scale(decimal: str) -> int:
    return int(decimal.rstrip(")").rpartition(",")[2])


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
