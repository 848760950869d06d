"""What a user would pick instead: MediaPipe Face Mesh, as it comes and calibrated, on photographs unseen by a run.

    python benchmarks/peers.py --run RUN [RUN ...] [--part validation] [--box-jitter 0 0.05] [--peer-python PYTHON]

Mesh and detector see the same crops. The mesh is calibrated on the run's training images (face_mesh.py). Several runs
are seeds of one method: their errors are averaged for each image. Crops stand around the true landmarks, which tells a
detector where they are; `--box-jitter` shifts and zooms them at random, as boxes of a face detector would be.
Settings are chosen with `--part validation`.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from face_mesh import MEDIAPIPE, find_meshes, landmarks, mean_offsets, peer_environment, ridge
from measure import RESULTS, machine, write_json
from peers_data import load_parts, load_runs

from rtl_tf import cli

IMAGE_SIZE = 128  # errors are given in heatmap px of a crop of this size, whatever the runs' is
THRESHOLD = 1.0  # heatmap px; an image above it is a failure
PROTOCOLS = ("clinical", "paper")
FRAMES = 100  # timed
FILES = {"test": "peers.json", "validation": "peers-validation.json"}  # by the judged part of the split
SETTINGS = (
    *("method", "seed", "lambda", "source", "image_size", "crop_margin", "crop_jitter", "epochs", "batch_size"),
    *("learning_rate", "train_images"),
)


@dataclass(frozen=True)
class Judged:
    """Mean errors of R runs on N images, and whether they are failures: by protocol, (R, N), heatmap px."""

    errors: dict[str, np.ndarray]
    failed: dict[str, np.ndarray]


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    cli.start_tensorflow()
    from rtl_tf.inference.detector import Detector

    runs = load_runs(options.run)
    python = options.peer_python or peer_environment()
    detectors = [Detector.load(run.folder) for run in runs]
    title, results = runs[0].method.upper(), {}
    for jitter in options.box_jitter:
        training, crops, people = load_parts(runs[0], options.part, jitter)
        mesh, seconds, versions = find_meshes(python, np.concatenate([training.plain, crops.plain]))
        known, unseen = np.split(mesh, [len(training.images)])
        stand_in = np.nanmean(training.points, axis=0)
        answers = {
            "Face Mesh": landmarks,
            "Face Mesh, offsets": mean_offsets(known, training.points),
            "Face Mesh, ridge": ridge(known, training.points),
        }
        judged = {title: judge_detectors(detectors, crops)}
        judged |= {name: judge_mesh(answer(unseen), stand_in, crops) for name, answer in answers.items()}
        found = np.isfinite(unseen[:, 0, 0])
        rows = {protocol: compare(judged, protocol, people) for protocol in PROTOCOLS}
        results[f"box jitter {jitter:g}"] = rows | {"faces_not_found": int(np.sum(~found))}
        show(rows, options.part, of_boxes(jitter), people, f"no mesh in {np.sum(~found)} images")
    speed = {title: time_detector(detectors[0], crops.plain), "Face Mesh": milliseconds(seconds[-len(people) :])}
    print("\nms a frame: " + ", ".join(f"{name} {of_range(values)}" for name, values in speed.items()))
    details = {
        "runs": [{key: run.resolved[key] for key in SETTINGS} for run in runs],
        "part": options.part,
        "images": len(people),
        "people": len(set(people)),
        "results": results,
        "milliseconds": speed,
        "peer": versions,
        "machine": machine(("tensorflow", "keras", "numpy")),
    }
    write_json(options.json or RESULTS / FILES[options.part], figures(results, speed), details)


def parse(arguments: list[str]):
    parser = cli.Parser(prog="python benchmarks/peers.py", description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, nargs="+", required=True, help="run folders: seeds of one method")
    parser.add_argument(
        "--box-jitter", type=float, nargs="+", default=[0.0, 0.05], help="shift and zoom of boxes, share of their side"
    )
    parser.add_argument("--part", choices=FILES, default="test", help="the judged part of the runs' split [test]")
    parser.add_argument("--peer-python", type=Path, help=f"Python with {MEDIAPIPE} [installed into the cache folder]")
    parser.add_argument("--json", type=Path, help=f"[{RESULTS}/, by part: {', '.join(FILES.values())}]")
    return parser.parse_args(arguments)


def judge_detectors(detectors: list, crops) -> Judged:
    located = [
        [detector.locate(crops.plain[start : start + 32]) for start in range(0, len(crops.images), 32)]
        for detector in detectors
    ]
    return judge(
        crops,
        points=[np.concatenate([part.points for part in parts]) for parts in located],
        heatmap_points=[np.concatenate([part.heatmap_points for part in parts]) for parts in located],
    )


def judge_mesh(points: np.ndarray, stand_in: np.ndarray, crops) -> Judged:
    """Of (N, K, 2) input px. A face that was not found is a failure, and in means has the error of `stand_in`.

    In the paper protocol the mesh's points are rounded to the grid, as an argmax is.
    """
    from rtl_tf.coordinates import input_to_heatmap, round_to_grid

    missed = np.isnan(points).any(axis=(1, 2))
    points = np.where(missed[:, None, None], stand_in, points)
    return judge(crops, [points], [round_to_grid(input_to_heatmap(points))], missed)


def judge(crops, points: list, heatmap_points: list, missed: np.ndarray | bool = False) -> Judged:
    """Of R runs: (N, K, 2) input px, sub-pixel, and heatmap px on the grid."""
    from rtl_tf.coordinates import input_to_heatmap, round_to_grid
    from rtl_tf.evaluation.errors import radial_errors
    from rtl_tf.evaluation.metrics import per_image

    truth, scale = input_to_heatmap(crops.points), IMAGE_SIZE / crops.size
    pairs = {
        "clinical": [(truth, input_to_heatmap(run)) for run in points],
        "paper": [(round_to_grid(truth), run) for run in heatmap_points],
    }
    errors = {
        name: scale * np.stack([per_image(radial_errors(*pair)) for pair in runs]) for name, runs in pairs.items()
    }
    return Judged(errors, {name: (values > THRESHOLD) | missed for name, values in errors.items()})


def compare(judged: dict[str, Judged], protocol: str, people: list[str]) -> dict[str, dict]:
    """A row for each detector; the first, with all its trainings, is subtracted from the others, image by image."""
    first, *others = judged
    rows = {}
    for name, detector in judged.items():
        errors = detector.errors[protocol].T
        rows[name] = worth(errors, people) | {
            "std_over_images": float(errors.std(axis=0).mean()),
            "failure_rate": float(detector.failed[protocol].mean()),
        }
    for name in others:
        difference = judged[name].errors[protocol].T - judged[first].errors[protocol].T
        rows[name]["minus_first"] = worth(difference, people, tested=True)
    return rows


def worth(values: np.ndarray, people: list[str], tested: bool = False) -> dict:
    """Mean of (N, T) values and its 95 % interval, for other trainings too where there are enough; p on demand."""
    from rtl_tf.evaluation.statistics import FEWEST_TRAININGS, estimate, interval, p_values

    found = estimate(values, people)
    row = {"mean": float(found.mean[0]), "interval": [float(end[0]) for end in interval(found)]}
    if tested and values.shape[1] >= FEWEST_TRAININGS:
        row["p"] = float(p_values(found)[0])
    return row


def time_detector(detector, crops: np.ndarray) -> dict[str, float]:
    """A run's Keras model, one crop at a time, in one compiled graph."""
    seconds = []
    for number in range(FRAMES + 5):
        crop = crops[number % len(crops)][None]
        started = time.perf_counter()
        detector.locate(crop)
        seconds.append(time.perf_counter() - started)
    return milliseconds(np.array(seconds[5:]))


