"""Shapes of groups of people: from one run, or the labels of its data, to the figure and its numbers."""

import textwrap
from collections.abc import Callable, Sequence

import numpy as np

from rtl_tf.evaluation.shape_study import ShapeStudy, correlations, placement_terms, study
from rtl_tf.evaluation.shape_tests import PERMUTATIONS
from rtl_tf.evaluation.specimens import Specimens, tested_specimens
from rtl_tf.evaluation.statistics import holm
from rtl_tf.exceptions import InputError
from rtl_tf.measurement import USE
from rtl_tf.reports.figures.of_runs import Drawing, of_rows
from rtl_tf.reports.figures.shape_numbers import anova_grid, image_rows
from rtl_tf.reports.figures.shape_panels import DEVIATIONS, Panels, shape_figure
from rtl_tf.reports.grid import as_text
from rtl_tf.reports.report import WIDTH
from rtl_tf.reports.subgroups import EMPTY, groups_of, numbers_of, order_of
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Selection

FLAGS = ("by", "adjust", "only", "labels")
MOST_GROUPS = 6  # that can be told apart in a figure
ALL = "all"
YAW, VIEW, AGE = "yaw", "view", "age"  # columns of the data table that tell what is in a shape beside the face
MEANT = {YAW: "yaw (how the head is turned)"}
WEAK = 0.1  # a correlation that the figure is silent about


def shapes(
    selection: Selection,
    by: str | None = None,
    adjust: Sequence[str] = (),
    only: Sequence[str] = (),
    labels: Callable[[Run], Specimens] | None = None,
) -> Drawing:
    """The shapes that the first run of the selection found in its test images, compared between groups of people.

    Args:
        by: column of the data table that has the groups; None = one group.
        adjust: columns of numbers that are regressed out.
        only: `COLUMN=VALUE` of the images that are looked at.
        labels: gives the labels of the run's data, which are then looked at instead.
    """
    warnings: list[str] = []
    read = labels or tested_specimens
    specimens: Specimens = next(iter(of_rows(selection, read, warnings, at_most=1).values()))[0]
    drawing = shapes_of(specimens, by, adjust, only)
    drawing.warnings[:0] = warnings
    return drawing


def shapes_of(
    specimens: Specimens, by: str | None = None, adjust: Sequence[str] = (), only: Sequence[str] = ()
) -> Drawing:
    """As `shapes`, of specimens from anywhere."""
    specimens, groups, covariates = _chosen(specimens, by, adjust, only)
    order = order_of(groups)
    if len(set(zip(specimens.subjects, groups, strict=True))) <= len(order):
        raise InputError("too few people: a shape varies among more people than there are groups")
    found = study(specimens, groups, order, covariates)
    if not len(found.components.variances) or np.linalg.matrix_rank(found.superimposed.mean, tol=1e-6) < 2:
        raise InputError("all people have one shape, or all landmarks lie on one line: there is nothing to draw")
    scores = found.components.scores(found.shapes)
    lines = [f"Shapes {specimens.source}.", *_confounders(specimens, scores, adjust), *_tests(found, order, adjust)]
    header = [f"shapes {specimens.source}", *specimens.notes]
    panels = Panels(order, by or "", header, _footer(specimens, scores, by, adjust), *_sizes(specimens, found))
    notes = [*specimens.notes, *([pose] if (pose := _pose(specimens, by, adjust)) else [])]
    notes = [f"{note[0].upper()}{note[1:]}." for note in [*notes, USE]]
    text = [textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in [*lines, *notes]]
    text += ["", as_text(anova_grid(*placement_terms(specimens))), ""]
    numbers = image_rows(specimens, found, scores, groups, by, panels)
    return Drawing(shape_figure(found, panels), text, [], numbers)


def _chosen(
    specimens: Specimens, by: str | None, adjust: Sequence[str], only: Sequence[str]
) -> tuple[Specimens, list[str], np.ndarray]:
    """The specimens that are compared, their groups, and the columns (N, C) to be regressed out."""
    for text in only:
        column, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--only {text}: write COLUMN=VALUE")
        cells = _column(specimens, "only", column)
        if value not in cells:
            raise InputError(f"--only {text}: no image has it; there are {', '.join(sorted(set(cells))[:10])}")
        specimens = specimens.kept(np.array(cells) == value, f"whose {column} is not {value} are left out")
    unknown = {by: np.array(groups_of(_column(specimens, "by", by))) == EMPTY} if by else {}
    unknown |= {name: np.isnan(_numbers(specimens, name)) for name in adjust}
    if unknown:
        lacking = np.any([*unknown.values()], axis=0)
        specimens = specimens.kept(~lacking, f"without {' or '.join(unknown)} are left out")
    groups = groups_of(_column(specimens, "by", by)) if by else [ALL] * len(specimens.images)
    if len(set(groups)) > MOST_GROUPS:
        raise InputError(f"--by {by}: {len(set(groups))} groups; a figure can show {MOST_GROUPS}")
    covariates = [_numbers(specimens, name) for name in adjust]
    if specimens.mirrored.any() and not specimens.mirrored.all():
        specimens = specimens.noted(specimens.mirrored.sum(), "of the other side of the face, mirrored")
    return specimens, groups, np.array(covariates).reshape(len(adjust), len(groups)).T


