"""The town, built, for every test of this folder."""

from data_platform_tests.planning.town import built_town, first_town, small_town

__all__ = ["built_town", "first_town", "small_town"]
