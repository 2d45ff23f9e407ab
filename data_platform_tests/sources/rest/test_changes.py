"""A window that changes while it is paged is noticed and read anew; what stays incomplete is not received."""

from pathlib import Path

import pytest
from starlette.responses import JSONResponse

from data_platform.sources.errors import ChangingYet, PermanentSourceError, TransientSourceError
from data_platform_tests.sources.rest.playing import CANARY, Api, Stage, Way, lines, texts, uri


def _changed_before(api: Api, question: int, records: list[str]) -> Api:
    """The records are others from a question on."""

    def change(number: int) -> None:
        if number == question:
            api.records = records

    api.between = change
    return api


WAYS: list[Way] = ["cursor", "json_link", "link_header", "offset", "page_number"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("question", [2, 3])
@pytest.mark.parametrize("key", [("id",), ()])
def test_a_record_that_is_new_in_front_while_pages_are_read_is_noticed(
    stage: Stage, tmp_path: Path, way: Way, question: int, key: tuple[str, ...]
) -> None:
    after = [*texts(1, 99), *texts(25)]
    source = stage.source(_changed_before(Api(way=way), question, after), key=key)
    assert source.fetch(uri(source), tmp_path / "f") is not None
    assert lines(tmp_path / "f") == after


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("question", [2, 3])
def test_a_record_that_is_gone_while_pages_are_read_is_noticed_by_the_total(
    stage: Stage, tmp_path: Path, way: Way, question: int
) -> None:
    source = stage.source(_changed_before(Api(way=way), question, texts(24, 1)), total=("meta", "total"))
    assert source.fetch(uri(source), tmp_path / "f") is not None
    assert lines(tmp_path / "f") == texts(24, 1)


@pytest.mark.parametrize("way", ["offset", "page_number"])
def test_one_that_is_gone_from_the_middle_is_noticed_without_total_and_key(
    stage: Stage, tmp_path: Path, way: Way
) -> None:
    after = [*texts(12), *texts(12, 13)]
    source = stage.source(_changed_before(Api(way=way), 3, after))
    assert source.fetch(uri(source), tmp_path / "f") is not None
    assert lines(tmp_path / "f") == after


def test_a_window_that_changes_with_every_question_is_left_for_later(stage: Stage, tmp_path: Path) -> None:
    api = Api(way="offset")

    def grow(number: int) -> None:
        api.records = texts(25 + number)

    api.between = grow
    source = stage.source(api, total=("meta", "total"))
    with pytest.raises(ChangingYet, match=r"its total went from \d+ to \d+ while it was read, 3 times in a row"):
        source.fetch(uri(source), tmp_path / "f")
    assert not (tmp_path / "f").exists()


def test_a_record_that_comes_on_two_pages_is_not_received_twice(stage: Stage, tmp_path: Path) -> None:
    source = stage.source(Api([*texts(20), *texts(5)]), key=("id",))
    with pytest.raises(ChangingYet, match=r"5 records came on two pages by their key id"):
        source.fetch(uri(source), tmp_path / "f")


@pytest.mark.parametrize("says", [24, 26])
def test_a_total_that_is_not_reached_or_passed_is_told_with_both_figures(
    stage: Stage, tmp_path: Path, says: int
) -> None:
    source = stage.source(Api(total=says), total=("meta", "total"))
    with pytest.raises(TransientSourceError, match=rf"25 records came, its total says {says} \(3 times in a row\)"):
        source.fetch(uri(source), tmp_path / "f")
    assert not (tmp_path / "f").exists()


def test_a_total_may_be_wrong_for_a_moment(stage: Stage, tmp_path: Path) -> None:
    api = Api(total=24)

    def mend(number: int) -> None:
        api.total = 25 if number > 3 else 24

    api.between = mend
    source = stage.source(api, total=("meta", "total"))
    assert source.fetch(uri(source), tmp_path / "f") is not None
    assert lines(tmp_path / "f") == texts(25)


def test_a_token_is_fetched_once_for_many_windows_and_again_when_it_is_not_taken_any_more(stage: Stage) -> None:
    api = Api(auth="oauth2")
    source = stage.source(api)
    with source.connected() as connected:
        connected.look(uri(source))
        connected.look(uri(source))
        assert len(api.tokens) == 1
        api.tokens.append("the service changed its mind")
        connected.look(uri(source))
        assert len(api.tokens) == 3


def test_a_token_that_expired_is_renewed_before_it_is_refused(stage: Stage) -> None:
    api = Api(auth="oauth2", expires_in=0)
    source = stage.source(api)
    with source.connected() as connected:
        connected.look(uri(source))
    assert len(api.tokens) == len(api.asked) == 3


def test_a_new_token_that_is_refused_as_well_ends_it(stage: Stage) -> None:
    api = Api(auth="oauth2", hook=lambda *_: JSONResponse({"error": CANARY}, 401))
    source = stage.source(api)
    with pytest.raises(PermanentSourceError, match=r"page 1: answered 401 Unauthorized\. Check the credentials\.$"):
        source.look(uri(source))
    assert len(api.asked) == 2
