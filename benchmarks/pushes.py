"""`python -m benchmarks.pushes`: how many pushes a second the endpoint takes in, of one client and of several."""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx

from benchmarks.conditions import environment, headline, loop_seconds, pace
from benchmarks.report import load
from data_platform.components.datasets import read_datasets
from data_platform.resources.platform import platform_of
from data_platform.service.serving import serve
from data_platform.settings import Settings

_CLIENTS = (1, 4, 16)
_SIZES = (1, 100, 10_000)
_TOKEN = "measured"
_DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Readings that are pushed.
  owners: ["team:weather"]
  partitions: {monthly: {start: "2024-01"}}
  raw:
    readings:
      description: Readings, many pushes a month.
      source: {push: {tokens: {gauge: {env: GAUGE_TOKEN}}, partition: {column: at}}}
      columns:
        reading_id: {type: BIGINT}
        at: {type: TIMESTAMP}
        value: {type: DOUBLE}
"""


@dataclass(frozen=True)
class _Measured:
    """Pushes of `rows` rows each by so many clients at once: how many a second, what one waited, and commits."""

    clients: int
    rows: int
    pushes: int
    seconds: float
    waited: float
    commits: int


def main(arguments: list[str]) -> int:
    """Measures, writes the page and shows it."""
    if arguments[:1] == ["--serve"]:
        return _serve(Path(arguments[1]))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pushes", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="how long each is measured (default 4)")
    into = Path(__file__).parent / "results_pushes.md"
    parser.add_argument("--into", type=Path, default=into, help="the page (default results_pushes.md)")
    chosen = parser.parse_args(arguments)
    began, busy, before = datetime.now(UTC), load(), loop_seconds()
    found = []
    for rows in _SIZES:
        for clients in _CLIENTS:
            with tempfile.TemporaryDirectory(prefix="pushes-") as folder:
                found.append(_measure(Path(folder).resolve(), clients, rows, chosen.seconds))
    text = _page(found, headline("benchmarks.pushes", arguments, began, busy), pace(before))
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _measure(root: Path, clients: int, rows: int, seconds: float) -> _Measured:
    (root / "datasets" / "gauges").mkdir(parents=True)
    (root / "datasets" / "gauges" / "defs.yaml").write_text(_DEFS)
    line = '{{"reading_id": {}, "at": "2024-01-15T12:00:00Z", "value": 1.5}}\n'
    body = "".join(line.format(number) for number in range(rows)).encode()
    with _served(root) as base:
        headers = {"authorization": f"Bearer {_TOKEN}", "content-type": "application/x-ndjson"}
        with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=120) as http:
            _push(http, "first", body)  # whatever is loaded or made the first time
            end = time.monotonic() + seconds

            def work(client: int) -> list[float]:
                return list(_pushes(http, client, body, end))

            began = time.monotonic()
            with ThreadPoolExecutor(clients) as threads:
                waits = [wait for found in threads.map(work, range(clients)) for wait in found]
            took = time.monotonic() - began
    commits = len(list((root / "home/lake/ledger/readings/_delta_log").glob("*.json"))) - 2
    return _Measured(clients, rows, len(waits), took, median(waits), commits)


def _pushes(http: httpx.Client, client: int, body: bytes, end: float) -> Iterator[float]:
    number = 0
    while time.monotonic() < end:
        began = time.monotonic()
        _push(http, f"{client}-{number}", body)
        number += 1
        yield time.monotonic() - began


def _push(http: httpx.Client, key: str, body: bytes) -> None:
    # Bytes of its own, so that each is stored.
    answer = http.post("/v1/tables/readings", content=body + b"\n" * (hash(key) % 50), headers={"idempotency-key": key})
    if answer.status_code != 201:
        raise RuntimeError(f"{key} was answered {answer.status_code}: {answer.text}")


@contextmanager
def _served(root: Path) -> Iterator[str]:
    """The endpoint in a process of its own."""
    variables = environment(root / "home") | {"GAUGE_TOKEN": _TOKEN}
    command = [sys.executable, "-m", "benchmarks.pushes", "--serve", str(root)]
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            found = None
            while found is None:
                found = re.search(r"(http://\S+?)/v1/", process.stderr.readline())
            with ThreadPoolExecutor(1) as reader:
                reader.submit(process.stderr.read)
                yield found[1]
                process.terminate()
        finally:
            process.kill()


def _serve(root: Path) -> int:
    settings = Settings(home=root / "home", sources="live")
    platform = platform_of(settings, read_datasets(root / "datasets", settings).catalog)
    return serve(platform, host="127.0.0.1", port=0)


def _page(found: list[_Measured], head: str, foot: str) -> str:
    lines = [
        f"| {m.rows:,} | {m.clients} | {m.pushes / m.seconds:,.0f} | {m.pushes * m.rows / m.seconds:,.0f} | "
        f"{m.waited * 1000:,.0f} | {m.pushes / max(m.commits, 1):.1f} |"
        for m in found
    ]
    return "\n".join(
        [
            "# Pushes a second",
            "",
            head,
            "",
            "Each push is a body of NDJSON with a key of its own, to the endpoint in its own process: read, on the",
            "disk and in the ledger before it is answered. Clients send one after the other, over a kept connection.",
            "Those that wait for the ledger at the same time are in one commit.",
            "",
            "| rows in a push | clients | pushes/s | rows/s | median wait, ms | pushes in a commit |",
            "| ---: | ---: | ---: | ---: | ---: | ---: |",
            *lines,
            "",
            foot,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
