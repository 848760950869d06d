"""What a user would pick instead: MediaPipe Face Mesh, as it comes and calibrated, on the test part of a run.

    python benchmarks/peers.py --run RUN [RUN ...] [--peer-python PYTHON] [--json FILE]

The mesh sees the crops that the run's detector saw, and is calibrated on the run's training images (face_mesh.py).
Several runs are seeds of one method: their errors are averaged for each image.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from face_mesh import MEDIAPIPE, MESH_POINTS, Calibration, find_meshes, landmarks, peer_environment
from measure import RESULTS, machine, write_json

from rtl_tf import cli
from rtl_tf.exceptions import InputError

IMAGE_SIZE = 128  # errors are given in heatmap px of a crop of this size, whatever the runs' is
THRESHOLD = 1.0  # heatmap px; an image above it is a failure
PROTOCOLS = ("clinical", "paper")
FRAMES = 100  # timed
DIFFERENCES = ("minus_first", "minus_first_where_found")
SETTINGS = ("method", "seed", "lambda", "source", "image_size", "crop_margin", "crop_jitter", "epochs", "train_images")


@dataclass(frozen=True)
class Judged:
    """Mean errors of R runs on N images, and whether they are failures: by protocol, (R, N), heatmap px."""

    errors: dict[str, np.ndarray]
    failed: dict[str, np.ndarray]


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    cli.start_tensorflow()
    runs = load_runs(options.run)
    training, test, people = load_parts(runs[0])
    python = options.peer_python or peer_environment()
    mesh, seconds, versions = find_meshes(python, np.concatenate([training.plain, test.plain]))
    known, unseen = np.split(mesh, [len(training.images)])
    stand_in = np.nanmean(training.points, axis=0)
    calibrated = Calibration.learn(known, training.points).apply(unseen)
    title = runs[0].method.upper()
    judged = {
        title: judge_runs(runs),
        "Face Mesh": judge_points(landmarks(unseen), stand_in, test),
        "Face Mesh, calibrated": judge_points(calibrated, stand_in, test),
    }
    found = np.isfinite(unseen[:, 0, 0])
    rows = {protocol: compare(judged, protocol, people, found) for protocol in PROTOCOLS}
    speed = {title: time_detector(runs[0].folder, test.plain), "Face Mesh": milliseconds(seconds[-len(test.images) :])}
    show(rows, speed, people, found)
    write(options.json, rows, speed, runs, people, found, versions)


def parse(arguments: list[str]):
    parser = cli.Parser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, nargs="+", required=True, help="run folders: seeds of one method")
    parser.add_argument("--peer-python", type=Path, help=f"Python with {MEDIAPIPE} [installed into the cache folder]")
    parser.add_argument("--json", type=Path, default=RESULTS / "peers.json")
    return parser.parse_args(arguments)


def load_runs(folders: list[Path]) -> list:
    """Finished runs of one method that were trained and tested on the same images of fas12."""
    from rtl_tf.reports.runs import read_run, require_comparable, require_same_images

    runs = [read_run(folder) for folder in folders]
    require_comparable(runs)
    require_same_images(runs)
    first = runs[0]
    if first.predictions.landmarks != tuple(MESH_POINTS):
        raise InputError(f"{first.folder}: its landmarks are not those of fas12, which the mesh is compared on")
    for run in runs[1:]:
        if run.method != first.method or split_text(run) != split_text(first):
            raise InputError(f"{first.folder} and {run.folder}: not seeds of one method on one split")
    return runs


def split_text(run) -> str:
    path = run.folder / "split.csv"
    if not path.is_file():
        raise InputError(f"no file {path}: it says which images the run was trained on")
    return path.read_text(encoding="utf-8")


def load_parts(run) -> tuple:
    """Crops of a run's training and test images, and the people of the test images."""
    from rtl_tf import datasets
    from rtl_tf.datasets.splits import read_split
    from rtl_tf.pipeline import load_crops
    from rtl_tf.schema import load_schema

    size, schema = run.resolved["image_size"], run.resolved["schema"]
    samples = datasets.load(run.resolved["data"], schema, size=size)
    if datasets.fingerprint(samples) != run.resolved["dataset_hash"]:
        raise InputError(f"{run.resolved['data']}: not the data that the run in {run.folder} was trained on")
    parts = read_split(run.folder / "split.csv", samples).parts
    chosen = {part: [samples[index] for index in parts[part]] for part in ("training", "test")}
    margin, known = run.resolved["crop_margin"], load_schema(schema)
    training, test = (
        load_crops(part, known, size=size, margin=margin, label=f"reading {name} images")
        for name, part in chosen.items()
    )
    return training, test, [sample.subject for sample in chosen["test"]]


def judge_runs(runs: list) -> Judged:
    from rtl_tf.coordinates import input_to_heatmap
    from rtl_tf.evaluation.errors import protocol_errors

    errors = {
        "clinical": [input_to_heatmap(protocol_errors(run.predictions, "clinical")["input_px"]) for run in runs],
        "paper": [protocol_errors(run.predictions, "paper")["heatmap_px"] for run in runs],
    }
    return judge(errors, runs[0].resolved["image_size"])


