"""What a sample pushes comes through the real endpoint, once."""

from pathlib import Path

import pytest

from data_platform.service.samples import push_samples
from data_platform.steps.errors import StepError
from data_platform_tests.service.pushing import TOKENS, lines, review, reviews_dataset


def test_files_of_a_sample_are_pushed_once_and_bad_ones_are_refused_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    small, folder = reviews_dataset(tmp_path), tmp_path / "pushes"
    (folder / "reviews").mkdir(parents=True)
    (folder / "reviews" / "w1.batch-2.ndjson").write_bytes(lines(review(1)))
    (folder / "reviews" / "bad.ndjson").write_bytes(b"<html>")
    assert push_samples(small.platform, folder) == {"raw.reviews": 2}
    (folder / "reviews" / "late.ndjson").write_bytes(lines(review(2)))

    pushed = [push_samples(small.platform, folder) for _ in range(2)]

    assert pushed == [{"raw.reviews": 1}, {}]
    found = {s.slot: s.state for s in small.platform.lake.ledger("reviews").read().all()}
    assert found == {"shop/w1.batch-2": "received", "shop/bad": "refused", "shop/late": "received"}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("places/a.ndjson", "raw.places is no table that is pushed to"),
        ("reviews/a b.ndjson", "was answered 400: an idempotency key has"),
    ],
)
def test_a_file_that_cannot_be_pushed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, told: str
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", TOKENS["SHOP_TOKEN"])
    small, file = reviews_dataset(tmp_path), tmp_path / "pushes" / path
    file.parent.mkdir(parents=True)
    file.write_bytes(lines(review(1)))

    with pytest.raises(StepError, match=told) as wrong:
        push_samples(small.platform, tmp_path / "pushes")

    assert str(file) in str(wrong.value)
