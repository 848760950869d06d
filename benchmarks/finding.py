"""Does the face finder find the labelled faces, how long does it take, and how far off are the squares it leads to?

    python benchmarks/finding.py --data youtube_faces_keypoints
    python -m rtl_tf.datasets.synthetic --photographs --output heads --subjects 100 --scans 2 --size 1200 --seed 5
    python benchmarks/finding.py --data heads --images 50

Photographs are drawn from the training part, of as many people as there are. A face is found where the middle of the
largest face's box lies in the square around the labels. How far centres are off is told as root mean square distances
in shares of that square's side, as the network sees it: from its middle, and from their mean place (scatter; a constant
offset is none): of the finder's own box, and of the square to which the ridge from box and key points leads, fitted on
other people (folds). Which side of the face is shown is the data set's. Decoding takes no time here.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from measure import RESULTS, machine, write_json

from rtl_tf import cli

FOLDS = 5
WARM_UP = 3  # photographs


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    from rtl_tf import datasets
    from rtl_tf.coordinates import sample_crop

    samples = drawn(datasets.load(options.data), options.images, options.seed)
    crops = [sample_crop(sample, 1, options.margin) for sample in samples]
    answers, seconds = look(samples)
    faces = [on_the_labels(found, crop) for found, crop in zip(answers, crops, strict=True)]
    known = [index for index, face in enumerate(faces) if face]
    samples, crops, faces = ([each[index] for index in known] for each in (samples, crops, faces))
    milliseconds, of_processor = 1e3 * np.median(seconds, axis=0)
    centres = {"box": [face.centre for face in faces], "ridge": refined(samples, faces, crops)}
    figures = {"recall": len(known) / len(answers), "ms": milliseconds, "processor ms": of_processor}
    print(
        f"found in {len(known)} of {len(answers)} photographs; {milliseconds:.1f} ms, {of_processor:.1f} of a processor"
    )
    for name, places in centres.items():
        off, scattered = apart(places, crops)
        figures |= {f"off, {name}": off, f"scatter, {name}": scattered}
        print(f"{name:5}: centre off by {off:.3f} of the side, by {scattered:.3f} from its mean place")
    details = {
        "data": datasets.dataset_name(options.data),
        "images": len(answers),
        "people": len({sample.subject for sample in samples}),
        "folds": FOLDS,
        "seed": options.seed,
        "machine": machine(("numpy", "pillow", "ai-edge-litert")),
    }
    write_json(options.json or RESULTS / f"finding-{details['data']}.json", figures, details)


def parse(arguments: list[str]):
    parser = cli.Parser(prog="python benchmarks/finding.py", description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="labelled photographs, as of train.py")
    parser.add_argument("--images", type=int, default=200, help="so many of the training part [200]")
    parser.add_argument("--margin", type=float, default=0.4, help="of the square around labels, see train.py [0.4]")
    parser.add_argument("--seed", type=int, default=0, help="of the draw and the folds [0]")
    parser.add_argument("--json", type=Path, help=f"[{RESULTS}/finding-DATA.json]")
    return parser.parse_args(arguments)


def drawn(samples: Sequence, images: int, seed: int) -> list:
    """Samples of the training part; nobody gives a second one before each has given one."""
    from rtl_tf.datasets.splits import split, subset

    return [samples[index] for index in subset(split(samples, seed=seed), samples, images, 1, seed).training]


def look(samples: Sequence) -> tuple[list[list], list[list[float]]]:
    """The faces on each photograph, and the seconds that finding them took, on the clock and of a processor."""
    from rtl_tf.images import read_image
    from rtl_tf.inference.face_finder import find_faces
    from rtl_tf.pyramid import Pyramid

    answers, seconds = [], []
    for number, sample in enumerate([*samples[:WARM_UP], *samples], start=1):
        photograph = Pyramid.of(read_image(sample.image))
        started = time.perf_counter(), time.process_time()
        answers.append(find_faces(photograph))
        seconds.append([time.perf_counter() - started[0], time.process_time() - started[1]])
        print(f"\rphotograph {number}/{WARM_UP + len(samples)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return answers[WARM_UP:], seconds[WARM_UP:]


def on_the_labels(faces: Sequence, crop):
    """The largest face, where its middle lies in the square around the labels; else None."""
    inside = bool(faces) and (abs(crop.to_shares(faces[0].centre) - 0.5) < 0.5).all()
    return faces[0] if inside else None


def refined(samples: Sequence, faces: Sequence, crops: Sequence) -> list[np.ndarray]:
    """The centre of each face's square, original px, by a fit on the people of the other folds."""
    from rtl_tf.datasets.splits import folds
    from rtl_tf.inference.face_square import fit

    centres: dict[int, np.ndarray] = {}
    for fold in folds(samples, range(len(samples)), FOLDS):
        others = [index for index in range(len(samples)) if index not in fold]
        squares = [(crops[index].left, crops[index].top, crops[index].side) for index in others]
        mirrored, people = zip(*[(samples[index].mirrored, samples[index].subject) for index in others], strict=True)
        learned = fit([faces[index] for index in others], squares, mirrored, people)
        for index in fold:
            (left, top, side), _ = learned.apply(faces[index], samples[index].mirrored)
            centres[index] = np.array([left, top]) + side / 2
    return [centres[index] for index in range(len(samples))]


def apart(centres: Sequence[np.ndarray], crops: Sequence) -> tuple[float, float]:
    """Root mean square distances of centres (2,), original px, from their squares' middles and from their mean place in
    these, shares of the sides."""
    places = np.array([crop.to_shares(centre) for centre, crop in zip(centres, crops, strict=True)])
    return tuple(float(np.sqrt(((places - middle) ** 2).sum(axis=1).mean())) for middle in (0.5, places.mean(axis=0)))


if __name__ == "__main__":
    cli.run(main)
