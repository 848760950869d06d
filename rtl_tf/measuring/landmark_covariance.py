"""How a detector errs: the covariance of its landmarks' errors on faces that it has not seen, kept beside a run.

Errors are shares of the face's size, so that they hold for photographs of any resolution, and of faces as the network
sees them: a mirrored one is mirrored back. They are about zero: an error that is always the same counts, too. Each
person counts once, however many images they have, and each landmark has people of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import special

from rtl_tf.csv_rows import read_rows, write_rows
from rtl_tf.documents import Node, read_json, read_text, repeated, write_json
from rtl_tf.exceptions import InputError, retold_by
from rtl_tf.geometry.mirroring import unmirrored
from rtl_tf.geometry.point_gaussian import blocks_of
from rtl_tf.measuring.face_size import MeanFace, face_size
from rtl_tf.numerals import as_number
from rtl_tf.runs import layout
from rtl_tf.runs.predictions import Predictions, of_labelled_landmarks, read_predictions
from rtl_tf.schema import parse_schema

COLUMNS = ("landmark", "xx", "xy", "yy")
FEWEST = 5  # people with a landmark labelled, for its errors to be told; with two of them, for how these go together
ROUND_OFF = 1e-9  # of the largest eigenvalue: a negative one beyond is none of a covariance


@dataclass(frozen=True, eq=False)
class LandmarkCovariance:
    """Covariance of the errors (truth - found) of K landmarks.

    Attributes:
        landmarks: K names.
        covariance: float64 (2K, 2K), of x and y of the first landmark, of the second, ..., in squares of `face_size`.
        images: on how many it was measured; 0 = not told.
        people: on how many each landmark's errors were, K numbers, 0 = not told; none at all: of no landmark.
        face: of the faces that erred, as the network saw them.
    """

    landmarks: tuple[str, ...]
    covariance: np.ndarray
    images: int = 0
    people: tuple[int, ...] = ()
    face: MeanFace = field(default_factory=MeanFace)

    @property
    def blocks(self) -> np.ndarray:
        """(K, 2, 2): each landmark's own."""
        return blocks_of(self.covariance)

    @classmethod
    def of_blocks(cls, landmarks: Sequence[str], blocks: np.ndarray, images: int = 0) -> "LandmarkCovariance":
        """Of each landmark's own covariance (K, 2, 2), as if they erred independently."""
        covariance = np.zeros((len(landmarks), 2, len(landmarks), 2))
        covariance[np.arange(len(landmarks)), :, np.arange(len(landmarks)), :] = blocks
        return cls(tuple(landmarks), covariance.reshape(2 * len(landmarks), -1), images)

    @classmethod
    def fit(cls, predictions: Predictions, order: np.ndarray) -> "LandmarkCovariance":
        """Of predictions for images that the network has not seen: mean products of errors over the people who have
        both, of each the mean over images. Two landmarks that fewer than FEWEST people have err as if independently.

        Args:
            order: (K,), of a mirrored face's landmarks, see `Schema.mirror_permutation`.
        Raises:
            InputError: no landmark has FEWEST people.
        """
        predictions = of_labelled_landmarks(predictions)
        points = predictions.points.astype(np.float64)
        errors = (predictions.truth - points) / face_size(points)[:, None, None]
        if predictions.mirrored is not None:
            errors, points = (unmirrored(each, predictions.mirrored == 1, order) for each in (errors, points))
        seen = np.isfinite(errors).all(axis=-1)
        sums, shared = _over_people(errors, seen, predictions.subjects)
        people = np.diagonal(shared)[::2].astype(int)
        known = people >= FEWEST
        if not known.any():
            most = people.max(initial=0)
            raise InputError(f"landmarks' errors need one that {FEWEST} people have labelled, at most {most} have")
        products = np.where(shared >= FEWEST, sums / np.maximum(shared, 1), 0.0)
        products = _without_negative(products[np.ix_(*2 * [np.repeat(known, 2)])])
        names = tuple(np.array(predictions.landmarks)[known].tolist())
        face = MeanFace.of(predictions.landmarks, points)
        return cls(names, products, int(seen.any(axis=1).sum()), tuple(people[known].tolist()), face)

    def draws(self, landmarks: Sequence[str], count: int, seed: int = 0) -> np.ndarray:
        """float64 (count, K, 2): errors of these landmarks, shares of `face_size`; NaN = unknown.

        Normal ones, or, where it is told on how many people a landmark's errors were measured, of Student's t with as
        many degrees of freedom: few people may all have erred little. One chance a draw stretches all landmarks, so
        that those of as many people go on erring together.
        """
        values, vectors = np.linalg.eigh(self.covariance)
        random = np.random.default_rng([seed, count])
        normal = random.standard_normal((count, len(values)))
        drawn = ((normal * np.sqrt(np.maximum(values, 0))) @ vectors.T).reshape(count, -1, 2)
        if self.people:
            freedom, chance = np.array(self.people, np.float64), random.random((count, 1))
            stretched = np.sqrt(freedom / special.chdtri(np.maximum(freedom, 1), chance))
            drawn *= np.where(freedom > 0, stretched, 1.0)[..., None]
        found = np.full((count, len(landmarks), 2), np.nan)
        for column, name in enumerate(landmarks):
            if name in self.landmarks:
                found[:, column] = drawn[:, self.landmarks.index(name)]
        return found


