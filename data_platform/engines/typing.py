"""Casts a model's columns to what its contract says, and keeps what a cast would lose."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from data_platform.contracts.quoting import identifier, literal
from data_platform.engines.casts import ROUNDED, Cast, changes, keeps_values, may_differ, originals, rounds

# A type that the connection must have: the names of the source files. A name is then a number, in memory and on disk,
# and not a hundred characters in each row.
SOURCE_FILE = "_source_file"


class ModelColumnsError(ValueError):
    """The model's columns are not those of its contract."""


@dataclass(frozen=True)
class ModelColumns:
    """Name and type of each column that a model's SELECT gives, hidden ones left out."""

    types: dict[str, str]

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, select: str) -> "ModelColumns":
        """Asks DuckDB, without running the model. Raises ModelColumnsError when a name stands twice."""
        rows = connection.execute(f"DESCRIBE {select}").fetchall()
        folded = [name.lower() for name, *_ in rows]
        twice = next((name for name, *_ in rows if folded.count(name.lower()) > 1), None)
        if twice is not None:
            raise ModelColumnsError(f"the SELECT gives '{twice}' twice; rename one, or name the columns instead of *")
        return cls({name: type_ for name, type_, *_ in rows if not name.startswith("_")})

    def check(self, contracted: Sequence[tuple[str, str]]) -> None:
        """Raises ModelColumnsError naming the columns that only one side has."""
        names = {name.lower(): name for name in self.types}
        wanted = {name.lower(): name for name, _ in contracted}
        missing = [name for key, name in wanted.items() if key not in names]
        extra = [name for key, name in names.items() if key not in wanted]
        if missing:
            raise ModelColumnsError(
                f"the contract has {', '.join(missing)}, which the SELECT does not give; "
                f"it gives {', '.join(self.types)}. "
                "Add the column to the SELECT or drop it from the contract"
            )
        if extra:
            raise ModelColumnsError(
                f"the SELECT gives {', '.join(extra)}, which the contract lacks. Describe it there or leave it out"
            )

    def type_of(self, name: str) -> str:
        return next(type_ for found, type_ in self.types.items() if found.lower() == name.lower())


def strict_select(model: ModelColumns, contracted: Sequence[tuple[str, str]], relation: str) -> str:
    """SELECT over a relation: each contracted column cast; a value that its type cannot hold is an error with both."""
    model.check(contracted)
    columns = []
    for name, wanted in contracted:
        cast = Cast.of(f"model.{identifier(name)}", model.type_of(name), wanted)
        value = f"CAST({cast.was} AS {wanted})"
        if not keeps_values(cast.has, wanted):
            told = f"error({literal(f'{name} is {wanted}, which cannot hold ')} || CAST({cast.was} AS VARCHAR))"
            value = f"CASE WHEN {changes(cast)} THEN {told} ELSE {cast.becomes} END"
        columns.append(f"{value} AS {identifier(name)}")
    return f"SELECT {', '.join(columns)} FROM ({relation}) AS model"


def typed_select(model: ModelColumns, contracted: Sequence[tuple[str, str]]) -> str:
    """SELECT over `model`: each contracted column cast, row identity, `_original` and `_rounded`.

    `_original` is JSON of the texts that no cast could keep (from the raw file or here), NULL when all fit;
    `_rounded` is true where a value was made coarser (there or here): see `casts.rounds`.
    """
    model.check(contracted)
    values, casts = [], {}
    for number, (name, wanted) in enumerate(contracted):
        cast = Cast.of(f"model.{identifier(name)}", model.type_of(name), wanted)
        values.append(f"{cast.was if cast.has == wanted else cast.becomes} AS {identifier(name)}")
        if not keeps_values(cast.has, wanted):
            values.append(f"{cast.was} AS _was_{number}")
            casts[name] = Cast(f"_was_{number}", identifier(name), cast.has, wanted)
    values += [
        f"TRY_CAST(model._source_file AS {SOURCE_FILE}) AS _source_file",
        "CAST(model._source_row AS BIGINT) AS _source_row",
        "CAST(model._uncast AS VARCHAR) AS _uncast",
    ]
    # Nearly no row is suspect, so that the exact questions are asked of few.
    suspect = " OR ".join(may_differ(cast) for cast in casts.values()) or "false"
    rounding = " OR ".join(told for cast in casts.values() if (told := rounds(cast))) or "false"
    uncast = f"nullif(_uncast, {literal(ROUNDED)})"
    # Of a column that failed twice the text of the file is told.
    both = f"CAST(json_merge_patch(coalesce(_lost, '{{}}'), {uncast}) AS VARCHAR)"
    columns = ", ".join(identifier(name) for name, _ in contracted)
    # One SELECT over the other, so that no cast is made twice: DuckDB computes what a CASE holds again and again.
    return (
        f"SELECT {columns}, _source_file, _source_row, "
        f"CASE WHEN _lost IS NULL THEN {uncast} WHEN {uncast} IS NULL THEN _lost ELSE {both} END AS _original, "
        f"_uncast IS NOT DISTINCT FROM {literal(ROUNDED)} OR CASE WHEN _suspect THEN {rounding} ELSE false END "
        f"AS _rounded FROM (SELECT *, CASE WHEN _suspect THEN {originals(casts)} END AS _lost "
        f"FROM (SELECT *, {suspect} AS _suspect FROM (SELECT {', '.join(values)} FROM model)))"
    )
