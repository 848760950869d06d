"""From photographs to landmarks in their own pixels, whatever engine runs the network. Needs no TensorFlow."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from rtl_tf.coordinates import Crop
from rtl_tf.images import crop_image, read_crop, read_size
from rtl_tf.progress import progress
from rtl_tf.records import Prediction
from rtl_tf.schema import Schema

Image = str | Path | np.ndarray
Box = tuple[float, float, float]

BATCH = 32


@dataclass(frozen=True)
class Located:
    """What a network says of N crops.

    Attributes:
        points: float32 (N, K, 2), sub-pixel, input px.
        heatmap_points: float32 (N, K, 2), on the heatmap's grid, heatmap px.
        peaks: float32 (N, K).
    """

    points: np.ndarray
    heatmap_points: np.ndarray
    peaks: np.ndarray


class Predictor(ABC):
    """A detector for photographs: subclasses say how crops are looked at.

    Attributes:
        schema: the K landmarks.
        image_size: S, input px.
    """

    schema: Schema
    image_size: int

    @abstractmethod
    def locate(self, pixels: np.ndarray) -> Located:
        """Landmarks of uint8 crops (N, S, S, 3)."""

    def predict(
        self,
        images: Sequence[Image],
        boxes: Sequence[Box] | None = None,
        mirrored: Sequence[bool] | None = None,
    ) -> list[Prediction]:
        """Landmarks of photographs.

        Args:
            images: files, or decoded images uint8 (H, W, 3) RGB.
            boxes: for each image the square (left, top, side) around the face in original px, as training crops
                show it; None = the largest central square.
            mirrored: for each image whether the network shall see it mirrored (see `Sample.mirrored`); None = no.
        Raises:
            InputError: an image that cannot be read, or a box outside it.
        """
        boxes = boxes if boxes is not None else [central_square(image) for image in images]
        flips = mirrored if mirrored is not None else [False] * len(images)
        crops = [Crop(*box, self.image_size, bool(flip)) for _, box, flip in zip(images, boxes, flips, strict=True)]
        return list(progress(self._predictions(images, crops), len(images), "predicting"))

    def predict_crops(self, pixels: np.ndarray, crops: Sequence[Crop]) -> list[Prediction]:
        """uint8 (N, S, S, 3) and where they come from -> predictions in original px, names as in the original."""
        predictions = []
        for start in range(0, len(pixels), BATCH):
            part = slice(start, start + BATCH)
            predictions += self._in_original(self.locate(pixels[part]), crops[part])
        return predictions

    def _predictions(self, images: Sequence[Image], crops: Sequence[Crop]) -> Iterator[Prediction]:
        """Decodes while the network runs; holds two batches of crops at most."""
        with ThreadPoolExecutor() as pool:
            coming = None
            for start in range(0, len(images), BATCH):
                part = slice(start, start + BATCH)
                following = crops[part], list(map(partial(pool.submit, _crop), images[part], crops[part]))
                if coming:
                    yield from self._finish(*coming)
                coming = following
            if coming:
                yield from self._finish(*coming)

    def _finish(self, crops: list[Crop], decoded: list) -> list[Prediction]:
        return self._in_original(self.locate(np.stack([future.result() for future in decoded])), crops)

    def _in_original(self, located: Located, crops: Sequence[Crop]) -> list[Prediction]:
        predictions = []
        for index, crop in enumerate(crops):
            names = self.schema.mirror_permutation if crop.mirrored else slice(None)
            points = crop.to_original(located.points[index])[names]
            predictions.append(Prediction(points, located.peaks[index][names], located.heatmap_points[index][names]))
        return predictions


def _crop(image: Image, crop: Crop) -> np.ndarray:
    return crop_image(image, crop) if isinstance(image, np.ndarray) else read_crop(image, crop)


def central_square(image: Image) -> Box:
    """The largest square (left, top, side) in the middle of an image, original px."""
    width, height = image.shape[1::-1] if isinstance(image, np.ndarray) else read_size(image)
    side = min(width, height)
    return ((width - side) / 2 - 0.5, (height - side) / 2 - 0.5, float(side))
