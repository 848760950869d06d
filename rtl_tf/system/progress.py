"""A progress bar on stderr for loops of more than a few seconds."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

BAR = 24
INTERVAL = 0.1  # seconds between redraws
QUIET = 1.0  # seconds before anything is shown: short loops stay silent


def bar(done: int, total: int) -> str:
    """BAR characters, filled in proportion."""
    filled = BAR * done // max(total, 1)
    return "█" * filled + "·" * (BAR - filled)


def progress(iterable: Iterable[Item], total: int, label: str) -> Iterator[Item]:
    """Yield the items and show how many of `total` are done.

    On a terminal a bar, rewritten in place; elsewhere one line at the end. Loops shorter than a second show nothing.
    """
    started = shown = time.perf_counter()
    live, visible, done = sys.stderr.isatty(), False, 0
    for done, item in enumerate(iterable, start=1):
        yield item
        now = time.perf_counter()
        if live and now - started > QUIET and now - shown > INTERVAL:
            left = (now - started) / done * (total - done)
            sys.stderr.write(f"\r\x1b[K{label} {bar(done, total)} {done}/{total}, {left:.0f} s left")
            sys.stderr.flush()
            shown, visible = now, True
    seconds = time.perf_counter() - started
    if seconds > QUIET:
        start = "\r\x1b[K" if visible else ""
        sys.stderr.write(f"{start}{label}: {done} in {seconds:.0f} s\n")
        sys.stderr.flush()
