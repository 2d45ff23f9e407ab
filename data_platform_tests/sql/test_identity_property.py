"""Whatever accepted model is written, each raw row comes out once as itself."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from data_platform_tests.sql.rows import check_identity, lake

_LOOKUPS = (
    "staged.zones AS {z}",
    "raw.zones AS {z}",
    "(SELECT k, max(n) AS n FROM staged.visits WHERE n < 6 GROUP BY k) AS {z}",
    "(SELECT DISTINCT * EXCLUDE (v) FROM raw.fhv) {z}",
    "(WITH s AS (SELECT * FROM raw.zones) SELECT DISTINCT * FROM s) AS {z}",
)
_CONDITIONS = (
    "{z}.k = {t}.k",
    "{t}.v = {z}.k AND {t}.id > 2",
    "({z}.k IS NOT DISTINCT FROM {t}.id % 4)",
    "({z}.k = {t}.k AND {z}.k > 0)",
)


@dataclass
class Names:
    """What is already used in the model that is being written."""

    count: int = 0
    unread: list[str] = field(default_factory=lambda: ["raw.trips", "raw.green", "raw.fhv"])

    def new(self, draw: st.DrawFn) -> str:
        self.count += 1
        return draw(st.sampled_from(["t{}", "T{}", '"q {}"', '"From{}"'])).format(self.count)


@st.composite
def models(draw: st.DrawFn) -> str:
    """A model whose every SELECT on the way gives id, k and v."""
    names = Names()
    ctes: list[str] = []
    query = _query(draw, names, ctes, depth=3)
    gap = draw(st.sampled_from([" ", "\n", " -- FROM here\n", " /* , */ "]))
    text = f"WITH {', '.join(ctes)} {query}" if ctes else query
    return text.replace(" FROM ", f"{gap}FROM{gap}") + draw(st.sampled_from(["", ";", "\n-- end"]))


def _query(draw: st.DrawFn, names: Names, ctes: list[str], depth: int) -> str:
    if depth and len(names.unread) > 1 and draw(st.booleans()):
        kept = names.unread.pop()  # so that the second branch has a table left to read
        left = _query(draw, names, ctes, depth - 1)
        names.unread.append(kept)
        right = _query(draw, names, ctes, depth - 1)
        return draw(st.sampled_from(["{} UNION ALL {}", "({}) UNION ALL ({})", "({} UNION ALL ({}))"])).format(
            left, right
        )
    return _select(draw, names, ctes, depth)


def _select(draw: st.DrawFn, names: Names, ctes: list[str], depth: int) -> str:
    name = names.new(draw)
    relation = _relation(draw, names, ctes, depth, name)
    joins = [_join(draw, names, name) for _ in range(draw(st.integers(0, 2)))]
    columns = [
        "{t}.id, {t}.k, {t}.v",
        "{t}.id AS ID, {t}.k, {t}.v + 1 AS v,",
        "{t}.* EXCLUDE (id, k, v), {t}.id, {t}.k, {t}.v" if "raw." in relation else "{t}.id, {t}.k, {t}.v",
        "{t}.* REPLACE ({t}.v * 2 AS v)",
        "{t}.*",
        "{t}.* EXCLUDE v, coalesce({t}.v, 0) AS v",
        "{t}.* EXCLUDE (v), (SELECT max(n) FROM staged.visits) AS v",
    ]
    if not joins:
        columns += ["*", "id, k, v", "* REPLACE (k AS v)"]
    first = draw(st.sampled_from(columns)).format(t=name)
    if "*" in first and "raw." in relation:  # a raw table has one column more
        first = f"{name}.id, {name}.k, {name}.v"
    return f"SELECT {first} FROM {relation} {' '.join(joins)}".rstrip()


def _relation(draw: st.DrawFn, names: Names, ctes: list[str], depth: int, name: str) -> str:
    if not depth or draw(st.booleans()):
        return f"{names.unread.pop(draw(st.integers(0, len(names.unread) - 1)))} AS {name}"
    inner = _query(draw, names, ctes, depth - 1)
    if draw(st.booleans()):
        return f"({inner}) AS {name}"
    cte = names.new(draw)
    if draw(st.booleans()):
        return f"(WITH {cte} AS ({inner}) SELECT * FROM {cte}) AS {name}"
    ctes.append(f"{cte} AS ({inner})")
    return f"{cte} AS {name}"


def _join(draw: st.DrawFn, names: Names, name: str) -> str:
    z = names.new(draw)
    on = draw(st.sampled_from(_CONDITIONS))
    return f"LEFT JOIN {draw(st.sampled_from(_LOOKUPS)).format(z=z)} ON {on.format(z=z, t=name)}"


def test_rows_are_neither_lost_nor_doubled() -> None:
    with lake(hidden=True) as with_hidden, lake(hidden=False) as plain:

        @settings(max_examples=120, deadline=None)
        @given(sql=models())
        def holds(sql: str) -> None:
            check_identity(with_hidden, plain, sql)

        holds()
