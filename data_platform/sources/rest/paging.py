"""From page to page: dlt's paginators, and what they do not see: loops, pages that repeat, limits that are not kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.rest.exchange import Answer
from data_platform.sources.rest.page import Names, Page

if TYPE_CHECKING:
    from dlt.sources.helpers.rest_client.paginators import BasePaginator


@dataclass(frozen=True)
class OnePage:
    """All records come at once."""


@dataclass(frozen=True)
class Cursor:
    """The next page is asked for with a parameter whose value stands in the page."""

    param: str
    at: Names


@dataclass(frozen=True)
class LinkHeader:
    """The address of the next page stands in the header Link (RFC 8288)."""

    rel: str = "next"


@dataclass(frozen=True)
class JsonLink:
    """The address of the next page stands in the page."""

    at: Names


@dataclass(frozen=True)
class Offset:
    """The next page is asked for by how many records came before it."""

    limit: int
    param: str = "offset"
    limit_param: str = "limit"
    first: int = 0


@dataclass(frozen=True)
class PageNumber:
    """The next page is asked for by its number."""

    param: str = "page"
    first: int = 1


Paging = OnePage | Cursor | LinkHeader | JsonLink | Offset | PageNumber


def is_counted(paging: Paging) -> bool:
    """Whether pages are asked for by position: one record more or less before it moves all that follows."""
    return isinstance(paging, Offset | PageNumber)


def _paginator(paging: Paging) -> "BasePaginator":
    from dlt.sources.helpers.rest_client import paginators

    match paging:
        case Cursor(param, at):
            return paginators.JSONResponseCursorPaginator(_jsonpath(at), param)
        case LinkHeader(rel):
            return paginators.HeaderLinkPaginator(rel)
        case JsonLink(at):
            return paginators.JSONLinkPaginator(_jsonpath(at))
        case Offset(limit, param, limit_param, first):
            # The total is not dlt's to compare: it is the proof that nothing is missing.
            return paginators.OffsetPaginator(limit, first, param, limit_param, total_path=None)
        case PageNumber(param, first):
            return paginators.PageNumberPaginator(first, first, param, total_path=None)
        case OnePage():
            return paginators.SinglePagePaginator()


def _jsonpath(at: Names) -> str:
    """Names as they are: without quotes, `@odata.nextLink` would mean something else."""
    quoted = (name.replace("\\", "\\\\").replace('"', '\\"') for name in at)
    return ".".join(f'"{name}"' for name in quoted)


@dataclass(frozen=True)
class _Shown:
    """What a paginator asks of an answer."""

    beside: Any
    headers: Mapping[str, str]
    links: Mapping[str, Mapping[str, str]]

    def json(self) -> Any:
        return self.beside


class Pages:
    """The way through the pages of one window: where the next one is."""

    def __init__(self, paging: Paging, url: str) -> None:
        import requests

        self._paging = paging
        self._paginator = _paginator(paging)
        self._request = requests.Request("GET", url, params={})
        self._paginator.init_request(self._request)
        self._asked: dict[int, int] = {}
        self._before: tuple[int, int] | None = None
        self.number = 1

    @property
    def url(self) -> str:
        return str(self._request.url)

    @property
    def params(self) -> Mapping[str, Any]:
        return dict(self._request.params or {})

    def has_next(self, page: Page, answer: Answer, fingerprint: int, where: str) -> bool:
        """Goes on behind a page, if another one follows. `fingerprint`: of its records, in their order.

        Raises PermanentSourceError where the way leads nowhere, or back to where it was.
        """
        self._check(page, fingerprint, where)
        if answer.body is None:
            return False
        self._asked[hash((self.url, tuple(sorted(self.params.items()))))] = self.number
        if not self._step(page, answer):
            raise PermanentSourceError(
                f"{where}: where it names the next page is nothing that leads to one. Check paging."
            )
        if not self._paginator.has_next_page:
            return False
        came = self._asked.get(hash((self.url, tuple(sorted(self.params.items())))))
        if came is not None:
            text = f"names page {came} as the next one, in circles"
            raise PermanentSourceError(f"{where}: {text}. Check paging, and what the service says.")
        self.number += 1
        return True

    def _step(self, page: Page, answer: Answer) -> bool:
        """Whether the paginator understood the answer. What it would say quotes the page."""
        shown: Any = _Shown(page.beside, answer.headers, answer.links)
        try:
            self._paginator.update_state(shown, list(page.spans))
            if self._paginator.has_next_page:
                self._paginator.update_request(self._request)
                # A text or a number; what else a page may hold there would be sent in Python's words.
                return all(isinstance(value, str | int) for value in (self._request.url, *self.params.values()))
        except (ValueError, TypeError, AttributeError, KeyError):
            return False
        return True

    def _check(self, page: Page, fingerprint: int, where: str) -> None:
        """A service that does not know the parameter of its pages would give the same one for ever."""
        if not is_counted(self._paging):
            return
        if self._before is not None and len(page):
            count, before = self._before
            if fingerprint == before:
                text = "has the records of the page before: the service does not heed the parameter"
                raise PermanentSourceError(f"{where}: {text}. Check paging.")
            if isinstance(self._paging, Offset) and count < self._paging.limit:
                text = f"the page before had {count:,} records where limit: {self._paging.limit:,} was asked for, "
                raise PermanentSourceError(f"{where}: {text}and more follow. Write the limit that the service keeps.")
        if isinstance(self._paging, Offset) and len(page) > self._paging.limit:
            text = f"has {len(page):,} records where limit: {self._paging.limit:,} was asked for"
            raise PermanentSourceError(f"{where}: {text}. Check limit_param.")
        self._before = len(page), fingerprint
