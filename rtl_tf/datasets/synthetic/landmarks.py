"""The 14 landmarks of schema fas14 as points of the surface, each found by its anatomical definition."""

from typing import NamedTuple

import numpy as np

from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.skull import LEVELS, rest_level
from rtl_tf.schema import load_schema

SCHEMA = load_schema("fas14")
_MIDLINE_STEPS = 1500  # 0.12 mm apart
_TURN_ARM = 12  # steps on either side over which the turning of the midline is measured


class Landmarks(NamedTuple):
    """Landmarks of the seen (left) side, in the order of the schema.

    `angle` and `level` name the face landmarks on the skull; they are NaN for the two of the ear.
    """

    position: np.ndarray  # (14, 3) cm
    angle: np.ndarray  # (14,)
    level: np.ndarray  # (14,)


def locate_landmarks(head: Head) -> Landmarks:
    """All 14 landmarks of a head.

    Corners and borders (canthi, cheilion, vermilion) are ends and middles of the curves that the surface is built
    from; alare, pronasale, nasion, subnasale, gnathion and the triangular fossa are searched as extrema of it.
    """
    places = {**_on_curves(head), **_on_midline(head), "alare": _alare(head)}
    angle, level = np.full(len(SCHEMA), np.nan), np.full(len(SCHEMA), np.nan)
    for name, place in places.items():
        angle[SCHEMA.index(name)], level[SCHEMA.index(name)] = place
    position = np.zeros((len(SCHEMA), 3))
    face = np.flatnonzero(np.isfinite(angle))
    position[face] = head.skin(angle[face], level[face]).position
    position[SCHEMA.index("upper_lobule")] = head.ear.lobule
    position[SCHEMA.index("triangular_fossa")] = head.ear.fossa
    return Landmarks(position, angle, level)


def _on_curves(head: Head) -> dict[str, tuple[float, float]]:
    eyes, mouth = head.eyes, head.mouth
    _, upper, _, _, lower = mouth.curves(np.array([0.0, mouth.crest_x]))
    points = {
        "exocanthion": (eyes.outer_x, eyes.outer_y),
        "endocanthion": (eyes.inner_x, eyes.inner_y),
        "crista_philtri_left": (mouth.crest_x, upper[1]),
        "crista_philtri_right": (-mouth.crest_x, upper[1]),
        "labiale_superius": (0, upper[0]),
        "cheilion": (mouth.half_width, mouth.corner_y),
        "labiale_inferius": (0, lower[0]),
    }
    angle, level = head.skull.locate(*np.array(list(points.values())).T)
    return {name: (angle[k], level[k]) for k, name in enumerate(points)}


def _on_midline(head: Head) -> dict[str, tuple[float, float]]:
    """Extrema of the midline: searched in the window of heights where each can lie."""
    level = np.linspace(LEVELS[4], rest_level(np.array(3.0)), _MIDLINE_STEPS)
    skin = head.skin(np.zeros_like(level), level)
    height, depth = skin.position[:, 1], skin.position[:, 2]
    base, lip = head.nose.base_y, head.mouth.line_y

    def lowest(cost: np.ndarray, window: np.ndarray) -> tuple[float, float]:
        return 0.0, level[np.argmin(np.where(window, cost, np.inf))]

    return {
        "nasion": lowest(depth, (skin.y > -0.9) & (skin.y < 1.7)),
        "pronasale": lowest(-depth, (skin.y > base) & (skin.y < base + 2.2)),
        "subnasale": lowest(-_turning(height, depth), np.abs(skin.y - base) < 0.5),
        "gnathion": lowest(height, (skin.y < lip - 2.0) & (level > LEVELS[4])),
    }


def _turning(height: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Angle by which the midline, followed upwards, turns forward: largest where columella and lip meet."""
    direction = np.unwrap(np.arctan2(depth[_TURN_ARM:] - depth[:-_TURN_ARM], height[_TURN_ARM:] - height[:-_TURN_ARM]))
    turning = np.full_like(height, -np.inf)
    turning[_TURN_ARM:-_TURN_ARM] = direction[_TURN_ARM:] - direction[:-_TURN_ARM]
    return turning


def _alare(head: Head) -> tuple[float, float]:
    """Most lateral point of the nasal wing, before the alar crease, by two grids of which the second is finer."""
    nose = head.nose
    x, y = 1.72 * nose.width, nose.wing_y
    corner_x, corner_y = np.array([x - 0.35, x + 0.25, x]), np.array([y - 0.6, y + 0.6, y])
    angle, level = head.skull.locate(corner_x, corner_y)
    reach_angle, reach_level = (angle[1] - angle[0]) / 2, (level[1] - level[0]) / 2
    best_angle, best_level = (angle[0] + angle[1]) / 2, (level[0] + level[1]) / 2
    for _ in range(2):
        angles = best_angle + reach_angle * np.linspace(-1, 1, 31)
        levels = best_level + reach_level * np.linspace(-1, 1, 31)
        skin = head.skin(angles[None, :], levels[:, None])
        lateral = np.where(nose.wing_radius(np.abs(skin.x), skin.y) < 0.985, skin.position[..., 0], -np.inf)
        row, column = np.unravel_index(np.argmax(lateral), lateral.shape)
        best_angle, best_level = angles[column], levels[row]
        reach_angle, reach_level = reach_angle / 12, reach_level / 12
    return best_angle, best_level