def out_of_fold_errors(run: layout.Folder) -> LandmarkCovariance | None:
    """By a run's cross-validation (`train.py --folds 5`); None where it has none. InputError where it is damaged."""
    record = run / layout.OUT_OF_FOLD
    return errors_in(read_predictions(record), run) if record.is_file() else None


def errors_in(predictions: Predictions, run: layout.Folder) -> LandmarkCovariance:
    """Of a run's predictions, by the schema that it keeps; where that is lost, no landmark has a mirrored partner."""
    schema, order = run / layout.SCHEMA, np.arange(len(predictions.landmarks))
    if schema.is_file():
        order = parse_schema(read_text(schema), str(schema)).mirror_permutation
    return LandmarkCovariance.fit(predictions, order)


def write_covariance(path: str | Path, found: LandmarkCovariance) -> None:
    """As JSON, all of it; or, by the name `.csv`, as a table of each landmark's own xx, xy and yy."""
    if Path(path).suffix.lower() == ".csv":
        rows = [(name, *(repr(float(own[at])) for at in ((0, 0), (0, 1), (1, 1)))) for name, own in _named(found)]
        write_rows(path, COLUMNS, rows)
    else:
        measured_on = {"images": found.images, "people": list(found.people)}
        content = {"landmarks": list(found.landmarks), **measured_on, "unit": "squares of the face's size"}
        write_json(path, content | {"covariance": found.covariance.tolist(), "face": found.face.to_json()})


def read_covariance(path: str | Path) -> LandmarkCovariance:
    """What `write_covariance` wrote, or a person. InputError, which names the place, where it is no covariance."""
    path = Path(path)
    found = _of_table(path) if path.suffix.lower() == ".csv" else _of_json(path)
    if (name := repeated(found.landmarks)) is not None:
        raise InputError(f"{path}: landmark '{name}' is there twice")
    values = np.linalg.eigvalsh(found.covariance)
    if not np.allclose(found.covariance, found.covariance.T) or values[0] < -ROUND_OFF * max(values[-1], 0):
        raise InputError(f"{path}: no covariance: not symmetric, or some variance is negative")
    return found


def _of_json(path: Path) -> LandmarkCovariance:
    document = read_json(path)
    names = tuple(name.text() for name in document["landmarks"].elements())
    if not names:
        raise document["landmarks"].error("name one landmark at least")
    images = document.optional("images", Node.whole, 0) or 0
    people = document.optional("people", _people, len(names)) or ()
    covariance = document["covariance"].array((2 * len(names), 2 * len(names)))
    face = document.optional("face", MeanFace.from_json) or MeanFace()  # older files lack it
    return LandmarkCovariance(names, covariance, images, people, face)


def _people(node: Node, landmarks: int) -> tuple[int, ...]:
    """One number, of all landmarks, is what older files have."""
    if not isinstance(node.value, list):
        return (node.whole(low=0),) * landmarks
    numbers = tuple(number.whole(low=0) for number in node.elements())
    if numbers and len(numbers) != landmarks:
        raise node.error(f"expected {landmarks} elements, there are {len(numbers)}")
    return numbers


def _of_table(path: Path) -> LandmarkCovariance:
    _, rows = read_rows(path, COLUMNS)
    blocks = []
    for row in rows:
        with retold_by(row.error):
            xx, xy, yy = (as_number(row.cells[name]) for name in COLUMNS[1:])
        if not np.isfinite([xx, xy, yy]).all():
            raise row.error("xx, xy or yy is empty")
        blocks.append([[xx, xy], [xy, yy]])
    return LandmarkCovariance.of_blocks([row.cells["landmark"] for row in rows], np.array(blocks))


def _named(found: LandmarkCovariance) -> list[tuple[str, np.ndarray]]:
    return list(zip(found.landmarks, found.blocks, strict=True))


def _over_people(errors: np.ndarray, seen: np.ndarray, people: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Of errors (N, K, 2), `seen` or not (N, K): sums over people of their mean products (2K, 2K), and how many people
    have both."""
    flat = np.where(seen[..., None], errors, 0.0).reshape(len(errors), -1)
    votes, names = np.repeat(seen, 2, axis=1).astype(np.float64), np.asarray(people)
    sums, shared = np.zeros((2, flat.shape[1], flat.shape[1]))
    for person in dict.fromkeys(people):
        own = names == person
        images = votes[own].T @ votes[own]
        sums += flat[own].T @ flat[own] / np.maximum(images, 1)
        shared += images > 0
    return sums, shared


def _without_negative(products: np.ndarray) -> np.ndarray:
    """The nearest covariance: products over different images need not make one."""
    values, vectors = np.linalg.eigh(products)
    return (vectors * np.maximum(values, 0)) @ vectors.T
