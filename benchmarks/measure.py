"""What all benchmarks share: turns of several variants, a table of medians, the machine, JSON."""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def in_turns(variants: dict[str, Callable[[], object]], rounds: int, warmup: int = 3) -> dict[str, list[float]]:
    """Seconds of each variant's call, `rounds` times; the variants take turns, so all see the machine's drift."""
    seconds = {name: [] for name in variants}
    for turn in range(warmup + rounds):
        for name, call in variants.items():
            started = time.perf_counter()
            call()
            if turn >= warmup:
                seconds[name].append(time.perf_counter() - started)
        print(f"\rround {turn + 1}/{warmup + rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return seconds


def print_table(seconds: dict[str, list[float]], images: int, reference: str) -> None:
    """A line for each variant: milliseconds (median, min, max), images a second, median ratio to the reference."""
    width = max(map(len, seconds))
    print(f"{'':{width}}  ms median     min     max  images/s  of {reference}")
    for name, values in seconds.items():
        median = statistics.median(values)
        row = f"{name:{width}}  {1e3 * median:9.1f} {1e3 * min(values):7.1f} {1e3 * max(values):7.1f}"
        print(f"{row}  {images / median:8.2f}  {ratio(seconds, name, reference):.3f}")


def ratio(seconds: dict[str, list[float]], name: str, reference: str) -> float:
    """Median over the rounds of name / reference, each pair measured in the same round."""
    return statistics.median(a / b for a, b in zip(seconds[name], seconds[reference], strict=True))


def machine(packages: tuple[str, ...]) -> dict:
    """Processor, cores and versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def resident_mib() -> float:
    """This process's memory now."""
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def write_json(path: str | Path, figures: dict[str, float], details: dict) -> None:
    """Flat figures first, then how they came about."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**figures, **details}, indent=2) + "\n", encoding="utf-8")
    print(f"written: {path}")
