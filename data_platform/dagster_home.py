"""The folder that Dagster calls DAGSTER_HOME, and the `dagster.yaml` in it. `python -m data_platform.dagster_home`
makes it ready and prints its path, for shells and containers that start Dagster's own commands.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from string import Template

from data_platform.settings import Settings, SettingsError

TEMPLATE = Path(__file__).parent / "dagster.yaml"


def prepare(settings: Settings) -> Path:
    """Makes `settings.dagster_home` ready for a Dagster instance and returns it; touches nothing that is right.

    Raises SettingsError when the platform's home cannot be written.
    """
    settings.check_home()
    home = settings.dagster_home
    wanted = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        concurrent_runs=settings.concurrent_runs,
        event_log=json.dumps(str(home / "history" / "runs")),  # where Dagster's own storage has it
    )
    home.mkdir(parents=True, exist_ok=True)
    target = home / "dagster.yaml"
    if not target.exists() or target.read_text(encoding="utf-8") != wanted:
        _replace(target, wanted)
    return home


def _replace(target: Path, text: str) -> None:
    # Web server, daemon and code server start at once on one volume: none may read half a file.
    with tempfile.NamedTemporaryFile("w", dir=target.parent, encoding="utf-8", delete=False) as new:
        new.write(text)
    Path(new.name).chmod(0o644)
    Path(new.name).replace(target)


def main() -> int:
    argparse.ArgumentParser(prog="python -m data_platform.dagster_home", description=__doc__).parse_args()
    try:
        home = prepare(Settings.load())
    except SettingsError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    sys.stdout.write(f"{home}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
