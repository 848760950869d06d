"""The panels of the figure of confidence: what radii promise and hold, and what is left when doubtful images go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rtl_tf.reports.figures.style import COLOURS, PAGE, new_figure, styled

BLACK, BLUE, ORANGE = COLOURS[:3]


@dataclass(frozen=True)
class Promises:
    """Observed coverages at those that were asked for (L,).

    Attributes:
        asked, mean, low, high: (L,), shares; of all landmarks together, with the 95 % interval.
        landmarks: (L, K), of each landmark.
    """

    asked: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    landmarks: np.ndarray


@dataclass(frozen=True)
class Risks:
    """Mean errors of the surest images, each (N,), one of each number of them: by doubt, and by the error itself."""

    by_doubt: np.ndarray
    by_error: np.ndarray


@styled
def confidence_figure(promises: Promises, risks: Risks, unit: str, title: str, notes: Sequence[str]) -> Figure:
    """Reliability on the left, risk against coverage on the right."""
    figure = new_figure(PAGE, 3.3)
    left, right = figure.subplots(1, 2)
    _draw_promises(left, promises)
    _draw_risks(right, risks, unit)
    figure.suptitle(title, fontsize=8)
    figure.supxlabel("\n".join(notes), fontsize=7)
    return figure


def _draw_promises(axes: Axes, promises: Promises) -> None:
    asked = 100 * promises.asked
    axes.plot([asked[0], 100], [asked[0], 100], color="0.6", linestyle=":", label="as promised")
    for index, column in enumerate(promises.landmarks.T):
        label = "each landmark" if index == 0 else None
        axes.plot(asked, 100 * column, color=BLUE, linewidth=0.6, alpha=0.6, label=label)
    if np.isfinite(promises.low).any():
        axes.fill_between(asked, 100 * promises.low, 100 * promises.high, color=ORANGE, alpha=0.25, linewidth=0)
    axes.plot(asked, 100 * promises.mean, color=ORANGE, linewidth=1.6, label="all landmarks, 95 % interval")
    axes.set(
        xlabel="coverage asked for (%)", ylabel="labels within the radius (%)", title="What radii promise and hold"
    )
    axes.legend(frameon=False, loc="upper left")
    axes.grid(color="0.9")


def _draw_risks(axes: Axes, risks: Risks, unit: str) -> None:
    share = 100 * np.arange(1, len(risks.by_doubt) + 1) / len(risks.by_doubt)
    curves: Mapping[str, tuple[np.ndarray, dict]] = {
        "in any order": (np.full(len(share), risks.by_doubt[-1]), {"color": "0.6", "linestyle": ":"}),
        "the surest first": (risks.by_doubt, {"color": ORANGE, "linewidth": 1.6}),
        "the best first (nobody knows them)": (risks.by_error, {"color": BLACK, "linestyle": "--", "linewidth": 1.0}),
    }
    for label, (values, look) in curves.items():
        axes.plot(share, values, label=label, **look)
    beyond = share >= 5  # a mean of a few images jumps
    highest = max(risks.by_doubt[beyond].max(), risks.by_doubt[-1])
    axes.set(xlim=(0, 100), ylim=(0, 1.15 * highest), xlabel="images that are kept (%)", ylabel=f"mean error ({unit})")
    axes.set_title("What is left when doubtful images go")
    axes.legend(frameon=False, loc="lower right")
    axes.grid(color="0.9")
