"""The endpoint as a process of its own: where it listens, what it says, and how it ends."""

import logging
import logging.config
import socket
from typing import Any

import uvicorn

from data_platform.service.access import access
from data_platform.service.app import push_app
from data_platform.service.patience import PatientProtocol
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform

_log = logging.getLogger(__name__)
# How long a stop waits for what is in work.
_GRACE_SECONDS = 30
_MOST_CONNECTIONS = 200


def serve(platform: Platform, *, host: str, port: int) -> int:
    """Takes pushes in until it is told to end, and then finishes what is in work; returns the exit code.

    Raises StepError where nothing can listen there, or two clients have one token.
    """
    logging.config.dictConfig(_LOGGING)
    doors = access(platform.catalog)
    listening = _listening(host, port)
    where = f"http://{host}:{listening.getsockname()[1]}"
    for name, door in doors.doors.items():
        _log.info("%s/v1/tables/%s takes what %s push", where, name, ", ".join(door.clients.values()) or "no clients")
    for line in doors.told:
        _log.warning("%s", line)
    config = uvicorn.Config(
        push_app(platform, doors),
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    try:
        uvicorn.Server(config).run([listening])
    except KeyboardInterrupt:
        # uvicorn has ended in good order and tells the signal on.
        return 0
    return 0


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise StepError(
            f"cannot listen at {host}:{port}: {error.strerror or error}. Set DATA_PLATFORM_PUSH_HOST and "
            "DATA_PLATFORM_PUSH_PORT to where it can, or end what listens there"
        ) from error


_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"told": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "loggers": {
        "data_platform": {"handlers": ["told"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["told"], "level": "INFO", "propagate": False},
    },
}
