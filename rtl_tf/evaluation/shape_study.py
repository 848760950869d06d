"""From specimens to an analysis of shape: people within groups, their means, components, tests and the ANOVA."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from rtl_tf.evaluation.procrustes import Superimposed, superimpose
from rtl_tf.evaluation.procrustes_anova import Term, means_by, procrustes_anova, repeatability
from rtl_tf.evaluation.shape_components import Components, components
from rtl_tf.evaluation.shape_tests import GroupMeans, distance_p, group_means
from rtl_tf.evaluation.specimens import Specimens
from rtl_tf.records import photograph_of


@dataclass(frozen=True)
class Difference:
    """Two groups by their positions, the Procrustes distance of their means, and its p; NaN = no test."""

    first: int
    second: int
    distance: float
    p: float


@dataclass(frozen=True)
class ShapeStudy:
    """What is to be said of shapes. A person's images in one group count once, as their mean.

    Attributes:
        superimposed: all N images.
        shapes: (N, K, 2), of the images, freed of the covariates.
        group: (N,), position of each image's group.
        people: (P,) positions of the groups of people, or of a person's part in each group.
        person_shapes: (P, K, 2), as `shapes`.
        means: of the groups.
        components: of people's shapes.
        differences: of all pairs of groups.
        shared: how many people are in several groups: then nobody's label can be exchanged, and there is no test.
    """

    superimposed: Superimposed
    shapes: np.ndarray
    group: np.ndarray
    people: np.ndarray
    person_shapes: np.ndarray
    means: GroupMeans
    components: Components
    differences: list[Difference]
    shared: int


def study(specimens: Specimens, groups: Sequence[str], order: Sequence[str], covariates: np.ndarray) -> ShapeStudy:
    """Superimpose and compare.

    Args:
        groups: of each image, one of `order`.
        covariates: (N, C), of each image, to be regressed out.
    """
    laid = superimpose(specimens.points)
    group = np.array([order.index(name) for name in groups])
    units = list(dict.fromkeys(zip(specimens.subjects, group.tolist(), strict=True)))
    position = {unit: index for index, unit in enumerate(units)}
    index = np.array([position[unit] for unit in zip(specimens.subjects, group.tolist(), strict=True)])
    people = np.array([number for _, number in units])
    values, known = means_by(index, laid.points), means_by(index, covariates)
    means = group_means(values, people, known)
    adjusted = means.adjusted(values, known)
    shared = sum(count > 1 for count in Counter(subject for subject, _ in units).values())
    differences = [
        Difference(*pair, means.distance(*pair), np.nan if shared else distance_p(values, people, known, pair))
        for pair in combinations(range(len(order)), 2)
    ]
    freed = means.adjusted(laid.points, covariates)
    return ShapeStudy(laid, freed, group, people, adjusted, means, components(adjusted), differences, shared)


def placement_terms(specimens: Specimens) -> tuple[list[Term], float, bool]:
    """The ANOVA of all placements, the repeatability, and whether labels took part: those of an image with all of its
    landmarks are one more placement beside the found.

    Rows of one photograph (`name#face`) with one person are placements on it.
    """
    points, rows = specimens.points, np.arange(len(specimens.points))
    whole = np.zeros(len(points), bool)
    if specimens.labels is not None:
        whole = np.isfinite(specimens.labels).all(axis=(1, 2))
        points = np.concatenate([points, specimens.labels[whole]])
        rows = np.concatenate([rows, rows[whole]])
    individuals = [specimens.subjects[row] for row in rows]
    sides = [specimens.sides[row] for row in rows] if specimens.sides else None
    images = [photograph_of(specimens.images[row]) for row in rows]
    terms = procrustes_anova(superimpose(points).points, individuals, sides, images)
    return terms, repeatability(terms, len(points), individuals), bool(whole.any())


def correlations(scores: np.ndarray, columns: dict[str, np.ndarray]) -> dict[str, float]:
    """Column -> its correlation with scores (N,), the largest first; columns hold numbers (N,), NaN = unknown."""
    found = {}
    for name, numbers in columns.items():
        known = ~np.isnan(numbers)
        if known.sum() > 2 and np.ptp(numbers[known]) > 0:
            found[name] = float(np.corrcoef(scores[known], numbers[known])[0, 1])
    return dict(sorted(found.items(), key=lambda item: -abs(item[1])))
