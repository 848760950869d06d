"""How time and memory grow with the number of images, their size, the number of landmarks and the network's width.

    python benchmarks/growth.py [--only table images image-size landmarks width] [--json FILE]

Every point is measured in a process of its own: seconds, and the peak of its resident memory above what it was before
the work. The exponent is the slope of a straight line in log-log axes: 1 is linear, 0 is constant. Of images the size
counts as number of pixels.
"""

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measure import RESULTS, machine, resident_mib, write_json

from rtl_tf.cli import start_tensorflow

COUNTS = (1_000, 3_000, 10_000, 30_000, 100_000)
SIZES = (128, 192, 256, 384, 512)
LANDMARKS = (14, 28, 56, 98)
WIDTHS = (0.25, 0.5, 1.0)
SMALL = 32  # px, the crops of 100,000 images


def main() -> None:
    options = parse()
    if options.point:
        series, x = options.point
        print(json.dumps(measure(SERIES[series][2], float(x))))
        return
    old = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else {}
    points = old.get("points", {})
    print(f"{'':34}{'x':>9}{'seconds':>10}{'MiB':>8}")
    for name, (group, values, _) in SERIES.items():
        if group in options.only:
            points[name] = [{"x": x} | in_a_process(name, x) for x in values]
            for point in points[name]:
                print(f"{name:34}{point['x']:9g}{point['seconds']:10.3f}{point['mib']:8.0f}")
    figures = {}
    print(f"\n{'exponent of':34}{'seconds':>10}{'MiB':>8}")
    for name, found in points.items():
        slopes = {quantity: exponent(name, found, quantity) for quantity in ("seconds", "mib")}
        print(f"{name:34}{slopes['seconds']:10.2f}{slopes['mib']:8.2f}")
        figures |= {f"exponent_{name.replace(' ', '_')}_{quantity}": slope for quantity, slope in slopes.items()}
    write_json(options.json, figures, {"points": points, "machine": machine(("tensorflow", "keras", "numpy"))})


def parse() -> argparse.Namespace:
    groups = list(dict.fromkeys(group for group, _, _ in SERIES.values()))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=groups, default=groups, help="the others are kept as in the file")
    parser.add_argument("--json", type=Path, default=RESULTS / "growth.json")
    parser.add_argument("--point", nargs=2, metavar=("SERIES", "X"), help="measure one point here, print JSON")
    return parser.parse_args()


