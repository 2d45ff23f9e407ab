"""A thousand invented people in files of three formats, who buy, write and are written about; some are to be forgotten.

Everything that names a person ends in a number that only they have: a search for it says whether they are gone.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from data_platform_tests.small_dataset import SmallDataset

MONTHS = ("2024-01", "2024-02")
KEY = "staged.customers.email"

FILES = {
    "defs.yaml": """\
type: data_platform.components.dataset.Dataset
attributes:
  description: People who buy and write.
  owners: ["team:shop"]
  partitions: {monthly: {start: "2024-01"}}
  raw:
    customers:
      description: Who they are, a file a month.
      source: {http_file: {url: "{{ tlc_url }}/customers-{partition:%Y-%m}.csv"}}
      read: {ragged: quarantine}
      columns:
        customer_id: {type: BIGINT, pii: id}
        email: {type: VARCHAR, pii: email}
        name: {type: VARCHAR, pii: name}
        phone: {type: VARCHAR, pii: phone}
        age: {type: INTEGER}
    posts:
      description: What they write, a file a month.
      source: {http_file: {url: "{{ tlc_url }}/posts-{partition:%Y-%m}.ndjson"}}
      columns:
        post_id: {type: BIGINT}
        author: {type: VARCHAR, pii: email}
        text: {type: VARCHAR, pii: free_text}
    orders:
      description: What they buy, a file a month.
      source: {http_file: {url: "{{ tlc_url }}/orders-{partition:%Y-%m}.parquet"}}
      columns:
        order_id: {type: BIGINT}
        customer_id: {type: BIGINT, pii: id}
        amount: {type: DOUBLE}
        comment: {type: VARCHAR, pii: free_text}
""",
    "staged/customers.sql": """\
SELECT customer_id, lower(trim(email)) AS email, name, phone, age FROM raw.customers
""",
    "staged/customers.yaml": """\
description: One row per customer and month.
grain: [email]
columns:
  customer_id: {type: BIGINT, pii: id}
  email: {type: VARCHAR, pii: email, required: true}
  name: {type: VARCHAR, pii: name}
  phone: {type: VARCHAR, pii: phone}
  age: {type: INTEGER, max: 120}
audit: {max_rejected_share: 1}
""",
    "staged/posts.yaml": """\
description: One row per post.
grain: [post_id]
columns:
  post_id: {type: BIGINT, required: true}
  author: {type: VARCHAR, pii: email}
  text: {type: VARCHAR, pii: free_text}
""",
    "staged/orders.yaml": """\
description: One row per order.
grain: [order_id]
columns:
  order_id: {type: BIGINT, required: true}
  customer_id: {type: BIGINT, pii: id}
  amount: {type: "DECIMAL(10,2)", max: 900}
  comment: {type: VARCHAR, pii: free_text}
audit: {max_rejected_share: 1}
""",
    "curated/spending.sql": """\
SELECT c.email AS customer, count(*) AS orders, sum(o.amount) AS amount
FROM staged.orders AS o JOIN staged.customers AS c ON c.customer_id = o.customer_id
GROUP BY c.email
""",
    "curated/spending.yaml": """\
description: What each customer spent, under a name that nobody can read.
grain: [customer]
columns:
  customer: {type: VARCHAR, pii: email, mask: hash}
  orders: {type: BIGINT}
  amount: {type: "DECIMAL(18,2)"}
reconciles: {none: "not every order has a customer who is known that month"}
""",
    "curated/ages.sql": "SELECT age, count(*) AS customers FROM staged.customers GROUP BY age\n",
    "curated/ages.yaml": """\
description: How old they are.
grain: [age]
columns:
  age: {type: INTEGER}
  customers: {type: BIGINT}
reconciles:
  - {name: all, this: "sum(customers)", of: staged.customers, that: "count(*)"}
""",
}


@dataclass(frozen=True)
class Person:
    """Somebody, and all by which they are known."""

    number: int

    @property
    def email(self) -> str:
        return f"ann{self.number}@example.org"

    @property
    def name(self) -> str:
        return f"Zoë Tester{self.number}x"

    @property
    def phone(self) -> str:
        return f"+4179{self.number:07}"

    @property
    def traces(self) -> tuple[str, ...]:
        """What must be found nowhere once they are forgotten."""
        return self.email, self.name, self.phone


@dataclass(frozen=True)
class People:
    """A dataset of so many people; its sources are files outside of its home."""

    small: SmallDataset
    everybody: tuple[Person, ...]

    def deliver(self, version: int, *, without: Collection[Person] = ()) -> None:
        """Puts all files of both months at their source, in a version: ages and texts differ between them."""
        there = [one for one in self.everybody if one not in without]
        for number, month in enumerate(MONTHS):
            theirs = [one for one in there if one.number % len(MONTHS) == number]
            self._put(f"customers-{month}.csv", _customers(theirs, version).encode())
            self._put(f"posts-{month}.ndjson", "".join(_posts(theirs, there, version)).encode())
            self._put(f"orders-{month}.parquet", _orders(theirs, month, version))

    def _put(self, name: str, content: bytes | pa.Table) -> None:
        self.small.put_file(name, content)


def people(root: Path, count: int) -> People:
    """The dataset below `root`, and nothing at its sources yet."""
    world = people_in(root, count)
    world.small.source.mkdir(parents=True)
    world.small.write(FILES)
    return world


def people_in(root: Path, count: int) -> People:
    """The same where it is there already."""
    small = SmallDataset(root / "datasets" / "people", root / "source", root / "home")
    return People(small, tuple(Person(1000 + number * 7) for number in range(count)))


def _customers(theirs: Sequence[Person], version: int) -> str:
    lines = ["customer_id,email,name,phone,age\n"]
    for one in theirs:
        # One in nine is too old, and one in eleven has an age that is no number: both are quarantined.
        age = "unknown" if one.number % 11 == 0 else 130 if one.number % 9 == 0 else 20 + one.number % 50 + version
        email = one.email.upper() if one.number % 5 == 0 else f" {one.email} " if one.number % 5 == 1 else one.email
        lines.append(f'{one.number},{email},"{one.name}",{one.phone},{age}\n')
        if one.number % 13 == 0:
            lines.append(f"{one.number},{one.email},{one.name}\n")  # too short: kept as a line that cannot be read
    return "".join(lines)


def _posts(theirs: Sequence[Person], there: Sequence[Person], version: int) -> Iterator[str]:
    for number, one in enumerate(theirs):
        other = there[(number * 3 + version) % len(there)]
        text = f"v{version}\nthanks to {other.email}, or call {other.phone}. co{other.email} is somebody else 😀\u0085"
        yield (
            json.dumps({"post_id": one.number, "author": one.email, "text": text}, ensure_ascii=number % 2 == 0) + "\n"
        )


def _orders(theirs: Sequence[Person], month: str, version: int) -> pa.Table:
    rows = [
        {
            "order_id": one.number * 10 + number,
            "customer_id": one.number,
            "amount": 950.0 if one.number % 17 == 0 else number + version + one.number / 4,
            "comment": f"for {one.email} of {month}" if number else None,
            "tags": [{"of": one.email}, {"of": "nobody"}],
        }
        for one in theirs
        for number in range(2)
    ]
    tags = pa.list_(pa.struct([("of", pa.string())]))
    fields = [("order_id", pa.int64()), ("customer_id", pa.int64()), ("amount", pa.float64())]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fields, ("comment", pa.string()), ("tags", tags)]))
