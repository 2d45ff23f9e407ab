"""The shared lake, engine and warehouse, as Dagster resources."""

import logging

import dagster as dg
from dagster_duckdb import DuckDBResource
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from data_platform.engines.duckdb import Engine
from data_platform.lake.lake import Lake
from data_platform.lake.storage import LocalStorage
from data_platform.planning.catalog import Catalog
from data_platform.privacy.key import PersonalKey
from data_platform.settings import Settings
from data_platform.steps.platform import Platform

_log = logging.getLogger(__name__)


def platform_of(settings: Settings, catalog: Catalog) -> Platform:
    """The platform that the settings describe. Creates nothing on disk."""
    set_on_retry_hooks([tell_retry])
    given = settings.personal_key
    key = PersonalKey.kept(settings.personal_key_path)
    if given is not None:
        key = PersonalKey.given(given.get_secret_value())
    return Platform(
        catalog=catalog,
        lake=Lake(
            LocalStorage(settings.lake_path),
            notes=settings.home,
            hashed_with=lambda: key.fingerprint,
            digest=key.digest,
        ),
        engine=Engine(settings.memory_limit, settings.threads, settings.home / "tmp"),
        warehouse=settings.warehouse_path.parent,
        site=settings.site_path,
        home=settings.home,
        personal_key=key,
    )


def resources_of(settings: Settings, platform: Platform) -> dict[str, object]:
    """`platform` for the platform's own assets, `warehouse` for whoever reads what is published (and closes it)."""
    return {
        "platform": dg.ResourceDefinition.hardcoded_resource(platform),
        "warehouse": DuckDBResource(
            database=str(settings.warehouse_path), connection_config={"access_mode": "READ_ONLY"}
        ),
    }


def tell_retry(details: RetryDetails) -> None:
    """What was waited out is nobody's to mend: a line for who reads the log, and none on a terminal. stamina's own
    would print there, and say neither who was asked nor why again.
    """
    _log.info("asked again in %.1f s: %s", details.wait_for, details.caused_by)
