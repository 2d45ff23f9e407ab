"""The key of hashed values: made once, kept to its owner, shown nowhere."""

import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data_platform.privacy.key import KeyUnreadableError, PersonalKey
from data_platform.resources.platform import platform_of
from data_platform_tests.small_dataset import small_dataset


def test_a_key_is_made_once_when_it_is_needed_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "personal.key"
    key = PersonalKey.kept(path)
    assert not path.parent.exists()

    digest = key.digest("a@example.org")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["personal.key"]
    assert PersonalKey.kept(path).digest("a@example.org") == digest
    assert len(digest) == 64


def test_of_many_that_make_the_key_at_once_all_get_the_same(tmp_path: Path) -> None:
    keys = [PersonalKey.kept(tmp_path / "personal.key") for _ in range(32)]

    with ThreadPoolExecutor(16) as pool:
        digests = set(pool.map(lambda key: key.digest("x"), keys))

    assert len(digests) == 1


def test_digests_are_the_known_ones_and_other_keys_give_others() -> None:
    # The test vector of RFC 4231, 4.3, with a key that is a text.
    assert PersonalKey.given("Jefe").digest("what do ya want for nothing?") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    assert PersonalKey.given("a").fingerprint != PersonalKey.given("b").fingerprint


def test_the_key_is_in_no_text_about_it() -> None:
    key = PersonalKey.given("correct-horse-battery")
    key.digest("x")

    assert "horse" not in repr(key) + str(key) + str(vars(type(key)))
    with pytest.raises(TypeError, match="not handed on"):
        pickle.dumps(key)


def test_a_file_that_holds_no_key_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "personal.key"
    path.write_text("short\n")

    with pytest.raises(KeyUnreadableError, match=r"personal\.key should hold .* put the key back"):
        PersonalKey.kept(path).digest("x")


def test_the_settings_key_wins_and_without_one_the_home_keeps_one(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    given = small.settings.model_copy(update={"personal_key": None})
    assert platform_of(given, small.catalog).personal_key.digest("x")
    assert given.personal_key_path.exists()

    named = type(given).model_validate({**given.model_dump(), "personal_key": "sixteen-and-more!"})
    platform = platform_of(named, small.catalog)

    assert platform.personal_key.digest("x") == PersonalKey.given("sixteen-and-more!").digest("x")
    assert platform.lake.hashed_with() == platform.personal_key.fingerprint
    assert "sixteen" not in repr(named) + repr(platform)
