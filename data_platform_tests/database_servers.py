"""Private servers of PostgreSQL and MariaDB for tests: fresh folders, loopback only, gone with the process that starts
them. As root they run as the user that Debian's packages make for them, since PostgreSQL refuses root.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

USER = "tester"
PASSWORD = "correct horse/battery@staple"
"""With characters that mean something in an address."""

# A port that was free a moment ago may be taken by the time the server binds it.
_ATTEMPTS = 5


class NotInstalledError(Exception):
    """A server's programs are not on this machine. The text says which package has them."""


@dataclass(frozen=True)
class Server:
    """A running server, whose administrator is USER with PASSWORD."""

    scheme: str
    port: int
    password: str = field(default=PASSWORD, repr=False)


@contextmanager
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server. Raises NotInstalledError."""
    initdb, postgres = _program("initdb", "postgresql"), _program("postgres", "postgresql")
    with _folder("postgres") as folder:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        shutil.chown(secret, _owner("postgres"))
        data = folder / "data"
        made: list[str | Path] = [initdb, "-D", data, "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync"]
        made += ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}"]
        _run(_as("postgres", made), folder)
        told = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "shared_buffers": "64MB",
            "max_connections": "40",
            # What depends on the server's own zone is seen.
            "timezone": "Pacific/Chatham",
            "lc_messages": "C",
        }
        settings = [part for name, value in told.items() for part in ("-c", f"{name}={value}")]
        start = _as("postgres", [postgres, "-D", data, *settings])
        with _started(start, "-p", "database system is ready to accept connections", folder) as port:
            yield Server("postgresql", port)


@contextmanager
def mariadb() -> Iterator[Server]:
    """A MariaDB server. Raises NotInstalledError."""
    install, daemon = _program("mariadb-install-db", "mariadb-server"), _program("mariadbd", "mariadb-server")
    with _folder("mysql") as folder:
        data = folder / "data"
        made = [install, "--no-defaults", f"--datadir={data}", f"--tmpdir={folder}", "--skip-test-db"]
        _run(_as("mysql", [*made, "--auth-root-authentication-method=normal"]), folder)
        users = folder / "users.sql"
        users.write_text(
            f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        shutil.chown(users, _owner("mysql"))
        start: list[str | Path] = [
            daemon,
            "--no-defaults",
            f"--datadir={data}",
            f"--tmpdir={folder}",
            f"--socket={folder / 's'}",
            f"--pid-file={folder / 'pid'}",
            f"--init-file={users}",
            "--bind-address=127.0.0.1",
            "--skip-log-bin",
            "--skip-name-resolve",
            "--performance-schema=off",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0",
            "--innodb-buffer-pool-size=64M",
            "--innodb-fast-shutdown=2",
            "--character-set-server=utf8mb4",
            "--default-time-zone=+12:45",
        ]
        with _started(_as("mysql", start), "-P", "ready for connections", folder) as port:
            yield Server("mariadb", port)


def _program(name: str, package: str) -> str:
    """Debian keeps the servers of PostgreSQL beside the PATH, a folder a version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", *map(str, versions[::-1])]))
    if found is None:
        raise NotInstalledError(f"there is no {name}; apt-get install {package} (its service need not run)")
    return found


def _owner(name: str) -> str:
    return name if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


def _as(name: str, command: Sequence[str | Path]) -> list[str | Path]:
    """The command under another user where we are root; it ends with the process that starts it, however that ends."""
    user = ["--reuid", name, "--regid", name, "--clear-groups"] if os.getuid() == 0 else []
    return ["setpriv", *user, "--pdeathsig", "INT" if name == "postgres" else "TERM", *command]


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """Not below pytest's own folders: these are closed to other users. Short, for the sake of a socket's path."""
    with tempfile.TemporaryDirectory(prefix="dp-db-", ignore_cleanup_errors=True) as folder:
        shutil.chown(folder, _owner(name))
        yield Path(folder)


def _run(command: Sequence[str | Path], folder: Path) -> None:
    # C, since an installer may warn of the caller's language on machines that lack it.
    told = {**os.environ, "HOME": str(folder), "LC_ALL": "C"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=told)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


@contextmanager
def _started(command: Sequence[str | Path], port_option: str, ready: str, folder: Path) -> Iterator[int]:
    """The port of the server, once it says that it is ready; stopped afterwards."""
    for _ in range(_ATTEMPTS):
        port = _free_port()
        process = subprocess.Popen(
            [*command, port_option, str(port)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said: list[str] = []
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line)
                if ready in line:
                    # A server that cannot write its log waits for somebody to read it.
                    reader = threading.Thread(target=process.stdout.read, daemon=True)
                    reader.start()
                    yield port
                    return
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if said and ready in said[-1]:
                reader.join()
            process.stdout.close()
        if "in use" not in "".join(said):
            break
    raise RuntimeError(f"{command} did not start:\n{''.join(said)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
