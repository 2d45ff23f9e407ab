"""Secrets in an author's file: by the name of a variable, and a value written there is not repeated."""

import pytest
from pydantic import ValidationError

from data_platform.contracts.secrets import SecretRef


def test_a_secret_is_named_by_its_variable() -> None:
    assert SecretRef.model_validate({"env": "API_TOKEN"}).env == "API_TOKEN"


@pytest.mark.parametrize(
    "written", ["s3cret-value", 4711, {"env": "s3cret-value"}, {"env": 4711}, ["s3cret-value"], {"env": "TÖKEN"}]
)
def test_what_may_be_the_secret_itself_is_refused_and_not_repeated(written: object) -> None:
    with pytest.raises(ValidationError) as refused:
        SecretRef.model_validate(written)
    (told,) = refused.value.errors()
    assert "s3cret" not in told["msg"]
    assert "4711" not in told["msg"]


def test_a_secret_is_no_setting_of_the_platform() -> None:
    with pytest.raises(ValidationError, match="the platform's own settings: name another one"):
        SecretRef.model_validate({"env": "DATA_PLATFORM_TOKEN"})
