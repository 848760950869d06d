"""The landmarks of a schema, numbered and named on a face. Fig. 2."""

import textwrap

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch
from matplotlib.patheffects import Normal, Stroke
from scipy.optimize import linear_sum_assignment

from rtl_tf.reports.figures.faces import draw_face, draw_truth
from rtl_tf.reports.figures.style import PAGE, new_figure, styled
from rtl_tf.schema import Schema

WRAP = 38  # characters of a line beside the face
GAP = 0.02  # between the face and the ends of the lines, share of the face
TOP, BOTTOM = 0.965, 0.045  # heights of the first and the last name, share of the face


@styled
def anatomy_figure(face: np.ndarray, points: np.ndarray, schema: Schema) -> Figure:
    """A face between two columns of names; a line leads from each to its landmark.

    Args:
        face: uint8 (S, S, 3).
        points: (K, 2) in px of the face.
    """
    figure = new_figure(PAGE, 3.5)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1.95, 1))
    draw_face(middle, face)
    draw_truth(middle, points)
    for column in (left, right):
        column.axis("off")
    for landmark, point, (is_right, height) in zip(schema.landmarks, points, _places(points, len(face)), strict=True):
        column, edge, side = (right, 0.0, "left") if is_right else (left, 1.0, "right")
        name = f"$\\bf{{{landmark.label}}}$ {landmark.name.replace('_', ' ')}"
        text = {"ha": side, "transform": column.transAxes}
        column.text(edge, height, name, va="bottom", fontsize=8, **text)
        anatomy = textwrap.fill(landmark.anatomy, WRAP)
        column.text(edge, height - 0.004, anatomy, va="top", fontsize=6, color="0.3", linespacing=1.0, **text)
        start = (1 + GAP if is_right else -GAP, height)
        line = ConnectionPatch(start, point, middle.transAxes, middle.transData, color="white", lw=0.7, shrinkB=2.5)
        line.set_path_effects([Stroke(linewidth=1.5, foreground="0.2"), Normal()])
        figure.add_artist(line)
    return figure


def _places(points: np.ndarray, size: int) -> list[tuple[bool, float]]:
    """For each landmark the column of its name (whether right) and the height there, 0 to 1.

    The lines together are as short as can be, so that none crosses another: two that cross could be exchanged for two
    that are shorter.
    """
    rows = -(-len(points) // 2)
    places = [(is_right, height) for is_right in (False, True) for height in np.linspace(TOP, BOTTOM, rows)]
    ends = size * np.array([(1 + GAP if is_right else -GAP, 1 - height) for is_right, height in places])
    lengths = np.linalg.norm(points[:, None] - ends[None], axis=-1)
    return [places[chosen] for chosen in linear_sum_assignment(lengths)[1]]
