"""Guesses of a trained detector, with the reasons for which somebody should look at them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from rtl_tf.app.folder import Photo
from rtl_tf.app.guesses import MOST_FACES, NO_FACE, Guess, centre_of, places_of
from rtl_tf.cli import start_tensorflow
from rtl_tf.clinic.sights import sight_on
from rtl_tf.coordinates import HEATMAP_STRIDE, Crop
from rtl_tf.datasets.annotations import inside_image
from rtl_tf.exceptions import InputError
from rtl_tf.images import crop_image
from rtl_tf.inference import squares
from rtl_tf.inference.doubt import Doubt
from rtl_tf.inference.face_finder import find_faces
from rtl_tf.inference.head_turn import face_at
from rtl_tf.inference.looked_at import Found, Outcome
from rtl_tf.inference.predicting import load_predictor
from rtl_tf.inference.predictor import Predictor
from rtl_tf.measuring.landmark_covariance import LandmarkCovariance, out_of_fold_errors
from rtl_tf.runs import layout
from rtl_tf.schema import Schema, load_schema
from rtl_tf.system.notes import first_of

LOW_PEAK = 0.3  # of a heatmap, which is near 1 where the detector is sure
NAMED = 3  # landmarks in a flag
OVERLAY = 256  # px of a heatmap's picture


def schema_of(model: Path) -> Schema:
    """The landmarks of a run's folder or an exported detector, without TensorFlow. InputError where it is neither."""
    if not model.is_dir():
        return load_predictor(model, None, None, start_tensorflow).schema
    for name in (layout.NETWORK, layout.SCHEMA):
        if not (model / name).is_file():
            raise InputError(f"{model / name}: no such file; name the folder of a run that is trained")
    return load_schema(model / layout.SCHEMA)


class DetectorGuesser:
    """See `guesses.Guesser`."""

    ahead = True

    def __init__(self, predictor: Predictor, name: str, errors: LandmarkCovariance | None, no_errors: str = ""):
        self.predictor, self.name = predictor, name
        self.errors, self.no_errors = errors, no_errors
        self.doubt = Doubt.of(predictor.confidence, None, name)

    @classmethod
    def load(cls, model: Path) -> "DetectorGuesser":
        return cls(load_predictor(model, None, None, start_tensorflow), f"detector {model.name}", *known_errors(model))

    def guess(self, photo: Photo, pixels: np.ndarray) -> Guess:
        (outcome,) = self.predictor.outcomes([pixels], [None], [None])
        learned = self.predictor.face_square
        guess = self._told(outcome, pixels)
        if learned is None or (isinstance(outcome, Found) and outcome.faces == 1):
            return guess
        faces = find_faces(pixels)[:MOST_FACES]
        if len(faces) < 2:
            return guess
        boxes, mirrored = zip(*map(learned.apply, faces[1:]), strict=True)
        outcomes = self.predictor.outcomes([pixels] * len(boxes), boxes, mirrored, [True] * len(boxes))
        centres = [centre_of(face, pixels) for face in faces]
        others = [
            replace(self._told(one, pixels), centre=centre) for one, centre in zip(outcomes, centres[1:], strict=True)
        ]
        return replace(guess, centre=centres[0], others=tuple(others))

    def _told(self, outcome: Outcome, pixels: np.ndarray) -> Guess:
        if isinstance(outcome, Found):
            guess = found_guess(outcome, self.predictor, self.name, self.doubt)
            return replace(guess, sight=sight_on(face_at(pixels, outcome.prediction.points)))
        reason = NO_FACE if squares.NO_FACE in str(outcome) else f"error: {outcome}"
        return Guess({}, self.name, (reason,))

    def heatmap(self, guess: Guess, pixels: np.ndarray, landmark: int) -> tuple[np.ndarray, Crop] | None:
        network = getattr(self.predictor, "network", None)  # of other engines the graph gives points alone
        if network is None or guess.crop is None:
            return None
        square = self.predictor.recipe.square(pixels, guess.crop)
        seen = crop_image(pixels, square)[None].astype(np.float32)
        maps = np.asarray(network(seen, training=False)["heatmaps"])[0]
        order = self.predictor.schema.mirror_permutation if square.mirrored else np.arange(maps.shape[-1])
        return upright(maps[..., order[landmark]], square)


def known_errors(model: Path) -> tuple[LandmarkCovariance | None, str]:
    """How a run's landmarks err, by its folds; where that is not known, None and why."""
    if not model.is_dir():
        return None, "an exported detector does not carry its errors; open its run's folder"
    try:
        errors = out_of_fold_errors(model)
    except InputError as problem:  # points can be corrected without
        return None, str(problem)
    return errors, "" if errors else "the run does not know its errors; train.py --folds 5 measures them"


def found_guess(found: Found, predictor: Predictor, name: str, doubt: Doubt | None) -> Guess:
    """What the page is told of what was found; flags are those of a detector that knows its errors, or low peaks."""
    points, peaks = found.prediction.points.astype(np.float64), found.prediction.peaks
    names = predictor.schema.names
    known = np.isfinite(points).all(axis=-1)
    inside = known & inside_image(found.prediction.points, found.size)
    low = () if doubt else (_flag("low peak", names, known & (peaks < LOW_PEAK)),)
    flags = (
        _flag("outside the photograph", names, known & ~inside),
        *low,
        *(doubt.flags(found.prediction) if doubt else ()),
    )
    radii = doubt.radii(found.prediction) if doubt else np.full(len(names), np.nan)
    radius = {name: round(float(one), 2) for name, one in zip(names, radii, strict=True) if np.isfinite(one)}
    crop = Crop(*found.box, predictor.image_size, found.mirrored)
    return Guess(places_of(names, points, inside), name, tuple(filter(None, flags)), radius or None, crop=crop)


def upright(heatmap: np.ndarray, square: Crop) -> tuple[np.ndarray, Crop]:
    """A heatmap (h, w) of a crop as the photograph lies: float (OVERLAY, OVERLAY), and the square that it covers."""
    side = square.side * (abs(np.cos(square.angle)) + abs(np.sin(square.angle)))
    left, top = (middle - side / 2 for middle in square.centre)
    covered = Crop(float(left), float(top), float(side), OVERLAY)
    x, y = np.meshgrid(np.arange(OVERLAY), np.arange(OVERLAY))
    seen = square.to_input(covered.to_original(np.stack([x, y], axis=-1))) / HEATMAP_STRIDE
    places = [seen[..., 1], seen[..., 0]]
    return ndimage.map_coordinates(heatmap, places, order=1, mode="constant"), covered


def _flag(what: str, names: tuple[str, ...], where: np.ndarray) -> str:
    found = [name for name, here in zip(names, where, strict=True) if here]
    return f"{what}: {first_of(found, NAMED)}" if found else ""
