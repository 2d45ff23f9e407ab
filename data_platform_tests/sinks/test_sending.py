"""What a target has is what the table has, each row once and each value as it is."""

from datetime import UTC, date, datetime
from decimal import Decimal

from data_platform_tests.sinks.town import LATER, Town, contract_with

JANUARY = [
    ("Harbour", date(2024, 1, 1), Decimal("1.50")),
    ("Harbour", date(2024, 1, 2), Decimal("20.25")),
    ("Harbour", date(2024, 1, 3), Decimal("0.10")),
]
FEBRUARY = [("Harbour", date(2024, 2, 1), Decimal("3.00"))]


def test_a_first_sending_makes_the_table_and_a_second_one_sends_nothing(gauges: Town) -> None:
    gauges.run()
    assert gauges.lacks().keys() == {"2024-01", "2024-02"}
    written = gauges.send()
    assert written.sent.keys() == {"2024-01", "2024-02"}
    assert written.rows == written.rows_there == 4
    assert gauges.there() == [*JANUARY, *FEBRUARY]
    assert gauges.lacks() == {}
    before = gauges.files()
    assert gauges.send(LATER).sent == {}
    assert gauges.files() == before
    assert gauges.there() == [*JANUARY, *FEBRUARY]


def test_every_value_arrives_as_it_is(gauges: Town) -> None:
    """Read by the database's own library."""
    huge = Decimal("123456789012345678901234567890.12")
    sql = (gauges.folder / "curated/daily_rain.sql").read_text()
    gauges.write({"curated/daily_rain.sql": sql.replace("sum(rain_mm) AS", f"{huge} + 0 * sum(rain_mm) AS")})
    gauges.send()
    rows = gauges.there("reading_date, rain_mm, mean_mm, is_wet, last_at, last_moment, note, packed")
    first, second = rows[0][1:], rows[1][1:]
    is_lite = gauges.database.kind == "sqlite"
    assert first[0] == (str(huge) if is_lite else huge)
    assert first[1:3] == (1.5, False)
    at = datetime(2024, 1, 1, 12, 0, 0, 123456)
    assert first[3] == (at.isoformat(" ") if is_lite else at)
    assert first[4] == (at.isoformat(" ") + "+00:00" if is_lite else at.replace(tzinfo=UTC))
    assert first[5:7] == (None, None)
    assert second[5] == "it's 'so', 東京"
    assert bytes(second[6]) == "it's 'so', 東京".encode()
    assert gauges.lacks() == {}


def test_a_correction_changes_adds_and_deletes_rows_of_its_partition_alone(gauges: Town) -> None:
    gauges.send()
    gauges.rains("2024-01", 1.5, 30, 0.1, 7)
    gauges.put("2024-01", [gauges.reading("2024-01", number, value) for number, value in ((0, 1.5), (1, 30.0), (3, 7))])
    assert gauges.send(LATER).sent.keys() == {"2024-01"}
    january = [JANUARY[0], ("Harbour", date(2024, 1, 2), Decimal("30.00")), ("Harbour", date(2024, 1, 4), Decimal(7))]
    assert gauges.there() == [*january, *FEBRUARY]


def test_rows_that_we_have_no_more_are_kept_where_the_author_says_so(gauges: Town) -> None:
    gauges.says(", deletes: keep")
    gauges.send()
    gauges.rains("2024-01", 1.5)
    gauges.send(LATER)
    assert gauges.there() == [*JANUARY, *FEBRUARY]
    assert gauges.lacks() == {}
    gauges.says(", deletes: delete")
    gauges.rains("2024-01", 2.5)
    gauges.send(LATER)
    # Those that were kept are nobody's of ours any more.
    assert gauges.there() == [("Harbour", date(2024, 1, 1), Decimal("2.50")), *JANUARY[1:], *FEBRUARY]


def test_a_partition_that_lost_all_rows_has_none_in_the_target(gauges: Town) -> None:
    gauges.send()
    gauges.put("2024-01", [])
    assert gauges.send(LATER).sent.keys() == {"2024-01"}
    assert gauges.there() == FEBRUARY


def test_columns_may_be_called_otherwise_there_and_others_are_not_touched(gauges: Town) -> None:
    columns = ', columns: {"the place": place, "day": reading_date, "rain %s (mm)": rain_mm}'
    gauges.says(columns)
    gauges.send()
    gauges.database.run('ALTER TABLE "daily rain" ADD COLUMN remark TEXT', "UPDATE \"daily rain\" SET remark = 'mine'")
    gauges.rains("2024-01", 1.5, 20.25, 5)
    gauges.send(LATER)
    there = gauges.there('"the place", "day", "rain %s (mm)", remark')
    assert [row[3] for row in there] == ["mine"] * 4
    assert [Decimal(row[2]) for row in there] == [Decimal("1.50"), Decimal("20.25"), Decimal("5.00"), Decimal("3.00")]


def test_another_shape_is_sent_anew(gauges: Town) -> None:
    gauges.says(", columns: {place: place, reading_date: reading_date, rain_mm: rain_mm, note: note}")
    gauges.send()
    gauges.database.run('ALTER TABLE "daily rain" ADD COLUMN last_at TIMESTAMP')
    gauges.says(", columns: {place: place, reading_date: reading_date, rain_mm: rain_mm, last_at: last_at}")
    assert set(gauges.lacks().values()) == {"its columns are other ones now"}
    gauges.send(LATER)
    assert None not in [row[0] for row in gauges.there("last_at")]


def test_where_a_sink_is_said_changes_no_row_of_the_table(gauges: Town) -> None:
    gauges.run()
    gauges.says(", deletes: keep")
    assert gauges.run() == []


def test_a_row_that_moves_to_another_partition_moves_in_the_target_in_any_order(gauges: Town) -> None:
    gauges.says(contract=contract_with("grain: [place]"), sql=_LAST_DAY, sink=", key: [place]")
    gauges.rains("2024-01", 1, place=1)
    gauges.rains("2024-02", 2, place=2)
    gauges.send()
    assert gauges.there("place, readings") == [("Harbour", 1), ("Hill", 1)]
    gauges.rains("2024-01", 1, 1, place=2)
    gauges.rains("2024-02", 2, 2, 2, place=1)
    gauges.send(LATER)
    assert gauges.there("place, readings") == [("Harbour", 3), ("Hill", 2)]
    assert gauges.lacks() == {}


_LAST_DAY = "SELECT place, count(*) AS readings FROM staged.readings GROUP BY ALL"
