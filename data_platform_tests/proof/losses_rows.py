"""What may happen to the rows of any relation: SELECTs that lose, double or alter some of them."""

from collections.abc import Mapping, Sequence

# Of a relation {t}, in the order of all its columns.
IN_ORDER: Mapping[str, str] = {
    "one row dropped": "SELECT * FROM {t} ORDER BY ALL OFFSET 1",
    "last row dropped": "SELECT * FROM {t} ORDER BY ALL LIMIT (SELECT count(*) - 1 FROM {t})",
    "one row doubled": "SELECT * FROM {t} UNION ALL (SELECT * FROM {t} ORDER BY ALL LIMIT 1)",
    "one row dropped, its neighbour doubled": (
        "(SELECT * FROM {t} ORDER BY ALL OFFSET 1) UNION ALL (SELECT * FROM {t} ORDER BY ALL LIMIT 1 OFFSET 1)"
    ),
    "first row dropped, last doubled": (
        "(SELECT * FROM {t} ORDER BY ALL OFFSET 1) UNION ALL "
        "(SELECT * FROM {t} ORDER BY ALL LIMIT 1 OFFSET (SELECT count(*) - 1 FROM {t}))"
    ),
    "every row doubled": "SELECT * FROM {t} UNION ALL SELECT * FROM {t}",
    "DISTINCT": "SELECT DISTINCT * FROM {t}",
    "half of the rows": "SELECT * FROM {t} ORDER BY ALL LIMIT (SELECT count(*) // 2 FROM {t})",
    "no rows": "SELECT * FROM {t} WHERE false",
}
# What may happen to the rows of a relation {t}, numbered by {n} in some order.
NUMBERED: Mapping[str, str] = {
    "one row dropped": "SELECT * FROM {t} WHERE {n} <> 1",
    "one row doubled": "SELECT * FROM {t} UNION ALL SELECT * FROM {t} WHERE {n} = 1",
    "one row dropped, another doubled": "SELECT * FROM {t} WHERE {n} <> 1 UNION ALL SELECT * FROM {t} WHERE {n} = 2",
    "two dropped, two doubled, same sum of numbers": (
        "SELECT * FROM {t} WHERE {n} NOT IN (1, 4) UNION ALL SELECT * FROM {t} WHERE {n} IN (2, 3)"
    ),
    "half of the rows": "SELECT * FROM {t} WHERE {n} <= (SELECT count(*) // 2 FROM {t})",
    "no rows": "SELECT * FROM {t} WHERE false",
    "every row doubled": "SELECT * FROM {t} UNION ALL SELECT * FROM {t}",
}


def altered(name: str, type_: str, *, pair: bool) -> str:
    """SQL over a numbered relation for a column of which one value is altered, or two against each other."""
    column = f'"{name}"'
    if not pair:
        other = {"VARCHAR": f"concat({column}, '~')", "BOOLEAN": f"NOT coalesce({column}, false)"}.get(
            type_, f"{column} + INTERVAL 1 DAY" if type_ in ("DATE", "TIMESTAMP") else f"coalesce({column}, 0) + 1"
        )
        return f"CASE WHEN n_ = c_ // 2 THEN {other} ELSE {column} END"
    if type_ in ("VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP"):
        first, last = (f"first_value({column}) OVER (ORDER BY n_ {way})" for way in ("ASC", "DESC"))
        return f"CASE n_ WHEN 1 THEN {last} WHEN c_ THEN {first} ELSE {column} END"
    return f"CASE n_ WHEN 1 THEN coalesce({column}, 0) + 1 WHEN c_ THEN coalesce({column}, 0) - 1 ELSE {column} END"


def altered_select(relation: str, name: str, type_: str, columns: Sequence[tuple[str, str]], *, pair: bool) -> str:
    """A SELECT over a relation with one value of a column altered, or one up and another down (or swapped)."""
    value = f'CAST({altered(name, type_, pair=pair)} AS {type_}) AS "{name}"'
    order = ", ".join(f'"{each}"' for each, _ in columns)
    numbered = f"SELECT *, row_number() OVER (ORDER BY {order}) AS n_, count(*) OVER () AS c_ FROM {relation}"
    if relation == "numbered":  # has its numbers already
        numbered = f"SELECT *, count(*) OVER () AS c_ FROM {relation}"
    return f"SELECT * EXCLUDE (n_, c_) REPLACE ({value}) FROM ({numbered}) AS numbers"
