"""The command line: `python -m data_platform run | plan | docs | sample | reconsider | trace | lineage | …`."""

import argparse
import sys
from datetime import UTC, datetime


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 done, 1 something failed, 2 wrong settings, files or lake."""
    parser = _parser()
    chosen, more = parser.parse_known_args(arguments)
    if more and chosen.command != "ui":
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    # Loading Dagster takes a second: not for --help.
    from data_platform.cli.commands import COMMANDS
    from data_platform.components.datasets import MISTAKES
    from data_platform.lake.errors import LakeError
    from data_platform.steps.errors import StepError

    named = {name: value for name, value in vars(chosen).items() if name != "command"}
    if chosen.command == "ui":
        named["arguments"] = more
    try:
        return COMMANDS[chosen.command](**named)
    except (*MISTAKES, LakeError, StepError) as mistake:
        sys.stderr.write(f"{mistake}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data_platform", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="bring everything that is stale up to date, and publish it")
    commands.add_parser("plan", help="say what `run` would do, and why, without doing it")
    commands.add_parser("docs", help="write the catalogue of all tables, and say where it is")
    commands.add_parser("sample", help="generate the sample sources, if they are not there yet")
    # Its own -h is the host of `dagster dev`.
    ui = commands.add_parser(
        "ui", add_help=False, help="start Dagster and what takes pushes in; what follows goes to `dagster dev`"
    )
    ui.add_argument("--help", action="help", help="show this message")
    serve = commands.add_parser("serve", help="take in what others push, until it is ended")
    serve.add_argument("--host", help="where to listen (default: the setting DATA_PLATFORM_PUSH_HOST, or 127.0.0.1)")
    serve.add_argument("--port", type=int, help="the port of that (default: DATA_PLATFORM_PUSH_PORT, or 8300)")
    reconsider = commands.add_parser(
        "reconsider", help="say which quarantined rows would pass by now, and which clean ones would fail"
    )
    reconsider.add_argument("table", help="a staged table, such as staged.green_trips")
    reconsider.add_argument("partitions", nargs="*", metavar="partition", help="default: all that were built")
    reconsider.add_argument("--apply", action="store_true", help="make these partitions again from raw, and commit")
    trace = commands.add_parser("trace", help="say which source files and rows are behind a row")
    trace.add_argument("table", help="a staged or curated table, such as curated.daily_revenue")
    trace.add_argument("key", nargs="*", metavar="column=value", help="values of its columns, best those of its grain")
    trace.add_argument("--null", action="append", default=[], metavar="column", help="a column that is NULL")
    trace.add_argument("--partition", help="look there only (default: everywhere)")
    forget = commands.add_parser("forget", help="take people out of everything that is kept, and refuse their return")
    forget.add_argument("column", help="the key column, such as staged.customers.email")
    forget.add_argument(
        "--values", required=True, metavar="file", help="their values, one a line; - for standard input"
    )
    forget.add_argument("--follow", action="append", metavar="kind", help="what leads on to other rows (default: id)")
    forget.add_argument("--dry-run", action="store_true", help="only say how many rows of which tables would go")
    lineage = commands.add_parser("lineage", help="say which columns each column of a table comes from")
    lineage.add_argument("table", help="any table, such as curated.daily_revenue")
    lineage.add_argument(
        "--verify", action="store_true", help="run its model over a sample, a column changed at a time"
    )
    lineage.add_argument("--rows", type=int, default=400, help="of each input in the sample (default: 400)")
    openlineage = commands.add_parser("openlineage", help="send the lake's history as OpenLineage events, one a commit")
    openlineage.add_argument("--file", help="write them to this file, one a line, instead of sending them")
    openlineage.add_argument("--since", type=_moment, metavar="date", help="commits since then, such as 2024-01-31")
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
