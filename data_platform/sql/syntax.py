"""A model's text as tokens and tree, and where things stand in it. What the text means is decided elsewhere."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sqlglot import Token, TokenType, exp
from sqlglot.dialects import DuckDB
from sqlglot.errors import ParseError, TokenError

_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}
_CLOSED = re.compile(r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$.*?\$\$""", re.DOTALL)
_OPENED = re.compile(r"""/\*|'|"|\$\$""")
_VERBATIM = {
    TokenType.STRING,
    TokenType.IDENTIFIER,
    TokenType.NUMBER,
    TokenType.BYTE_STRING,
    TokenType.HEREDOC_STRING,
    TokenType.RAW_STRING,
    TokenType.UNICODE_STRING,
    TokenType.NATIONAL_STRING,
}


class SqlError(ValueError):
    """What is wrong at which line of a text, before it is known in which file it stands."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


@dataclass(frozen=True, eq=False)
class Syntax:
    """One statement. `text` ends with its last token, so that it can be put in parentheses; `tree` is read-only."""

    text: str
    tokens: tuple[Token, ...]
    tree: exp.Query

    def start(self, node: exp.Expr) -> int | None:
        """Offset of the first character of `node` that is known; None where nothing in it has a position."""
        starts = [inner.meta["start"] for inner in node.walk() if "start" in inner.meta]
        return min(starts, default=None)

    def line(self, node: exp.Expr) -> int:
        """The line `node` begins on, or the nearest that is known: that of what it stands in, at last 1."""
        at: exp.Expr | None = node
        while at is not None:
            start = self.start(at)
            if start is not None:
                return self.line_at(start)
            at = at.parent
        return 1

    def line_at(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def keyword_line(self, query: exp.Expr, *words: str) -> int:
        """The line of the nearest of some keywords of a query itself, not of one inside it; else that it begins on."""
        first = query.expressions[0] if isinstance(query, exp.Select) and query.expressions else query
        start = self.start(first)
        here = max(0, bisect_right(self._starts, start or 0) - 1)
        around = [here]
        while around[-1] >= 0:
            around.append(self.enclosing[around[-1]])
        own = (index for index in range(len(self.tokens)) if self.enclosing[index] in around)
        found = [index for index in own if self.word(index).partition(" ")[0] in words]
        return self.tokens[min(found, key=lambda index: abs(index - here))].line if found else self.line(query)

    def index(self, identifier: exp.Expr) -> int:
        """The token that `identifier` (or a `*`) was read from. Raises SqlError when the parser kept no position."""
        start = identifier.meta.get("start")
        position = bisect_right(self._starts, start) - 1 if start is not None else -1
        if position < 0 or self.tokens[position].start != start:
            raise SqlError(self.line(identifier), f"cannot tell where '{identifier.name}' stands; write it differently")
        return position

    def token_at(self, offset: int) -> int | None:
        """The token that begins at an offset of the text."""
        position = bisect_right(self._starts, offset) - 1
        return position if position >= 0 and self.tokens[position].start == offset else None

    def word(self, index: int) -> str:
        """A token as it was written, in upper case; '' outside the text."""
        return self.slice(index, index).upper() if 0 <= index < len(self.tokens) else ""

    def slice(self, first: int, last: int) -> str:
        """The text from one token to another, both included."""
        return self.text[self.tokens[first].start : self.tokens[last].end + 1]

    def before(self, index: int) -> Iterator[int]:
        """Tokens before `index` at its own depth, backwards; what stands in brackets is stepped over."""
        opening = self.enclosing[index]
        position = index - 1
        while position > opening:
            if self.tokens[position].token_type in _CLOSING:
                position = self.enclosing[position]
            yield position
            position -= 1

    def closing(self, opening: int) -> int:
        """The bracket that closes the one at `opening`."""
        return next(
            i
            for i in range(opening + 1, len(self.tokens))
            if self.enclosing[i] == opening and self.tokens[i].token_type in _CLOSING
        )

    @cached_property
    def _starts(self) -> list[int]:
        return [token.start for token in self.tokens]

    @cached_property
    def enclosing(self) -> tuple[int, ...]:
        """For each token the bracket it stands in, -1 at the top. A closing bracket stands in its opening one."""
        found, opened = [], [-1]
        for index, token in enumerate(self.tokens):
            found.append(opened[-1])
            if token.token_type in _OPENING:
                opened.append(index)
            elif token.token_type in _CLOSING and len(opened) > 1:
                opened.pop()
        return tuple(found)


@lru_cache(maxsize=256)  # a tree of 40 lines takes 100 KB
def read(text: str) -> Syntax:
    """The one SELECT that `text` holds. Raises SqlError when it holds anything else."""
    if text != text.rstrip():
        return read(text.rstrip())
    tokens = _tokens(text)
    if not tokens:
        raise SqlError(1, "the file holds no SQL; write one SELECT")
    end = tokens[-1].end + 1
    if end < len(text):
        return read(text[:end])
    try:
        statements = DuckDB().parser().parse(tokens, text)
    except ParseError as error:
        raise _unreadable(error) from error
    if len(statements) != 1:
        raise SqlError(_second_statement(tokens), "more than one statement; a model is exactly one SELECT")
    tree = statements[0]
    if not isinstance(tree, exp.Query):
        begin = tokens[0].text.upper()
        raise SqlError(1, f"a model is one SELECT, this begins with {begin}; write the SELECT alone")
    return Syntax(text, tuple(tokens), tree)


def normalised(text: str) -> str:
    """The text without comments, layout and the case of keywords and unquoted names: what a code version hashes.

    Anything else changes it: literals, numbers, quoted names to the letter, and the order of words.
    Raises SqlError when the text cannot be cut into tokens.
    """
    words = ((token, text[token.start : token.end + 1]) for token in _tokens(text))
    return " ".join(word if token.token_type in _VERBATIM else word.lower() for token, word in words)


def _tokens(text: str) -> list[Token]:
    """All tokens but trailing semicolons."""
    try:
        tokens: list[Token] = DuckDB().tokenize(text)
    except TokenError as error:
        raise SqlError(_opened(text), "a quote or comment is opened here and never closed") from error
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    return tokens


def _opened(text: str) -> int:
    """The line of the quote or comment that is left when all that are closed are taken away."""
    left = _CLOSED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    found = _OPENED.search(left)
    return left.count("\n", 0, found.start() if found else len(left)) + 1


def _second_statement(tokens: list[Token]) -> int:
    first = next(i for i, token in enumerate(tokens) if token.token_type == TokenType.SEMICOLON)
    return tokens[min(first + 1, len(tokens) - 1)].line


def _unreadable(error: ParseError) -> SqlError:
    known = error.errors[0] if error.errors else {}
    near = f" near '{known['highlight']}'" if known.get("highlight") else ""
    reason = str(known.get("description") or error).split(" but got <Token")[0]
    if " missing for <class" in reason:
        reason = "something is missing here"
    if reason.startswith("Invalid expression"):
        reason = "a word is misspelt, missing or one too many"
    return SqlError(int(known.get("line") or 1), f"this SQL cannot be read{near}: {reason}")
