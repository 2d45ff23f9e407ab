"""Every kind of source with its play: a line here, and the whole suite runs over it."""

from collections.abc import Mapping

from data_platform_tests.conformance.kinds.database import DATABASE
from data_platform_tests.conformance.kinds.http_file import HTTP_FILE
from data_platform_tests.conformance.kinds.landing import LANDING
from data_platform_tests.conformance.kinds.push import PUSH
from data_platform_tests.conformance.kinds.rest_api import REST_API
from data_platform_tests.conformance.played import Kind

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (HTTP_FILE, LANDING, REST_API, DATABASE, PUSH)}
