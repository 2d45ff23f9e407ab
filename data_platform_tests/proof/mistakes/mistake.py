"""A mistake that an author makes in the small dataset's files, and what the platform says of it."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from data_platform.components.datasets import MISTAKES, read_datasets
from data_platform_tests.small_dataset import FILES, SmallDataset, small_dataset

DEFS = "defs.yaml"
SQL, YAML = "staged/readings.sql", "staged/readings.yaml"
PLACES = "staged/places.yaml"
DAILY, DAILY_YAML = "curated/daily_rain.sql", "curated/daily_rain.yaml"

Content = str | bytes | None


class Told(Protocol):
    """What somebody did wrong, what is expected to be told of it (place and words a line), and what is told."""

    @property
    def change(self) -> Iterable[str]: ...

    @property
    def expected(self) -> tuple[tuple[str, str], ...]: ...

    def told(self) -> tuple[str, ...]: ...


_LONGEST = 12


@dataclass(frozen=True)
class Mistake:
    """`was` becomes `now` in one of the dataset's files; without `was`, `now` is the whole file (None: it is gone)."""

    file: str
    was: str
    now: Content
    line: str
    """`path:line` that is told, below the dataset's folder."""
    words: str
    more: Mapping[str, Content] = field(default_factory=dict)
    """Other files that the mistake takes to make."""
    also: tuple[tuple[str, str], ...] = ()
    """Place and words of what is told besides."""

    @property
    def files(self) -> Mapping[str, Content]:
        if not self.was:
            return {**self.more, self.file: self.now}
        assert FILES[self.file].count(self.was) == 1, f"{self.file} has changed: {self.was}"
        assert isinstance(self.now, str)
        return {**self.more, self.file: FILES[self.file].replace(self.was, self.now)}

    @property
    def change(self) -> Iterator[str]:
        """The lines that an author took away and wrote, by file; long files shortened."""
        for name, content in self.files.items():
            before = FILES.get(name, "").splitlines()
            after = _lines(content)
            turned = [line for line in difflib.ndiff(before, after) if line[:2] in ("- ", "+ ")]
            yield f"# {name}"
            yield from ([f"- ({len(before)} lines)"] if not after and before else turned[:_LONGEST])
            yield from (["+ …"] if len(turned) > _LONGEST and after else [])

    def told(self) -> tuple[str, ...]:
        """What is said of it: a line a mistake, each beginning with a place below the dataset's folder."""
        with TemporaryDirectory() as folder:
            small = small_dataset(Path(folder))
            for name, content in self.files.items():
                path = small.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                if content is not None:
                    path.write_bytes(content if isinstance(content, bytes) else content.encode())
            try:
                read_datasets(small.folder.parent, small.settings.model_copy(update={"sources": "sample"}))
            except MISTAKES as mistake:
                head, *lines = str(mistake).splitlines()
                assert not lines or (len(lines) > 1 and head == f"{len(lines)} mistakes")
                return tuple(_below(small, line) for line in lines or [head])
            return ()

    @property
    def expected(self) -> tuple[tuple[str, str], ...]:
        return ((f"{self.line}: ", self.words), *((f"{line}: ", words) for line, words in self.also))


def added(file: str, text: str, line: str, words: str) -> Mistake:
    """Lines behind those of one of the dataset's files."""
    return Mistake(file, "", FILES[file] + text, line, words)


def _below(small: SmallDataset, line: str) -> str:
    """Without the temporary folders."""
    line = line.replace(small.source.as_uri(), "file:///source")
    return line.replace(f"{small.folder}/", "").replace(f"{small.folder.parent}/", "../")


def _lines(content: Content) -> list[str]:
    if content is None:
        return []
    text = content.decode("utf-8", errors="backslashreplace") if isinstance(content, bytes) else content
    return [
        line.encode("unicode_escape", errors="replace").decode() if not line.isprintable() else line
        for line in text.splitlines()
    ]
