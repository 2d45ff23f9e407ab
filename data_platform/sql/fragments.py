"""The text of a part of a query, as its author wrote it, and its line."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from sqlglot import exp

from data_platform.sql.places import Place
from data_platform.sql.syntax import Syntax

_JOINS = {"JOIN", "INNER", "CROSS", "SEMI", "ANTI", "ASOF", "POSITIONAL", "NATURAL", "FULL", "LEFT", "RIGHT"}
_ENDS = {"WHERE", "GROUP BY", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER BY", "ORDER", "LIMIT", "OFFSET"}
_SETS = {"UNION", "EXCEPT", "INTERSECT"}
_ENDS |= _SETS | {"SELECT", "FROM"}
_CLAUSES = _ENDS | _JOINS | {"ON", "USING", "PARTITION BY", "PARTITION"}
# Words that are functions too: left('abc', 1).
_ALSO_FUNCTIONS = {"LEFT", "RIGHT"}
_FRAMES = {"ROWS", "RANGE", "GROUPS"}


@dataclass(frozen=True)
class Fragment:
    """A part of a query as it was written, layout made one line, and the line on which it begins."""

    sql: str
    line: int


class Fragments:
    """Of one text. `nodes` are those of its tree as `places.numbered` counted them."""

    def __init__(self, syntax: Syntax, nodes: Sequence[exp.Expr]) -> None:
        self._syntax = syntax
        self._nodes = nodes
        self._known: dict[Place, Fragment] = {}

    def of(self, place: Place | None) -> Fragment:
        """Where the text does not tell where a part stands, it is written anew from its meaning."""
        if place is None or not 0 <= place.node < len(self._nodes):
            return Fragment("", 1)
        if place not in self._known:
            self._known[place] = self._fragment(self._nodes[place.node], place)
        return self._known[place]

    def projection(self, select: exp.Select, name: str) -> Fragment | None:
        """The projection of `select` that makes the column `name`, its `*` where none has the name."""
        named = [each for each in select.expressions if each.alias_or_name.lower() == name.lower()]
        stars = [each for each in select.expressions if each.is_star]
        found = next(iter((*named, *stars)), None)
        return None if found is None else self._item(found, "SELECT")

    def _fragment(self, node: exp.Expr, place: Place) -> Fragment:
        args = node.args
        if place.part == "projection":
            return self._item(node.expressions[place.nth], "SELECT")
        if place.part == "distinct":
            return self._select_list(node)
        if place.part == "distinct_on":
            return self._whole(args["distinct"], "DISTINCT")
        if place.part == "set":
            return self._set_operation(node)
        if place.part in ("where", "having", "qualify"):
            return self._whole(args[place.part].this, place.part.upper(), keyword=False, ends=_ENDS)
        if place.part == "on":
            return self._on(args["joins"][place.nth])
        if place.part == "from":
            relations = [args["from_"].this] if args.get("from_") else []
            relations += [join.this for join in args.get("joins") or ()]
            relations += args.get("laterals") or []
            return self._item(relations[place.nth], "FROM", *_JOINS)
        if place.part == "group":
            return self._group(node, place.nth)
        if place.part == "groups":
            return self._group(node, None)
        if place.part == "partition":
            return self._first_of(args["partition_by"], "PARTITION BY", _ENDS | _FRAMES)
        return self._order(node, place.part)

    def _on(self, join: exp.Expr) -> Fragment:
        if join.args.get("on"):
            return self._whole(join.args["on"], "ON", keyword=False, ends=_ENDS | _JOINS | {","})
        if join.args.get("using"):
            return self._first_of(join.args["using"], "USING", _ENDS | _JOINS | {","})
        return self._item(join.this, "FROM", *_JOINS)

    def _group(self, select: exp.Expr, index: int | None) -> Fragment:
        group = select.args["group"]
        keys = group.expressions
        if index is not None and index < len(keys) and not keys[index].is_int:
            return self._item(keys[index], "GROUP BY")
        line = self._syntax.keyword_line(select, "GROUP")
        return Fragment("GROUP BY ALL" if group.args.get("all") else _written_anew(group), line)

    def _order(self, node: exp.Expr, part: str) -> Fragment:
        """ORDER BY with all that stands behind it: a frame or a LIMIT is part of what decides."""
        if part in ("limit", "offset"):
            return self._whole(node.args[part], part.upper())
        order = node if isinstance(node, exp.Order) else node.args.get("order")
        if order is None:  # a window that has nothing but a frame
            return self._anew(node.args.get("spec") or node)
        return self._whole(order.expressions[0], "ORDER BY", ends=_SETS)

    def _set_operation(self, node: exp.Expr) -> Fragment:
        word = node.key.upper()
        for index in self._own(node.expression):
            around = index
            while around >= 0:
                found = next((i for i in self._syntax.before(around) if self._syntax.word(i) == word), None)
                if found is not None:
                    return self._text(found, found)
                around = self._syntax.enclosing[around]
        return Fragment(word, self._syntax.line(node))

    def _select_list(self, select: exp.Expr) -> Fragment:
        for projection in select.expressions:
            for index in self._own(projection):
                first = self._left(index, {"SELECT"})
                if first is not None:
                    return self._text(first, self._right(first, _CLAUSES))
        return Fragment("DISTINCT", self._syntax.line(select))

    def _item(self, node: exp.Expr, *keywords: str) -> Fragment:
        """One part of a list behind a keyword, without the keyword and the commas."""
        for index in self._own(node):
            keyword = self._left(index, set(keywords))
            if keyword is None:
                continue
            at = self._at_depth(index, self._syntax.enclosing[keyword])
            first = keyword
            for here in self._syntax.before(at):
                if self._syntax.word(here) == ",":
                    first = here
                    break
                if here == keyword:
                    break
            first += 1
            if first == keyword + 1:
                first = self._behind_distinct(first)
            return self._text(first, self._right(max(first, at), _CLAUSES | {","}, since=first))
        return self._anew(node)

    def _whole(self, node: exp.Expr, word: str, *, keyword: bool = True, ends: Set[str] = _ENDS | _FRAMES) -> Fragment:
        """All that stands behind a keyword, and the keyword."""
        for index in self._own(node):
            first = self._left(index, {word})
            if first is not None:
                begin = first if keyword else first + 1
                return self._text(begin, self._right(begin, ends))
        return self._anew(node)

    def _first_of(self, nodes: Sequence[exp.Expr], word: str, ends: Set[str]) -> Fragment:
        placed = (node for node in nodes if any(True for _ in self._own(node)))
        return self._whole(next(placed, nodes[0]), word, ends=ends)

    def _behind_distinct(self, first: int) -> int:
        syntax = self._syntax
        if syntax.word(first) == "ALL":
            return first + 1
        if syntax.word(first) != "DISTINCT":
            return first
        if syntax.word(first + 1) == "ON":
            return syntax.closing(first + 2) + 1
        return first + 1

    def _own(self, node: exp.Expr) -> Iterator[int]:
        """Tokens of a node that tell where it stands: first those that are not of a query inside it."""
        inside = list(_positions(node, own=True)) or list(_positions(node, own=False))
        for start in sorted(inside):
            index = self._syntax.token_at(start)
            if index is not None:
                yield index
                return

    def _left(self, index: int, keywords: set[str]) -> int | None:
        """The nearest clause keyword before a token, at its depth or around it, if it is one of `keywords`."""
        syntax = self._syntax
        while index >= 0:
            if syntax.word(index) in keywords and self._is_keyword(index):
                return index
            nearest = next(
                (i for i in syntax.before(index) if syntax.word(i) in _CLAUSES | keywords and self._is_keyword(i)), None
            )
            if nearest is not None and syntax.word(nearest) in keywords:
                return nearest
            index = syntax.enclosing[index]
        return None

    def _right(self, index: int, stops: Set[str], since: int | None = None) -> int:
        """The last token before one of `stops` or the closing bracket, at the depth of `index`."""
        syntax = self._syntax
        depth = syntax.enclosing[index if since is None else since]
        last = index
        for here in range(index + 1, len(syntax.tokens)):
            if syntax.enclosing[here] == depth:
                if syntax.word(here) in stops and self._is_keyword(here):
                    break
                if depth >= 0 and here == syntax.closing(depth):
                    break
            last = here
        return last

    def _at_depth(self, index: int, depth: int) -> int:
        while self._syntax.enclosing[index] != depth:
            index = self._syntax.enclosing[index]
        return index

    def _is_keyword(self, index: int) -> bool:
        """Not the FROM of IS DISTINCT FROM, nor the name of a function or a quoted column."""
        word = self._syntax.word
        if word(index) == "FROM":
            return word(index - 1) != "DISTINCT"
        if word(index) == "DISTINCT":
            return word(index - 1) == "SELECT"
        if word(index).startswith("GROUP"):
            return word(index - 1) != "WITHIN"
        return not (word(index) in _ALSO_FUNCTIONS and word(index + 1) == "(")

    def _text(self, first: int, last: int) -> Fragment:
        return Fragment(one_line(self._syntax, first, last), self._syntax.tokens[first].line)

    def _anew(self, node: exp.Expr) -> Fragment:
        return Fragment(_written_anew(node), self._syntax.line(node))


def one_line(syntax: Syntax, first: int, last: int) -> str:
    """The tokens from `first` to `last` as written, without comments; where there was any space stands one."""
    parts = []
    for index in range(first, last + 1):
        gap = index > first and syntax.tokens[index].start > syntax.tokens[index - 1].end + 1
        parts.append((" " if gap else "") + syntax.slice(index, index))
    return "".join(parts).replace("( ", "(").replace(" )", ")")


def _positions(node: exp.Expr, *, own: bool) -> Iterator[int]:
    for inner in node.walk(prune=(lambda each: isinstance(each, exp.Query)) if own else None):
        if "start" in inner.meta and not (own and isinstance(inner, exp.Query)):
            yield inner.meta["start"]


def _written_anew(node: exp.Expr) -> str:
    return node.sql(dialect="duckdb")
