"""Settings: what each is by default, what is refused and how clearly."""

import re
from pathlib import Path

import pytest

from data_platform.settings import Settings, SettingsError, variables

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_empty_environment_gives_the_sample_below_the_working_directory(tmp_path: Path) -> None:
    settings = Settings.load()

    assert (settings.sources, settings.first_partition) == ("sample", None)
    assert settings.home == tmp_path / ".data_platform"
    assert settings.lake_path == tmp_path / ".data_platform/lake"
    assert settings.warehouse_path == tmp_path / ".data_platform/warehouse/warehouse.duckdb"
    assert settings.dagster_home == tmp_path / ".data_platform/dagster"
    assert settings.landing == tmp_path / ".data_platform/landing"
    assert settings.template_variables == {
        "tlc_url": (settings.samples_path / "nyc_taxi").as_uri(),
        "mta_url": (settings.samples_path / "mta_turnstile").as_uri(),
        "feedback_url": "sample://customer_feedback",
        "customers_url": f"sqlite://{settings.samples_path}/customer_feedback/customers.sqlite",
        "landing": str(settings.landing),
    }
    assert list(tmp_path.iterdir()) == []


def test_live_sources_are_the_official_ones_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_SOURCES", "live")
    assert Settings.load().tlc_url == "https://d37ci6vzurychx.cloudfront.net"

    monkeypatch.setenv("DATA_PLATFORM_TLC_URL", "http://localhost:8000/mirror/")
    assert Settings.load().tlc_url == "http://localhost:8000/mirror"


def test_a_live_source_of_ones_own_has_no_address_until_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_SOURCES", "live")
    known = Settings.load().template_variables
    assert known["feedback_url"] == ""
    assert known["customers_url"] == ""

    monkeypatch.setenv("DATA_PLATFORM_FEEDBACK_URL", "https://api.example.org/")
    monkeypatch.setenv("DATA_PLATFORM_CUSTOMERS_URL", "postgresql://db:5432/crm?sslmode=require")
    known = Settings.load().template_variables
    assert known["feedback_url"] == "https://api.example.org"
    assert known["customers_url"] == "postgresql://db:5432/crm?sslmode=require"


def test_an_address_given_wins_over_the_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_PLATFORM_TLC_URL", tmp_path.as_uri())

    assert Settings.load().tlc_url == tmp_path.as_uri()


def test_state_is_where_home_says_also_from_another_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_HOME", "~/state with space")
    monkeypatch.setenv("HOME", "/somewhere")
    assert Settings.load().home == Path("/somewhere/state with space")
    assert Settings.load().tlc_url == "file:///somewhere/state%20with%20space/samples/nyc_taxi"


def test_the_environment_wins_over_the_env_file_and_that_over_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        "DATA_PLATFORM_THREADS=3\nDATA_PLATFORM_MEMORY_LIMIT='4GB'\nDAGSTER_HOME=/elsewhere\nOTHER=1\n"
    )
    monkeypatch.setenv("DATA_PLATFORM_THREADS", "5")

    settings = Settings.load()

    assert (settings.threads, settings.memory_limit) == (5, "4GB")


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.setenv(name, "")

    assert Settings.load() == Settings()


