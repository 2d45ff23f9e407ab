"""The commands `lineage` and `openlineage`, as a shell runs them, and the check and the job in Dagster."""

import io
import json
from pathlib import Path

import dagster as dg
import pytest
from rich.console import Console

from data_platform.cli import lineage
from data_platform.components.lineage_check import CHECK, has_declared_lineage, lineage_check
from data_platform.lake.names import TableName
from data_platform.steps.errors import StepError
from data_platform_tests.lineage.test_declared import DAILY, DECLARED, built, python
from data_platform_tests.small_dataset import FILES, SmallDataset


def said(small: SmallDataset, table: str, *, verify: bool = False) -> tuple[int, str]:
    text = io.StringIO()
    code = lineage.say(small.platform, table, verify=verify, rows=100, console=Console(file=text, width=200))
    return code, text.getvalue()


def test_a_table_is_told_column_by_column_with_its_fragments(small: SmallDataset) -> None:
    code, told = said(small, "curated.daily_rain")
    assert code == 0
    assert "rain_mm\n  value    staged.readings.rain_mm\n" in told
    assert "sum(rain_mm) AS rain_mm (rain/curated/daily_rain.sql:1)" in told
    assert "every column\n  group    staged.readings.place\n" in told


def test_what_was_verified_is_told_and_a_disagreement_is_an_exit_code(small: SmallDataset) -> None:
    python(small, DECLARED.replace("{direct: [staged.readings.rain_mm],", "{direct: [staged.readings.note],"))
    built(small)
    code, told = said(small, "curated.daily_rain", verify=True)
    assert code == 1
    assert "permuted 5 columns of 6 rows of staged.readings" in told
    assert "disagreement: rain_mm changed when staged.readings.rain_mm did, which is not declared in" in told
    assert "curated/daily_rain.yaml:16 declares that rain_mm comes from staged.readings.note, but nothing" in told


def test_personal_data_that_reaches_a_column_without_a_word_is_told_as_such(small: SmallDataset) -> None:
    python(small, DECLARED.replace("{direct: [staged.readings.rain_mm],", "{direct: [staged.readings.read_at],"))
    contract = FILES["staged/readings.yaml"]
    small.write({"staged/readings.yaml": contract.replace("rain_mm: {type", "rain_mm: {pii: id, type")})
    built(small)
    code, told = said(small, "curated.daily_rain", verify=True)
    assert code == 1
    (line,) = [line for line in told.splitlines() if "rain_mm changed when staged.readings.rain_mm did" in line]
    assert line.endswith("; that is personal data (id)")


def test_a_table_that_there_is_not_is_told_with_those_that_there_are(small: SmallDataset) -> None:
    with pytest.raises(StepError, match=r"'curated\.rain' is no table; there are .*curated\.daily_rain"):
        said(small, "curated.rain")
    with pytest.raises(StepError, match=r"raw\.readings is received, not computed"):
        said(small, "raw.readings", verify=True)


def checked(small: SmallDataset) -> dg.ExecuteInProcessResult:
    key = dg.AssetKey(["curated", "daily_rain"])
    return dg.materialize(
        [dg.AssetSpec(key), lineage_check(small.catalog.model(DAILY))],
        resources={"platform": dg.ResourceDefinition.hardcoded_resource(small.platform)},
        selection=dg.AssetSelection.checks(dg.AssetCheckKey(key, CHECK)),
    )


@pytest.mark.parametrize(
    ("declared", "passed", "words"),
    [
        (DECLARED, True, "what was declared is what was seen"),
        (DECLARED.replace("direct: [staged.readings.rain_mm], ", ""), False, "rain_mm changed when staged.readings"),
    ],
)
def test_the_check_of_a_python_model_warns(small: SmallDataset, declared: str, passed: bool, words: str) -> None:
    python(small, declared)
    built(small)
    table = small.catalog.model(DAILY)
    assert has_declared_lineage(table)
    assert not has_declared_lineage(small.catalog.tables[TableName("staged", "readings")])

    result = checked(small)
    (found,) = result.get_asset_check_evaluations()
    assert result.success
    assert found.passed is passed
    assert found.severity == dg.AssetCheckSeverity.WARN
    assert words in (found.description or "")


def test_a_check_without_a_sample_warns_and_fails_no_run(small: SmallDataset) -> None:
    python(small)
    result = checked(small)
    (found,) = result.get_asset_check_evaluations()
    assert result.success
    assert "nothing of it is committed yet" in (found.description or "")


def test_events_are_written_by_the_command(
    small: SmallDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from data_platform.cli import commands

    built(small)
    monkeypatch.setattr(commands, "settings", lambda: small.settings)
    monkeypatch.setattr(commands, "installed", lambda _: small.datasets)

    assert commands.openlineage(str(tmp_path / "events.ndjson"), None) == 0
    events = [json.loads(line) for line in (tmp_path / "events.ndjson").read_text().splitlines()]
    assert {event["job"]["name"] for event in events} == {"staged.places", "staged.readings", "curated.daily_rain"}
    assert capsys.readouterr().out == f"3 events, one a commit: {tmp_path / 'events.ndjson'}\n"
    with pytest.raises(ValueError, match="DATA_PLATFORM_OPENLINEAGE names no receiver; set its address"):
        commands.openlineage(None, None)
