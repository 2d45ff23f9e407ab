"""`dagster dev` on a free port, as `make ui` starts it, and none of its processes left when it is stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
_START_SECONDS = 120
# `dagster dev` itself gives its web server and its daemon a minute each before it kills them.
_STOP_SECONDS = 150
_LOADED = "{workspaceOrError {... on Workspace {locationEntries {loadStatus locationOrLoadError {__typename}}}}}"


def environment(home: Path, **variables: str) -> dict[str, str]:
    """This process's environment for a platform of its own under `home`, sources from the sample unless told."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("DATA_PLATFORM_", "DAGSTER_"))}
    return {
        **kept,
        "PYTHONPATH": str(REPOSITORY),
        "DATA_PLATFORM_HOME": str(home),
        "DAGSTER_HOME": str(home / "dagster"),
        **{f"DATA_PLATFORM_{name.upper()}": text for name, text in variables.items()},
    }


@contextmanager
def dagster_dev(env: Mapping[str, str], log: Path) -> Iterator[str]:
    """Web server, daemon and code server over the installed datasets; yields the web server's address."""
    port = _free_port()
    command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    with running(command, env, log) as process:
        url = f"http://127.0.0.1:{port}"
        _wait_until_loaded(url, process, log)
        yield url


@contextmanager
def running(command: list[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command in the repository, stopped with SIGTERM at the end together with all that it started."""
    with log.open("wb") as output:
        # A session of its own: nothing here gets the terminal's Ctrl-C, and the group can be found again.
        # SIGINT as at a terminal: what a shell starts in the background ignores it, and so would all its children, and
        # `dagster dev` then leaves its own behind.
        command = ["env", "--default-signal=INT", *command]
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=dict(env), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process
    finally:
        _stop(process)


def _runs(process: psutil.Process) -> bool:
    """A zombie has ended; the machine's first process, whose child an orphan is, has not asked for its end yet."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM; what has not gone after a while is killed, and that is an error."""
    started = _descendants(process.pid)
    process.send_signal(signal.SIGTERM)
    try:
        told = f"ended with {process.wait(_STOP_SECONDS)}"
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        told = f"did not end within {_STOP_SECONDS} s and was killed"
    _, there = psutil.wait_procs(started, timeout=_STOP_SECONDS)
    left = [orphan for orphan in there if _runs(orphan)]
    commands = [" ".join(orphan.cmdline()) for orphan in left]  # a killed one has none
    for orphan in left:
        orphan.kill()
    assert not left, f"{process.args!r} {told}; still running: {commands}"


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_loaded(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    request = urllib.request.Request(
        f"{url}/graphql", json.dumps({"query": _LOADED}).encode(), {"Content-Type": "application/json"}
    )
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                entries = json.load(response)["data"]["workspaceOrError"]["locationEntries"]
        except OSError:
            time.sleep(0.2)
            continue
        if all(entry["loadStatus"] == "LOADED" for entry in entries):
            assert [entry["locationOrLoadError"]["__typename"] for entry in entries] == ["RepositoryLocation"], entries
            return
        time.sleep(0.2)
    raise AssertionError(f"dagster dev did not come up; it said:\n{log.read_text(errors='replace')[-4000:]}")
