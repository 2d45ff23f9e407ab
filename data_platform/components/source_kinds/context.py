"""What a kind of source is made with, beside what its author wrote."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.components.located import located
from data_platform.contracts.errors import ContractError
from data_platform.contracts.partitions import Partitions
from data_platform.contracts.raw import RawColumn
from data_platform.contracts.secrets import SecretRef
from data_platform.contracts.yaml_file import YamlFile

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# A secret's value, asked for when it is needed and not when definitions load: these need none.
Secret = Callable[[], str]


@dataclass(frozen=True)
class Installation:
    """What differs between two installations: the values of `{{ variables }}`, and the secrets by name.

    `secret` raises SourceError naming a variable that is not set. `service`: the app that plays the service of a
    dataset's sample, which stands at `sample://<dataset>`; raises SourceError where there is none. `notes`: a folder of
    this machine for small files that may be lost, shared by its processes.
    """

    variables: Mapping[str, str]
    secret: Callable[[str], str]
    service: "Callable[[str], ASGIApp]"
    notes: Path


@dataclass(frozen=True)
class SourceContext:
    """A raw table of a `defs.yaml` whose source is made. `at`: the keys that lead to the table."""

    file: YamlFile
    at: tuple[str, ...]
    dataset: str
    partitions: Partitions | None
    columns: Mapping[str, RawColumn]
    installation: Installation

    @property
    def table(self) -> str:
        return self.at[-1]

    def located(self, *keys: str) -> located:
        """Turns a ValueError into a mistake at a place below `source:`."""
        return located(self.file, *self.at, "source", *keys)

    def mistake(self, text: str, *keys: str) -> ContractError:
        """A mistake at a place below `source:`."""
        return ContractError(self.file.path, self.file.line(*self.at, "source", *keys), text)

    def secret(self, reference: SecretRef) -> Secret:
        return lambda: self.installation.secret(reference.env)
