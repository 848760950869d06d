"""One sheet with the most suspicious images: where landmarks are labelled, and where the others predict them."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rtl_tf.audit.examination import Findings
from rtl_tf.audit.suspects import Suspect
from rtl_tf.coordinates import Crop, crop_around
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_crop
from rtl_tf.records import image_names
from rtl_tf.reports.figures.faces import draw_face, draw_truth
from rtl_tf.reports.figures.style import PAGE, PREDICTED, legend_below, new_figure, styled

MOST = 24  # images
COLUMNS = 4
SIZE = 256  # px of a picture
MARGIN = 0.35


@styled
def suspect_sheet(findings: Findings) -> Figure:
    """The first MOST images of the suspects, each as its file shows it (mirrored ones too).

    Raises:
        InputError: an image has become unreadable.
    """
    images = list(dict.fromkeys(suspect.index for suspect in findings.suspects))[:MOST]
    columns = min(COLUMNS, len(images))
    rows = -(-len(images) // columns)
    figure = new_figure(PAGE * columns / COLUMNS if columns > 1 else PAGE / 2, 2.25 * rows + 0.5)
    cells = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for cell in cells[len(images) :]:
        cell.set_visible(False)
    for cell, index in zip(cells, images, strict=False):
        _draw(cell, findings, index, [suspect for suspect in findings.suspects if suspect.index == index])
    legend_below(figure, max(cells, key=lambda cell: len(cell.get_legend_handles_labels()[1])), columns=3)
    return figure


def _draw(axes: Axes, findings: Findings, index: int, suspects: list[Suspect]) -> None:
    sample, expected = findings.samples[index], findings.expected(index)
    crop = crop_around(sample.points, SIZE, MARGIN)
    try:
        draw_face(axes, read_crop(sample.image, crop))
    except InputError:  # a square that shows nothing, as of points in one spot
        crop = Crop(-0.5, -0.5, SIZE, SIZE)
        draw_face(axes, np.full((SIZE, SIZE), 255, np.uint8))
    points = crop.to_input(sample.points)
    draw_truth(axes, points, size=4)
    axes.lines[-1].set_label("labelled")
    places = np.full_like(points, np.nan) if expected is None else crop.to_input(expected)
    concerned = sorted({suspect.landmark for suspect in suspects if suspect.landmark is not None})
    if np.isfinite(places[concerned]).any():
        label = "where the others predict it"
        axes.plot(*places[concerned].T, linestyle="", marker="x", color=PREDICTED, markersize=5, label=label)
    for landmark in concerned:
        axes.annotate(
            "", xy=places[landmark], xytext=points[landmark], annotation_clip=True,
            arrowprops={"arrowstyle": "->", "color": PREDICTED, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
    axes.set_title(_title(findings, index, suspects), fontsize=6)


def _title(findings: Findings, index: int, suspects: list[Suspect]) -> str:
    """The end of the file's name with its row, what it is, which landmarks."""
    sample, name = findings.samples[index], image_names(findings.samples)[index]
    name = name if len(name) <= 26 else f"…{name[-25:]}"
    landmarks = [findings.schema.names[each.landmark] for each in suspects if each.landmark is not None]
    what = suspects[0].what + (f": {', '.join(landmarks)}" if landmarks else "")
    first = f"{name}, {sample.place}" if sample.place else name
    lines = textwrap.wrap(what, 36)
    return "\n".join([first, *lines[:2]]) + ("…" if len(lines) > 2 else "")
