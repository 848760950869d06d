"""From photographs to landmarks in their own pixels, whatever engine runs the network. Needs no TensorFlow."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import PIL.Image

from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError
from rtl_tf.images import DERIVED, require_overlap, require_sensible
from rtl_tf.inference.decoded import Box, as_lists, is_file, pixels_of
from rtl_tf.inference.face_finder import Face
from rtl_tf.inference.face_square import FaceSquare
from rtl_tf.inference.head_turn import yaw_in
from rtl_tf.inference.looked_at import Found, Outcome, Seen, seen_or_problem, spread_of
from rtl_tf.inference.recipe import Recipe
from rtl_tf.inference.squares import square_to_look_at
from rtl_tf.inference.unlabelled import without
from rtl_tf.pyramid import Pyramid, size_of
from rtl_tf.records import Prediction
from rtl_tf.runs.confidence import Confidence
from rtl_tf.runs.familiar_faces import FamiliarFaces
from rtl_tf.schema import Schema
from rtl_tf.system.progress import progress

Image = str | os.PathLike[str] | np.ndarray | PIL.Image.Image

BATCH = 32
WHOLE_BATCH = 4  # where whole photographs are kept for a second look


@dataclass(frozen=True)
class Located:
    """What a network says of N crops.

    Attributes:
        points: float32 (N, K, 2), sub-pixel, input px.
        heatmap_points: float32 (N, K, 2), on the heatmap's grid, heatmap px.
        peaks, rivals: float32 (N, K), see `Prediction`.
        features: float32 (N, C), means over the encoder's map: what faces are compared by.
    """

    points: np.ndarray
    heatmap_points: np.ndarray
    peaks: np.ndarray
    rivals: np.ndarray
    features: np.ndarray


class Predictor(ABC):
    """A detector for photographs: subclasses say how crops are looked at.

    Attributes:
        schema: the K landmarks.
        image_size: S, input px.
        unlabelled: names of landmarks that no training image had: of these nothing is predicted.
        recipe: how a photograph is looked at.
        face_square: how faces lie in the squares that the network knows; None = it was trained on images in which
            none are found.
        parts: looks at crops of `recipe.parts`; None = there are none.
        familiar: the faces that it was trained on; None = it was trained without folds.
        confidence: what is known of its errors; None = nothing, as without folds.
    """

    schema: Schema
    image_size: int
    unlabelled: tuple[str, ...] = ()
    recipe: Recipe = Recipe()
    face_square: FaceSquare | None = None
    parts: "Predictor | None" = None
    familiar: FamiliarFaces | None = None
    confidence: Confidence | None = None

    @abstractmethod
    def locate(self, pixels: np.ndarray) -> Located:
        """Landmarks of uint8 crops (N, S, S, 3)."""

    def predict(
        self,
        images: Sequence[Image] | Image,
        boxes: Sequence[Box | None] | Box | None = None,
        mirrored: Sequence[bool | None] | bool | None = None,
        found: Sequence[bool] | None = None,
    ) -> list[Prediction]:
        """Landmarks of photographs.

        Examples:
            >>> from rtl_tf import Detector
            >>> detector = Detector.load("runs/my_faces/rtl-sam/seed0")
            >>> detector.predict("new_face.jpg")[0].heatmap_points.shape
            (14, 2)

        Args:
            images: files, or decoded images (see `decoded.pixels_of`): uint8 (H, W, 3) RGB, grey (H, W), Pillow's. A
                single one is a list of one, with its box and its flag.
            boxes: for each image the square (left, top, side) around the face in original px, as training crops
                show it; None = around the largest face that is found, or, without a `face_square`, the largest
                central square.
            mirrored: for each image whether the network shall see it mirrored (see `Sample.mirrored`); None = as the
                face's key points say, or, without a `face_square`, no.
            found: for each image whether its box is the face finder's, and nobody's; None = none is.
        Returns:
            One for each image. Points, peaks and heatmap points of a landmark that no training image had are NaN.
        Raises:
            InputError: an image that cannot be read or shows no face, a box outside it, or not one box for each image.
        """
        images, boxes, mirrored = as_lists(images, boxes, mirrored)
        predictions = []
        for outcome in progress(self.outcomes(images, boxes, mirrored, found), len(images), "predicting"):
            if isinstance(outcome, InputError):
                raise outcome
            predictions.append(outcome.prediction)
        return predictions

    def outcomes(
        self,
        images: Sequence[Image],
        boxes: Sequence[Box | None],
        mirrored: Sequence[bool | None],
        found: Sequence[bool] | None = None,
    ) -> Iterator[Outcome]:
        """As `predict`, image by image, going on where one cannot be read; holds two batches of crops at most, and of
        images where these are looked at again."""
        found = [False] * len(images) if found is None else found
        batch = BATCH if self.parts is None else WHOLE_BATCH
        pool = ThreadPoolExecutor()  # decodes while the network runs
        coming: list[Future[Seen]] = []
        names = [os.fspath(image) if is_file(image) else f"images[{index}]" for index, image in enumerate(images)]
        try:
            for start in range(0, len(images), batch):
                part = slice(start, start + batch)
                each = zip(images[part], names[part], boxes[part], mirrored[part], found[part], strict=True)
                following = [pool.submit(self._see, *arguments) for arguments in each]
                yield from self._finish(coming)
                coming = following
            yield from self._finish(coming)
        finally:
            pool.shutdown(cancel_futures=True)

    def predict_crops(self, pixels: np.ndarray, crops: Sequence[Crop]) -> list[Prediction]:
        """uint8 (N, S, S, 3) and where they come from -> predictions in original px, names as in the original.

        For judging: the network's answers, with the labels' shift, for landmarks that no training image had too. Where
        the test part has such a landmark, its error counts.
        """
        predictions = []
        for start in range(0, len(pixels), BATCH):
            part = slice(start, start + BATCH)
            predictions += self._in_original(self.locate(pixels[part]), crops[part])
        return [
            replace(found, points=self.recipe.answer(crop, found.points[None], None))
            for found, crop in zip(predictions, crops, strict=True)
        ]

    def _see(self, image: Image, name: str, box: Box | None, mirrored: bool | None, found: bool) -> Seen:
        if box:
            require_sensible(Crop(*box, self.image_size), name, DERIVED if found else 1)  # before the image is read
        photograph = Pyramid.of_file(os.fspath(image)) if is_file(image) else Pyramid.of(pixels_of(image, name), name)
        given = box is not None and not found
        aim = square_to_look_at(self.face_square, photograph, box, mirrored, name)
        crop = Crop(*aim.box, self.image_size, aim.mirrored)
        require_overlap(size_of(photograph), crop, name)
        look = self.recipe.look(photograph, crop, aim.face)
        views = np.stack([photograph.crop(view) for view in look.crops])
        yaw = self._yaw(photograph, aim.box, aim.face)
        kept = None if self.parts is None else photograph
        return Seen(views, look, aim.box, size_of(photograph), given, yaw, aim.faces, kept)

    def _finish(self, coming: list[Future[Seen]]) -> Iterator[Outcome]:
        seen = [seen_or_problem(future) for future in coming]
        faces = [each for each in seen if isinstance(each, Seen)]
        predictions = iter(self._look_at(faces) if faces else ())
        for each in seen:
            if isinstance(each, InputError):
                yield each
            else:
                found = without(next(predictions), self.unlabelled, self.schema)
                yield Found(found, each.box, each.size, each.look.crops[0].mirrored, each.faces)

    def _look_at(self, faces: Sequence[Seen]) -> list[Prediction]:
        located = self.locate(np.concatenate([face.pixels for face in faces]))
        views = iter(self._in_original(located, [crop for face in faces for crop in face.look.crops]))
        answers = [self._answer(face, [next(views) for _ in face.look.crops]) for face in faces]
        return [self._look_closer(face, first) for face, first in zip(faces, answers, strict=True)]

    def _look_closer(self, face: Seen, first: Prediction) -> Prediction:
        if self.parts is None or face.image is None:
            return first
        return self.recipe.look_closer(face.image, face.look.crops[0], first, self.parts.predict_crops)

    def _answer(self, face: Seen, views: Sequence[Prediction]) -> Prediction:
        look, square = face.look, face.look.crops[0]
        names = self._names(square)
        calibrated = None if look.calibrated is None else look.calibrated[names]
        points = self.recipe.answer(square, np.stack([view.points for view in views]), calibrated)
        if face.given:  # the permutation is its own inverse
            points = self.recipe.heed(points[names], Crop(*face.box, self.image_size, square.mirrored))[names]
        return replace(
            views[0],
            points=points,
            peaks=np.mean([view.peaks for view in views], axis=0),
            spread=spread_of([view.points for view in views] + ([] if calibrated is None else [calibrated])),
            rivals=np.array([view.rivals for view in views], float).mean(axis=0),
            yaw=face.yaw,
        )

    def _in_original(self, located: Located, crops: Sequence[Crop]) -> list[Prediction]:
        unknown = np.full(len(crops), np.nan)
        unlikeness = unknown if self.familiar is None else self.familiar.unlikeness(located.features)
        return [
            Prediction(
                points=crop.to_original(located.points[index])[names],
                peaks=located.peaks[index][names],
                heatmap_points=located.heatmap_points[index][names],
                rivals=located.rivals[index][names],
                unlikeness=float(unlikeness[index]),
                mirrored=crop.mirrored,
            )
            for index, (crop, names) in enumerate((crop, self._names(crop)) for crop in crops)
        ]

    def _yaw(self, image: Pyramid, box: Box, face: Face | None) -> float:
        return float("nan") if self.familiar is None else yaw_in(image, box, face)

    def _names(self, crop: Crop) -> np.ndarray | slice:
        """Places of the landmarks in a view's answer: a mirrored one shows each pair swapped."""
        return self.schema.mirror_permutation if crop.mirrored else slice(None)
