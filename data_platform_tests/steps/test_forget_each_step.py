"""Each step of forgetting is needed: without it the search at the end finds a value, and certifies nothing."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_platform.lake import maintenance
from data_platform.steps import forget as forgetting
from data_platform.steps import forget_derived, forget_raw
from data_platform.steps.catalogue import catalogue
from data_platform.steps.forget import NotForgotten, Request, forget
from data_platform.steps.publish import publish_warehouse
from data_platform_tests.steps.forget_home import rows_of, traces_of, without
from data_platform_tests.steps.forget_people import KEY, People, people


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Twelve people in two versions of all files, published twice."""
    world = people(tmp_path_factory.mktemp("people"), 12)
    for version in (0, 1):
        world.deliver(version)
        world.small.run()
        publish_warehouse(world.small.platform, now=datetime.now(UTC))
        catalogue(world.small.platform, now=datetime.now(UTC))
    return world


@pytest.fixture
def world(made: People, tmp_path: Path) -> People:
    """It once more, in a home of its own: of one that changed under its hands a process knows too much."""
    home = tmp_path / "home"
    shutil.copytree(made.small.home, home, symlinks=True)
    return replace(made, small=replace(made.small, home=home))


def forget_some(world: People) -> str:
    """Forgets two people; the certificate's text."""
    request = Request.of(KEY, "\n".join(one.email for one in world.everybody[2:4]))
    return forget(world.small.platform, request, run_id="test", now=datetime.now(UTC)).text


def nothing(*_: Any, **__: Any) -> None:
    """What a step does that is left out."""


def no_report(*_: Any, **__: Any) -> maintenance.MaintenanceReport:
    return maintenance.MaintenanceReport()


LEFT_OUT: dict[str, tuple[object, str, Callable[..., Any], str]] = {
    "rewriting": (forgetting, "forget_raw", lambda *_, **__: forget_raw.ForgottenRaw(), "lake/raw/customers"),
    "deleting what was received": (forget_raw, "_delete", nothing, "lake/raw/orders"),
    "making again": (forgetting, "make_again", lambda *_, **__: [], "lake/staged/customers"),
    "publishing again": (forget_derived, "publish_warehouse", nothing, "lake/staged"),
    "deleting history": (forgetting, "forget_history", no_report, "lake/staged/posts"),
}


@pytest.mark.parametrize("step", LEFT_OUT)
def test_without_a_step_the_search_finds_what_is_left(
    world: People, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    owner, name, instead, where = LEFT_OUT[step]
    monkeypatch.setattr(owner, name, instead)

    with pytest.raises(NotForgotten, match="not all is forgotten"):
        forget_some(world)
    page = _page(world.small.home)
    assert world.small.platform.lake.forgotten.of("done") == ()
    assert "NOT VERIFIED" in page
    assert f"Left: {where}" in page

    monkeypatch.undo()
    before = rows_of(world)
    assert "None of the values was found" in forget_some(world)
    assert traces_of(world.small.home, world.everybody[2:4]) == {}
    assert rows_of(world) == without(world, before, world.everybody[2:4])


def _page(home: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in (home / "forgotten").glob("*.txt"))
