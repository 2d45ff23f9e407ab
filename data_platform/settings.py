"""The only reader of the environment: what differs between two installations, checked in one place.

Nothing happens at import; `Settings.load()` reads the variables `DATA_PLATFORM_*` and the file `.env`.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from data_platform import machine

PREFIX = "DATA_PLATFORM_"
ENV_FILE = Path(".env")


class SettingsError(ValueError):
    """A setting is wrong. The message is one line: the variable, its value, what is expected."""


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    whole = parts.hostname if parts.scheme in ("http", "https") else parts.scheme == "file" and parts.path[:1] == "/"
    if not whole or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("not the base of an address")
    return text.rstrip("/")


def _service_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "sample" and text == f"sample://{parts.hostname}":
        return text
    return _receiver(text)


def _database_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "sqlite":
        whole = parts.path[:1] == "/" and not parts.netloc
    else:
        whole = parts.scheme in ("postgresql", "mysql", "mariadb") and bool(parts.hostname and parts.path.strip("/"))
    if not whole or "@" in parts.netloc or parts.fragment:
        raise ValueError("not the address of a database")
    return text


def _partition(key: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d(-\d\d)?", key):
        raise ValueError("not a partition key")
    date.fromisoformat(key if len(key) == 10 else f"{key}-01")
    return key


def _size(text: str) -> str:
    if not re.fullmatch(r"(?!0+(\.0*)?\D)\d+(\.\d+)? ?([KMGT]i?B)", text, re.IGNORECASE):
        raise ValueError("not a size")
    return text


def _base_of(dataset: str, *, live: str) -> Callable[[dict[str, Any]], str]:
    """The default of a source's base URL: the official one when live, else the generated sample of the dataset."""

    def choose(known: dict[str, Any]) -> str:
        if known["sources"] == "live":
            return live
        samples: Path = known["home"] / "samples" / dataset
        return samples.as_uri()

    return choose


def _memory_share(known: dict[str, Any]) -> str:
    # 2 GiB stay with the system, Dagster and Python; DuckDB's memory may exceed its limit by about 15 %.
    mebibytes = (machine.memory_bytes() / 2**20 - 2048) / known["concurrent_runs"] * 0.85
    return f"{max(512, int(mebibytes))}MiB"  # one month of trips still fits 512 MiB, by spilling to disk


