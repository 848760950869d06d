"""Images a second out of the pipeline without training, from decoded crops and from JPEG; does memory stay flat?

python benchmarks/input_pipeline.py [--image-size 256] [--images 400] [--samples 100000] [--json FILE]
"""

import argparse
import itertools
import statistics
import tempfile
import time
from pathlib import Path

from measure import RESULTS, machine, write_json

from rtl_tf.cli import start_tensorflow

PHOTOGRAPH = 640  # px, side of the JPEG files
REPEATS = 5


def main() -> None:
    options = parse()
    start_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        samples = photographs(Path(folder), options.images)
        jpeg = [decode_rate(samples, options.image_size) for _ in range(REPEATS)]
        rates, memory = batch_rates(samples, options.image_size, options.batch_size, options.samples)
    print(f"from JPEG ({PHOTOGRAPH}x{PHOTOGRAPH}): {summary(jpeg)} images/s")
    print(f"from decoded crops, batch {options.batch_size}: {summary(rates)} images/s")
    print("resident memory, MiB, along the samples:", " ".join(f"{value:.0f}" for value in memory))
    figures = {
        "images_per_second_cache": statistics.median(rates),
        "images_per_second_jpeg": statistics.median(jpeg),
        "memory_growth_mib": memory[-1] - memory[1],
    }
    details = {"image_size": options.image_size, "batch_size": options.batch_size, "samples": options.samples}
    write_json(
        options.json, figures, details | {"machine": machine(("tensorflow", "numpy", "pillow")), "memory": memory}
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--json", type=Path, default=RESULTS / "input_pipeline.json")
    return parser.parse_args()


def photographs(folder: Path, count: int) -> list:
    """Smooth random pictures as JPEG, with 14 random landmarks each."""
    import numpy as np
    from PIL import Image

    from rtl_tf.records import Sample

    rng = np.random.default_rng(0)
    samples = []
    for index in range(count):
        small = Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8))
        path = folder / f"{index}.jpg"
        small.resize((PHOTOGRAPH, PHOTOGRAPH), Image.Resampling.BICUBIC).save(path, quality=92)
        points = rng.uniform(0.2 * PHOTOGRAPH, 0.8 * PHOTOGRAPH, (14, 2)).astype(np.float32)
        samples.append(Sample(path, points, str(index)))
    return samples


def crops_of(samples: list, image_size: int):
    from rtl_tf.augment import context_px
    from rtl_tf.pipeline import load_crops
    from rtl_tf.schema import load_schema

    return load_crops(
        samples, load_schema("fas14"), size=image_size, margin=0.4, context=context_px(image_size), label="decoding"
    )


def decode_rate(samples: list, image_size: int) -> float:
    started = time.perf_counter()
    crops_of(samples, image_size)
    return len(samples) / (time.perf_counter() - started)


def batch_rates(samples: list, image_size: int, batch_size: int, total: int) -> tuple[list[float], list[float]]:
    """Of ten stretches: images a second, and the resident memory at the end, MiB.

    Batches are prepared (augmentation, normalisation, heatmaps) as in the training step.
    """
    import tensorflow as tf

    from rtl_tf.pipeline import Preparation, training_batches
    from rtl_tf.schema import load_schema

    permutation = load_schema("fas14").mirror_permutation
    prepare = tf.function(Preparation(image_size, sigma=1.5, jitter=0.02, permutation=permutation))
    epoch = itertools.count()
    batches = training_batches(crops_of(samples, image_size), batch_size=batch_size, seed=0, epoch=lambda: next(epoch))
    rates, memory, stretch = [], [], max(1, total // batch_size // 10)
    started = time.perf_counter()
    for number, batch in enumerate(itertools.islice(forever(batches), 10 * stretch), start=1):
        prepare(batch)
        if number % stretch == 0:
            rates.append(stretch * batch_size / (time.perf_counter() - started))
            memory.append(resident_mib())
            started = time.perf_counter()
    return rates, memory


def forever(batches):
    """Epoch after epoch."""
    while True:
        yield from batches


def resident_mib() -> float:
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * 4096 / 2**20


def summary(values: list[float]) -> str:
    return f"median {statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"


if __name__ == "__main__":
    main()
