"""All datasets below a folder, read once: Dagster asks for its definitions several times a process."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.components.catalog import catalog_of
from data_platform.components.loading import Dataset, load_dataset
from data_platform.components.places import check_datasets
from data_platform.components.proofs import Proofs
from data_platform.components.raw_tables import Span
from data_platform.components.samples import sample_secrets, sample_service, sample_span
from data_platform.components.source_kinds.context import Installation
from data_platform.contracts.errors import ContractError, Gathering, Mistakes
from data_platform.planning.catalog import Catalog, CatalogError
from data_platform.resources.environment import settings
from data_platform.settings import Settings, SettingsError
from data_platform.sources.errors import PermanentSourceError
from data_platform.sql.model import ModelError
from data_platform.steps.dashboards import Dashboard

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# In an author's files or an operator's settings: the message says it all, a traceback would bury it.
MISTAKES = (Mistakes, ContractError, ModelError, CatalogError, SettingsError)

# Below the home: what passed its checks before. It may be deleted at any time.
PROOFS = "definitions.checked"


@dataclass(frozen=True)
class Datasets:
    """The datasets by folder name, and the catalog of all their tables."""

    by_name: Mapping[str, Dataset]
    catalog: Catalog


@cache
def installed(root: Path) -> Datasets:
    """The datasets below a folder under this process's settings."""
    return read_datasets(root, settings())


def read_datasets(root: Path, chosen: Settings) -> Datasets:
    """Raises ContractError, ModelError or CatalogError for a mistake in any dataset, Mistakes for several.

    Tables are looked at together once each file can be read.
    """
    proofs = Proofs(chosen.home / PROOFS)
    mistakes = Gathering(ModelError)
    with mistakes.going_on():
        check_datasets(root)
    found: dict[str, Dataset] = {}
    for folder in sorted(path.parent for path in root.glob("*/defs.yaml")):
        span = Span()
        with mistakes.going_on():
            span = _span(folder, chosen)
        with mistakes.going_on():
            found[folder.name] = load_dataset(
                folder, installation=installation_of(folder, chosen), span=span, proofs=proofs
            )
    _check_dashboards([one for dataset in found.values() for one in dataset.dashboards], mistakes)
    mistakes.tell()
    catalog = catalog_of(list(found.values()), proofs)
    proofs.save()
    return Datasets(found, catalog)


def _check_dashboards(dashboards: Iterable[Dashboard], mistakes: Gathering) -> None:
    """Their pages share a folder."""
    first: dict[str, Dashboard] = {}
    for one in dashboards:
        before = first.setdefault(one.name, one)
        if before is not one:
            text = f"dashboard '{one.name}' is also in dataset {before.about.dataset}; call one otherwise"
            with mistakes.going_on():
                raise ContractError(one.path, 1, text)


def _span(folder: Path, chosen: Settings) -> Span:
    """A sample has few partitions; showing all that there could be would drown them."""
    span = sample_span(folder) if chosen.sources == "sample" else Span()
    return Span(chosen.first_partition or span.first, span.last)


def installation_of(folder: Path, chosen: Settings) -> Installation:
    """What this process's settings and a dataset's own sample stand for."""
    return Installation(
        variables=chosen.template_variables,
        secret=partial(_secret, folder, chosen),
        service=partial(_service, folder.parent, chosen),
        notes=chosen.home,
    )


def _secret(folder: Path, chosen: Settings, name: str) -> str:
    """Asked for when a source needs it."""
    value = chosen.secret(name)
    if value is None and chosen.sources == "sample":
        value = sample_secrets(folder).get(name)
    if value is None:
        raise PermanentSourceError(f"{name} is not set: it holds a secret that this source needs. Set it, or in .env")
    return value


def _service(root: Path, chosen: Settings, dataset: str) -> "ASGIApp":
    return sample_service(root / dataset, chosen.samples_path / dataset)
