"""What every step works with: the tables, the lake, the engine and the places of what is made."""

from dataclasses import dataclass
from pathlib import Path

from data_platform.engines.duckdb import Engine
from data_platform.lake.lake import Lake
from data_platform.planning.catalog import Catalog
from data_platform.privacy.key import PersonalKey


@dataclass(frozen=True)
class Platform:
    """One platform: its catalog over one lake, computed by one engine, published to one folder."""

    catalog: Catalog
    lake: Lake
    engine: Engine
    warehouse: Path
    """Folder of the published warehouse."""
    site: Path
    """Folder of the pages that people read: catalogue and dashboards."""
    home: Path
    """Folder of all state of this installation, the others within it."""
    personal_key: PersonalKey
    """Under which personal values are hashed."""
