"""The numbers beside the figure of shapes: the table of variance for the screen, and a row an image for R."""

from collections.abc import Sequence

import numpy as np

from rtl_tf.evaluation.procrustes_anova import Term
from rtl_tf.evaluation.shape_study import ShapeStudy
from rtl_tf.evaluation.specimens import Specimens
from rtl_tf.measurement import USE
from rtl_tf.reports.figures.shape_panels import Panels
from rtl_tf.reports.grid import Grid


def anova_grid(terms: Sequence[Term], repeated: float, with_labels: bool) -> Grid:
    """The Procrustes ANOVA; empty cells where a term has nothing to be judged by."""

    def number(value: float, form: str) -> str:
        return "" if np.isnan(value) else format(value, form)

    rows = [
        [
            term.name,
            f"{term.squares:.5f}",
            str(term.freedom),
            f"{term.mean_square:.3g}",
            f"{term.share:.3f}",
            number(term.f, ".2f"),
            number(term.p, ".3g"),
            term.over,
        ]
        for term in terms
    ]
    notes = ["F and p (Goodall) take the variance to be the same at all landmarks."]
    if with_labels:
        notes.append("Placements on one image: the detector's and the label's.")
    if not np.isnan(repeated):
        notes.append(f"Repeatability (share of variance between individuals): {repeated:.3f}.")
    header = ["", "squares", "df", "mean square", "share", "F", "p", "over"]
    return Grid("Procrustes ANOVA of repeated placements", header, rows, notes=notes)


def image_rows(
    specimens: Specimens, found: ShapeStudy, scores: np.ndarray, groups: Sequence[str], by: str | None, panels: Panels
) -> tuple[list[str], list[list]]:
    """A row an image, for R: size, scores, coordinates of the superimposed shape, freed of what was regressed out."""
    places = [f"{name}_{axis}" for name in specimens.landmarks for axis in "xy"]
    named = [f"PC{axis + 1}" for axis in range(scores.shape[1])]
    header = ["image", "subject", *([by] if by else []), "centroid_size", "unit", "use", *named, *places]
    rows = [
        [
            specimens.images[index],
            specimens.subjects[index],
            *([groups[index]] if by else []),
            f"{panels.sizes[index]:.6g}",
            panels.unit.split()[0],
            USE,
            *(f"{score:.8f}" for score in scores[index]),
            *(f"{value:.8f}" for value in found.shapes[index].ravel()),
        ]
        for index in range(len(groups))
    ]
    return header, rows
