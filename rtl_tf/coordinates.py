"""Frames of reference. The only place that divides by the heatmap stride, rounds, and crops.

original px --Crop--> input px (the square that the network sees) --/4--> heatmap px.
In every frame pixel centres lie on integers; the left edge of a frame is at -0.5.
"""

from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.records import Sample

HEATMAP_STRIDE = 4


def input_to_heatmap(points):
    """(..., 2) input px -> heatmap px, as the paper has it: p / 4 (III-A)."""
    return points / HEATMAP_STRIDE


def heatmap_to_input(points):
    """(..., 2) heatmap px -> input px."""
    return points * HEATMAP_STRIDE


def round_to_grid(points):
    """Nearest grid point, halves upwards: the paper protocol's ground truth. Arrays and tensors; NaN stays NaN."""
    return (points + 0.5) // 1


@dataclass(frozen=True)
class Crop:
    """A square of the original image, seen at `size` x `size` input px, mirrored or not.

    `left` and `top` are edge positions (pixel centres on integers, so the whole image starts at -0.5);
    `side` is in original px. `angle`, in radians, is how far the square, which is upright there, is turned about its
    centre: from the x axis towards the y axis, which is clockwise on a screen.
    """

    left: float
    top: float
    side: float
    size: int
    mirrored: bool = False
    angle: float = 0.0

    @property
    def input_px_per_px(self) -> float:
        return self.size / self.side

    @property
    def centre(self) -> tuple[float, float]:
        """Original px."""
        return self.left + self.side / 2, self.top + self.side / 2

    def to_input(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) original px -> input px. Names are not swapped: see `Schema.mirror_permutation`."""
        upright = self._turned(np.asarray(points, np.float64), -self.angle)
        scaled = (upright - (self.left, self.top)) * self.input_px_per_px - 0.5
        return self._mirror(scaled).astype(np.float32)

    def to_original(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) input px -> original px: the inverse of `to_input`."""
        scaled = self._mirror(np.asarray(points, np.float64))
        upright = (scaled + 0.5) / self.input_px_per_px + (self.left, self.top)
        return self._turned(upright, self.angle).astype(np.float32)

    def to_shares(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) original px -> shares of the view's side, from edge to edge 0 to 1; float64."""
        return self.in_shares(self.to_input(points))

    def in_shares(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) input px -> shares of the view's side; float64."""
        return (points.astype(np.float64) + 0.5) / self.size

    def from_shares(self, shares: np.ndarray) -> np.ndarray:
        """The inverse of `to_shares`."""
        return self.to_original(shares * self.size - 0.5)

    def _turned(self, points: np.ndarray, angle: float) -> np.ndarray:
        return turned(points, angle, self.centre) if angle else points

    def _mirror(self, points: np.ndarray) -> np.ndarray:
        if not self.mirrored:
            return points
        return np.stack([self.size - 1 - points[..., 0], points[..., 1]], axis=-1)

    def widened(self, context: int) -> "Crop":
        """The same view with `context` more input px on every side."""
        border = context / self.input_px_per_px
        return replace(
            self,
            left=self.left - border,
            top=self.top - border,
            side=self.side + 2 * border,
            size=self.size + 2 * context,
        )

    def reduced(self, factor: int) -> "Crop":
        """The same view of the image at one `factor`-th of its size."""
        left, top = ((edge + 0.5) / factor - 0.5 for edge in (self.left, self.top))
        return replace(self, left=left, top=top, side=self.side / factor)


def turned(points: np.ndarray, angle: float, centre: np.ndarray | tuple[float, float]) -> np.ndarray:
    """(..., 2) turned about `centre` by `angle` radians, from the x axis towards the y axis."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return (points - centre) @ np.array([[cosine, sine], [-sine, cosine]]) + centre


def crop_around(points: np.ndarray, size: int, margin: float, mirrored: bool = False) -> Crop:
    """Square around the labelled points, widened by `margin` (a share of their larger extent) on every side."""
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    side = float((high - low).max()) * (1 + 2 * margin)
    left, top = (low + high) / 2 - side / 2
    return Crop(float(left), float(top), side, size, mirrored)


def sample_crop(sample: Sample, size: int, margin: float) -> Crop:
    """The square of a sample that the network sees: its own box, else a square around its landmarks."""
    if sample.box is not None:
        return Crop(*sample.box, size, sample.mirrored)
    return crop_around(sample.points, size, margin, sample.mirrored)
