"""A trained detector, run by TensorFlow."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras
import numpy as np
import PIL.Image

from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError
from rtl_tf.images import DERIVED, require_overlap, require_sensible
from rtl_tf.inference.decoded import Box, box_of, pixels_of
from rtl_tf.inference.face_square import FaceSquare, read_face_square
from rtl_tf.inference.graph import Compiled, locate_in_crops, locate_in_image
from rtl_tf.inference.predictor import Located, Predictor
from rtl_tf.inference.recipe import Recipe, read_recipe
from rtl_tf.inference.squares import square_to_look_at
from rtl_tf.inference.unlabelled import unlabelled_of, without
from rtl_tf.networks import saved
from rtl_tf.pyramid import Pyramid
from rtl_tf.records import Prediction
from rtl_tf.runs import layout
from rtl_tf.runs.confidence import Confidence, read_confidence
from rtl_tf.runs.config_file import read_config
from rtl_tf.runs.familiar_faces import FamiliarFaces, read_familiar_faces
from rtl_tf.schema import Schema, load_schema


@dataclass(frozen=True)
class Detector(Predictor):
    """Finds landmarks on photographs.

    Examples:
        >>> detector = Detector.load("runs/my_faces/rtl-sam/seed0")
        >>> (prediction,) = detector.predict(["new_face.jpg"], boxes=[(210, 80, 640)])  # left, top, side
        >>> prediction.points.shape, prediction.peaks.shape  # px of new_face.jpg; near 1 = sure
        ((14, 2), (14,))

    Attributes:
        network: functional model whose output "heatmaps" is (N, S/4, S/4, K), and whose "features" are its encoder's
            map; where it has an output "points" too, (N, K, 2) in heatmap px, these are its answer (DSNT).
        schema: the K landmarks.
        image_size: S, input px.
        sigma: of the training heatmaps, heatmap px.
        unlabelled, recipe, face_square, parts, familiar, confidence: see `Predictor`.
        graphs: what the network was compiled to, for this detector and those that `replace` makes of it.
    """

    network: keras.Model
    schema: Schema
    image_size: int
    sigma: float
    unlabelled: tuple[str, ...] = ()
    recipe: Recipe = Recipe()
    face_square: FaceSquare | None = None
    parts: "Detector | None" = None
    familiar: FamiliarFaces | None = None
    confidence: Confidence | None = None
    graphs: dict[tuple, Compiled] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, run: str | os.PathLike, closer: bool = True) -> "Detector":
        """The detector of a run folder: config.json, schema.toml and best.keras, and what there is of recipe.json,
        face_square.json, familiar_faces.json, confidence.json and parts/best.keras. Without `closer`, one that does not
        look closer at parts, whose network may still have to be trained.

        Examples:
            >>> Detector.load("runs/my_faces/rtl-sam/seed0").schema.names[:2]
            ('exocanthion', 'endocanthion')
        """
        run = Path(run)
        resolved = read_config(run / layout.CONFIG)["resolved"]
        network, schema = _network(run / layout.NETWORK), load_schema(run / layout.SCHEMA)
        size, landmarks = network.input.shape[1], network.output["heatmaps"].shape[-1]
        if resolved.get("image_size") != size or not isinstance(resolved.get("sigma"), float | int):
            raise InputError(f"{run / layout.CONFIG}: damaged: needs image_size {size}, as the network has, and sigma")
        if len(schema) != landmarks:
            raise InputError(f"{run / layout.SCHEMA}: {len(schema)} landmarks, the network finds {landmarks}")
        unlabelled = unlabelled_of(resolved, schema, str(run / layout.CONFIG))
        recipe = read_recipe(run / layout.RECIPE, len(schema))
        recipe = recipe if closer else replace(recipe, parts=None)
        face_square = read_face_square(run / layout.FACE_SQUARE)
        parts, sigma = None, float(resolved["sigma"])
        if recipe.parts:
            parts = cls(_network(run / layout.FACE_PARTS / layout.NETWORK), schema, recipe.parts.size, sigma)
        familiar = read_familiar_faces(run / layout.FAMILIAR, network.output["features"].shape[-1])
        confidence = read_confidence(run / layout.CONFIDENCE, len(schema))
        return cls(network, schema, size, sigma, unlabelled, recipe, face_square, parts, familiar, confidence)

    def locate(self, pixels: np.ndarray) -> Located:
        return _located(self._compiled(locate_in_crops)(pixels))

    def predict_frame(
        self, image: np.ndarray | PIL.Image.Image, box: Box | None = None, mirrored: bool | None = None
    ) -> Prediction:
        """What `predict` says of one decoded image, cropped in the same compiled graph that looks at it: for video.

        Its crop is rounded otherwise, by about a grey level. Where the run's recipe is more than one look, it is
        `predict`.

        Args:
            image, box, mirrored: see `predict`; no file.
        """
        image = pixels_of(image)
        if not self.recipe.plain:
            return self.predict(image, box, mirrored)[0]
        photograph, times = Pyramid.of(image), DERIVED if box is None else 1
        box, mirrored, face, _ = square_to_look_at(self.face_square, photograph, box_of(box), mirrored)
        crop = Crop(*box, self.image_size, mirrored)
        require_sensible(crop, times=times)
        require_overlap(image.shape[1::-1], crop)
        left, top, side = box
        if mirrored:
            image, left = image[:, ::-1], image.shape[1] - 1 - (left + side)
        located = _located(self._compiled(locate_in_image)(image, np.array([left, top, side], np.float32)))
        found = replace(self._in_original(located, [crop])[0], yaw=self._yaw(photograph, box, face))
        return without(found, self.unlabelled, self.schema)

    def _compiled(self, graph: Callable[[keras.Model, int, float], Compiled]) -> Compiled:
        key = graph, self.network, self.image_size, self.sigma
        if key not in self.graphs:
            self.graphs[key] = graph(*key[1:])
        return self.graphs[key]


def _network(file: Path) -> keras.Model:
    if not file.is_file():
        raise InputError(f"{file}: no such file; train the run first")
    network = saved.read(file)
    if not (isinstance(network.output, dict) and {"heatmaps", "features"} <= network.output.keys()):
        raise InputError(f"{file}: no detector of this package: it gives no heatmaps and features")
    return network


def _located(answers: dict) -> Located:
    return Located(**{name: np.asarray(values) for name, values in answers.items()})
