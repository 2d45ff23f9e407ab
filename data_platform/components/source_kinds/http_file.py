"""The source kind `http_file` in a dataset's YAML."""

from pydantic import Field

from data_platform.components.source_kinds.context import SourceContext
from data_platform.components.templates import resolved
from data_platform.contracts.contract import Part
from data_platform.sources.http_file import HttpFile


class HttpFileSpec(Part):
    """A file per partition at an address; `{partition:%Y-%m}` stands for the partition's start.

    `absent`: HTTP statuses that mean that there is no such file; stores that hide what they have answer 403.
    """

    url: str
    timeout_seconds: float = Field(30.0, gt=0)
    min_bytes_per_second: int = Field(1000, ge=0)
    max_seconds: float = Field(4 * 3600.0, gt=0)
    max_bytes: int = Field(10 * 1000**3, gt=0)
    attempts: int = Field(5, ge=1)
    absent: tuple[int, ...] = Field((404, 410), min_length=1)


def http_file(spec: HttpFileSpec, context: SourceContext) -> HttpFile:
    """Raises ContractError with the line of a mistake."""
    with context.located("http_file", "url"):
        source = HttpFile(
            resolved(spec.url, context.installation.variables),
            timeout_seconds=spec.timeout_seconds,
            min_bytes_per_second=spec.min_bytes_per_second,
            max_seconds=spec.max_seconds,
            max_bytes=spec.max_bytes,
            attempts=spec.attempts,
            absent=frozenset(spec.absent),
        )
    if (context.partitions is not None) != source.is_partitioned:
        wanted = "lacks" if context.partitions else "has"
        repair = "write {partition:%Y-%m} in the url" if context.partitions else "write `partitions:` for the dataset"
        text = f"raw table '{context.table}': the url {wanted} a partition; {repair}"
        raise context.mistake(text, "http_file", "url")
    return source