def _column(specimens: Specimens, flag: str, name: str) -> tuple[str, ...]:
    if name not in specimens.attributes:
        there = ", ".join(sorted(specimens.attributes)) or "none"
        raise InputError(f"--{flag} {name}: no such column of the data table; there are {there}")
    return specimens.attributes[name]


def _numbers(specimens: Specimens, name: str) -> np.ndarray:
    numbers = numbers_of(_column(specimens, "adjust", name))
    if numbers is None:
        raise InputError(f"--adjust {name}: not a column of numbers")
    return numbers


def _confounders(specimens: Specimens, scores: np.ndarray, adjust: Sequence[str]) -> list[str]:
    """What the first components may be instead of what a reader takes them for."""
    lines = []
    for axis in range(min(2, scores.shape[1])):
        found = _correlated(specimens, scores[:, axis], adjust)
        if found:
            told = ", ".join(f"{name} {r:+.2f}" for name, r in list(found.items())[:6])
            lines.append(f"PC{axis + 1} correlates over images with: {told}.")
    return lines


def _correlated(specimens: Specimens, scores: np.ndarray, adjust: Sequence[str]) -> dict[str, float]:
    columns = {name: numbers_of(cells) for name, cells in specimens.attributes.items() if name not in adjust}
    return correlations(scores, {name: numbers for name, numbers in columns.items() if numbers is not None})


def _pose(specimens: Specimens, by: str | None, adjust: Sequence[str]) -> str:
    """What is to be said of views; "" where they are told by a column whose correlation is shown, or regressed out."""
    views = sorted({view or "unknown" for view in specimens.attributes.get(VIEW, ())})
    if len(views) > 1 and by != VIEW and YAW not in adjust:
        return f"views {', '.join(views)} are mixed: the first component is the view; --only {VIEW}={views[0]} has one"
    if YAW not in specimens.attributes and not views:
        return f"no column {YAW} or {VIEW}: on oblique heads the first component is half how the head is turned"
    return ""


def _tests(found: ShapeStudy, order: Sequence[str], adjust: Sequence[str]) -> list[str]:
    """A line for each pair of groups."""
    if found.shared:
        return [f"No test: {found.shared} people have images in several groups, whose labels cannot be exchanged."]
    corrected = holm(np.array([one.p for one in found.differences]))
    counts = np.bincount(found.people)
    lines = []
    for one, p in zip(found.differences, corrected, strict=True):
        names = [f"{order[index]} ({counts[index]} people)" for index in (one.first, one.second)]
        holms = f", Holm {p:.3f}" if len(found.differences) > 1 else ""
        told = "no test: what is regressed out tells the groups" if np.isnan(p) else f"p {one.p:.3f}{holms}"
        lines.append(f"{' - '.join(names)}: Procrustes distance {one.distance:.4f}, {told}.")
    if lines:
        given = f", given {', '.join(adjust)}" if adjust else ""
        lines.append(f"p: {PERMUTATIONS} permutations of people, each one the mean of the person's images{given}.")
    return lines


def _footer(specimens: Specimens, scores: np.ndarray, by: str | None, adjust: Sequence[str]) -> list[str]:
    """What stands below the figure: what view and age have to do with it."""
    lines = [f"regressed out: {', '.join(adjust)}; shapes are those at their means"] if adjust else []
    correlated = {name: r for name, r in _correlated(specimens, scores[:, 0], adjust).items() if abs(r) >= WEAK}
    if correlated:
        first = sorted(correlated, key=lambda name: name not in (YAW, AGE))[:3]
        told = ", ".join(f"{MEANT.get(name, name)} {correlated[name]:+.2f}" for name in first).replace("-", "−")
        lines.append(f"PC1 correlates with {told}, which {'are' if len(first) > 1 else 'is'} not regressed out")
    lines += [text] if (text := _pose(specimens, by, adjust)) else []
    lines.append("a dot is a person, the mean of the images in a group; components are in units of Procrustes distance")
    lines.append(f"grids of PC1 and PC2: the mean (rings), and {DEVIATIONS:g} standard deviations off it (dots)")
    return [*lines, USE]


def _sizes(specimens: Specimens, found: ShapeStudy) -> tuple[np.ndarray, str]:
    """Centroid sizes of images, and their unit: mm where all have a scale."""
    if np.isnan(specimens.mm_per_px).any():
        return found.superimposed.sizes, "px of the image"
    return found.superimposed.sizes * specimens.mm_per_px, "mm"
