"""Pairs of landmarks whose names are exchanged in most images, which only the pixels tell: faces have meshes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from rtl_tf.audit.exchanged_names import CLEARLY
from rtl_tf.experiments.meshed_samples import MeshedSample, as_one_half
from rtl_tf.inference.anatomical_points import anatomical
from rtl_tf.known import mean_of_known
from rtl_tf.schema import Schema

FEWEST = 5  # images with both landmarks


@dataclass(frozen=True)
class Misnamed:
    """Two landmarks by index, in how many of the images that have both they lie in each other's place."""

    first: int
    second: int
    swapped: int
    images: int


def are_known(schema: Schema) -> bool:
    """Whether meshes tell two landmarks of a schema at least."""
    return bool((anatomical(schema) >= 0).sum() > 1)


def find_misnamed(meshed: Sequence[MeshedSample], schema: Schema) -> tuple[Misnamed, ...]:
    """The pairs that are swapped in more than half of the images, each landmark in one of them alone.

    Where left and right are exchanged many pairs look swapped: those count that lie nearest to each other's places.
    """
    if not meshed:
        return ()
    labels, places = np.stack([one.sample.points for one in meshed]), _places(meshed, schema)
    distances = np.linalg.norm(labels[:, :, None] - places[:, None], axis=-1)  # of label k from the place of l
    likely = []
    for first, second in combinations(np.flatnonzero(anatomical(schema) >= 0).tolist(), 2):
        as_named = distances[:, first, first] + distances[:, second, second]
        exchanged = distances[:, first, second] + distances[:, second, first]
        images, swapped = int(np.isfinite(as_named).sum()), int((exchanged < CLEARLY * as_named).sum())
        if images >= FEWEST and swapped > images / 2:
            likely.append((float(np.nanmedian(exchanged)), Misnamed(first, second, swapped, images)))
    found: list[Misnamed] = []
    taken: set[int] = set()
    for _, one in sorted(likely, key=lambda pair: pair[0]):
        if taken.isdisjoint((one.first, one.second)):
            found.append(one)
            taken |= {one.first, one.second}
    return tuple(found)


def _places(meshed: Sequence[MeshedSample], schema: Schema) -> np.ndarray:
    """(N, K, 2) original px, NaN = not known; landmarks of one half of the face on the half nearer to the labels."""
    chosen, samples = anatomical(schema), as_one_half([one.sample for one in meshed], schema)
    best, nearest = np.full((len(meshed), len(schema), 2), np.nan), np.inf
    for other in (False, True) if schema.is_one_sided else (False,):
        places = []
        for one, sample in zip(meshed, samples, strict=True):
            mirrored = sample.mirrored != other
            points = (one.mesh.points if mirrored == one.box.mirrored else one.views[1])[chosen].astype(np.float64)
            points[chosen < 0] = np.nan
            places.append(points[schema.mirror_permutation] if mirrored else points)
        px = np.linalg.norm([one.sample.points for one in meshed] - np.stack(places), axis=-1)
        distance = float(np.nanmedian(mean_of_known(px, axis=1) / [one.box.side for one in meshed]))
        if distance < nearest:
            best, nearest = np.stack(places), distance
    return best
