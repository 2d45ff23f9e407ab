"""All kinds of source: what may stand under `source:`, and what is made of each."""

from pydantic import model_validator

from data_platform.components.source_kinds.context import SourceContext
from data_platform.components.source_kinds.database import DatabaseSpec, database
from data_platform.components.source_kinds.http_file import HttpFileSpec, http_file
from data_platform.components.source_kinds.landing import LandingSpec, landing
from data_platform.components.source_kinds.push import PushSpec, push
from data_platform.components.source_kinds.rest_api import RestApiSpec, rest_api
from data_platform.contracts.contract import Part
from data_platform.sources.slot import Source


class SourceSpec(Part):
    """Where bytes come from: one or several kinds of source, which feed one table alike."""

    http_file: HttpFileSpec | None = None
    landing: LandingSpec | None = None
    rest_api: RestApiSpec | None = None
    database: DatabaseSpec | None = None
    push: PushSpec | None = None

    @model_validator(mode="after")
    def _some(self) -> "SourceSpec":
        if all(getattr(self, kind) is None for kind in type(self).model_fields):
            raise ValueError(f"write at least one of {', '.join(type(self).model_fields)}")
        return self


def sources_of(spec: SourceSpec, context: SourceContext) -> tuple[Source, ...]:
    """Raises ContractError with the line of a mistake."""
    found: list[Source] = []
    if spec.http_file is not None:
        found.append(http_file(spec.http_file, context))
    if spec.landing is not None:
        found.append(landing(spec.landing, context))
    if spec.rest_api is not None:
        found.append(rest_api(spec.rest_api, context))
    if spec.database is not None:
        found.append(database(spec.database, context))
    if spec.push is not None:
        found.append(push(spec.push, context))
    return tuple(found)
