"""What the lineage page loads: of each table the same as script and as JSON, with the commit that it stands at."""

import json
from datetime import UTC, datetime

from data_platform.lake.names import TableName
from data_platform_tests.site.town import Town


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
