"""Masks as SQL: which expression masks a column, and the functions that a connection must have for it. Keys and
detectors stay in Python: no statement and no plan has them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
from duckdb.func import ARROW, SPECIAL

from data_platform.contracts.contract import ColumnSpec, Mask, PersonalKind
from data_platform.contracts.quoting import literal
from data_platform.privacy.key import PersonalKey
from data_platform.privacy.masks import masked_array


@dataclass(frozen=True)
class Masking:
    """What becomes of a column of a kind and a type (DuckDB's text for it)."""

    mask: Mask
    kind: PersonalKind
    type: str

    @classmethod
    def of(cls, spec: ColumnSpec) -> "Masking | None":
        """Of a contract's column that has all of its tags; None where it has no mask."""
        return None if spec.mask is None or spec.pii is None else cls(spec.mask, spec.pii, spec.type)

    @property
    def function(self) -> str | None:
        """The function that it takes; None where SQL says it all, so that a view over files can."""
        if self.mask == "hash":
            return "_personal_hash"
        if self.mask == "redact" and self.kind == "free_text":
            return "_personal_redact"
        if self.mask == "truncate" and self.type == "VARCHAR":
            return f"_personal_truncate_{self.kind}"
        return None

    def sql(self, value: str) -> str:
        """The masked value, of the column's type; NULL where it was NULL."""
        if self.function is not None:
            return f"{self.function}({value})"
        if self.mask == "redact":
            return f"CASE WHEN {value} IS NOT NULL THEN {literal(f'[{self.kind}]')} END"
        if self.mask == "truncate":
            return f"CAST(date_trunc('year', {value}) AS {self.type})"
        return f"CAST(NULL AS {self.type})"


def define(connection: duckdb.DuckDBPyConnection, maskings: Iterable[Masking], key: PersonalKey) -> None:
    """Gives a connection the functions that some masks take. What they are given and give is never NULL or an error."""
    for name, each in {each.function: each for each in maskings}.items():
        if name is not None:
            _define(connection, name, each, key)


def _define(connection: duckdb.DuckDBPyConnection, name: str, masking: Masking, key: PersonalKey) -> None:
    def apply(values: Any) -> Any:
        return masked_array(values, masking.mask, masking.kind, key)

    # With its own handling of NULL: what `truncate` finds nothing harmless in becomes one.
    connection.create_function(
        name, apply, ["VARCHAR"], "VARCHAR", type=ARROW, null_handling=SPECIAL, side_effects=False
    )
