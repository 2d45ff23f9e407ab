"""Fills `{{ variables }}` in a dataset's addresses from the settings."""

import re
from collections.abc import Mapping

from data_platform.contracts.errors import nearest

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def resolved(text: str, variables: Mapping[str, str]) -> str:
    """An address with each variable's value in its place. Raises ValueError naming one that does not exist."""
    # Braces in a value are not for the partition to fill.
    return path_of(text, {name: value.replace("{", "{{").replace("}", "}}") for name, value in variables.items()})


def unset_variable(text: str, variables: Mapping[str, str]) -> str:
    """The setting that an address needs and that is not set, as the environment calls it; "" where there is none."""
    found = (name for name in _VARIABLE.findall(text) if variables.get(name) == "")
    # A variable stands for a setting, and that one is read from here.
    return next((f"DATA_PLATFORM_{name.upper()}" for name in found), "")


def path_of(text: str, variables: Mapping[str, str]) -> str:
    """The same of what is no address: nothing else is filled in there, so each value stays as it is."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in variables:
            raise ValueError(f"variable '{name}' is unknown{nearest(name, variables)}")
        return variables[name]

    return _VARIABLE.sub(value, text)
