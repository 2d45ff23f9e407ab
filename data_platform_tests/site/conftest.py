"""What tests of the site share."""

import pytest

from data_platform_tests.site.town import Town, town


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town with its catalogue; nobody changes it."""
    return town(tmp_path_factory.mktemp("town"))
