"""The sample that stands in for a social network, shops and a database of customers: ten weeks of invented people.

What they write is in `sample_messages` and `sample_texts`, what is hard about it in `sample_hostile`, what is wrong
with it in `sample_faults`; the network is played by `sample_service`. Here is how each of them writes it down.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.datasets.customer_feedback.sample_customers import CUSTOMERS, name_of, write_customers
from data_platform.datasets.customer_feedback.sample_faults import REPEATED, Record, is_repeated, plant, planted
from data_platform.datasets.customer_feedback.sample_hostile import HOSTILE
from data_platform.datasets.customer_feedback.sample_messages import WEEKS, Message, messages, stars

if TYPE_CHECKING:
    from starlette.applications import Starlette

FIRST_PARTITION = WEEKS[0].isoformat()
LAST_PARTITION = WEEKS[-1].isoformat()
# Of no use anywhere but with this sample.
SECRETS = {
    "FEEDBACK_TOKEN": "sample-token-of-the-network",
    "REVIEWS_TOKEN": "sample-token-of-the-shops",
}

POSTS, REVIEWS = 320, 260
_BATCHES = 3

# Posts of the six hours before each week, which its window asks for as well.
_OF_WEEK_BEFORE = (0, 12, 7, 10, 13, 11, 8, 10, 20, 13)
_OVERLAP = {week: {"of_another_week": posts} for week, posts in zip(WEEKS, _OF_WEEK_BEFORE, strict=True) if posts}

PLANTED: Mapping[str, Mapping[str, Mapping[str, int]]] = {
    "staged/posts": {week.isoformat(): {**planted("post", week), **_OVERLAP.get(week, {})} for week in WEEKS},
    "staged/reviews": {week.isoformat(): planted("review", week) for week in WEEKS},
}
"""Table → partition → rule → rows: rejecting rules as quarantined, flags as found in the clean rows."""


def generate(root: Path) -> None:
    """Writes `posts.ndjson`, the batches of `pushes/reviews/` and `customers.sqlite` below `root`."""
    pushes = root / "pushes" / "reviews"
    pushes.mkdir(parents=True)
    with (root / "posts.ndjson").open("w", encoding="utf-8", newline="\n") as store:
        for week in WEEKS:
            for line in _posts(week):
                store.write(f"{line}\n")
            for key, lines in _batches(week).items():
                (pushes / f"{key}.ndjson").write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
    first = WEEKS[0]
    write_customers(root / "customers.sqlite", datetime(first.year, first.month, first.day), 7 * len(WEEKS))


def service(root: Path) -> "Starlette":
    """The network's API over the generated posts."""
    from data_platform.datasets.customer_feedback.sample_service import network

    return network(root / "posts.ndjson", SECRETS["FEEDBACK_TOKEN"])


def posts(week: date) -> list[Record]:
    """The sound posts of a week as the network has them, the hostile ones at their end."""
    said = [_post(message) for message in messages("post", week, POSTS, CUSTOMERS)]
    for number, (text, _) in enumerate(HOSTILE):
        said[-1 - number]["text"] = text
    return said


def _posts(week: date) -> list[str]:
    """Each as the network keeps it: when it came, by its own clock, and what it says."""
    when = ""
    lines = []
    for record in plant("post", week, posts(week)):
        assert isinstance(record, dict)  # only reviews have broken lines
        # A time that nobody can read stands behind a sound post, and came when that did.
        when = record["created_at"] if record["id"].partition("-")[1] == "" else when
        lines.append(_json({"indexed_at": when, "post": record}))
    return lines


def _post(message: Message) -> Record:
    return {
        "id": f"p{message.at:%y%m%d}{message.number:04}",
        "created_at": _moment(message.at),
        "edited_at": None,
        "channel": message.channel,
        "product": message.product,
        "author": f"@user_{message.customer}",
        "text": message.text,
    }


def reviews(week: date) -> list[Record]:
    """The sound reviews of a week as the shops send them."""
    said = messages("review", week, REVIEWS, CUSTOMERS)
    return [
        {
            "id": f"r{message.at:%y%m%d}{message.number:04}",
            "created_at": _moment(message.at),
            "channel": message.channel,
            "product": message.product,
            "customer_id": name_of(message.customer),
            "rating": rating,
            "text": message.text,
        }
        for message, rating in zip(said, stars(said), strict=True)
    ]


def _batches(week: date) -> dict[str, Sequence[str]]:
    """Idempotency key → lines. Where a shop lost the receipt, it sends the start of its first batch again."""
    lines = [each if isinstance(each, str) else _json(each) for each in plant("review", week, reviews(week))]
    size = len(lines) // _BATCHES + 1
    batches: dict[str, Sequence[str]] = {
        f"{week}-{number + 1}": lines[number * size : (number + 1) * size] for number in range(_BATCHES)
    }
    if is_repeated(week):
        batches[f"{week}-again"] = [_json(record) for record in reviews(week)[:REPEATED]]
    return batches


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _json(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False)
