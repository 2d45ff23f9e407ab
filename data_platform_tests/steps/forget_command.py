"""The command `forget` over the invented people."""

import io

import dagster as dg
from rich.console import Console

from data_platform.cli import forgetting
from data_platform.resources.platform import resources_of
from data_platform_tests.steps.forget_people import KEY, People


def command(of: People, instance: dg.DagsterInstance, values: str, *, dry_run: bool = False) -> tuple[int, str]:
    """`forget` as the command line does it; its exit code, and what it prints."""
    printed = io.StringIO()
    small = of.small
    code = forgetting.do(
        instance,
        resources_of(small.settings, small.platform),
        [],
        Console(file=printed, width=200),
        column=KEY,
        values=values,
        follow=("id",),
        dry_run=dry_run,
    )
    return code, printed.getvalue()
