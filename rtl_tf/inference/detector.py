"""A trained detector: from photographs to landmarks in their own pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from rtl_tf.config import read_config
from rtl_tf.coordinates import Crop, heatmap_to_input
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_crop, read_size
from rtl_tf.inference.reading import read
from rtl_tf.networks import saved
from rtl_tf.records import Prediction
from rtl_tf.schema import Schema, load_schema


@dataclass(frozen=True)
class Detector:
    """Finds landmarks on photographs.

    Attributes:
        network: functional model whose output "heatmaps" is (N, S/4, S/4, K); where it has an output "points" too,
            (N, K, 2) in heatmap px, these are its answer (DSNT).
        schema: the K landmarks.
        image_size: S, input px.
        sigma: of the training heatmaps, heatmap px.
    """

    network: keras.Model
    schema: Schema
    image_size: int
    sigma: float

    @classmethod
    def load(cls, run: str | Path) -> "Detector":
        """The detector of a run folder (config.json, schema.toml and best.keras)."""
        run = Path(run)
        resolved = read_config(run / "config.json")["resolved"]
        if not (run / "best.keras").is_file():
            raise InputError(f"{run / 'best.keras'}: no such file; train the run first")
        return cls(
            saved.read(run / "best.keras"), load_schema(run / "schema.toml"), resolved["image_size"], resolved["sigma"]
        )

    def predict(
        self,
        images: Sequence[str | Path],
        boxes: Sequence[tuple[float, float, float]] | None = None,
        mirrored: Sequence[bool] | None = None,
    ) -> list[Prediction]:
        """Landmarks of photographs.

        Args:
            images: files.
            boxes: for each image the square (left, top, side) around the face in original px, as training crops
                show it; None = the largest central square.
            mirrored: for each image whether the network shall see it mirrored (see `Sample.mirrored`); None = no.
        """
        if not len(images):
            return []
        if boxes is None:
            boxes = [_central_square(*read_size(image)) for image in images]
        flips = mirrored or [False] * len(boxes)
        crops = [Crop(*box, self.image_size, flip) for box, flip in zip(boxes, flips, strict=True)]
        pixels = np.stack([read_crop(image, crop) for image, crop in zip(images, crops, strict=True)])
        return self.predict_crops(pixels, crops)

    def predict_crops(self, pixels: np.ndarray, crops: Sequence[Crop], batch_size: int = 32) -> list[Prediction]:
        """uint8 (N, S, S, 3) and where they come from -> predictions in original px, names as in the original."""
        answers = [self._decode(pixels[i : i + batch_size]) for i in range(0, len(pixels), batch_size)]
        exact, on_grid, peaks = (
            np.concatenate([np.asarray(part) for part in parts]) for parts in zip(*answers, strict=True)
        )
        predictions = []
        for index, crop in enumerate(crops):
            names = self.schema.mirror_permutation if crop.mirrored else slice(None)
            original = crop.to_original(heatmap_to_input(exact[index]))[names]
            predictions.append(Prediction(original, peaks[index][names], on_grid[index][names]))
        return predictions

    @cached_property
    def _decode(self):
        """Compiled: uint8 (N, S, S, 3) -> points, grid points and peaks, see `Reading`."""

        @tf.function(reduce_retracing=True)
        def decode(pixels):
            found = read(self.network(tf.cast(pixels, tf.float32), training=False), self.sigma)
            return found.points, found.grid_points, found.peaks

        return decode


def _central_square(width: int, height: int) -> tuple[float, float, float]:
    side = min(width, height)
    return ((width - side) / 2 - 0.5, (height - side) / 2 - 0.5, float(side))
