"""Records as lines of CSV, for kinds whose source has files."""

import csv
import io
from collections.abc import Iterable, Iterator

from data_platform_tests.conformance.played import Record

HEADER = "record_id,at,value,note\n"
# More lines than not have a cell too many: a file like this is refused.
MALFORMED = HEADER + "1,2024-01-05 00:00:00,1.00,good\n" + "2,2024-01-05 00:00:00,2.00,bad,worse\n" * 2


def lines(found: Iterable[Record]) -> Iterator[bytes]:
    """The header and a line for each record. An empty text is a NULL there, so none may be among them."""
    yield HEADER.encode()
    for record in found:
        line = io.StringIO()
        row = (record.record_id, record.at.isoformat(" "), record.value, record.note)
        csv.writer(line, lineterminator="\n").writerow(row)
        yield line.getvalue().encode()


def dealt(found: Iterable[Record], parts: int) -> list[list[Record]]:
    """The records, dealt out like cards."""
    hands: list[list[Record]] = [[] for _ in range(parts)]
    for number, record in enumerate(found):
        hands[number % parts].append(record)
    return hands
