"""Breaks each refusal of the product, one at a time, and sees whether a mistake of the table is then told otherwise.

A refusal is a `raise` that some mistake reaches; broken, it raises nothing. Each is tried in a child of this process.
"""

import ast
import gc
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import data_platform
from data_platform_tests.proof.mistakes.mistake import Told

_PACKAGE = Path(data_platform.__file__).parent
_LOOKED_AT = ("components", "contracts", "sql", "engines/trial.py", "planning/catalog.py", "settings.py")
Place = tuple[str, int]


def refusals() -> frozenset[Place]:
    """File and line of each `raise` of an error in what reads authors' files."""
    found = set()
    for name in _LOOKED_AT:
        at = _PACKAGE / name
        for path in [at] if at.is_file() else sorted(at.glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                # dg.Failure: a run that failed, not a file that is wrong.
                if isinstance(node, ast.Raise) and node.exc is not None and "dg.Failure" not in ast.unparse(node):
                    found.add((str(path), node.lineno))
    return frozenset(found)


def reached(mistakes: Mapping[str, Told]) -> Mapping[Place, set[str]]:
    """Which mistakes come to each refusal."""
    wanted, by_place = refusals(), defaultdict(set)
    for title, mistake in mistakes.items():
        with _traced({path for path, _ in wanted}) as lines:
            mistake.told()
        for place in wanted & lines:
            by_place[place].add(title)
    return by_place


def survivors(mistakes: Mapping[str, Told], by_place: Mapping[Place, set[str]]) -> Iterator[Place]:
    """The refusals that can be broken so that each mistake is told as before."""
    for place, titles in sorted(by_place.items()):
        if _in_child(partial(_unnoticed, place, [mistakes[title] for title in titles])):
            yield place


def is_told(mistake: Told) -> bool:
    lines, expected = mistake.told(), mistake.expected
    return len(lines) == len(expected) and all(
        line.startswith(place) and words in line for line, (place, words) in zip(lines, expected, strict=True)
    )


def _unnoticed(place: Place, mistakes: list[Told]) -> bool:
    _break(*place)
    try:
        return all(is_told(mistake) for mistake in mistakes)
    except Exception:  # noqa: BLE001 - a traceback instead of a message is what a reader would notice
        return False


@contextmanager
def _traced(files: set[str]) -> Iterator[set[Place]]:
    lines: set[Place] = set()

    def inside(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return inside

    def called(frame: FrameType, _: str, __: Any) -> Any:
        return inside if frame.f_code.co_filename in files else None

    sys.settrace(called)
    try:
        yield lines
    finally:
        sys.settrace(None)


class _Silent(ast.NodeTransformer):
    def __init__(self, line: int) -> None:
        self.line = line

    def visit_Raise(self, node: ast.Raise) -> ast.stmt:
        if node.lineno != self.line:
            return node
        # What it names stays named, so that the function's closure is the same.
        return ast.copy_location(ast.If(ast.Constant(False), [node], []), node)


def _break(path: str, line: int) -> None:
    """Takes one `raise` out of the functions that are loaded from a file."""
    tree = ast.fix_missing_locations(_Silent(line).visit(ast.parse(Path(path).read_text(encoding="utf-8"))))
    new = {(code.co_qualname, code.co_firstlineno): code for code in _codes(compile(tree, path, "exec"))}
    for function in [each for each in gc.get_objects() if isinstance(each, FunctionType)]:
        code = function.__code__
        if code.co_filename == path and (code.co_qualname, code.co_firstlineno) in new:
            function.__code__ = new[code.co_qualname, code.co_firstlineno]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _in_child(ask: Callable[[], bool]) -> bool:
    child = os.fork()
    if child == 0:
        answer = 0
        try:
            answer = int(ask())
        finally:
            os._exit(answer)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
