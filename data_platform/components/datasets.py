"""All datasets below a folder, read once: Dagster asks for its definitions several times a process."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from data_platform.components.catalog import catalog_of
from data_platform.components.loading import Dataset, Span, load_dataset
from data_platform.components.samples import sample_span
from data_platform.components.templates import resolved
from data_platform.contracts.errors import ContractError
from data_platform.planning.catalog import Catalog, CatalogError
from data_platform.resources.environment import settings
from data_platform.settings import Settings, SettingsError
from data_platform.sql.model import ModelError

# In an author's files or an operator's settings: the message says it all, a traceback would bury it.
MISTAKES = (ContractError, ModelError, CatalogError, SettingsError)


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
    """Raises ContractError, ModelError or CatalogError at the first mistake in any dataset."""
    resolve = partial(resolved, variables=chosen.template_variables)
    folders = sorted(path.parent for path in root.glob("*/defs.yaml"))
    found = {folder.name: load_dataset(folder, resolve=resolve, span=_span(folder, chosen)) for folder in folders}
    return Datasets(found, catalog_of(list(found.values())))


def _span(folder: Path, chosen: Settings) -> Span:
    """A sample has few partitions; showing all that there could be would drown them."""
    span = sample_span(folder) if chosen.sources == "sample" else Span()
    return Span(chosen.first_partition or span.first, span.last)
