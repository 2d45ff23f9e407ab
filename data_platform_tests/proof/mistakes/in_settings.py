"""Settings that are wrong, and what else is wrong with the place where the platform runs."""

import os
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from data_platform.dagster_home import prepare
from data_platform.settings import PREFIX, Settings, SettingsError


@dataclass(frozen=True)
class Setting:
    """Environment variables (without their common beginning), and words of what is told."""

    variables: Mapping[str, str]
    words: str
    env_file: str = ""

    @property
    def change(self) -> list[str]:
        return [f"+ {PREFIX}{name}={text}" for name, text in self.variables.items()] + self._env_file

    @property
    def _env_file(self) -> list[str]:
        return ["# .env", *(f"+ {line}" for line in self.env_file.splitlines())] if self.env_file else []

    @property
    def expected(self) -> tuple[tuple[str, str], ...]:
        """Each variable takes the place of file and line."""
        named = self.variables or [self.env_file.partition("=")[0].removeprefix(PREFIX)]
        return tuple((f"{PREFIX}{name} is", self.words) for name in named)

    def told(self) -> tuple[str, ...]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
        given = {PREFIX + name: text for name, text in self.variables.items()}
        with TemporaryDirectory() as folder, chdir(folder), patch.dict(os.environ, kept | given, clear=True):
            Path(".env").write_text(self.env_file, encoding="utf-8")
            try:
                prepare(Settings.load())
            except SettingsError as wrong:
                return tuple(str(wrong).splitlines())
            return ()


MISTAKES = {
    "a misspelt variable": Setting({"MEMORY_LIMITS": "4GB"}, "not a setting: did you mean DATA_PLATFORM_MEMORY_LIMIT?"),
    "a variable like none": Setting({"XYZZY": "1"}, "not a setting: there are DATA_PLATFORM_CONCURRENT_RUNS, "),
    "a misspelt line of .env": Setting({}, "did you mean DATA_PLATFORM_THREADS?", "DATA_PLATFORM_THREAD=4\n"),
    "a kind of sources": Setting(
        {"SOURCES": "life"}, "'life': expected sample (generated data, works offline) or live"
    ),
    "a number that is none": Setting({"THREADS": "many"}, "'many': expected threads of one run, a whole number from 1"),
    "a number too small": Setting({"CONCURRENT_RUNS": "0"}, "'0': expected how many runs may go on at once"),
    "a size without its unit": Setting({"MEMORY_LIMIT": "4"}, "'4': expected memory of one run, a size such as 4GB"),
    "a month that is none": Setting({"FIRST_PARTITION": "2024-13"}, "'2024-13': expected the first partition to load"),
    "an address of another kind": Setting(
        {"TLC_URL": "ftp://host/base"}, "expected where New York's taxi trips are, an"
    ),
    "an address with a password": Setting(
        {"TLC_URL": "https://me:secret@host/x"}, "'https://…@host/x': expected where"
    ),
    "a home that is a file": Setting({"HOME": "/etc/hostname"}, "'/etc/hostname': cannot hold the platform's state"),
    "a home below a file": Setting({"HOME": "/etc/hostname/x"}, "'/etc/hostname/x': cannot hold the platform's state"),
}
