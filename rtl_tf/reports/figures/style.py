"""How all figures look, and how they are saved.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; every curve also differs in its dashes or
markers, so that a grey print stays readable. Sizes are those of a page of two columns, so that text is as large there.
"""

from pathlib import Path
from typing import Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rtl_tf.exceptions import InputError
from rtl_tf.methods import METHODS, Method
from rtl_tf.system.atomic import replacing

COLUMN, PAGE = 3.5, 7.16  # widths, inch
# Yellow (#F0E442) is left out: too light for a thin line on white.
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5)))
MARKERS = ("", "o", "^")
TRUTH, PREDICTED = "#56B4E9", "#D55E00"
# A decorator of every function that draws.
styled = matplotlib.rc_context(
    {
        "font.size": 8,
        "axes.titlesize": 8,
        "axes.labelsize": 8,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "legend.fontsize": 7,
        "legend.title_fontsize": 7,
        "pdf.fonttype": 42,  # fonts that publishers take, and that a reader can search
    }
)


def drawn_methods() -> list[str]:
    """Titles of all methods; those that stand in most figures come first and have the plainest lines."""
    trains = ("all", "last-convolution", "decoder")

    def rarity(method: Method) -> tuple:
        return method.network is not None, trains.index(method.trains), method.uses_classifier

    return [method.title for method in sorted(METHODS.values(), key=rarity)]


def curve_style(name: str, position: int) -> dict:
    """For `Axes.plot`: a method looks the same in all figures; other curves by their position. 15 differ in grey."""
    drawn = drawn_methods()
    index = drawn.index(name) if name in drawn else position
    round_, dash = divmod(index, len(DASHES))
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": DASHES[dash],
        "marker": MARKERS[round_ % len(MARKERS)],
        "markevery": (0.02 * dash, 0.1),  # shares of the axes' diagonal
        "markersize": 3.5,
        "linewidth": 1.3,
    }


def new_figure(width: float, height: float, layout: Literal["constrained", "compressed"] = "constrained") -> Figure:
    """Sizes in inch; layout "compressed" sets pictures of fixed shape side by side."""
    return Figure(figsize=(width, height), layout=layout)


def legend_below(figure: Figure, axes: Axes, title: str | None = None, columns: int = 2) -> None:
    """A legend under the axes, where it hides no curve."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        title=title,
        handlelength=3.5,
        columnspacing=1.5,
    )


def bare(axes: Axes) -> None:
    """Axes of a picture: neither ticks nor frame."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


@styled
def save(figure: Figure, path: str | Path) -> list[Path]:
    """Write `path` as .png and as .pdf (whatever suffix it has), the same bytes for the same figure; both paths.

    Raises:
        InputError: the folder cannot be made or written.
    """
    paths = [Path(path).with_suffix(suffix) for suffix in (".png", ".pdf")]
    dates = {".png": {}, ".pdf": {"CreationDate": None}}
    try:
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        for target in paths:
            with replacing(target) as unfinished:
                figure.savefig(unfinished, dpi=200, metadata=dates[target.suffix])
    except OSError as problem:
        raise InputError(f"figures cannot be written to {paths[0].parent}: {problem.strerror}") from problem
    return paths
