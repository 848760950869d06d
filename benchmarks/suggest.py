"""What labelling the suggested photographs is worth, against as many at random.

    python benchmarks/suggest.py --data DATA [--seeds 0 1 2 3 4] [--sizes 10 20 30 40 50 60] [--by both random]

From the first size on, drawn at random and the same for every strategy, a detector (preset detector) is trained;
each strategy then chooses from a pool of training images as many as the next size lacks, whose labels it gets, and so
on. Judged on images of the validation part that no training uses; the test part stays closed. One line a training in a
CSV, from which an interrupted benchmark goes on, and where two may write of seeds of their own; the comparison at the
end is over paired seeds and people.
"""

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
from measure import RESULTS

from rtl_tf import cli

COLUMNS = ("seed", "by", "size", "error", "seconds", "errors", "people", "chosen")
POOL, JUDGED, VALIDATION = 200, 120, 20  # images
SIZE = 128  # px of a crop around the landmarks, in whose heatmap px errors are


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    cli.start_tensorflow()
    done = read(options.csv)
    for seed in options.seeds:
        parts = draw(options.data, seed, options.sizes[0])
        chosen = dict.fromkeys(options.by, parts["first"])
        for size, following in zip(options.sizes, [*options.sizes[1:], None], strict=True):
            for strategies in [options.by] if size == options.sizes[0] else [[by] for by in options.by]:
                if missing := [by for by in strategies if (seed, by, size) not in done]:
                    for row in train(options, parts, seed, missing, chosen[missing[0]], following):
                        done[seed, row["by"], size] = row
                        append(options.csv, row)
                        print(
                            f"seed {seed}, {row['by']}, {size} images: {float(row['error']):.3f} heatmap px", flush=True
                        )
            chosen = {by: [int(index) for index in done[seed, by, size]["chosen"].split()] for by in options.by}
    show(done, options)


def parse(arguments: list[str]):
    parser = cli.Parser(prog="python benchmarks/suggest.py", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 20, 30, 40, 50, 60])
    parser.add_argument("--by", nargs="+", default=["both", "random"])
    parser.add_argument("--epochs", type=int, help="[the preset's]")
    parser.add_argument("--csv", type=Path, default=RESULTS / "suggest.csv")
    return parser.parse_args(arguments)


def draw(data: str, seed: int, first: int) -> dict[str, list[int]]:
    """Indices of the data set: a pool of training images, the first labelled ones, and images to validate and judge."""
    from rtl_tf.config import Asked
    from rtl_tf.experiments.resolving import dataset_key, read_dataset, resolve

    split = read_dataset(*dataset_key(resolve(Asked(data=data, preset="detector")))).split
    random = np.random.default_rng(seed)
    pool, others = (random.permutation(part).tolist() for part in (split.training, split.validation))
    return {
        "pool": pool[:POOL],
        "first": pool[:first],
        "validation": others[:VALIDATION],
        "judged": others[VALIDATION : VALIDATION + JUDGED],
    }


def train(options, parts, seed: int, strategies: list[str], chosen: list[int], following: int | None) -> list[dict]:
    """Rows: the error of a detector trained on the chosen images, and those that each strategy wants to have then."""
    import time

    from rtl_tf.config import Asked
    from rtl_tf.experiments import data, resolving
    from rtl_tf.experiments.experiment import run_experiment
    from rtl_tf.inference.detector import Detector
    from rtl_tf.inference.suggesting import look_at, suggest
    from rtl_tf.pipeline import sample_crop

    folder = options.csv.with_name(f"suggest-{seed}-{strategies[0]}")
    shutil.rmtree(folder, ignore_errors=True)
    given = {"data": options.data, "epochs": options.epochs, "train_images": len(chosen)}  # else epochs are the pool's
    asked = Asked(preset="detector", seed=seed, output=str(folder), **given)

    def thinned(dataset, settings):
        validation, judged = parts["validation"], parts["judged"]  # which is no test part: that stays closed
        return replace(dataset.split, training=tuple(chosen), validation=tuple(validation), test=tuple(judged))

    started = time.perf_counter()
    with mock.patch.object(data, "thinned", thinned), mock.patch.object(resolving, "thinned", thinned):
        run_experiment(asked, validation_only=True)
    seconds = time.perf_counter() - started
    samples = resolving.read_dataset(*resolving.dataset_key(resolving.resolve(asked))).samples
    detector = Detector.load(folder)

    def found(indices):
        ones = [samples[index] for index in indices]
        crops = [sample_crop(one, SIZE, 0.4) for one in ones]
        boxes, mirrored = [(crop.left, crop.top, crop.side) for crop in crops], [crop.mirrored for crop in crops]
        return ones, crops, list(detector.outcomes([one.image for one in ones], boxes, mirrored))

    ones, crops, outcomes = found(parts["judged"])
    errors = [
        np.nanmean(np.linalg.norm(outcome.prediction.points - one.points, axis=-1)) * crop.input_px_per_px / 4
        for one, crop, outcome in zip(ones, crops, outcomes, strict=True)
    ]
    wanted = {by: list(chosen) for by in strategies}
    if following is not None:
        left = [index for index in parts["pool"] if index not in set(chosen)]
        looked = [
            look_at(detector, [one.image for one in ones], outcomes)
            for ones, _, outcomes in (found(left), found(chosen))
        ]
        for by in strategies:
            wanted[by] += [left[place] for place, _ in suggest(*looked, following - len(chosen), by, seed)]
    shutil.rmtree(folder)
    told = {
        "seed": str(seed),
        "size": str(len(chosen)),
        "error": f"{np.mean(errors):.5f}",
        "seconds": f"{seconds:.1f}",
        "errors": " ".join(f"{error:.5f}" for error in errors),
        "people": " ".join(one.subject.replace(" ", "_") for one in ones),
    }
    return [{**told, "by": by, "chosen": " ".join(map(str, wanted[by]))} for by in strategies]


def read(file: Path) -> dict[tuple[int, str, int], dict[str, str]]:
    if not file.exists():
        return {}
    with open(file, newline="", encoding="utf-8") as opened:
        return {(int(row["seed"]), row["by"], int(row["size"])): row for row in csv.DictReader(opened)}


def append(file: Path, row: dict[str, str]) -> None:
    if (int(row["seed"]), row["by"], int(row["size"])) in read(file):
        return
    begin = not file.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "a", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, COLUMNS)
        if begin:
            writer.writeheader()
        writer.writerow(row)


def show(rows: dict[tuple[int, str, int], dict[str, str]], options) -> None:
    """Means of each size, and differences from random with 95 % intervals over seeds and people."""
    from rtl_tf.evaluation.statistics import estimate, interval

    def errors(by: str, size: int) -> np.ndarray:
        return np.array([np.array(rows[seed, by, size]["errors"].split(), float) for seed in options.seeds])

    for size in options.sizes:
        line = [f"{size:3d} images"]
        for by in options.by:
            line.append(f"{by} {errors(by, size).mean():.3f}")
            if by != "random" and "random" in options.by:
                people = [
                    name for seed in options.seeds for name in rows[seed, by, size]["people"].split()
                ]  # each seed judges other images: every image is one of one training
                difference = (errors(by, size) - errors("random", size)).ravel()
                found = estimate(difference[:, None], people, other_trainings=False)
                low, high = (end[0] for end in interval(found))
                line.append(f"({found.mean[0]:+.3f}, {low:+.3f} to {high:+.3f})")
        print("  ".join(line))


if __name__ == "__main__":
    cli.run(main)
