"""Which points of a face do not fit the others, found one after the other: the worst is left out, then the next."""

from dataclasses import dataclass

import numpy as np

from rtl_tf.geometry.shape_model import FEWEST_POINTS, Judged, ShapeModel

FAR = 4.5  # robust standard deviations: of 3,000 real faces 0.5 % have a point beyond
HALF_TURN = np.pi / 4  # a face that is turned farther than that lies on its side


@dataclass(frozen=True)
class Outliers:
    """Of one face, in the frame of `as_seen`.

    Attributes:
        off: bool (K,), the points that do not fit.
        judged: all points against those that fit.
        is_whole: so few points fit that it is the face which is wrong, not some of its points.
    """

    off: np.ndarray
    judged: Judged
    is_whole: bool

    @property
    def stands(self) -> bool:
        """Whether it is a face, upright, whatever some of its points are."""
        return not self.is_whole and not abs(self.judged.turn) > HALF_TURN


def find_outliers(model: ShapeModel, points: np.ndarray, person: str) -> Outliers:
    """The points (K, 2) of a face that lie beyond FAR, given those that do not."""
    known = ~np.isnan(points).any(axis=1) & ~np.isnan(model.mean)
    kept = known.copy()
    if known.sum() < FEWEST_POINTS:
        return Outliers(np.zeros(len(points), bool), model.judge(points, person, known), False)
    while True:
        judged = model.judge(points, person, kept)
        worst = np.nanmax(np.where(kept, judged.deviations, np.nan), initial=0.0)
        if worst <= FAR:
            break
        kept[np.nanargmax(np.where(kept, judged.deviations, np.nan))] = False
        if kept.sum() < max(FEWEST_POINTS, (known.sum() + 1) // 2):
            whole = model.judge(points, person, known)
            return Outliers(known & (whole.deviations > FAR), whole, True)
    off = known & ~kept & (judged.deviations > FAR)
    return Outliers(off, judged, False)
