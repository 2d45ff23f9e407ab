"""A publisher is killed before each of its steps: readers and maintenance never notice."""

import multiprocessing
import re
import shutil
import signal
from pathlib import Path

from data_platform.warehouse.files import only_publisher
from data_platform.warehouse.publication import current, needed_files, read_record
from data_platform.warehouse.publish import settle
from data_platform_tests.warehouse.example import NOW, generation, generations_in, listing, publish_onto_current
from data_platform_tests.warehouse.killed_publisher import publish_and_die

# Each publisher is forked from a process that has imported everything and used nothing.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([publish_and_die.__module__])
_STEPS_BOUND = 60


def test_a_publisher_killed_at_any_step_leaves_whole_publications_and_a_record_that_covers_them(tmp_path: Path) -> None:
    root = tmp_path / "home"
    publish_onto_current(root, generation(root, 1))
    publish_onto_current(root, generation(root, 2))
    shutil.copytree(root, tmp_path / "start")
    standing_after_kill: list[int] = []
    for touch in range(_STEPS_BOUND):
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "start", root)
        if not _killed(root, 3, touch):
            break
        standing_after_kill.append(_check_what_stands(root))
        _check_that_the_next_publisher_recovers(root)
    else:
        raise AssertionError("the publisher never ended by itself")
    # Both sides of the replacement were tried, the old publication first.
    assert standing_after_kill == sorted(standing_after_kill)
    assert set(standing_after_kill) == {2, 3}


def test_a_first_publisher_killed_at_any_step_leaves_nothing_or_a_whole_publication(tmp_path: Path) -> None:
    seen = set()
    for touch in range(_STEPS_BOUND):
        root = tmp_path / str(touch)
        if not _killed(root, 1, touch):
            break
        warehouse = root / "warehouse" / "warehouse.duckdb"
        if warehouse.exists():
            assert generations_in(warehouse) == {1}
            assert needed_files(root / "warehouse") >= generation(root, 1).needs
        else:
            assert current(root / "warehouse") is None
        seen.add(warehouse.exists())
        publish_onto_current(root, generation(root, 2))
        assert generations_in(warehouse) == {2}
    else:
        raise AssertionError("the publisher never ended by itself")
    assert seen == {False, True}


def _killed(root: Path, number: int, touch: int) -> bool:
    """Whether the publisher was killed; otherwise it had fewer steps and ended well."""
    publisher = _PROCESSES.Process(target=publish_and_die, args=(root, number, touch))
    publisher.start()
    publisher.join()
    assert publisher.exitcode in (0, -signal.SIGKILL)
    return publisher.exitcode != 0


def _check_what_stands(root: Path) -> int:
    folder = root / "warehouse"
    needed = needed_files(folder)
    for path in (root / "lake").rglob("*.parquet"):
        if path.relative_to(root / "lake").as_posix() not in needed:
            path.unlink()  # as maintenance would, long after
    (standing,) = generations_in(folder / "warehouse.duckdb")
    assert len(generations_in(folder / "previous.duckdb")) == 1
    publication = current(folder)
    assert publication is not None
    assert publication.versions == generation(root, standing).versions
    return standing


def _check_that_the_next_publisher_recovers(root: Path) -> None:
    folder = root / "warehouse"
    (before,) = generations_in(folder / "warehouse.duckdb")
    publish_onto_current(root, generation(root, 4))
    assert generations_in(folder / "warehouse.duckdb") == {4}
    assert generations_in(folder / "previous.duckdb") == {before}
    assert needed_files(folder) == generation(root, 4).needs | generation(root, before).needs
    leftovers = [path.name for path in folder.iterdir() if re.search(r"\.\d{8}T", path.name)]
    assert leftovers == []


def test_what_killed_publishers_left_can_be_settled_without_publishing(tmp_path: Path) -> None:
    root, folder = tmp_path / "home", tmp_path / "home" / "warehouse"
    publish_onto_current(root, generation(root, 1))
    publish_onto_current(root, generation(root, 2))
    shutil.copytree(root, tmp_path / "start")
    unsettled = 0
    for touch in range(_STEPS_BOUND):
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "start", root)
        if not _killed(root, 3, touch):
            break
        unsettled += not read_record(folder).settled
        standing, needed = current(folder), needed_files(folder)
        settle(folder, now=NOW)
        assert read_record(folder).settled
        assert current(folder) == standing
        assert needed_files(folder) == needed
        _check_what_stands(root)
        assert [path.name for path in folder.iterdir() if re.search(r"\.\d{8}T", path.name)] == []
        before = listing(folder)
        settle(folder, now=NOW)
        assert listing(folder).keys() == before.keys()
        assert listing(folder)["publication.json"] == before["publication.json"]
    assert unsettled > 2


def test_nothing_is_settled_while_somebody_publishes(tmp_path: Path) -> None:
    root, folder = tmp_path / "home", tmp_path / "home" / "warehouse"
    publish_onto_current(root, generation(root, 1))
    half = folder / f"warehouse.20260304T050607Z-{'0' * 32}.duckdb"
    half.touch()
    with only_publisher(folder):
        settle(folder, now=NOW)
        assert half.exists()
    settle(folder, now=NOW)
    assert not half.exists()
