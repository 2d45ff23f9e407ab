"""What the pages of the catalogue say, and what they never say."""

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from data_platform.lake.names import TableName
from data_platform.planning.catalog import Catalog
from data_platform.site.figures import first_sentence, size
from data_platform.steps.catalogue import catalogue
from data_platform_tests.site.town import CANARIES, HOSTILE, LONG, Town
from data_platform_tests.small_dataset import NOW, small_dataset


class _Text(HTMLParser):
    """What a reader sees of a page, and its elements' names."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")], f"<{tag} {attrs}> could run a script"

    def handle_data(self, data: str) -> None:
        self.seen.append(data)


def read(page: str) -> _Text:
    parser = _Text()
    parser.feed(page)
    return parser


def words(page: str) -> str:
    return " ".join(" ".join(read(page).seen).split())


def test_every_table_has_a_page_raw_ones_and_views_too(built: Town) -> None:
    names = {table.name.sql for table in built.small.catalog}
    assert {path.stem for path in (built.folder / "tables").iterdir()} == names
    index = words((built.folder / "index.html").read_text(encoding="utf-8"))
    assert all(name in index for name in names)
    assert "Rain gauges. See <b>below</b>." in index


def test_texts_from_outside_are_shown_as_they_are_and_never_become_html(built: Town) -> None:
    page = built.page("staged.readings")
    assert " ".join(HOSTILE.split()) in words(page)
    assert LONG in words(page)
    assert "only </td><script>because</script> it is a test" in words(built.page("curated.odd"))
    assert 'we"ird<i>col</i>#é' in words(built.page("curated.odd"))
    for path in built.folder.rglob("*.html"):
        found = read(path.read_text(encoding="utf-8"))
        assert not {"img", "i", "b", "iframe", "object", "base"} & set(found.tags)
        # A script of ours has an address and no text; that of an author would be one without.
        assert re.findall(r"<script(?! src=\"[./a-z_]*\.js\">)", path.read_text(encoding="utf-8")) == []


def test_personal_values_stand_nowhere_in_the_catalogue(built: Town) -> None:
    quarantined = built.small.quarantine("staged.people")
    assert {"canary-cast"} <= {value for row in quarantined for value in json.loads(row["_original"] or "{}").values()}
    assert built.small.rows("staged.people") == [
        {"person_id": 1, "name": "canary-name", "born_on": _date("1931-05-17"), "score": 3},
        {"person_id": 4, "name": "canary-group", "born_on": _date("2001-01-01"), "score": 9},
    ]
    assert [canary for canary in CANARIES if canary in built.text] == []
    assert "2001-01-01" not in built.text
    assert "personal data: name, born_on, score" in words(built.page("staged.people"))
    assert "personal: name" in words(built.page("raw.people"))
    allowed = words(built.page("curated.names"))
    assert "Personal data that is allowed here, and why" in allowed
    assert "the lake of a test is not read by anybody" in allowed


def _date(text: str) -> object:
    return date.fromisoformat(text)


def test_figures_are_those_of_the_published_warehouse(built: Town) -> None:
    for table in ("staged.readings", "staged.people", "curated.daily_rain", "curated.names"):
        ((rows,),) = built.sql(f"SELECT count(*) FROM {table}")
        assert f"Rows {rows} " in words(built.page(table))
    ((rejected,),) = built.sql("SELECT count(*) FROM quarantine.readings")
    ((clean,),) = built.sql("SELECT count(*) FROM staged.readings")
    sentence = f"{clean + rejected} rows arrived = {clean} clean + {rejected} quarantined + 0 dropped."
    assert sentence in words(built.page("staged.readings"))
    page = built.page("staged.readings")
    for rule, rows in built.sql(
        "SELECT rule, count(*) FROM quarantine.readings, unnest(_rules) AS u(rule) GROUP BY rule"
    ):
        row = words(page[page.index(f'<tr id="rule-{rule}">') :].split("</tr>")[0])
        assert "is quarantined" in row
        assert f" {rows} " in f" {row} "


def test_a_rule_is_broken_since_its_oldest_row_that_nobody_has_mended(built: Town) -> None:
    page = built.page("staged.readings")
    row = page[page.index('<tr id="rule-rain_mm_required">') :].split("</tr>")[0]
    history = built.small.platform.lake.table(TableName("staged", "readings")).history()
    # The newest first: the corrected file of January was committed before that of February.
    assert [commit.partitions for commit in history] == [("2024-02",), ("2024-01",), ("2024-01",)]
    (since,) = re.findall(r'datetime="([^"]+)"', row)
    assert since == f"{history[1].committed_at:%Y-%m-%dT%H:%M:%SZ}"


def test_the_history_says_why_each_commit_was_made(built: Town) -> None:
    page = built.page("staged.readings")
    history = page[page.index('id="history"') :]
    rows = [words(row) for row in re.findall(r"<tr>.*?</tr>", history.split("<tbody>")[1], re.DOTALL)]
    told = [(row.split(" ")[0], re.search(r"UTC (\S+) (.*?) \d", row)) for row in rows]
    assert [(version, found[1], found[2]) for version, found in told if found] == [
        ("3", "2024-02", "first commit"),
        ("2", "2024-01", "raw.readings changed"),
        ("1", "2024-01", "first commit"),
    ]


def test_sample_rows_are_formatted_by_what_they_mean(built: Town) -> None:
    page = built.page("staged.readings")
    sample = words(page[page.index('id="sample"') : page.index('id="lineage"')])
    ((rain,),) = built.sql("SELECT rain_mm FROM staged.readings WHERE reading_id = 1")
    assert str(rain) == "2.50"
    assert "2.50 mm" in sample
    masked = words(built.page("staged.people"))
    assert "•••" in masked


def test_a_raw_page_tells_refused_files_with_their_reason_and_what_is_late(built: Town) -> None:
    page = words(built.page("raw.readings"))
    refused = page[page.index("Refused Told with") :]
    assert "2024-03" in refused
    assert "readings-2024-03.parquet" in refused
    assert "2024-04" in page[page.index("Expected Partitions") :]


def test_a_page_shows_how_its_table_is_made(built: Town) -> None:
    shown = {name: words(built.page(name)) for name in ("curated.shouted", "staged.known", "staged.places")}
    assert "def shouted(places: pa.Table) -> pa.Table: return places.set_column" in shown["curated.shouted"]
    assert "rain/curated/shouted.py , contract rain/curated/shouted.yaml" in shown["curated.shouted"]
    assert "SELECT reading_id, place, rain_mm FROM staged.readings" in shown["staged.known"]
    assert "A view: nothing is stored" in shown["staged.known"]
    assert (
        "A contract without a model: the raw table is taken over as it is. (rain/staged/places.yaml)"
        in shown["staged.places"]
    )


def test_pages_link_to_what_a_table_reads_and_to_what_reads_it(built: Town) -> None:
    page = built.page("staged.readings")
    lineage = page[page.index('id="lineage"') : page.index('id="made"')]
    links = re.findall(r'href="\.\./tables/([^"]+)\.html"', lineage)
    assert links == ["raw.readings", "staged.places", "curated.daily_rain", "curated.odd", "staged.known"]
    assert 'href="../lineage.html#staged.readings"' in lineage


def test_the_search_data_has_every_column_with_its_meaning(built: Town) -> None:
    text = (built.folder / "data" / "search.js").read_text(encoding="utf-8")
    data = json.loads(text.removeprefix("dataPlatform.search(").removesuffix(");\n"))
    by_name = {table["name"]: table for table in data["tables"]}
    assert by_name["raw.people"]["columns"][1] == ["name", "VARCHAR", "", "", "", 1]
    readings = by_name["staged.readings"]
    assert ["rain_mm", "DECIMAL(8,2)", "quantity", "mm", "", 0] in readings["columns"]
    assert (readings["made_by"], readings["owners"], readings["dataset"]) == ("sql", ["team:weather"], "rain")
    made = {name: table["made_by"] for name, table in by_name.items()}
    assert (made["raw.people"], made["staged.known"], made["staged.places"]) == ("raw", "view", "pass_through")
    assert made["curated.shouted"] == "python"


def test_before_anything_is_built_there_are_pages_all_the_same(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    written = catalogue(small.platform, now=NOW)
    for table in ("raw.readings", "staged.readings", "curated.daily_rain"):
        text = words(written.page.with_name("tables").joinpath(f"{table}.html").read_text(encoding="utf-8"))
        assert "Nothing committed yet." in text
    assert "nothing committed yet" in words(written.page.read_text(encoding="utf-8"))


def test_without_any_dataset_there_is_an_index_that_says_so(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    written = catalogue(replace(small.platform, catalog=Catalog.of([])), now=NOW)
    assert "There is no dataset yet." in words(written.page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("bytes_", "told"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_949, "99.9 kB"), (999_499, "999 kB"), (999_500, "1.0 MB")],
)
def test_sizes_keep_three_digits(bytes_: int, told: str) -> None:
    assert size(bytes_) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [("One. Two.", "One."), ("no end", "no end"), ("3.5 miles. More", "3.5 miles."), ("a " * 100, ("a " * 69) + "a …")],
)
def test_an_index_shows_the_first_sentence(text: str, told: str) -> None:
    assert first_sentence(text) == told
