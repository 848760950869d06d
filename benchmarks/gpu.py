"""Everything that is to be known of a GPU, most important first, in a few minutes.

    python benchmarks/gpu.py [--minutes 6] [--only WORD ...] [--json FILE] [--jobs 1]
    python benchmarks/gpu.py --smoke                                    # small, on a CPU, under a minute

Every step is a process of its own, so that one failure spoils nothing; its figures go into
`benchmarks/results/gpu-<device>.json` as they come, and started again the command goes on with what is missing.
"""

import argparse
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measure import RESULTS

from rtl_tf.methods import METHODS

HERE = Path(__file__).parent
ALL_RTL = ("rtl-eo", "rtl-sam", "rtl-cam", "rtl-co")
FIRST = ("ft", *ALL_RTL)


def steps(smoke: bool) -> Iterator[tuple[str, dict]]:
    """Functions of `gpu_steps` and `gpu_prediction` and their arguments, most important first."""
    if smoke:
        yield from SMOKE
        return
    yield from (("trace", {"xla": xla}) for xla in (True, False))
    yield "training", {"batch_size": 2, "whole": False}
    yield from (("speed", speed(2, precision, True, ALL_RTL[:1])) for precision in ("tf32", "mixed"))
    yield "peer", peer(2, "mixed", "compiled")
    yield "training", {"batch_size": 32, "whole": True}
    yield "speed", speed(32, "mixed", True, ALL_RTL)
    yield "peer", peer(32, "mixed", "compiled")
    yield from (("losses", {"method": name}) for name in (*FIRST, *(name for name in METHODS if name not in FIRST)))
    yield "prediction", {"precision": "tf32", "xla": False}
    yield "prediction", {"precision": "mixed", "xla": True}
    yield "prediction_onnx", {}
    for batch in (2, 32, 8):
        yield "speed", speed(batch, "tf32", False, ALL_RTL, online=True)
        yield "speed", speed(batch, "mixed", True, ALL_RTL)
        yield from (("peer", peer(batch, "mixed", mode)) for mode in ("compiled", "graphs", "eager"))
        yield from (("peer", peer(batch, "tf32", mode)) for mode in ("compiled", "eager"))
        yield "speed", speed(batch, "tf32", True, ALL_RTL, online=True)
        yield from (("speed", speed(batch, precision, False, ())) for precision in ("mixed", "fp32"))
        yield "speed", speed(batch, "fp32", True, ())
        yield "peer", peer(batch, "fp32", "eager")
    yield "prediction", {"precision": "tf32", "xla": True}


def peer(batch_size: int, precision: str, mode: str) -> dict:
    return {"batch_size": batch_size, "precision": precision, "mode": mode}


def speed(batch_size: int, precision: str, xla: bool, methods: tuple[str, ...], online: bool = False) -> dict:
    return {"batch_size": batch_size, "precision": precision, "xla": xla, "methods": methods, "online": online}


SMOKE = (
    ("losses", {"method": "rtl-co-eo"}),
    ("trace", {"xla": False}),
    ("speed", speed(2, "tf32", False, ALL_RTL[:1])),
    ("training", {"batch_size": 2, "whole": False}),
    ("prediction", {"precision": "tf32", "xla": False}),
    ("prediction_onnx", {}),
    ("peer", peer(2, "tf32", "eager")),
)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if options.step:
        return run_step(json.loads(options.step))
    with tempfile.TemporaryDirectory() as scratch:
        crew = Crew(options, Path(scratch))
        name = crew.device()
        path = options.json or (Path(scratch) / "gpu.json" if options.smoke else RESULTS / f"gpu-{name}.json")
        crew.open(path)
        todo = [step for step in steps(options.smoke) if crew.lacks(key(*step), options.only) and can_run(step[0])]
        with ThreadPoolExecutor(options.jobs or (2 if options.smoke else 1)) as pool:
            list(pool.map(lambda step: crew.run(*step), todo))
        return crew.report()


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=6.0, help="steps that have not ended by then are stopped [6]")
    parser.add_argument("--only", nargs="*", default=(), metavar="WORD", help="steps whose names have all these words")
    parser.add_argument("--json", type=Path, help="[benchmarks/results/gpu-<device>.json]")
    parser.add_argument("--logs", type=Path, help="folder for what the steps say [thrown away]")
    parser.add_argument(
        "--jobs",
        type=int,
        help="steps that prepare themselves at a time: faster, but their "
        "work on the processor slows down what is timed beside it [1; --smoke: 2]",
    )
    parser.add_argument("--smoke", action="store_true", help="small, on any device: does it work? No figure is kept")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def key(function: str, given: dict) -> str:
    """A step's name: what tells it apart, in the file and for --only."""
    return " ".join([function, *(f"{name}={value}" for name, value in given.items() if value not in ((), False))])


