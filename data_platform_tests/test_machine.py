"""What the machine offers, inside containers of either kind and outside."""

from pathlib import Path

import pytest

from data_platform import machine


def test_without_a_container_the_machine_counts(tmp_path: Path) -> None:
    assert machine.memory_bytes(tmp_path) > 0
    assert machine.cores(tmp_path) >= 1


@pytest.mark.parametrize("file", ["memory.max", "memory/memory.limit_in_bytes"])
@pytest.mark.parametrize(
    ("limit", "limited"), [("1048576\n", True), ("max\n", False), ("9223372036854771712\n", False)]
)
def test_a_container_s_memory_counts_where_it_is_less(tmp_path: Path, file: str, limit: str, limited: bool) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / file).write_text(limit)

    assert (machine.memory_bytes(tmp_path) == 2**20) is limited


@pytest.mark.parametrize("quota", ["100000 100000", "50000 100000", "150000 100000"])
def test_a_container_s_quota_of_cores_is_rounded_down_to_at_least_one(tmp_path: Path, quota: str) -> None:
    (tmp_path / "cpu.max").write_text(f"{quota}\n")

    assert machine.cores(tmp_path) == 1


def test_no_quota_leaves_every_core(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("max 100000\n")

    assert machine.cores(tmp_path) == machine.cores(tmp_path / "elsewhere")
