"""`paging:` of a `rest_api`: how the next page is asked for."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from data_platform.contracts.contract import Part
from data_platform.sources.rest.paging import (
    Cursor,
    JsonLink,
    LinkHeader,
    Offset,
    OnePage,
    PageNumber,
    Paging,
)


def _names(value: object) -> object:
    return tuple(value.split(".")) if isinstance(value, str) and value else value


_Names = tuple[Annotated[str, Field(min_length=1)], ...]
# Where something stands in a page: `meta.next`, or a list of names where one has a dot. Dagster checks what is written
# by the JSON schema, which has to know both.
At = Annotated[_Names, BeforeValidator(_names, json_schema_input_type=str | _Names)]
_SomeWhere = Annotated[At, Field(min_length=1)]


class CursorSpec(Part):
    param: str = Field("cursor", min_length=1)
    from_: _SomeWhere = Field(alias="from")


class LinkHeaderSpec(Part):
    rel: str = Field("next", min_length=1)


class JsonLinkSpec(Part):
    from_: _SomeWhere = Field(alias="from")


class OffsetSpec(Part):
    limit: int = Field(ge=1)
    param: str = Field("offset", min_length=1)
    limit_param: str = Field("limit", min_length=1)
    first: int = Field(0, ge=0)


class PageNumberSpec(Part):
    param: str = Field("page", min_length=1)
    first: int = Field(1, ge=0)


class PagingSpec(Part):
    """One way from page to page."""

    cursor: CursorSpec | None = None
    link_header: LinkHeaderSpec | None = None
    json_link: JsonLinkSpec | None = None
    offset: OffsetSpec | None = None
    page_number: PageNumberSpec | None = None

    @model_validator(mode="after")
    def _one(self) -> "PagingSpec":
        ways = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(ways) != 1:
            raise ValueError(f"write one of {', '.join(type(self).model_fields)}, or `paging: none`")
        return self


def paging(spec: "PagingSpec | Literal['none']") -> Paging:
    """As the source takes it."""
    if spec == "none":
        return OnePage()
    if spec.cursor is not None:
        return Cursor(spec.cursor.param, spec.cursor.from_)
    if spec.link_header is not None:
        return LinkHeader(spec.link_header.rel)
    if spec.json_link is not None:
        return JsonLink(spec.json_link.from_)
    if spec.offset is not None:
        given = spec.offset
        return Offset(given.limit, given.param, given.limit_param, given.first)
    assert spec.page_number is not None  # it is one of them
    return PageNumber(spec.page_number.param, spec.page_number.first)
