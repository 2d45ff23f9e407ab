"""The settings of this process, read once; what is above settings asks here."""

from functools import cache

from data_platform.settings import Settings


@cache
def settings() -> Settings:
    """Raises SettingsError, one line for people, when a variable is wrong."""
    return Settings.load()