def _receiver(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("not an address of the web")
    return _base_url(text)


def _word(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("not one word")
    return text


def _key(secret: SecretStr) -> SecretStr:
    _word(secret.get_secret_value())
    return secret


def _long_key(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 16:
        raise ValueError("too short to be a secret")
    return _key(secret)


ServiceUrl = Annotated[str, AfterValidator(_service_url)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
_URL_WANTED = "an http://, https:// or file:// address without user, query or fragment"


def _sample_service(known: dict[str, Any]) -> str | None:
    return "sample://customer_feedback" if known["sources"] == "sample" else None


def _sample_customers(known: dict[str, Any]) -> str | None:
    path: Path = known["home"] / "samples" / "customer_feedback" / "customers.sqlite"
    return f"sqlite://{quote(str(path))}" if known["sources"] == "sample" else None


class Settings(BaseSettings):
    """All settings, each with a default that works. A field's description says what it takes."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True, validate_default=True
    )

    home: Annotated[Path, AfterValidator(_absolute)] = Field(
        default=Path(".data_platform"), description="a folder for all state: lake, warehouse, Dagster, samples, site"
    )
    sources: Literal["sample", "live"] = Field(
        default="sample", description="sample (generated data, works offline) or live (the publishers' own sites)"
    )
    first_partition: Annotated[str, AfterValidator(_partition)] | None = Field(
        default=None, description="the first partition to load, such as 2024-01 or 2024-01-06"
    )
    concurrent_runs: int = Field(default=2, ge=1, description="how many runs may go on at once, a whole number from 1")
    memory_limit: Annotated[str, AfterValidator(_size)] = Field(
        default_factory=_memory_share, description="memory of one run, a size such as 4GB or 512MiB"
    )
    threads: int = Field(default_factory=machine.cores, ge=1, description="threads of one run, a whole number from 1")
    landing: Annotated[Path, AfterValidator(_absolute)] = Field(
        default_factory=lambda known: known["home"] / "landing",
        description="the folder below which others put files for us, a folder for each dataset",
    )
    tlc_url: BaseUrl = Field(
        default_factory=_base_of("nyc_taxi", live="https://d37ci6vzurychx.cloudfront.net"),
        description=f"where New York's taxi trips are, {_URL_WANTED}",
    )
    mta_url: BaseUrl = Field(
        default_factory=_base_of("mta_turnstile", live="http://web.mta.info/developers"),
        description=f"where the readings of New York's turnstiles are, {_URL_WANTED}",
    )
    feedback_url: ServiceUrl | None = Field(
        default_factory=_sample_service,
        description="where the API of customers' posts is, an http:// or https:// address without user, query or "
        "fragment, or sample://customer_feedback",
    )
    customers_url: DatabaseUrl | None = Field(
        default_factory=_sample_customers,
        description="the database of customers, postgresql://host/name, mysql://host/name or sqlite:///path, without "
        "user and password",
    )
    push_host: Annotated[str, AfterValidator(_word)] = Field(
        default="127.0.0.1", description="the address at which pushes are taken in, such as 0.0.0.0 for all of them"
    )
    push_port: int = Field(default=8300, ge=0, le=65535, description="the port of that, a number up to 65535")
    openlineage: Annotated[str, AfterValidator(_receiver)] | None = Field(
        default=None,
        description="where lineage is sent to, an http:// or https:// address without user, query or fragment",
    )
    openlineage_key: Annotated[SecretStr, AfterValidator(_key)] | None = Field(
        default=None, description="the key of that receiver, printable characters without blanks; it is shown nowhere"
    )
    personal_key: Annotated[SecretStr, AfterValidator(_long_key)] | None = Field(
        default=None,
        description="the key under which personal values are hashed, at least 16 printable characters without blanks; "
        "it is shown nowhere",
    )
    openlineage_namespace: Annotated[str, AfterValidator(_word)] = Field(
        default="data_platform", description="what this installation is called there, one word"
    )

    @classmethod
    def load(cls) -> Self:
        """The settings from the environment and, where it says nothing, from `.env` in the working directory.

        Raises SettingsError for a value that does not fit and for a variable that does not exist.
        """
        in_file = {name: text for name, text in dotenv_values(ENV_FILE).items() if text is not None}
        for name in (*os.environ, *in_file):
            _refuse_unknown(name, variables())
        try:
            return cls()
        except ValidationError as wrong:
            # A default that builds on a wrong setting is not computed; only the wrong setting is worth a word.
            causes = [error for error in wrong.errors() if error["type"] != "default_factory_not_called"]
            raise SettingsError(
                "; ".join(_one_line(str(error["loc"][0]), error["input"]) for error in causes)
            ) from None

    def secret(self, name: str) -> str | None:
        """The value of a variable that a dataset's YAML names as `{env: NAME}`; None where it is not set or empty."""
        return os.environ.get(name) or dotenv_values(ENV_FILE).get(name) or None

    @property
    def lake_path(self) -> Path:
        return self.home / "lake"

    @property
    def warehouse_path(self) -> Path:
        return self.home / "warehouse" / "warehouse.duckdb"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def samples_path(self) -> Path:
        return self.home / "samples"

    @property
    def site_path(self) -> Path:
        return self.home / "site"

    @property
    def personal_key_path(self) -> Path:
        return self.home / "secrets" / "personal.key"

    @property
    def secret_key(self) -> str | None:
        """The receiver's key itself: for the one who sends it."""
        return None if self.openlineage_key is None else self.openlineage_key.get_secret_value()

    @property
    def template_variables(self) -> Mapping[str, str]:
        """What a dataset's YAML may name as `{{ … }}`: settings whose name ends in `_url`, and the landing zone.

        An address that is not set is empty: its source says so when it is asked.
        """
        names = [name for name in type(self).model_fields if name.endswith("_url")]
        urls = {name: getattr(self, name) or "" for name in names}
        return {**urls, "landing": str(self.landing)}

    def check_home(self) -> None:
        """Raises SettingsError when nothing can be written where all state belongs. Creates nothing."""
        at = next(path for path in (self.home, *self.home.parents) if path.exists())
        if not at.is_dir():
            raise self._no_home(f"{at} is a file")
        if not os.access(at, os.W_OK | os.X_OK):
            raise self._no_home(f"{at} cannot be written by this user")

    def _no_home(self, why: str) -> SettingsError:
        variable = f"{PREFIX}HOME"
        return SettingsError(
            f"{variable} is '{self.home}': cannot hold the platform's state, because {why}; name another folder"
        )


def variables() -> Mapping[str, str]:
    """Every environment variable that is read, and what it takes."""
    return {PREFIX + name.upper(): field.description or "" for name, field in Settings.model_fields.items()}


def _refuse_unknown(name: str, known: Mapping[str, str]) -> None:
    if not name.upper().startswith(PREFIX) or name.upper() in known:
        return
    nearest = difflib.get_close_matches(name.upper().removeprefix(PREFIX), [k.removeprefix(PREFIX) for k in known], n=1)
    advice = f"did you mean {PREFIX}{nearest[0]}?" if nearest else f"there are {', '.join(sorted(known))}."
    raise SettingsError(f"{name} is not a setting: {advice}")


def _one_line(field: str, value: object) -> str:
    variable = PREFIX + field.upper()
    # A password in an address stays out of logs, and so does a key.
    shown = "…" if field.endswith("_key") else re.sub(r"://[^/]*@", "://…@", str(value))
    return f"{variable} is {shown!r}: expected {variables()[variable]}"
