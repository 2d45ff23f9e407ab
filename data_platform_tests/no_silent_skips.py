"""Pytest plugin: where ALLOWED_SKIPS is set (in CI), a skipped test fails unless one of its markers is named there,
and so does a whole run in which no test of a declared marker ran. Elsewhere skips stay skips.
"""

import os
import tomllib
from collections.abc import Generator

import pytest

VARIABLE = "ALLOWED_SKIPS"


def pytest_configure(config: pytest.Config) -> None:
    allowed = os.environ.get(VARIABLE)
    if allowed is not None:
        config.pluginmanager.register(NoSilentSkips(config, frozenset(allowed.replace(",", " ").split())))


class NoSilentSkips:
    def __init__(self, config: pytest.Config, allowed: frozenset[str]) -> None:
        self.allowed = allowed
        self.missing = _declared_markers(config) - allowed
        # Workers see a part of the tests each; only the process that gathers their reports knows what ran.
        self.gathers = not hasattr(config, "workerinput")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.skipped and not hasattr(report, "wasxfail") and not self._may_skip(item):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped where it must run: {_reason(report)}"
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        if report.skipped:
            report.outcome = "failed"
            report.longrepr = f"{report.nodeid} was skipped as a whole; skip its tests one by one, with a marker"
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and not report.skipped:
            self.missing -= report.keywords.keys()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if (
            self.gathers
            and self.missing
            and session.exitstatus == pytest.ExitCode.OK
            and _ran_everything(session.config)
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.missing and _ran_everything(terminalreporter.config):
            terminalreporter.write_line(
                f"ERROR no test marked {', '.join(sorted(self.missing))} ran: each declared marker needs one, "
                f"or a place in {VARIABLE}",
                red=True,
            )

    def _may_skip(self, item: pytest.Item) -> bool:
        return any(item.get_closest_marker(name) for name in self.allowed)


def _declared_markers(config: pytest.Config) -> set[str]:
    if config.inipath is None:
        return set()
    options = tomllib.loads(config.inipath.read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    return {line.partition(":")[0].strip() for line in options.get("markers", [])}


def _ran_everything(config: pytest.Config) -> bool:
    chosen = config.args_source is pytest.Config.ArgsSource.ARGS or config.option.keyword or config.option.markexpr
    return not chosen


def _reason(report: pytest.TestReport) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
