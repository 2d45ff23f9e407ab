"""A mistake in one of the small dataset's files, and what is told of it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from data_platform.contracts.errors import ContractError
from data_platform.planning.catalog import CatalogError
from data_platform.sql.model import ModelError
from data_platform_tests.small_dataset import FILES, small_dataset


@dataclass(frozen=True)
class Mistake:
    """`was` becomes `now` in one of the dataset's files (or, without `was`, `now` is the text of a file)."""

    file: str
    was: str
    now: str
    line: str
    """`path:line` that is told, below the dataset's folder."""
    words: str

    @property
    def text(self) -> str:
        if not self.was:
            return self.now
        assert FILES[self.file].count(self.was) == 1, f"{self.file} has changed: {self.was}"
        return FILES[self.file].replace(self.was, self.now)


def added(file: str, text: str, line: str, words: str) -> Mistake:
    """Lines behind those of one of the dataset's files."""
    return Mistake(file, "", FILES[file] + text, line, words)


def check_told(folder: Path, mistake: Mistake) -> None:
    """The dataset with this mistake cannot be read, and the message is one line that begins with the place."""
    small = small_dataset(folder, {mistake.file: mistake.text})
    with pytest.raises((ContractError, ModelError, CatalogError)) as raised:
        _ = small.catalog
    told = str(raised.value).replace(f"{small.folder}/", "")
    assert told.startswith(f"{mistake.line}: ")
    assert mistake.words in told
    assert "\n" not in told
