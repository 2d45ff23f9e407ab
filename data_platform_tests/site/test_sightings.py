"""What a raw table's page tells of its ledger: without secrets, and with what is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from data_platform.contracts.raw import RawColumn
from data_platform.lake.sightings import Sighting, in_order
from data_platform.planning.catalog import Expected
from data_platform.site.sightings import received
from data_platform_tests.planning.tables import raw

NOW = datetime(2024, 4, 10, tzinfo=UTC)
SECRETS = ("pa55word-1", "token-value-2")
URI = "https://user:pa55word-1@example.org/a.parquet?token=token-value-2"


def sighting(partition: str, sequence: int, *, refused: str | None = None, bytes_: int = 10) -> Sighting:
    return Sighting(
        partition=partition,
        slot="file",
        uri=URI,
        version=str(sequence),
        state="received" if refused is None else "refused",
        reason=refused,
        sha256=None if refused else "a" * 64,
        key=None if refused else "raw/rain/aa/a",
        data_key=None if refused else "raw/rain/aa/a",
        bytes=bytes_,
        records=None if refused else 3,
        columns=(),
        seen_at=NOW + timedelta(seconds=sequence),
        run_id="run",
        sequence=sequence,
    )


def test_addresses_and_reasons_are_shown_without_secrets() -> None:
    seen = in_order([sighting("2024-01", 1), sighting("2024-02", 2, refused=f"the page says {URI}")])
    found = received(raw("rain", "monthly"), seen, NOW)
    shown = repr(found)
    assert [secret for secret in SECRETS if secret in shown] == []
    assert found.files[0].uri == "https://example.org/a.parquet?token=…"


def test_a_reason_that_may_quote_personal_values_is_not_shown() -> None:
    seen = in_order([sighting("2024-01", 1, refused="a header of 2 names: ['canary-name', '1931-05-17']")])
    plain = raw("rain", "monthly")
    (told,) = received(plain, seen, NOW).refused
    assert "canary-name" in (told.reason or "")
    personal = replace(plain, columns={"name": RawColumn(type="VARCHAR", pii="name")})
    (concealed,) = received(personal, seen, NOW).refused
    assert concealed.reason == "a header of 2 names: […, …]"
    assert "canary" not in repr(received(personal, seen, NOW))


def test_a_refusal_is_open_until_the_slot_is_received() -> None:
    refused = [sighting("2024-01", 1), sighting("2024-01", 2, refused="no Parquet file")]
    table = raw("rain", "monthly")
    found = received(table, in_order(refused), NOW)
    assert (found.refused_in_all, found.files_in_all, found.records) == (1, 1, 3)
    mended = received(table, in_order([*refused, sighting("2024-01", 3)]), NOW)
    assert (mended.refused_in_all, mended.files_in_all, mended.sightings) == (0, 1, 3)


def test_what_has_not_come_is_late_after_the_days_that_its_source_takes() -> None:
    table = replace(raw("rain", "monthly"), expected=Expected(after_days=15))
    found = received(table, in_order([sighting("2024-01", 1)]), NOW)
    assert [(one.partition, one.is_late) for one in found.expected] == [
        ("2024-04", False),
        ("2024-03", False),
        ("2024-02", True),
    ]
    assert found.late == 1
    assert found.expected[-1].due_at == datetime(2024, 3, 16, tzinfo=UTC)


def test_partitions_that_the_table_no_longer_has_are_out_of_sight() -> None:
    seen = in_order([sighting("2023-12", 1), sighting("2024-01", 2), sighting("2023-11", 3, refused="torn")])
    found = received(raw("rain", "monthly"), seen, NOW)
    assert (found.files_in_all, found.partitions, found.refused_in_all) == (1, 1, 0)


def test_only_the_newest_of_many_files_are_listed_and_all_are_counted() -> None:
    seen = in_order(
        [sighting(f"{year}-{month:02}", year * 100 + month) for year in range(2024, 2034) for month in range(1, 13)]
    )
    found = received(raw("rain", "monthly"), seen, NOW)
    assert (len(found.files), found.files_in_all, found.records) == (40, 120, 360)
    assert found.files[0].partition == "2033-12"
