"""The tables of a target: the one that rows are written to, and beside it which rows are ours and what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from data_platform.sinks.errors import SinkError
from data_platform.sinks.target import Target
from data_platform.sinks.types import column_type, holds

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine.reflection import Inspector

SENT = "_data_platform_sent"
KEYS_OF = "_data_platform_keys_of_"


@dataclass(frozen=True)
class Tables:
    """As SQLAlchemy knows them. A column's `key` is `c` and its number in the target: names are data."""

    target: Target

    @cached_property
    def rows(self) -> "sa.Table":
        """The columns that are ours of the target's table."""
        return self._table(
            self.target.table,
            *(
                self._column(
                    column.name, column.type, key=f"c{at}", primary_key=column.is_key, required=column.required
                )
                for at, column in enumerate(self.target.columns)
            ),
        )

    @cached_property
    def keys(self) -> "sa.Table":
        """The key of each row that is ours: which table and partition it is of, and which sending wrote it."""
        import sqlalchemy as sa

        return self._table(
            f"{KEYS_OF}{self.target.table}",
            *(
                self._column(column.name, column.type, key=f"c{at}", primary_key=True, required=True)
                for at, column in enumerate(self.target.columns)
                if column.is_key
            ),
            *(sa.Column(name, sa.Text, nullable=False) for name in ("_table", "_partition", "_sending")),
        )

    @cached_property
    def sent(self) -> "sa.Table":
        """What was sent last: a row for each partition of each table of ours."""
        import sqlalchemy as sa

        return self._table(
            SENT,
            sa.Column("table", sa.Text, primary_key=True),
            sa.Column("target", sa.Text, primary_key=True),
            sa.Column("partition", sa.Text, primary_key=True),
            sa.Column("version", sa.BigInteger, nullable=False),
            sa.Column("fingerprint", sa.Text, nullable=False),
            sa.Column("shape", sa.Text, nullable=False),
            sa.Column("rows", sa.BigInteger, nullable=False),
            sa.Column("hash", sa.Text, nullable=False),
            sa.Column("sent_at", column_type(self.target.dialect, "TIMESTAMP WITH TIME ZONE"), nullable=False),
        )

    @property
    def key(self) -> list[str]:
        """The `key`s of the key's columns."""
        return [f"c{at}" for at, column in enumerate(self.target.columns) if column.is_key]

    def exist(self, connection: "sa.Connection") -> bool:
        """Whether anything can have been sent."""
        import sqlalchemy as sa

        inspector = sa.inspect(connection)
        return all(inspector.has_table(t.name, schema=t.schema) for t in (self.rows, self.keys, self.sent))

    def ensure(self, connection: "sa.Connection") -> None:
        """Creates what is missing. Raises SinkError where the target's table cannot take our rows as they are."""
        import sqlalchemy as sa

        if sa.inspect(connection).has_table(self.rows.name, schema=self.rows.schema):
            self.check(connection)
        for table in (self.rows, self.keys, self.sent):
            table.create(connection, checkfirst=True)

    def check(self, connection: "sa.Connection") -> None:
        """Raises SinkError where the target's table, which exists, cannot take our rows as they are."""
        import sqlalchemy as sa

        inspector, target = sa.inspect(connection), self.target
        found = {each["name"]: each for each in inspector.get_columns(target.table, schema=target.schema)}
        dialect = inspector.dialect
        for column in target.columns:
            there = found.get(column.name)
            wanted = column_type(target.dialect, column.type).compile(dialect)
            if there is None:
                raise SinkError(
                    f"{target.shown}: has no column '{column.name}' ({wanted} for {column.of}); it has "
                    f"{', '.join(found)}. Add it there, or name another one by `columns`"
                )
            declared = there["type"].compile(dialect)
            if not holds(target.dialect, declared, column.type):
                raise SinkError(
                    f"{target.shown}: column '{column.name}' is {declared}, expected {wanted} for {column.of} "
                    f"({column.type}). Change it there, or leave it out by `columns`"
                )
            identity: Any = there.get("identity")
            if "computed" in there or (identity and identity["always"]):
                raise SinkError(f"{target.shown}: column '{column.name}' is computed there. Leave it out by `columns`")
        ours = {column.name for column in target.columns}
        for name, other in found.items():
            has_value = other["nullable"] or other.get("default") is not None or other.get("autoincrement") is True
            if name not in ours and not has_value and "computed" not in other and not other.get("identity"):
                raise SinkError(f"{target.shown}: column '{name}' is NOT NULL without a default, and is not written")
        self._check_key(inspector)

    def _check_key(self, inspector: "Inspector") -> None:
        """An upsert needs a constraint that says which row is meant."""
        target = self.target
        key = {column.name for column in target.columns if column.is_key}
        unique: list[Sequence[str | None]] = [
            inspector.get_pk_constraint(target.table, schema=target.schema)["constrained_columns"],
            *(each["column_names"] for each in inspector.get_unique_constraints(target.table, schema=target.schema)),
            *(
                each["column_names"]
                for each in inspector.get_indexes(target.table, schema=target.schema)
                if each["unique"] and not _is_partial(each.get("dialect_options", {}))
            ),
        ]
        if not any(set(names) == key for names in unique):
            told = ", ".join(sorted(key))
            raise SinkError(f"{target.shown}: has no primary key or unique index of exactly {told}. Add one there")

    def _table(self, name: str, *columns: "sa.Column[Any]") -> "sa.Table":
        import sqlalchemy as sa

        schema = self.target.schema and sa.quoted_name(self.target.schema, quote=True)
        return sa.Table(sa.quoted_name(name, quote=True), sa.MetaData(), *columns, schema=schema)

    def _column(self, name: str, type_: str, *, key: str, primary_key: bool, required: bool) -> "sa.Column[Any]":
        import sqlalchemy as sa

        return sa.Column(
            sa.quoted_name(name, quote=True),
            column_type(self.target.dialect, type_),
            key=key,
            primary_key=primary_key,
            nullable=not required,
            autoincrement=False,
        )


def _is_partial(options: dict[str, object]) -> bool:
    return any(name.endswith("_where") for name in options)
