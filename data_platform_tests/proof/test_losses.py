"""Losses, injected by machine into every model and every seam: refused, caught, or told on a page with a reason."""

from pathlib import Path

import pytest
from sqlglot import parse_one

from data_platform.sql.model import Model
from data_platform_tests.proof.losses import PAGE, of_all
from data_platform_tests.proof.losses_models import Fingerprint, Verdict, defined
from data_platform_tests.proof.losses_page import page
from data_platform_tests.proof.losses_sample import DATASETS, Sample, built

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return built(tmp_path_factory.mktemp("losses"))


@pytest.fixture(scope="module")
def verdicts(sample: Sample) -> list[Verdict]:
    return of_all(sample)


def test_every_model_of_each_dataset_that_is_fed_by_files_is_mutated(sample: Sample, verdicts: list[Verdict]) -> None:
    datasets = set(sample.catalog.by_dataset)
    assert datasets == {"nyc_taxi", "mta_turnstile"}
    models = {(path.parent.name, path.stem) for dataset in datasets for path in DATASETS.glob(f"{dataset}/*/*.sql")}
    assert {(v.table.layer, v.table.table) for v in verdicts if v.where == "the model"} == models != set()


def test_without_a_fault_every_model_is_accepted_and_makes_the_same_rows_again(sample: Sample) -> None:
    """What is refused or caught is so for its fault, not for being written anew."""
    for table in sample.models():
        if not isinstance(table.model, Model):
            continue
        changed = defined(sample, table, parse_one(table.model.text, dialect="duckdb").sql(dialect="duckdb"))
        if table.is_view:
            continue
        reads = sample.reading(table)
        with sample.bound(reads) as connection:
            before = Fingerprint.of(connection, sample.make(connection, table, reads), table)
            again = sample.make(connection, changed, reads)
            assert again.failed == ()
            assert Fingerprint.of(connection, again, table) == before


def test_no_row_is_lost_or_invented_unseen(verdicts: list[Verdict]) -> None:
    assert [v for v in verdicts if v.loses] == []


def test_every_kind_of_check_sees_something(verdicts: list[Verdict]) -> None:
    seen = {v.by for v in verdicts}
    checks = {"rows_accounted_for", "contract_bounds", "grain_is_unique", "reconciles"}
    assert seen >= {"definition", "reading", "the lookup's key", "the engine", "commit", *checks}


def test_the_page_says_what_is_found_today(verdicts: list[Verdict]) -> None:
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    assert page(verdicts) == written, f"python -m data_platform_tests.proof.losses --write writes {_named(PAGE)} anew"


def _named(path: Path) -> str:
    return "/".join(path.parts[-2:])