def judge_points(points: np.ndarray, stand_in: np.ndarray, test) -> Judged:
    """Errors of (N, K, 2) input px. A face that was not found is a failure, and in means has the error of `stand_in`.

    The paper protocol rounds truth and prediction, as an argmax is.
    """
    from rtl_tf.coordinates import input_to_heatmap, round_to_grid
    from rtl_tf.evaluation.errors import radial_errors

    missed = np.isnan(points).any(axis=(1, 2))
    points = np.where(missed[:, None, None], stand_in, points)
    truth, points = input_to_heatmap(test.points), input_to_heatmap(points)
    errors = {
        "clinical": [radial_errors(truth, points)],
        "paper": [radial_errors(round_to_grid(truth), round_to_grid(points))],
    }
    return judge(errors, test.size, missed)


def judge(errors: dict[str, list[np.ndarray]], image_size: int, missed: np.ndarray | bool = False) -> Judged:
    """From errors of R runs, each (N, K), in heatmap px of their crops."""
    from rtl_tf.evaluation.metrics import per_image

    scale = IMAGE_SIZE / image_size
    means = {name: scale * np.stack([per_image(run) for run in runs]) for name, runs in errors.items()}
    return Judged(means, {name: (values > THRESHOLD) | missed for name, values in means.items()})


def compare(judged: dict[str, Judged], protocol: str, people: list[str], found: np.ndarray) -> dict[str, dict]:
    """A row for each detector; the first is subtracted from the others, image by image."""
    from rtl_tf.evaluation.statistics import interval, resampled_means

    means = {name: detector.errors[protocol].mean(axis=0) for name, detector in judged.items()}
    first, *others = means
    ends = np.transpose(interval(resampled_means(np.stack(list(means.values()), axis=1), people)))
    rows = {
        name: {
            "mean": float(means[name].mean()),
            "interval": low_high.tolist(),
            "std_over_images": float(detector.errors[protocol].std(axis=1).mean()),
            "failure_rate": float(detector.failed[protocol].mean()),
        }
        for (name, detector), low_high in zip(judged.items(), ends, strict=True)
    }
    for name in others:
        difference = means[name] - means[first]
        rows[name]["minus_first"] = judge_difference(difference, people)
        rows[name]["minus_first_where_found"] = judge_difference(np.where(found, difference, np.nan), people)
    return rows


def judge_difference(difference: np.ndarray, people: list[str]) -> dict:
    from rtl_tf.evaluation.statistics import interval, paired_permutation_test, resampled_means

    return {
        "mean": float(np.nanmean(difference)),
        "interval": [float(end) for end in interval(resampled_means(difference, people))],
        "p": float(paired_permutation_test(difference, people)),
    }


def time_detector(run: Path, crops: np.ndarray) -> dict[str, float]:
    """A run's Keras model, one crop at a time, in one compiled graph."""
    from rtl_tf.inference.detector import Detector

    detector, seconds = Detector.load(run), []
    for number in range(FRAMES + 5):
        crop = crops[number % len(crops)][None]
        started = time.perf_counter()
        detector.locate(crop)
        seconds.append(time.perf_counter() - started)
    return milliseconds(np.array(seconds[5:]))


def milliseconds(seconds: np.ndarray) -> dict[str, float]:
    return {name: 1e3 * float(pick(seconds)) for name, pick in (("median", np.median), ("min", min), ("max", max))}


def show(rows: dict[str, dict], speed: dict[str, dict], people: list[str], found: np.ndarray) -> None:
    first = next(iter(speed))
    print(f"{len(people)} images of {len(set(people))} people, heatmap px; no mesh in {np.sum(~found)} of them")
    for protocol, detectors in rows.items():
        head = f"{protocol:22} {'mean (95 %)':>22} {'std':>6} {f'> {THRESHOLD}':>7}  "
        print(f"\n{head}{f'minus {first} (95 %), p':>36}  {'where a mesh was found':>36}")
        for name, row in detectors.items():
            text = f"{name:22} {of_interval(row, '.3f'):>22} {row['std_over_images']:6.3f} {row['failure_rate']:7.1%}  "
            differences = [row[key] for key in DIFFERENCES if key in row]
            print(
                text + "  ".join(f"{of_interval(value, '+.3f')}, {value['p']:.4f}".rjust(36) for value in differences)
            )
    print()
    for name, values in speed.items():
        print(f"{name:22} {values['median']:.1f} ms a frame ({values['min']:.1f} to {values['max']:.1f})")


def of_interval(values: dict, form: str) -> str:
    low, high = values["interval"]
    return f"{values['mean']:{form}} ({low:{form}} to {high:{form}})"


def write(path: Path, rows: dict, speed: dict, runs: list, people: list[str], found: np.ndarray, versions: str) -> None:
    """The figures that are compared, then the rest."""
    figures = {}
    for name, row in rows["clinical"].items():
        figures[f"clinical_heatmap_px {name}"] = row["mean"]
        figures[f"clinical_failure_rate {name}"] = row["failure_rate"]
    figures |= {f"milliseconds {name}": values["median"] for name, values in speed.items()}
    details = {
        "runs": [{key: run.resolved[key] for key in SETTINGS} for run in runs],
        "images": len(people),
        "people": len(set(people)),
        "faces_not_found": int(np.sum(~found)),
        "threshold_heatmap_px": THRESHOLD,
        "protocols": rows,
        "milliseconds": speed,
        "peer": versions,
        "machine": machine(("tensorflow", "keras", "numpy")),
    }
    write_json(path, figures, details)


if __name__ == "__main__":
    cli.run(main)
