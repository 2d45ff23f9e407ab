"""Customer feedback from its sample: what was planted is found where it was, and nothing that was said gets further."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_platform.datasets.customer_feedback import sample
from data_platform.datasets.customer_feedback.sample_customers import CUSTOMERS, DELETED, name_of
from data_platform.datasets.customer_feedback.sample_hostile import HOSTILE
from data_platform.datasets.customer_feedback.sample_messages import DRIFT, WEEKS, messages
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable
from data_platform.privacy.searching import Needles
from data_platform.steps.file_search import search
from data_platform_tests.datasets.building import House

pytestmark = pytest.mark.slow

CURATED = ("scored_feedback", "sentiment_daily", "feedback_themes", "response_watchlist", "model_quality")


def _rows(house: House, table: str, sql: str) -> list[tuple[Any, ...]]:
    return list(house.ask(sql, house.paths(table)).itertuples(index=False, name=None))


@pytest.mark.parametrize("week", WEEKS[:2], ids=str)
def test_hostile_texts_are_staged_byte_for_byte_as_they_should_be(house: House, week: date) -> None:
    posts = reversed(sample.posts(week))
    wanted = {f"post:{post['id']}": text.encode() for post, (_, text) in zip(posts, HOSTILE, strict=False)}
    found = dict(_rows(house, "staged.posts", "SELECT feedback_id, encode(text) AS text FROM rows"))
    assert {key: bytes(found[key]) for key in wanted} == wanted
    together = b"".join(wanted.values())
    # U+0085, a joined family, combining marks, both directions: the list itself must not have lost them.
    for sign in ("\u0085", "\U0001f469\u200d\U0001f469", "\u0351", "\u202e", "\u0627", "\u200b"):
        assert sign.encode() in together


def test_languages_are_those_that_people_wrote_in(house: House) -> None:
    written = {
        f"{kind}:{kind[0]}{each.at:%y%m%d}{each.number:04}": each.language
        for kind, count in (("post", sample.POSTS), ("review", sample.REVIEWS))
        for week in WEEKS
        for each in messages(kind, week, count, CUSTOMERS)
    }
    hostile = {f"post:{post['id']}" for week in WEEKS for post in sample.posts(week)[-len(HOSTILE) :]}
    told = _rows(house, "staged.posts", "SELECT feedback_id, language FROM rows")
    told += _rows(house, "staged.reviews", "SELECT feedback_id, language FROM rows WHERE text IS NOT NULL")
    plain = [(written[key], language) for key, language in told if key in written and key not in hostile]
    assert len(plain) > 5_000
    assert sum(was == is_ for was, is_ in plain) / len(plain) > 0.99
    assert sum(was != "en" and is_ == "en" for was, is_ in plain) == 0


def test_every_message_is_scored_once_or_unscored_and_says_by_which_model(house: House) -> None:
    scored = house.ask("SELECT * FROM rows", house.paths("curated.scored_feedback"))
    staged = sum(house.ask("SELECT 1 FROM rows", house.paths(f"staged.{name}")).size for name in ("posts", "reviews"))
    assert len(scored) == staged
    assert set(zip(scored.model, scored.model_version, strict=True)) == {("vader", "3.3.2")}
    others = scored[scored.language != "en"]
    assert len(others) > 1_500
    assert others.compound.isna().all()
    assert set(others.label) == {"unscored"}
    english = scored[scored.language == "en"]
    assert english.compound.between(-1, 1).all()
    assert set(english.label) == {"positive", "neutral", "negative"}


def test_the_drift_is_found_in_its_week_and_product_in_all_channels_and_nowhere_else(house: House) -> None:
    product, week = DRIFT
    found = _rows(
        house,
        "curated.response_watchlist",
        "SELECT product, CAST(week_start AS VARCHAR), channel FROM rows WHERE severity IN ('watch', 'alert')",
    )
    channels = ("app_store", "chirp", "forum", "web_shop")
    assert sorted(found) == [(product, week.isoformat(), channel) for channel in channels]


def test_the_watchlist_warns_in_that_week_only(house: House) -> None:
    flagged = {key: state.provenance["flagged"] for key, state in house.states(_name("response_watchlist")).items()}
    assert {key: rules for key, rules in flagged.items() if rules} == {DRIFT[1].isoformat(): {"on_watch": 4}}


def test_without_a_history_nothing_is_claimed(house: House) -> None:
    found = _rows(
        house,
        "curated.response_watchlist",
        "SELECT CAST(week_start AS VARCHAR), weeks_before, severity FROM rows WHERE weeks_before < 2",
    )
    assert {week for week, *_ in found} == {WEEKS[0].isoformat(), WEEKS[1].isoformat()}
    assert {severity for *_, severity in found} == {"unknown"}
    longest = _rows(house, "curated.response_watchlist", "SELECT max(weeks_before) FROM rows")
    assert longest == [(4,)]


def test_sums_of_days_themes_and_quality_are_those_of_the_messages(house: House) -> None:
    (messages_, scored, themes) = _rows(
        house, "curated.scored_feedback", "SELECT count(*), count(compound), sum(len(themes)) FROM rows"
    )[0]
    for table in ("sentiment_daily", "model_quality"):
        assert _rows(house, f"curated.{table}", "SELECT sum(messages), sum(scored) FROM rows") == [(messages_, scored)]
    assert _rows(house, "curated.feedback_themes", "SELECT sum(messages) FROM rows") == [(themes,)]
    assert _rows(house, "curated.response_watchlist", "SELECT sum(scored) FROM rows") == [(scored,)]


def test_the_model_mostly_agrees_with_the_stars(house: House) -> None:
    judged, agreed = _rows(house, "curated.model_quality", "SELECT sum(judged), sum(agreed) FROM rows")[0]
    # One in sixteen gave the stars the wrong way round, some said good things in plain words.
    assert 0.8 < agreed / judged < 15 / 16
    assert _rows(house, "curated.model_quality", "SELECT max(stability_index) < 0.1 FROM rows") == [(True,)]


def test_customers_who_left_are_in_no_row_of_theirs(house: House) -> None:
    found = {key for (key,) in _rows(house, "staged.customers", "SELECT customer_id FROM rows")}
    assert found == {name_of(number) for number in range(CUSTOMERS) if number not in DELETED}
    quoted = _rows(house, "staged.customers", "SELECT count(*) FROM rows WHERE name LIKE '%\"Test\"%'")
    assert quoted[0][0] > 0


def test_no_curated_table_has_a_column_for_what_was_said_or_who_said_it(house: House) -> None:
    for table in house.stored("customer_feedback"):
        if table.name.layer == "curated":
            assert not {"text", "author", "customer_id", "name", "email"} & set(table.contract.columns), table.name


def test_no_sign_of_a_person_is_in_any_curated_file(house: House) -> None:
    values = [
        str(value)
        for name in CURATED
        for table in [house.platform.catalog.tables[_name(name)]]
        if isinstance(table, ModelTable)
        for column, type_ in table.columns
        if type_ == "VARCHAR"
        for (value,) in _rows(house, f"curated.{name}", f'SELECT DISTINCT "{column}" FROM rows')
    ]
    assert len(values) > 5_000
    told = "\n".join(values)
    for sign in ("@", "example.", "555", "4111", "DE89", "C00", "scooter for my", "\U0001f60d"):
        assert sign not in told


def _name(table: str) -> TableName:
    return TableName("curated", table)


def test_no_personal_value_of_the_sample_stands_outside_of_raw_and_staged_files(house: House) -> None:
    home, source = house.settings.home, house.settings.samples_path / "customer_feedback"
    with closing(sqlite3.connect(source / "customers.sqlite")) as customers:
        rows = customers.execute("SELECT name, email, phone, address FROM customers").fetchall()
    posts = [
        json.loads(line)["post"] for line in (source / "posts.ndjson").read_text(encoding="utf-8").split("\n") if line
    ]
    values = {value for row in rows for value in row} | {post[key] for post in posts for key in ("author", "text")}
    # Shorter ones may stand anywhere by chance, as in a hash.
    needles = Needles(frozenset(value.strip() for value in values if value and len(value.strip()) >= 8))

    def found(left_out: Sequence[Path]) -> list[str]:
        hits = search(home, needles, leave_out=lambda path: any(path.is_relative_to(each) for each in left_out))
        return [str(hit.path.relative_to(home)) for hit in hits.hits]

    lake = home / "lake"
    assert found([home / "samples", lake / "raw", lake / "staged"]) == []
    seen = found([home / "samples"])
    assert {path.split("/")[2] for path in seen if path.startswith("lake/raw")} == {"posts", "reviews", "customers"}
    assert {path.split("/")[2] for path in seen if path.startswith("lake/staged")} >= {"posts", "reviews", "customers"}
