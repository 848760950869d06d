"""How large the faces are, in px, mm and in what the network sees of them, and whether they are cut off."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtl_tf.config import Asked
from rtl_tf.coordinates import sample_crop
from rtl_tf.images import read_size
from rtl_tf.records import Sample

INPUT_PX = 256  # of the paper's network, and of a detector in earnest
CUT_OFF = 0.1  # of the square's side, beyond the image
ODD_FACTOR, ODD_DEVIATIONS = 1.6, 6.0  # a size that is so many times the usual, and so rare


@dataclass(frozen=True)
class Framing:
    """All (N,), NaN where unknown.

    Attributes:
        extent: larger side of the rectangle around the landmarks, px.
        share: of that in the square that the network sees.
        side: of this square, px of the image.
        beyond: how far the square reaches beyond the image at most, share of its side.
        mm_per_px: scale of the image.
    """

    extent: np.ndarray
    share: np.ndarray
    side: np.ndarray
    beyond: np.ndarray
    mm_per_px: np.ndarray
    has_box: np.ndarray

    @property
    def is_enlarged(self) -> np.ndarray:
        """bool (N,): faces with fewer pixels than a network's input has."""
        return self.side < INPUT_PX

    @property
    def is_cut_off(self) -> np.ndarray:
        return self.beyond > CUT_OFF


def frame_faces(samples: Sequence[Sample]) -> Framing:
    """Sizes and squares of all samples, from their labels and their images' headers."""
    margin = Asked().resolved().crop_margin
    crops = [sample_crop(sample, INPUT_PX, margin) for sample in samples]
    extent = np.array([np.ptp(_labelled(sample), axis=0).max() for sample in samples], np.float64)
    side = np.array([crop.side for crop in crops])
    beyond = []
    for sample, crop in zip(samples, crops, strict=True):
        width, height = read_size(sample.image)
        right, below = crop.left + crop.side - width + 0.5, crop.top + crop.side - height + 0.5
        beyond.append(max(0.0, -0.5 - crop.left, -0.5 - crop.top, right, below) / crop.side)
    return Framing(
        extent,
        extent / side,
        side,
        np.array(beyond),
        np.array([sample.mm_per_px for sample in samples]),
        np.array([sample.box is not None for sample in samples]),
    )


def odd_sizes(framing: Framing, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """Faces of a size (N,), NaN = not compared, that others do not have: in mm, else in their boxes, where these are
    given.

    Returns:
        factor (N,): size by the median; deviations (N,), robust; and what was compared, "" for nothing.
    """
    compared = np.isfinite(sizes)
    known = np.isfinite(framing.mm_per_px) & compared
    if known.sum() > compared.sum() / 2:
        measured, what = np.where(known, sizes * framing.mm_per_px, np.nan), "mm"
    elif (framing.has_box & compared).sum() > compared.sum() / 2:
        measured, what = np.where(framing.has_box, sizes / framing.side, np.nan), "its box"
    else:
        return np.ones(len(sizes)), np.zeros(len(sizes)), ""
    logs = np.log(np.maximum(measured, 1e-9))
    from_median = logs - np.nanmedian(logs)
    spread = 1.4826 * np.nanmedian(np.abs(from_median)) + 0.02
    return np.exp(from_median), np.abs(from_median) / spread, what


def is_odd(factor: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    """bool (N,); NaN is not."""
    return (np.maximum(factor, 1 / factor) > ODD_FACTOR) & (deviations > ODD_DEVIATIONS)


def _labelled(sample: Sample) -> np.ndarray:
    return sample.points[~np.isnan(sample.points).any(axis=1)]