def test_memory_is_shared_by_the_concurrent_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_platform.machine.memory_bytes", lambda: 12 * 2**30)
    monkeypatch.setenv("DATA_PLATFORM_CONCURRENT_RUNS", "4")
    assert Settings.load().memory_limit == f"{int(10 * 1024 / 4 * 0.85)}MiB"

    monkeypatch.setattr("data_platform.machine.memory_bytes", lambda: 2**30)
    assert Settings.load().memory_limit == "512MiB"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATA_PLATFORM_SOURCES", "life"),
        ("DATA_PLATFORM_CONCURRENT_RUNS", "0"),
        ("DATA_PLATFORM_THREADS", "many"),
        ("DATA_PLATFORM_THREADS", "-1"),
        ("DATA_PLATFORM_MEMORY_LIMIT", "4"),
        ("DATA_PLATFORM_MEMORY_LIMIT", "0.0GB"),
        ("DATA_PLATFORM_MEMORY_LIMIT", "4GB; DROP TABLE x"),
        ("DATA_PLATFORM_FIRST_PARTITION", "2024-13"),
        ("DATA_PLATFORM_FIRST_PARTITION", "2024-02-30"),
        ("DATA_PLATFORM_FIRST_PARTITION", "24-01"),
        ("DATA_PLATFORM_FIRST_PARTITION", "January 2024"),
        ("DATA_PLATFORM_TLC_URL", "ftp://host/base"),
        ("DATA_PLATFORM_TLC_URL", "data/tlc"),
        ("DATA_PLATFORM_TLC_URL", "https://"),
        ("DATA_PLATFORM_TLC_URL", "https:/host/base"),
        ("DATA_PLATFORM_TLC_URL", "file:data"),
        ("DATA_PLATFORM_TLC_URL", "https://host/base#part"),
        ("DATA_PLATFORM_TLC_URL", "https://host/base?token=1"),
        ("DATA_PLATFORM_FEEDBACK_URL", "ftp://host/base"),
        ("DATA_PLATFORM_FEEDBACK_URL", "sample://customer_feedback/more"),
        ("DATA_PLATFORM_FEEDBACK_URL", "sample://"),
        ("DATA_PLATFORM_CUSTOMERS_URL", "oracle://host/crm"),
        ("DATA_PLATFORM_CUSTOMERS_URL", "postgresql://host"),
        ("DATA_PLATFORM_CUSTOMERS_URL", "postgresql:///crm"),
        ("DATA_PLATFORM_CUSTOMERS_URL", "sqlite://customers.sqlite"),
    ],
)
def test_a_wrong_value_gives_one_line_with_variable_value_and_what_is_expected(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsError) as refused:
        Settings.load()

    assert str(refused.value) == f"{variable} is {value!r}: expected {variables()[variable]}"
    assert "\n" not in str(refused.value)


def test_every_wrong_value_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_THREADS", "0")
    monkeypatch.setenv("DATA_PLATFORM_SOURCES", "life")

    with pytest.raises(SettingsError, match=r"SOURCES is 'life'.*; .*THREADS is '0'"):
        Settings.load()


@pytest.mark.parametrize("variable", ["TLC_URL", "FEEDBACK_URL", "CUSTOMERS_URL"])
def test_a_password_in_an_address_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    scheme = "postgresql" if variable == "CUSTOMERS_URL" else "https"
    monkeypatch.setenv(f"DATA_PLATFORM_{variable}", f"{scheme}://user:hunter2@host/base")

    with pytest.raises(SettingsError) as refused:
        Settings.load()

    assert "hunter2" not in str(refused.value)
    assert f"{scheme}://…@host/base" in str(refused.value)


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_variable_that_does_not_exist_is_refused_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str
) -> None:
    if where == "environment":
        monkeypatch.setenv("DATA_PLATFORM_MEMORY_LIMITS", "4GB")
    else:
        (tmp_path / ".env").write_text("DATA_PLATFORM_MEMORY_LIMITS=4GB\n")

    with pytest.raises(SettingsError, match="MEMORY_LIMITS is not a setting: did you mean DATA_PLATFORM_MEMORY_LIMIT"):
        Settings.load()


def test_a_variable_like_no_other_is_refused_with_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_XYZZY", "1")

    with pytest.raises(SettingsError, match="XYZZY is not a setting: there are DATA_PLATFORM_CONCURRENT_RUNS, "):
        Settings.load()


def test_the_example_file_names_every_setting_and_each_example_is_accepted(tmp_path: Path) -> None:
    example = (REPOSITORY / ".env.example").read_text()
    named = re.findall(r"^#(DATA_PLATFORM_\w+)=", example, re.MULTILINE)
    assert sorted(named) == sorted(variables())

    (tmp_path / ".env").write_text(re.sub(r"^#(?=DATA_PLATFORM_)", "", example, flags=re.MULTILINE))
    assert Settings.load().threads == 4