def milliseconds(seconds: np.ndarray) -> dict[str, float]:
    return {name: 1e3 * float(pick(seconds)) for name, pick in (("median", np.median), ("min", min), ("max", max))}


def of_boxes(jitter: float) -> str:
    return f"boxes off by up to {jitter:.0%}" if jitter else "boxes around the truth"


def show(rows: dict[str, dict], part: str, boxes: str, people: list[str], note: str) -> None:
    print(f"\n{len(people)} {part} images of {len(set(people))} people, {boxes}; heatmap px; {note}")
    for protocol, detectors in rows.items():
        first, width = next(iter(detectors)), max(map(len, detectors)) + 2
        head = f"{protocol:{width}}{'mean (95 %)':>23}{'std':>7}{f'> {THRESHOLD}':>8}"
        print(f"{head}{f'minus {first} (95 %), p':>40}")
        for name, row in detectors.items():
            text = f"{name:{width}}{of_interval(row, '.3f'):>23}{row['std_over_images']:7.3f}{row['failure_rate']:8.1%}"
            if difference := row.get("minus_first"):
                p = f"{difference['p']:.4f}" if "p" in difference else "few seeds"
                text += f"{of_interval(difference, '+.3f')}, {p}".rjust(40)
            print(text)


def of_interval(values: dict, form: str) -> str:
    low, high = values["interval"]
    return f"{values['mean']:{form}} ({low:{form}} to {high:{form}})"


def of_range(values: dict) -> str:
    return f"{values['median']:.1f} ({values['min']:.1f} to {values['max']:.1f})"


def figures(results: dict, speed: dict) -> dict[str, float]:
    """What is compared first: errors and failure rates of the clinical protocol, ms."""
    flat = {}
    for boxes, rows in results.items():
        for name, row in rows["clinical"].items():
            flat[f"{name}, {boxes}, clinical heatmap px"] = row["mean"]
            flat[f"{name}, {boxes}, failure rate"] = row["failure_rate"]
    return flat | {f"{name}, ms a frame": values["median"] for name, values in speed.items()}


if __name__ == "__main__":
    cli.run(main)
