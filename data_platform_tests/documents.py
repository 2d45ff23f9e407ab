"""What a Markdown document claims about the repository: its links, the words of `make`, its commands, its paths."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?: \"[^\"]*\")?\)")
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
# A path that a reader may open: it begins with something that lies in the repository's root, and has a slash.
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+/?")
SHELLS = ("", "sh", "bash", "console", "shell")


@dataclass(frozen=True)
class Claim:
    line: int
    text: str


def links(text: str) -> Iterator[Claim]:
    """Relative links and pictures, without what follows `#`."""
    for found in LINK.finditer(_without_fences(text)):
        target = unquote(found.group(1).partition("#")[0])
        if target and not re.match(r"[a-z]+:", target):
            yield Claim(_line(text, found.start()), target)


def make_words(text: str) -> Iterator[Claim]:
    for line, command in _commands(text):
        match command:
            case ["make", word, *_] if re.fullmatch("[a-z]+", word):
                yield Claim(line, word)


def paths(text: str, roots: frozenset[str]) -> Iterator[Claim]:
    """Paths in code spans whose first part is one of `roots`; with a `<name>` or `*` in it, it is a pattern."""
    for found in SPAN.finditer(_without_fences(text)):
        if PATH.fullmatch(found.group(1)) and found.group(1).split("/")[0] in roots:
            yield Claim(_line(text, found.start()), found.group(1))


def commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """Commands of Python modules, `dagster` and `dg`, without what stands before them (a path, variables)."""
    for line, command in _commands(text):
        match command:
            case ["python", "-m", *_] | ["dagster" | "dg", *_]:
                yield line, command


def _commands(text: str) -> Iterator[tuple[int, list[str]]]:
    for found in FENCE.finditer(text):
        if found.group(1) in SHELLS:
            for offset, raw in enumerate(found.group(2).replace("\\\n", "  ").splitlines(), 1):
                yield from _simple(_line(text, found.start()) + offset, raw.removeprefix("$ "))
    for found in SPAN.finditer(_without_fences(text)):
        yield from _simple(_line(text, found.start()), found.group(1))


def _simple(line: int, raw: str) -> Iterator[tuple[int, list[str]]]:
    lexer = shlex.shlex(raw, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:  # an apostrophe: prose in a code span, not a command
        return
    command: list[str] = []
    for token in [*tokens, ";"]:
        if set(token) <= set("();<>|&"):
            if command:
                yield line, command
            command = []
        elif command or not re.fullmatch(r"\w+=.*", token):  # variables stand before a command
            command.append(token if command else token.rpartition("/")[2])


def _without_fences(text: str) -> str:
    """The text with fenced blocks blanked, lines and offsets kept."""
    return FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
