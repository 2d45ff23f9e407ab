"""All mistakes that are proved to be told, by what they are made in."""

from collections.abc import Mapping

from data_platform_tests.proof.mistakes import (
    in_contracts,
    in_curated,
    in_defs,
    in_folders,
    in_meaning,
    in_privacy,
    in_python,
    in_rows,
    in_runs,
    in_settings,
    in_sql,
    several,
)
from data_platform_tests.proof.mistakes.mistake import Told

CHAPTERS: Mapping[str, Mapping[str, Told]] = {
    "defs.yaml": in_defs.MISTAKES,
    "SQL": in_sql.MISTAKES,
    "Rows on their way through a staged SELECT": in_rows.MISTAKES,
    "Contracts": in_contracts.MISTAKES,
    "Contracts of curated tables and views": in_curated.MISTAKES,
    "What columns mean, and arithmetic": in_meaning.MISTAKES,
    "Personal data": in_privacy.MISTAKES,
    "Python": in_python.MISTAKES,
    "Files": in_folders.MISTAKES,
    "Several at once": several.MISTAKES,
    "Settings": in_settings.MISTAKES,
    "What only a run can see": in_runs.MISTAKES,
}
