"""A detector's runs against what a user would pick instead, by where the boxes come from.

    python benchmarks/detector.py --run RUN [RUN ...] [--part validation] [--boxes 0 0.05 0.1 0.2 found]

The peer is the package's Face Mesh, looked at once in the same boxes: as it comes, with mean offsets, with a ridge
regression, and with one that knows which samples are mirrored; all are calibrated on the runs' training images, with
boxes of the same kind (face_mesh.py). Several runs are seeds of one detector. Errors are clinical, heatmap px of a crop
of 128 px around the landmarks, whatever the detector looks at. Boxes: around the truth (0), off by up to a share of
their side, or `found` on the photograph by the face finder and the run's face square (the side is the data set's).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from face_mesh import landmarks, mean_offsets, ridge
from measure import RESULTS, machine, write_json
from peers import THRESHOLD, Judged, compare, of_boxes, show
from peers_data import load_runs

from rtl_tf import cli

SIZE = 128
FOUND = "found"


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    cli.start_tensorflow()
    from rtl_tf import datasets
    from rtl_tf.inference.detector import Detector
    from rtl_tf.pipeline import sample_crop
    from rtl_tf.runs.parts import read_split

    runs = load_runs(options.run)
    detectors = [Detector.load(run.folder) for run in runs]
    config = runs[0].resolved
    samples = datasets.load(config["data"], config["schema"])
    parts = read_split(runs[0].folder / "split.csv", samples).parts
    training, judged = ([samples[index] for index in parts[name]] for name in ("training", options.part))
    crops = [[sample_crop(sample, SIZE, config["crop_margin"]) for sample in part] for part in (training, judged)]
    people, results = [sample.subject for sample in judged], {}
    for kind in options.boxes:
        random = np.random.default_rng(0)
        boxes = [
            [box_of(kind, sample, crop, detectors[0].face_square, random) for sample, crop in zip(*pair, strict=True)]
            for pair in zip((training, judged), crops, strict=True)
        ]
        answers = {runs[0].method.upper(): np.stack([found(one, judged, boxes[1], kind) for one in detectors])}
        answers |= peers(training, judged, boxes, detectors[0].schema)
        truth = np.stack([sample.points for sample in judged])
        rows = {"clinical": compare({name: judge(points, truth, crops[1]) for name, points in answers.items()},
                                    "clinical", people)}  # fmt: skip
        text = "boxes of the face finder" if kind == FOUND else of_boxes(float(kind))
        show(rows, options.part, text, people, f"{len(runs)} runs")
        results[text] = rows["clinical"]
    figures = {f"{name}, {text}": row["mean"] for text, rows in results.items() for name, row in rows.items()}
    details = {
        "runs": [run.resolved | {"output": None, "data": None} for run in runs],
        "part": options.part,
        "images": len(people),
        "people": len(set(people)),
        "results": results,
        "machine": machine(("tensorflow", "keras", "numpy", "ai-edge-litert")),
    }
    write_json(options.json or RESULTS / f"detector-{options.part}.json", figures, details)


def parse(arguments: list[str]):
    parser = cli.Parser(prog="python benchmarks/detector.py", description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, nargs="+", required=True, help="run folders: seeds of one detector")
    parser.add_argument("--part", choices=("test", "validation"), default="test", help="the judged part [test]")
    parser.add_argument("--boxes", nargs="+", default=["0", "0.05", "0.1", "0.2", FOUND], help="see above")
    parser.add_argument("--json", type=Path, help=f"[{RESULTS}/detector-PART.json]")
    return parser.parse_args(arguments)


def box_of(kind: str, sample, crop, face_square, random):
    """The box that a detector is given of a sample, a `Crop`; the largest central square where no face is found."""
    from rtl_tf.coordinates import Crop
    from rtl_tf.images import read_image
    from rtl_tf.inference.box_evidence import displaced
    from rtl_tf.inference.squares import central_square, found_square

    if kind != FOUND:
        return displaced(crop, float(kind), random)
    image = read_image(sample.image)
    found = found_square(face_square, image, sample.mirrored)
    return Crop(*(found.box if found else central_square(image.shape[1::-1])), SIZE, sample.mirrored)


def found(detector, samples: Sequence, boxes: Sequence, kind: str) -> np.ndarray:
    """float32 (N, K, 2) original px. A box of the face finder is none that somebody gave."""
    images, mirrored = [sample.image for sample in samples], [sample.mirrored for sample in samples]
    squares = [(box.left, box.top, box.side) for box in boxes]
    given = [None] * len(boxes) if kind == FOUND else squares
    outcomes = list(detector.outcomes(images, given, mirrored))
    points = []
    for outcome, image, square, flag in zip(outcomes, images, squares, mirrored, strict=True):
        lost = isinstance(outcome, Exception)  # no face: what is left is the middle
        points.append((detector.predict(image, [square], flag)[0] if lost else outcome.prediction).points)
    return np.stack(points)


def peers(training: Sequence, judged: Sequence, boxes: Sequence[Sequence], schema) -> dict[str, np.ndarray]:
    """Of each variant of the mesh (1, N, K, 2), original px."""
    from rtl_tf.images import read_image
    from rtl_tf.inference.face_meshes import mesh_in

    known, unseen = (
        np.stack(
            [box.to_input(mesh_in(read_image(sample.image), box).points) for sample, box in zip(*pair, strict=True)]
        )
        for pair in zip((training, judged), boxes, strict=True)
    )
    labels = np.stack([
        box.to_input(sample.points)[schema.mirror_permutation if box.mirrored else slice(None)]
        for sample, box in zip(training, boxes[0], strict=True)
    ])  # fmt: skip
    flags, unseen_flags = (np.array([1.0 if one.mirrored else -1.0 for one in part]) for part in (training, judged))
    answers = {
        "Face Mesh": landmarks(unseen),
        "Face Mesh, offsets": mean_offsets(known, labels)(unseen),
        "Face Mesh, ridge": ridge(known, labels)(unseen),
        "Face Mesh, ridge, flag": ridge(known, labels, flags)(unseen, unseen_flags),
    }

    def in_original(points: np.ndarray) -> np.ndarray:
        names = [schema.mirror_permutation if box.mirrored else slice(None) for box in boxes[1]]
        return np.stack([box.to_original(one)[order] for box, one, order in zip(boxes[1], points, names, strict=True)])

    return {name: in_original(points)[None] for name, points in answers.items()}


def judge(points: np.ndarray, truth: np.ndarray, crops: Sequence) -> Judged:
    """Of R runs (R, N, K, 2); `crops` are those around the landmarks."""
    from rtl_tf.coordinates import input_to_heatmap

    scale = np.array([input_to_heatmap(crop.input_px_per_px) for crop in crops])
    errors = np.nanmean(np.linalg.norm(points - truth, axis=-1), axis=-1) * scale
    return Judged({"clinical": errors}, {"clinical": errors > THRESHOLD})


if __name__ == "__main__":
    cli.run(main)
