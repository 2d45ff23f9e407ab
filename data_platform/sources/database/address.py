"""Where a database is: its URL, taken apart. Nobody's name and no secret stands in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

Kind = Literal["postgresql", "mysql", "sqlite"]
_KINDS: Mapping[str, Kind] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
_PORTS: Mapping[Kind, int] = {"postgresql": 5432, "mysql": 3306}
_OPTIONS: Mapping[Kind, frozenset[str]] = {
    "postgresql": frozenset({"sslmode", "sslrootcert"}),
    "mysql": frozenset({"ssl_ca"}),
    "sqlite": frozenset(),
}
_NAME = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')


@dataclass(frozen=True)
class Address:
    """A database. `name`: what the server calls it, or the path of SQLite's file. `options`: how the way is secured."""

    scheme: str
    kind: Kind
    host: str
    port: int
    name: str
    options: Mapping[str, str]

    @property
    def shown(self) -> str:
        """The address as the ledger and people have it."""
        if self.kind == "sqlite":
            return f"sqlite://{quote(self.name)}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}/{quote(self.name, safe='')}"

    def of(self, *steps: str) -> str:
        """The address of something in it, such as a table and one of its windows."""
        return "/".join((self.shown, *(quote(step, safe=":") for step in steps)))


def parsed(url: str) -> Address:
    """Raises ValueError for a URL that can't be meant, and for one with a user or a password, without repeating it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError("the url cannot be read: write it like postgresql://host:5432/database") from error
    kind = _KINDS.get(parts.scheme)
    if kind is None:
        raise ValueError(f"the scheme is '{parts.scheme}', expected {', '.join(f'{name}://' for name in _KINDS)}")
    if "@" in parts.netloc:
        raise ValueError("the url names a user; write `user: {env: …}` and `password: {env: …}` beside the url")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - _OPTIONS[kind]):
        can = ", ".join(sorted(_OPTIONS[kind])) or "none"
        raise ValueError(f"the url has the option '{unknown[0]}'; {kind} knows {can}")
    if parts.fragment:
        raise ValueError("the url has a '#'; write it as %23")
    if kind == "sqlite":
        path = "/" + unquote(parts.path).lstrip("/")
        if parts.netloc or path == "/":
            raise ValueError("write SQLite's file as sqlite:///absolute/path")
        return Address(parts.scheme, kind, "", 0, path, options)
    name = unquote(parts.path).removeprefix("/")
    if not parts.hostname or not name or "/" in name:
        raise ValueError(f"write host and database, like {parts.scheme}://host:{_PORTS[kind]}/database")
    return Address(parts.scheme, kind, parts.hostname, port or _PORTS[kind], name, options)


def names(table: str) -> tuple[str, ...]:
    """The names in `public.customers` or `"a.b"."Customers"`, as SQL quotes them. Raises ValueError."""
    found, at = [], 0
    while match := _NAME.match(table, at):
        found.append(match[1].replace('""', '"') if match[1] else match[2])
        at = match.end()
        if at == len(table):
            return tuple(found)
        if table[at] != ".":
            break
        at += 1
    raise ValueError(f"'{table}' is no name of a table: write schema.table, and quotes around a name with a dot")
