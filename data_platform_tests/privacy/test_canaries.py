"""Planted values of tagged columns appear nowhere in a home but in the lake's raw and staged files."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from rich.console import Console

from data_platform.cli import lineage, report
from data_platform.cli.driving import Done
from data_platform.planning.stale import stale
from data_platform.steps.openlineage import write_events
from data_platform_tests.cli.driven import drive, instance_in
from data_platform_tests.privacy.canaries import CANARIES, FAILING, later, planted
from data_platform_tests.privacy.searched import places
from data_platform_tests.small_dataset import NOW, SmallDataset


class Home:
    """What is left of two runs that loaded what they could and failed at the rest, and all that was printed."""

    def __init__(self, root: Path) -> None:
        self.small = planted(root)
        self.printed = ""
        self.first = self._drive()
        later(self.small)
        self.second = self._drive()
        self._ask()

    def _drive(self) -> Done:
        heard = io.StringIO()
        with redirect_stdout(heard), redirect_stderr(heard), instance_in(self.small) as instance:
            done, printed = drive(self.small, instance)
        self.printed += heard.getvalue() + printed
        return done

    def _ask(self) -> None:
        platform = self.small.platform
        console = Console(file=io.StringIO(), width=400)
        report.print_plan(console, platform.catalog, stale(platform.catalog, platform.lake, NOW))
        lineage.say(platform, "curated.printed", verify=True, rows=50, console=console)
        write_events(platform, self.small.home / "events.ndjson", namespace="test")
        assert isinstance(console.file, io.StringIO)
        self.printed += console.file.getvalue()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("canaries"))


def _is_theirs(name: str) -> bool:
    """The lake's raw and staged files: but not their logs, which say what is in them."""
    return name.startswith("lake/raw/") or (name.startswith("lake/staged/") and name.endswith(".parquet"))


def test_the_canaries_are_in_the_lake_and_each_way_to_leak_them_was_taken(home: Home) -> None:
    lake = home.small.home / "lake"
    held = {text for _, text in places(lake, CANARIES, but=lambda _: False)}
    assert held >= set(CANARIES) - {"zqhtml", "zqjson", "zqheader"}  # which were refused

    told = "\n".join(home.first.failed)
    assert [name for name in FAILING if name not in told] == []
    rules = {rule for row in home.small.quarantine("staged.posts", "2024-02") for rule in row["_rules"]}
    assert rules == {"castable", "duplicate", "score_range", "unparsed"}
    assert "rows for p.handle …" in told
    refused = {item.table.table for item in home.second.waiting if item.reason.startswith("refused")}
    assert refused == {"headless", "page", "strange", "torn"}
    assert "refused" in home.printed.partition("posts-2024-01.csv")[2]
    assert home.second.published


def test_they_are_nowhere_else(home: Home) -> None:
    assert places(home.small.home, CANARIES, but=_is_theirs) == []


def test_they_are_in_nothing_that_is_printed(home: Home) -> None:
    assert [text for text in CANARIES if text in home.printed] == []
    assert "may quote personal data" in home.printed


def test_the_search_sees_what_is_packed_in_databases_and_in_columns(home: Home) -> None:
    """Else it would prove nothing: it finds what may be there."""
    small: SmallDataset = home.small
    names = {name.rpartition(".")[2] for name, _ in places(small.home, ["Harbour", "daily_rain"], but=lambda _: False)}
    assert {"parquet", "duckdb", "db", "html", "json"} <= names
