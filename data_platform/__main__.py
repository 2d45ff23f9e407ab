"""The command line: `python -m data_platform run | plan | sample`."""

import argparse
import sys


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 done, 1 something failed, 2 wrong settings, files or lake."""
    parser = argparse.ArgumentParser(prog="python -m data_platform", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="bring everything that is stale up to date, and publish it")
    commands.add_parser("plan", help="say what `run` would do, and why, without doing it")
    commands.add_parser("sample", help="generate the sample sources, if they are not there yet")
    chosen = parser.parse_args(arguments).command
    # Loading Dagster takes a second: not for --help.
    from data_platform.cli.commands import COMMANDS
    from data_platform.components.datasets import MISTAKES
    from data_platform.lake.errors import LakeError

    try:
        return COMMANDS[chosen]()
    except (*MISTAKES, LakeError) as mistake:
        sys.stderr.write(f"{mistake}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
