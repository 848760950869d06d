"""A detector's runs against what a user would pick instead, by where the boxes come from.

    python benchmarks/detector.py --run RUN [RUN ...] [--part validation] [--boxes 0 0.05 0.1 0.2 found] [--mesh FILE]

The peer is MediaPipe's Face Mesh (the package's weights, or those of FILE): looked at once in the same boxes; and as
MediaPipe does in photographs, where the face finder finds the face, then again in the mesh's own upright square. Both
as they come, with mean offsets, with a ridge regression, and with one that knows which samples are mirrored; all are
calibrated on the runs' training images with boxes of the same kind, in the frame of these boxes, which tell where
landmarks are (face_mesh.py). Several runs are seeds of one detector. Errors are clinical, heatmap px of a crop of
128 px around the landmarks, whatever the detector looks at. Boxes: around the truth (0), off by up to a share of their
side, or `found` on the photograph by the face finder and the run's face square (the side is the data set's).
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from face_mesh import landmarks, mean_offsets, ridge
from measure import RESULTS, machine, write_json
from peers import THRESHOLD, Judged, compare, of_boxes, show
from peers_data import load_runs

from rtl_tf import cli
from rtl_tf.exceptions import InputError

SIZE = 128
FOUND = "found"
MESH_NUMBERS = 3 * 468


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    cli.start_tensorflow()
    from rtl_tf import datasets
    from rtl_tf.inference.detector import Detector
    from rtl_tf.pipeline import sample_crop
    from rtl_tf.runs.parts import read_split

    runs, networks = load_runs(options.run), mesh_networks(options.mesh)
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
        found_meshes = meshes((training, judged), boxes, networks)
        answers |= peers((training, judged), boxes, found_meshes, detectors[0].schema)
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
        "mesh": options.mesh.name if options.mesh else "the package's",
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
    parser.add_argument("--mesh", type=Path, help="the peers' mesh, as mediapipe's face_landmark.tflite [packaged]")
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


def mesh_networks(file: Path | None):
    """The networks of a `.tflite` file, None = the installed package's; InputError where it gives no mesh and score."""
    if file is None:
        return None
    from rtl_tf.inference.engines import Reserve
    from rtl_tf.inference.face_meshes import MeshNetwork
    from rtl_tf.networks import tflite_weights

    if [np.prod(shape) for shape in tflite_weights.read(file).outputs.values()] != [MESH_NUMBERS, 1]:
        raise InputError(f"--mesh {file}: no Face Mesh: it does not answer with 468 points (x, y, z) and a score")
    return Reserve(partial(MeshNetwork, file))


def meshes(parts: Sequence[Sequence], boxes: Sequence[Sequence], networks) -> dict[str, list]:
    """By how it is looked for, of each part and sample, its mesh: once in the box; again, from the face on."""
    from rtl_tf.images import read_image
    from rtl_tf.inference.face_meshes import find_mesh, mesh_in
    from rtl_tf.inference.squares import face_in, mesh_square

    once, again = [], []
    for samples, squares in zip(parts, boxes, strict=True):
        images = [read_image(sample.image) for sample in samples]
        once.append([mesh_in(image, box, networks) for image, box in zip(images, squares, strict=True)])
        faces = [face_in(image, box) for image, box in zip(images, squares, strict=True)]
        starts = [mesh_square(face, box) if face else box for face, box in zip(faces, squares, strict=True)]
        found = [find_mesh(image, start, networks) for image, start in zip(images, starts, strict=True)]
        again.append([last if last.score > 0 else first for last, first in zip(found, once[-1], strict=True)])
    return {"": once, " again": again}


def peers(parts: Sequence[Sequence], boxes: Sequence[Sequence], found: dict[str, list], schema) -> dict:
    """Of each variant of the mesh (1, N, K, 2), original px.

    Args:
        parts: training and judged samples; boxes: theirs; found: their `meshes`.
    """
    orders = [[schema.mirror_permutation if box.mirrored else slice(None) for box in part] for part in boxes]
    labels = np.stack(
        [box.to_input(sample.points)[order] for sample, box, order in zip(parts[0], boxes[0], orders[0], strict=True)]
    )
    flags, unseen_flags = (np.array([1.0 if sample.mirrored else -1.0 for sample in part]) for part in parts)
    answers = {}
    for name, looks in found.items():
        known, unseen = (
            np.stack([box.to_input(mesh.points) for box, mesh in zip(*pair, strict=True)])
            for pair in zip(boxes, looks, strict=True)
        )
        answers |= {
            f"Face Mesh{name}": landmarks(unseen),
            f"Face Mesh{name}, offsets": mean_offsets(known, labels)(unseen),
            f"Face Mesh{name}, ridge": ridge(known, labels)(unseen),
            f"Face Mesh{name}, ridge, flag": ridge(known, labels, flags)(unseen, unseen_flags),
        }

    def in_original(points: np.ndarray) -> np.ndarray:
        triples = zip(boxes[1], points, orders[1], strict=True)
        return np.stack([box.to_original(one)[order] for box, one, order in triples])

    return {name: in_original(points)[None] for name, points in answers.items()}


def judge(points: np.ndarray, truth: np.ndarray, crops: Sequence) -> Judged:
    """Of R runs (R, N, K, 2); `crops` are those around the landmarks."""
    from rtl_tf.coordinates import input_to_heatmap

    scale = np.array([input_to_heatmap(crop.input_px_per_px) for crop in crops])
    errors = np.nanmean(np.linalg.norm(points - truth, axis=-1), axis=-1) * scale
    return Judged({"clinical": errors}, {"clinical": errors > THRESHOLD})


if __name__ == "__main__":
    cli.run(main)
