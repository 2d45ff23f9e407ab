"""Texts, languages, themes and scores of customer feedback, one at a time; and the service that plays the network."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data_platform.datasets.customer_feedback import sample
from data_platform.datasets.customer_feedback.sample_hostile import HOSTILE
from data_platform.datasets.customer_feedback.sample_messages import WEEKS
from data_platform.datasets.customer_feedback.sentiment import MOST_CHARACTERS, compounds, label
from data_platform.datasets.customer_feedback.texts import cleaned, language
from data_platform.datasets.customer_feedback.themes import themes


@pytest.mark.parametrize(("sent", "staged"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_text_is_cleaned_of_what_carries_no_meaning(sent: str, staged: str) -> None:
    assert cleaned(sent) == staged


def test_what_is_clean_stays_as_it_is() -> None:
    # An entity that somebody wrote about becomes one only once.
    plain = [staged for _, staged in HOSTILE if "&lt;" not in staged]
    assert [cleaned(text) for text in plain] == plain


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The battery is excellent and I love how fast it charges", "en"),
        ("La batería es excelente y dura dos días", "es"),
        ("バッテリーが二日も持って素晴らしいです", "ja"),
        ("배터리가 이틀이나 가서 정말 좋아요", "ko"),
        ("السماعة رائعة جدا وأنا سعيد بها كثيرا", "ar"),
        ("ok", "und"),
        ("😍😍😍", "und"),
        ("https://shop.example/the/best/thing @somebody #love", "und"),
        ("", "und"),
    ],
)
def test_a_language_is_told_by_words_and_not_by_addresses_or_too_little(text: str, told: str) -> None:
    code, confidence = language(text)
    assert code == told
    assert 0 <= confidence <= 1


def test_only_english_is_scored_and_nothing_is_guessed() -> None:
    texts = ["I love it", "I love it", "I love it", None, "It stands on the table", "I hate it, awful"]
    languages = ["en", "es", "und", None, "en", "en"]
    scores = list(compounds(texts, languages))
    assert [score is None for score in scores] == [False, True, True, True, False, False]
    assert [label(score) for score in scores] == [
        "positive",
        "unscored",
        "unscored",
        "unscored",
        "neutral",
        "negative",
    ]


def test_a_text_of_any_length_is_scored_by_its_beginning() -> None:
    first = ("love it! " * MOST_CHARACTERS)[:MOST_CHARACTERS]
    assert list(compounds([first + " awful" * 200_000], ["en"])) == list(compounds([first], ["en"]))


def test_the_bounds_of_a_label_belong_to_it() -> None:
    assert [label(score) for score in (0.05, 0.0499, -0.0499, -0.05)] == ["positive", "neutral", "neutral", "negative"]


def test_themes_are_told_by_words_that_begin_so_in_any_language() -> None:
    assert themes("The APP crashes and the battery is dead") == ["battery", "app"]
    assert themes("I am happy") == [], "app stands within happy"
    assert themes("Die Lieferung kam, der Preis stieg") == ["delivery", "price"]
    assert themes("品質が悪い。サポートも") == ["quality", "support"]
    assert themes(None) == themes("") == []


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    root: Path = tmp_path_factory.mktemp("sample")
    sample.generate(root)
    return TestClient(sample.service(root))


def test_the_sample_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    found = []
    for name in ("first", "second"):
        sample.generate(tmp_path / name)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        found.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert found[0] == found[1]
    assert len(found[0]) == 2 + 3 * len(WEEKS) + 3


TOKEN = {"authorization": f"Bearer {sample.SECRETS['FEEDBACK_TOKEN']}"}


def test_the_network_answers_nobody_without_its_token(network: TestClient) -> None:
    assert network.get("/v1/posts").status_code == 401
    assert network.get("/v1/posts", headers={"authorization": "Bearer guess"}).status_code == 401


def test_the_network_pages_through_a_window_to_its_total(network: TestClient) -> None:
    asked = {"created_after": "2024-01-08T00:00:00Z", "created_before": "2024-01-15T00:00:00Z"}
    found: list[str] = []
    cursor, statuses = None, []
    while True:
        answer = network.get("/v1/posts", params={**asked, **({"cursor": cursor} if cursor else {})}, headers=TOKEN)
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            assert answer.headers["retry-after"] == "1"
            continue
        page = answer.json()
        found += [post["id"] for post in page["data"]]
        cursor = page["paging"]["next_cursor"]
        if cursor is None:
            break
    assert len(found) == page["total"] > sample.POSTS
    assert len([status for status in statuses if status == 200]) == 4


def test_the_network_is_asked_too_often_now_and_then(network: TestClient) -> None:
    statuses = [network.get("/v1/posts", params={"limit": 1}, headers=TOKEN).status_code for _ in range(45)]
    assert set(statuses) == {200, 429}


@pytest.mark.parametrize("wrong", [{"cursor": "bm8="}, {"cursor": "?"}, {"created_after": "yesterday"}, {"limit": "x"}])
def test_the_network_tells_what_it_cannot_read(network: TestClient, wrong: dict[str, str]) -> None:
    answers = [network.get("/v1/posts", params=wrong, headers=TOKEN) for _ in range(2)]
    assert 400 in {answer.status_code for answer in answers}
