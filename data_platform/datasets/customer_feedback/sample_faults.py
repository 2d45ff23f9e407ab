"""What is wrong with the records of the sample, in known numbers: every rule that rejects, drops or flags one."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

# As it is sent: the keys of the API's and of the shops' records.
Record = dict[str, Any]
_POSTS = {"text_required": 2, "castable": 2, "product_accepted": 1, "author_required": 1, "duplicate": 4}
_REVIEWS = {
    "castable": 2,
    "rating_range": 2,
    "rating_required": 1,
    "created_at_within_partition": 1,
    "product_accepted": 1,
    "without_text": 3,
    "duplicate": 2,
    "unparsed": 1,
}
# Where a batch was sent again under another key: how many of its reviews, and in which week of three.
REPEATED, _WEEK_OF_THREE = 25, 2
_LATEST = 30


def is_repeated(week: date) -> bool:
    """Whether some reviews of the week came in two batches."""
    return week.toordinal() // 7 % 3 == _WEEK_OF_THREE


def planted(kind: str, week: date) -> dict[str, int]:
    """Rule → records of a kind (`post`, `review`) that break it in a week, and flags of clean ones."""
    counts = _counts(kind, week)
    if kind == "post":
        # A time that cannot be read is missing as well.
        return {**counts, "created_at_required": counts["castable"]}
    by_rating = (counts["castable"] + 1) // 2
    counts["rating_required"] += by_rating
    counts["created_at_required"] = counts["castable"] - by_rating
    counts["duplicate"] += REPEATED if is_repeated(week) else 0
    return {rule: count for rule, count in counts.items() if count}


def _counts(kind: str, week: date) -> dict[str, int]:
    # Different from week to week and rule to rule, so that numbers are not equal by chance.
    faults = _POSTS if kind == "post" else _REVIEWS
    return {rule: count + (place + week.day) % 3 for place, (rule, count) in enumerate(faults.items())}


def plant(kind: str, week: date, records: Sequence[Record]) -> list[Record | str]:
    """The records of a week with what `planted` tells, each faulty one behind a sound one; a broken line is a text."""
    random = Random(f"faults {kind} {week}")
    # Not the latest: these are hard enough, and the next week's window begins an hour before it.
    chosen = random.sample(range(len(records) - _LATEST), k=len(records) - _LATEST)
    behind: dict[int, Record | str] = {}
    for rule, count in _counts(kind, week).items():
        for number in range(count):
            place = chosen[len(behind)]
            behind[place] = _faulty(rule, number, records[place], week)
    return [each for place, record in enumerate(records) for each in (record, behind.get(place)) if each is not None]


def _faulty(rule: str, number: int, record: Record, week: date) -> Record | str:
    if rule == "unparsed":
        return json.dumps(record)[:-9]
    if rule == "duplicate":
        return _again(record)
    return {**record, "id": f"{record['id']}-{rule}", **_CHANGES[rule](number, week, "rating" in record)}


def _again(record: Record) -> Record:
    """The same review once more, or a post as it was before it was edited."""
    if "rating" in record:
        return dict(record)
    edited = datetime.fromisoformat(record["created_at"]) + timedelta(minutes=7)
    before = {**record, "text": record["text"] + " (sic)"}
    record["edited_at"] = f"{edited:%Y-%m-%dT%H:%M:%SZ}"
    return before


def _uncastable(number: int, _: date, is_review: bool) -> Record:
    if is_review and number % 2 == 0:
        return {"rating": "five stars"}
    return {"created_at": ("2024-13-45T99:00:00Z", "yesterday", "")[number % 2]}


_CHANGES: Mapping[str, Callable[[int, date, bool], Record]] = {
    "text_required": lambda number, *_: {"text": ("", " \u0007\t ")[number % 2]},
    "castable": _uncastable,
    "product_accepted": lambda *_: {"product": "toaster"},
    "author_required": lambda *_: {"author": None},
    "rating_range": lambda number, *_: {"rating": (0, 6, 11)[number % 3]},
    "rating_required": lambda *_: {"rating": None},
    "created_at_within_partition": lambda number, week, _: {
        "created_at": f"{week + timedelta(days=(7, -1)[number % 2])}T10:00:00Z"
    },
    "without_text": lambda *_: {"text": None},
}
