"""What the lineage page loads: of each table the same as script and as JSON, with the commit that it stands at."""

import json
from datetime import UTC, datetime
from pathlib import Path

from data_platform.lake.names import TableName
from data_platform.lineage.permuting import Permuted, Reaction
from data_platform.lineage.seen import Seen, keep
from data_platform.planning.versions import code_version
from data_platform.steps.catalogue import catalogue, catalogue_version
from data_platform_tests.site.town import Town
from data_platform_tests.small_dataset import small_dataset


def test_each_table_has_a_script_and_the_same_as_json(built: Town) -> None:
    folder = built.folder / "lineage"
    tables = {table.name.sql for table in built.small.catalog}
    assert {path.name for path in folder.iterdir()} == {f"{name}{end}" for name in tables for end in (".js", ".json")}
    for name in tables:
        script = (folder / f"{name}.js").read_text(encoding="utf-8")
        carried = script.removeprefix("dataPlatform.lineage(").removesuffix(");\n")
        assert json.loads(carried) == json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def test_a_stored_table_tells_its_last_commit_and_others_tell_none(built: Town) -> None:
    def commit(name: str) -> dict[str, object] | None:
        told = json.loads((built.folder / "lineage" / f"{name}.json").read_text(encoding="utf-8"))["commit"]
        assert told is None or isinstance(told, dict)
        return told

    readings = commit("staged.readings")
    assert readings is not None
    last = built.small.platform.lake.table(TableName("staged", "readings")).history()[0]
    assert readings == {"version": last.version, "at": last.committed_at.isoformat(), "partitions": 1}
    assert datetime.fromisoformat(str(readings["at"])).tzinfo == UTC
    assert commit("raw.readings") is None
    assert commit("staged.known") is None


def test_what_permuting_showed_is_told_as_soon_as_it_was_seen(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    now = datetime(2024, 4, 2, tzinfo=UTC)
    page = catalogue(small.platform, now=now).page
    raw, name = TableName("raw", "readings"), TableName("staged", "readings")
    reaction = Reaction(raw, "rain_mm", "rain_mm", "direct")
    seen = Permuted(("rain_mm",), (reaction,), {raw.sql: 4}, (f"{raw.sql}.rain_mm",))
    code = code_version(small.catalog, small.catalog.model(name))
    assert small.platform.lake.notes is not None
    keep(small.platform.lake.notes, name, Seen(code, "2024-01", now, seen))
    before = catalogue_version(small.platform)
    assert catalogue(small.platform, now=now).changed
    assert catalogue_version(small.platform) == before
    edges = json.loads(page.with_name("lineage").joinpath("staged.readings.json").read_text(encoding="utf-8"))["from"]
    assert {each["source_column"] for each in edges if "permuted" in each["found"]} == {"rain_mm"}
