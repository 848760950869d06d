"""Lengths that faces have: by them a scale is known that makes no face."""

from collections.abc import Sequence

import numpy as np

# mm that lengths of a face have on a photograph, from the age of 2 to 80 years. Weinberg 2016 has 96 mm (SD 5) from
# nasion to gnathion at 4 years and 123 mm (SD 6.5) at 20, 43 and 55 mm (SD 3.5) from nasion to subnasale. A younger
# child, a head that nods by 30 degrees and 3 SD take a third off; 3 SD and an open mouth add as much.
LENGTHS_MM = {
    ("nasion", "gnathion"): (60.0, 180.0),
    ("nose_bridge_0", "jaw_8"): (60.0, 180.0),
    ("nasion", "subnasale"): (25.0, 75.0),
}
ADVICE = "mm_per_px is millimetres a pixel"  # and not the inverse, nor another photograph's


def wrong_length(mm_per_px: float, points: np.ndarray, landmarks: Sequence[str]) -> str:
    """A length that no face has at this scale, in words; "" where all that are known may be those of a face.

    Args:
        mm_per_px: NaN = unknown.
        points: (K, 2), original px, NaN = missing, of these landmarks.
    """
    for names, (low, high) in LENGTHS_MM.items():
        ends = points_called(points, landmarks, names)
        if len(ends) == 2:
            length = mm_per_px * float(np.linalg.norm(ends[1] - ends[0]))
            if length < low or length > high:
                return f"{length:.0f} mm from {names[0]} to {names[1]}"
    return ""


def points_called(points: np.ndarray, landmarks: Sequence[str], beginnings: tuple[str, ...]) -> np.ndarray:
    """(P, 2): of the landmarks whose names begin so, those that are there."""
    mine = points[np.array([name.startswith(beginnings) for name in landmarks], bool)]
    return mine[np.isfinite(mine).all(axis=1)]
