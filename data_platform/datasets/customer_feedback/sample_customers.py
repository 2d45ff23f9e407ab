"""The customers' database of the sample: a few hundred invented people, some of whom have left. None is anybody.

Names have quotes and letters of several scripts, addresses line breaks; much may be missing.
"""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

CUSTOMERS = 420
# Of these rows nothing is left: they were there when the reviews were written.
DELETED = frozenset(range(7, CUSTOMERS, 40))

_FIRST = ("Ana", "Bo", "Chidi", "D'Arcy", "Emre", "Fatou", "Goran", "Hye-jin", "Íñigo", "Jürgen", "さくら", "Zoë")
_LAST = ("O'Example", 'van "Test"', "Sample", "Muster-Frau", "Ejemplo", "例", "Contoh; --", "Näyte")
_STREETS = ("Example Street", "Calle Ejemplo", "Musterstraße", "Rue de l'Exemple")
_COUNTRIES = ("US", "ES", "DE", "FR", "BR", "JP", "ID", "KR", None)
_TABLE = """
CREATE TABLE customers (
    customer_id TEXT PRIMARY KEY,
    name TEXT,
    email TEXT,
    phone TEXT,
    address TEXT,
    country TEXT,
    "the ""tier"" of loyalty" TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
)
"""


def name_of(customer: int) -> str:
    """The key of a customer, as reviews write it."""
    return f"C{customer:05}"


def write_customers(path: Path, first: datetime, days: int) -> None:
    """A SQLite database whose customers were last changed within `days` from `first` on."""
    random = Random(2024)
    rows = [_row(number, first, days, random) for number in range(CUSTOMERS)]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_TABLE)
        database.executemany(f"INSERT INTO customers VALUES ({', '.join('?' * 9)})", rows)
        database.executemany("DELETE FROM customers WHERE customer_id = ?", [(name_of(n),) for n in sorted(DELETED)])


def _row(number: int, first: datetime, days: int, random: Random) -> tuple[str | None, ...]:
    given, family = random.choice(_FIRST), random.choice(_LAST)
    email = f"customer{number}@example.{random.choice(('com', 'net', 'org'))}" if random.random() < 0.9 else None
    phone = f"+1-202-555-01{number % 100:02}" if random.random() < 0.6 else None
    address = f"{random.randint(1, 99)} {random.choice(_STREETS)}\nExample Town" if random.random() < 0.7 else None
    created = first - timedelta(days=random.randint(1, 900))
    updated = first + timedelta(seconds=random.randrange(days * 86400))
    return (
        name_of(number),
        f"{given} {family}" if random.random() < 0.97 else None,
        email,
        phone,
        address,
        random.choice(_COUNTRIES),
        random.choice(("gold", "silver", None)),
        f"{created:%Y-%m-%d %H:%M:%S}",
        f"{updated:%Y-%m-%d %H:%M:%S}",
    )
