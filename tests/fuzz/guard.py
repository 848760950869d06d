"""Watches what a child process does: writes outside the folders that are allowed, connections, memory.

Python's own calls are seen by an audit hook, which also stops them. What libraries write past Python is found by
comparing the folders before and after.
"""

import os
import resource
import sys
from pathlib import Path

# event -> positions of (path, folder descriptor) among its arguments; None = no descriptor.
CHANGES = {
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((0, 2), (1, 3)),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
}
CONNECTIONS = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
ALWAYS = ("/dev/null", "/dev/shm/", "/proc/self/", "/dev/tty")


class Guard:
    """Notes what is forbidden, while it is active; one a process, audit hooks cannot be taken away."""

    def __init__(self):
        self.active = False
        self.allowed: tuple[str, ...] = ()
        self.writes: list[str] = []
        self.connections: list[str] = []
        sys.addaudithook(self._hear)

    def start(self, allowed: tuple[Path, ...]) -> None:
        self.allowed = (*(os.path.realpath(folder) + "/" for folder in allowed), *ALWAYS)
        self.writes, self.connections = [], []
        self.active = True

    def stop(self) -> None:
        self.active = False

    def _hear(self, event: str, arguments: tuple) -> None:
        if not self.active:
            return
        if event == "open":
            self._opened(*arguments)
        elif event in CONNECTIONS:
            self.connections.append(f"{event} {arguments[1:] if event != 'socket.getaddrinfo' else arguments}")
            raise ConnectionRefusedError(f"no connections here: {event}")
        elif event in CHANGES:
            for path, folder in CHANGES[event]:
                descriptor = -1 if folder is None or len(arguments) <= folder else arguments[folder]
                self._changed(event, arguments[path], descriptor)

    def _opened(self, path, mode, flags) -> None:
        if isinstance(path, str | bytes | os.PathLike) and isinstance(flags, int) and flags & WRITING:
            self._changed("open", path, -1)

    def _changed(self, event: str, path, folder) -> None:
        if isinstance(path, int):  # an open file
            return
        path = os.fsdecode(path)
        if isinstance(folder, int) and folder >= 0:
            path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)
        parent = os.path.realpath(os.path.dirname(os.path.abspath(path)))
        place = os.path.join(parent, os.path.basename(path))
        if not f"{place}/".startswith(self.allowed) and not place.startswith(ALWAYS):
            self.writes.append(f"{event} {place}")
            raise PermissionError(1, "not an output folder", place)


def listing(*folders: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of everything below folders: what libraries write past Python shows here."""
    found = {}
    for folder in folders:
        for place, _, files in os.walk(folder):
            for name in (".", *files):
                status = os.lstat(os.path.join(place, name))
                found[os.path.join(place, name)] = (status.st_size, status.st_mtime_ns)
    return found


def limit_memory(growth: int) -> None:
    """Let the process take `growth` bytes more than it has."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_status("VmData") + growth, hard))


def unlimit_memory() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _status(name: str) -> int:
    """A figure of this process in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"no {name} in /proc/self/status")