def can_run(function: str) -> bool:
    """Whether the package that a step measures is installed."""
    package = {"peer": "torch", "prediction_onnx": "onnxruntime"}.get(function)
    return package is None or importlib.util.find_spec(package) is not None


def run_step(step: list) -> int:
    """In a process of its own: print figures as they come."""
    function, given, smoke = step
    module = "gpu_prediction" if function.startswith("prediction") else "gpu_steps"
    if function != "peer":
        from rtl_tf.cli import start_tensorflow

        start_tensorflow()
    for name, figures in getattr(importlib.import_module(module), function)(smoke, **given):
        print("FIGURES " + json.dumps([name, figures]), flush=True)
    return 0


class Crew:
    """The processes of the steps, and the file of their figures."""

    def __init__(self, options: argparse.Namespace, scratch: Path):
        self.smoke, self.scratch, self.logs = options.smoke, scratch, options.logs or scratch
        self.logs.mkdir(parents=True, exist_ok=True)
        self.started = time.perf_counter()
        self.end = self.started + 60 * options.minutes
        self.lock = threading.Lock()
        self.path, self.record = None, {"figures": {}, "done": [], "failed": {}}

    def device(self) -> str:
        """Its name, for the file's; InputError where TensorFlow sees none."""
        from rtl_tf.exceptions import InputError

        self.run("facts", {})
        facts = self.record["figures"].get("facts")
        if facts is None:
            raise InputError(f"TensorFlow cannot use the device: {self.record['failed']['facts']}")
        if facts["name"] == "CPU" and not self.smoke:
            raise InputError(
                'TensorFlow sees no CUDA device: `pip install -e ".[cuda]"`, and see that `nvidia-smi` works and '
                "shows a driver that is new enough; --smoke tries everything on the CPU"
            )
        return facts["name"].replace(" ", "-")

    def open(self, path: Path) -> None:
        """Go on with the figures of a file, where there is one."""
        self.path = path
        if path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
            self.record["figures"] = known["figures"] | self.record["figures"]
            self.record["done"] += [name for name in known["done"] if name not in self.record["done"]]

    def lacks(self, name: str, words: list[str]) -> bool:
        """Whether a step that has all these words in its name is still to be made."""
        return name not in self.record["done"] and all(word in name for word in words)

    def run(self, function: str, given: dict) -> None:
        """One step, in its process, until it ends or time is up."""
        name, left = key(function, given), self.end - time.perf_counter()
        if left < 5:
            return
        environment = os.environ | {
            "RTL_TF_GPU_LOCK": str(self.scratch / "device.lock"),
            "RTL_TF_CACHE": os.environ.get("RTL_TF_CACHE", str(self.scratch / "cache")),
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # several processes prepare themselves on one device
        }
        command = [sys.executable, str(HERE / "gpu.py"), "--step", json.dumps([function, given, self.smoke])]
        log = self.logs / f"{name.replace('/', '-')[:80]}.log"
        with log.open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
            stopper = threading.Timer(left, process.kill)
            stopper.start()
            for line in process.stdout:
                if line.startswith("FIGURES "):
                    self.keep(*json.loads(line.removeprefix("FIGURES ")))
            status = process.wait()
            stopper.cancel()
        with self.lock:
            if status == 0:
                self.record["done"].append(name)
            else:
                said = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
                late = time.perf_counter() >= self.end
                self.record["failed"][name] = "time was up" if late else (said or [f"status {status}"])[-1][-300:]
                print(f"  {name}: {self.record['failed'][name]}", file=sys.stderr, flush=True)
            self.write()

    def keep(self, name: str, figures: dict) -> None:
        with self.lock:
            self.record["figures"][name] = figures
            self.write()
            numbers = {k: f"{v:.4g}" for k, v in figures.items() if isinstance(v, float)}
            shown = ", ".join(f"{k} {v}" for k, v in numbers.items())
            print(f"{time.perf_counter() - self.started:5.0f} s  {name}: {shown}", flush=True)

    def write(self) -> None:
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(self.record, indent=2) + "\n", encoding="utf-8")

    def report(self) -> int:
        done, failed = self.record["done"], self.record["failed"]
        print(f"{len(done)} steps done, {len(failed)} failed or out of time; {self.path}")
        return 1 if failed else 0


if __name__ == "__main__":
    from rtl_tf.cli import run

    run(main)
