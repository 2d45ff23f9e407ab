"""Every change that a process is about to make to files, seen by another process before it happens, in any library.

The kernel (seccomp) asks the watcher before each system call that can change a file: Python's, DuckDB's and delta-rs's.
"""

import ctypes
import fcntl
import os
import platform
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from select import POLLIN, poll

_libc = ctypes.CDLL(None, use_errno=True)

_NOTIFY, _ALLOW = 0x7FC00000, 0x7FFF0000
_SET_MODE_FILTER, _NEW_LISTENER, _NO_NEW_PRIVS = 1, 8, 38
_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_ANSWERED = struct.Struct("=QqiI")
_GO_ON = 1
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class _Call:
    """A system call: its name, which arguments are paths, and which is a file descriptor or the flags of an open."""

    name: str
    paths: tuple[int, ...] = ()
    descriptor: int | None = None
    flags: int | None = None


@dataclass(frozen=True)
class _Machine:
    """What a kind of processor calls itself, its calls by number, and the number of `seccomp`."""

    audit: int
    seccomp: int
    calls: dict[int, _Call]


def _at(name: str, *paths: int) -> _Call:
    return _Call(name, paths)


_X86 = {
    1: _Call("write", descriptor=0),
    2: _Call("open", (0,), flags=1),
    18: _Call("write", descriptor=0),
    20: _Call("write", descriptor=0),
    40: _Call("write", descriptor=0),
    76: _at("truncate", 0),
    77: _Call("truncate", descriptor=0),
    82: _at("rename", 0, 1),
    83: _at("mkdir", 0),
    84: _at("remove", 0),
    85: _at("open", 0),
    86: _at("link", 0, 1),
    87: _at("remove", 0),
    88: _at("link", 0, 1),
    257: _Call("open", (1,), flags=2),
    258: _at("mkdir", 1),
    263: _at("remove", 1),
    264: _at("rename", 1, 3),
    265: _at("link", 1, 3),
    266: _at("link", 0, 2),
    280: _at("touch", 1),
    285: _Call("write", descriptor=0),
    296: _Call("write", descriptor=0),
    316: _at("rename", 1, 3),
    326: _Call("write", descriptor=2),
    328: _Call("write", descriptor=0),
}
_ARM = {
    34: _at("mkdir", 1),
    35: _at("remove", 1),
    36: _at("link", 0, 2),
    37: _at("link", 1, 3),
    38: _at("rename", 1, 3),
    45: _at("truncate", 0),
    46: _Call("truncate", descriptor=0),
    47: _Call("write", descriptor=0),
    56: _Call("open", (1,), flags=2),
    64: _Call("write", descriptor=0),
    66: _Call("write", descriptor=0),
    68: _Call("write", descriptor=0),
    70: _Call("write", descriptor=0),
    71: _Call("write", descriptor=0),
    88: _at("touch", 1),
    276: _at("rename", 1, 3),
    285: _Call("write", descriptor=2),
    287: _Call("write", descriptor=0),
}
_MACHINES = {"x86_64": _Machine(0xC000003E, 317, _X86), "aarch64": _Machine(0xC00000B7, 277, _ARM)}


@dataclass(frozen=True)
class Touch:
    """A change that is about to happen: `write staged/readings/….parquet`; `target` is a second name."""

    call: str
    path: str
    target: str = ""

    def __str__(self) -> str:
        return f"{self.call} {self.path}{' -> ' + self.target if self.target else ''}"


def is_possible() -> bool:
    """Whether this machine's kernel can be asked; only Linux can."""
    if platform.system() != "Linux" or platform.machine() not in _MACHINES:
        return False
    action = ctypes.c_uint32(_NOTIFY)
    number = _MACHINES[platform.machine()].seccomp
    return bool(_libc.syscall(number, 2, 0, ctypes.byref(action)) == 0)


def be_watched(to: socket.socket) -> None:
    """From here on each touch of this process waits until the other end of `to` lets it happen. No way back."""
    machine = _MACHINES[platform.machine()]
    program = _program(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer)))
    if _libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    listener = _libc.syscall(machine.seccomp, _SET_MODE_FILTER, _NEW_LISTENER, header)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    socket.send_fds(to, [b"listener"], [listener])
    os.close(listener)


def touches(sent_over: socket.socket, home: Path) -> Iterator[Touch]:
    """Each touch below `home` of a process that called `be_watched`, before it happens: it waits for the next `next`.

    Ends when the process has.
    """
    _, (listener, *_), _, _ = socket.recv_fds(sent_over, 64, 1)
    asked = poll()
    asked.register(listener, POLLIN)
    try:
        while asked.poll()[0][1] & POLLIN:
            notification = bytearray(_NOTIFICATION.size)
            try:
                fcntl.ioctl(listener, _RECEIVE, notification)
            except FileNotFoundError:
                continue  # it was killed while it asked
            number, pid, _, call, _, _, *arguments = _NOTIFICATION.unpack(notification)
            touch = _touch(pid, _MACHINES[platform.machine()].calls[call], arguments, home)
            if touch is not None:
                yield touch
            try:
                fcntl.ioctl(listener, _ANSWER, bytearray(_ANSWERED.pack(number, 0, 0, _GO_ON)))
            except FileNotFoundError:
                continue
    finally:
        os.close(listener)


def _program(machine: _Machine) -> bytes:
    """The filter: notify for the calls of the table, an open only if it could write, and allow all else."""
    tests = []
    for number, call in machine.calls.items():
        if call.flags is None:
            tests += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NOTIFY)]
        else:
            flags = 16 + 8 * call.flags
            tests += [(_EQUAL, 0, 4, number), (_LOAD, 0, 0, flags), (_ANY_BIT, 0, 1, _WRITING)]
            tests += [(_RETURN, 0, 0, _NOTIFY), (_RETURN, 0, 0, _ALLOW)]
    lines = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine.audit), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, 0), *tests]
    return b"".join(struct.pack("HBBI", *line) for line in [*lines, (_RETURN, 0, 0, _ALLOW)])


def _touch(pid: int, call: _Call, arguments: list[int], home: Path) -> Touch | None:
    """None for what happens elsewhere: a pipe, a log of the test, the libraries' own files."""
    try:
        if call.descriptor is not None:
            names = [Path(f"/proc/{pid}/fd/{arguments[call.descriptor]}").readlink()]
        else:
            with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
                begins = Path(f"/proc/{pid}/cwd").readlink()
                names = [begins / _text(memory.fileno(), arguments[path]) for path in call.paths]
    except OSError:
        return None  # gone, or a call with a wild argument, which fails by itself
    inside = [name.relative_to(home).as_posix() for name in names if name.is_relative_to(home)]
    return Touch(call.name, inside[0], inside[1] if len(inside) > 1 else "") if inside else None


def _text(memory: int, address: int) -> str:
    if address == 0:
        return ""
    found = b""
    while b"\0" not in found:
        # Not over the end of a page: the next one may not be there.
        found += os.pread(memory, 4096 - (address + len(found)) % 4096, address + len(found))
    return os.fsdecode(found.partition(b"\0")[0])
