"""Bland-Altman plots: differences of two ways of measuring over their mean, a panel a measurement."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rtl_tf.measurement import USE
from rtl_tf.reports.figures.style import COLOURS, PAGE, new_figure, styled
from rtl_tf.reports.measured_agreement import DETECTOR, DIGITS, MEASURED, Compared

COLUMNS, HEIGHT = 3, 1.95  # panels in a row, inch a row
POINTS, LINES, RATERS_COLOUR = COLOURS[1], COLOURS[0], COLOURS[2]
UNITS = {"mm": "mm", "deg": "degrees", "1": "ratio"}


@styled
def bland_altman_figure(compared: Sequence[Compared]) -> Figure:
    """A panel for each measurement of the detector; the limits between raters, where there are some, are dotted."""
    detector = [one for one in compared if one.between == DETECTOR]
    raters = {one.measurement.name: one for one in compared if one.between != DETECTOR}
    columns = min(COLUMNS, len(detector))
    rows = math.ceil(len(detector) / columns)
    figure = new_figure(PAGE, HEIGHT * rows + 0.6)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, one in zip(grid, detector, strict=False):
        _panel(axes, one, raters.get(one.measurement.name))
    for axes in grid[len(detector) :]:
        axes.remove()
    dotted = "; orange dots: limits between the raters" if raters else ""
    lines = "line: bias; dashed: limits of agreement; bands: 95 % intervals"
    figure.supxlabel(f"mean of both\n{lines}{dotted}. {USE.capitalize()}.", fontsize=7)
    figure.supylabel(f"{MEASURED} − manual", fontsize=8)
    return figure


def _panel(axes: Axes, one: Compared, raters: Compared | None) -> None:
    unit, digits = one.measurement.unit, DIGITS[one.measurement.unit]
    axes.set_title(f"{one.measurement.name.replace('_', ' ')}, {UNITS[unit]}", fontsize=7.5)
    axes.axhline(0, color="#777777", linewidth=0.8)
    mean, difference = (one.first + one.other) / 2, one.other - one.first
    # above all lines (2): those on the line of zero are the best
    axes.scatter(mean, difference, s=7, color=POINTS, alpha=0.55, linewidths=0, zorder=3)
    agreement = one.agreement
    for found, dashes in ((agreement.bias, "-"), (agreement.lower, "--"), (agreement.upper, "--")):
        if math.isnan(found.value):
            continue
        axes.axhspan(found.low, found.high, color=LINES, alpha=0.1, linewidth=0)
        axes.axhline(found.value, color=LINES, linestyle=dashes, linewidth=1)
        text = f"{found.value:.{digits}f}".replace("-", "−")
        axes.text(1.01, found.value, text, transform=axes.get_yaxis_transform(), va="center", fontsize=6.5)
    for limit in (raters.agreement.lower, raters.agreement.upper) if raters else ():
        axes.axhline(limit.value, color=RATERS_COLOUR, linestyle=":", linewidth=1.3)