def in_a_process(series: str, x: float) -> dict[str, float]:
    command = [sys.executable, __file__, "--point", series, str(x)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    return json.loads(answer.stdout.splitlines()[-1])


def measure(prepare: Callable, x: float) -> dict[str, float]:
    """`prepare(x)` sets up and gives the work: a call, and how many times it is to be made (the fastest counts)."""
    start_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RTL_TF_CACHE"] = folder
        work, times = prepare(x, Path(folder))
        before, seconds = resident_mib(), []
        for _ in range(times):
            started = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": min(seconds), "mib": peak - before}


def exponent(name: str, points: list[dict[str, float]], quantity: str) -> float:
    import numpy as np

    x = [point["x"] ** (2 if SERIES[name][0] == "image-size" else 1) for point in points]
    smallest = {"seconds": 1e-4, "mib": 0.1}[quantity]  # below is the noise of the measurement
    return float(np.polyfit(np.log(x), np.log([max(point[quantity], smallest) for point in points]), 1)[0])


def samples(count: int, folder: Path) -> list:
    """`count` labelled images of SMALL px, each of a colour of its own."""
    import numpy as np
    from PIL import Image

    from rtl_tf.records import Sample

    rng = np.random.default_rng(0)
    found = []
    for index in range(count):
        path = folder / f"{index}.png"
        Image.new("RGB", (SMALL, SMALL), (index % 256, index // 256 % 256, index // 65536)).save(path)
        found.append(Sample(path, rng.uniform(5, 25, (14, 2)).astype(np.float32), str(index // 3)))
    return found


def reading(count: float, folder: Path) -> tuple[Callable, int]:
    """A table of one's own, its split, the audit of it and the data set's hash."""
    from rtl_tf import datasets
    from rtl_tf.datasets import splits
    from rtl_tf.schema import load_schema

    names = [f"{name}_{axis}" for name in load_schema("fas14").names for axis in "xy"]
    rows = [
        ",".join([sample.image.name, sample.subject, *(f"{value:.3f}" for value in sample.points.ravel())])
        for sample in samples(int(count), folder)
    ]
    (folder / "landmarks.csv").write_text("\n".join([",".join(["image", "subject", *names]), *rows]) + "\n")

    def work():
        found = datasets.load(folder)
        splits.audit(found, splits.split(found, by="subject", seed=0), "subject")
        datasets.fingerprint(folder, found)

    return work, 1


def decoding(memory_gb: float) -> Callable:
    """Images into memory, or with `memory_gb` 0 into a file."""

    def prepare(count: float, folder: Path) -> tuple[Callable, int]:
        from rtl_tf.augment import context_px
        from rtl_tf.pipeline import load_crops
        from rtl_tf.schema import load_schema

        found, schema = samples(int(count), folder), load_schema("fas14")
        options = {"size": SMALL, "margin": 0.4, "context": context_px(SMALL), "memory_gb": memory_gb}
        return lambda: load_crops(found, schema, **options), 1

    return prepare


def epoch(count: float, folder: Path) -> tuple[Callable, int]:
    """All batches of 8 of decoded images, augmented, with heatmaps."""
    batches, prepared = pipeline(int(count), SMALL, 14)

    def work():
        for batch in batches:
            prepared(batch)

    return work, 1


def pipeline(count: int, size: int, landmarks: int):
    import numpy as np
    import tensorflow as tf

    from rtl_tf.augment import context_px
    from rtl_tf.coordinates import Crop
    from rtl_tf.pipeline import Crops, Preparation, training_batches

    rng = np.random.default_rng(0)
    side = size + 2 * context_px(size)
    images = rng.integers(0, 255, (count, side, side, 3), np.uint8)
    points = rng.uniform(0, size, (count, landmarks, 2)).astype(np.float32)
    data = Crops(images, points, (Crop(0, 0, size, size),) * count)
    prepared = tf.function(Preparation(size, sigma=1.5, jitter=0.02))
    batches = training_batches(data, batch_size=8, seed=0, epoch=lambda: 0)
    for batch in itertools.islice(batches, 2):
        prepared(batch)
    return batches, prepared


def preparation(size: int, landmarks: int) -> tuple[Callable, int]:
    """One batch of 8, augmented, with heatmaps."""
    batches, prepared = pipeline(16, size, landmarks)
    batch = next(iter(batches))
    return lambda: prepared(batch)[1]["heatmaps"].numpy(), 20


def training_step(size: int = 128, landmarks: int = 14, width: float = 1.0) -> tuple[Callable, int]:
    """FT of ResNet-50 and the decoder, batch 2."""
    from timed_steps import TimedSteps

    return TimedSteps(size, 2, width=width, landmarks=landmarks).call("ft"), 7


# what is measured: (what it grows with, values, set-up)
SERIES = {
    "table": ("table", COUNTS, reading),
    "decoding to memory": ("images", COUNTS, decoding(memory_gb=4.0)),
    "decoding to a file": ("images", COUNTS, decoding(memory_gb=0.0)),
    "epoch of batches": ("images", COUNTS, epoch),
    "batch by image size": ("image-size", SIZES, lambda size, _: preparation(int(size), 14)),
    "training step by image size": ("image-size", SIZES, lambda size, _: training_step(size=int(size))),
    "batch by landmarks": ("landmarks", LANDMARKS, lambda count, _: preparation(256, int(count))),
    "training step by landmarks": ("landmarks", LANDMARKS, lambda count, _: training_step(landmarks=int(count))),
    "training step by width": ("width", WIDTHS, lambda width, _: training_step(width=width)),
}

if __name__ == "__main__":
    main()
