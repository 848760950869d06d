"""Time that counts for a case: the clock's, without what its processes stood in line for a processor."""

import os
import time
from pathlib import Path


class Clock:
    """Seconds since it was made, for the processes of a group; other work on the machine slows them down, not this."""

    PATIENCE = 3  # the clock on the wall shows at most so many times as much

    def __init__(self, group: int):
        self.group, self.began, self.queued = group, time.monotonic(), _queued(group)

    def seconds(self) -> float:
        passed = time.monotonic() - self.began
        return max(passed - (_queued(self.group) - self.queued), passed / self.PATIENCE)


def _queued(group: int) -> float:
    """Seconds that the threads of a group's processes were ready to run and did not; 0 where Linux does not count."""
    return sum(_delay(place) for process in _processes(group) for place in Path(f"/proc/{process}/task").glob("*"))


def _processes(group: int) -> list[int]:
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if os.getpgid(int(name)) == group:
                found.append(int(name))
        except ProcessLookupError:  # ended meanwhile
            continue
    return found


def _delay(task: Path) -> float:
    try:
        return int((task / "schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0
