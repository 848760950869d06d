"""Faces of both halves as faces of one: mirrored about x = 0, every point under the name that it has then."""

import numpy as np


def unmirrored(points: np.ndarray, mirrored: np.ndarray | bool, order: np.ndarray) -> np.ndarray:
    """float64 (..., K, 2): points of which mirrored faces are mirrored back, the others as they are; and back again.

    Args:
        points: (..., K, 2).
        mirrored: bool (...), or one for all.
        order: (K,), see `Schema.mirror_permutation`.
    """
    points = np.asarray(points, np.float64)
    return np.where(np.asarray(mirrored)[..., None, None], (points * (-1, 1))[..., order, :], points)
