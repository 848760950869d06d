"""The face meshes of samples, and what they tell of the labels. No TensorFlow."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rtl_tf.coordinates import Crop, sample_crop
from rtl_tf.experiments.one_half import same_half
from rtl_tf.images import read_around
from rtl_tf.inference.face_meshes import Mesh, find_mesh
from rtl_tf.inference.label_shift import LabelShift, find_shift
from rtl_tf.inference.recipe import FACE, mesh_views
from rtl_tf.pyramid import Photographed
from rtl_tf.records import Sample
from rtl_tf.schema import Schema
from rtl_tf.system.progress import progress


@dataclass(frozen=True)
class MeshedSample:
    """A sample whose face has a mesh.

    Attributes:
        box: around the labels, or the sample's own.
        views: (V, 468, 2) original px, see `recipe.mesh_views`: the first two, a plain and a flipped one, at least.
    """

    sample: Sample
    box: Crop
    mesh: Mesh
    views: np.ndarray


Meshes = dict[tuple[Path, Crop], Mesh]  # by an image and the box that was looked into, whether it shows a face or not


def mesh_samples(
    samples: Sequence[Sample],
    size: int,
    margin: float,
    views: int = 2,
    meshes: Meshes | None = None,
    read: Callable[[Path, Crop], Photographed] = read_around,
) -> list[MeshedSample]:
    """Those of the samples in whose box a mesh is found; read in threads, with a progress bar. All go into `meshes`.

    size, margin: of the boxes, see `coordinates.sample_crop`.
    read: an image of which a box is looked at.
    """
    meshes = {} if meshes is None else meshes

    def meshed(sample: Sample) -> MeshedSample:
        box = sample_crop(sample, size, margin)
        image = read(sample.image, box)
        mesh = meshes[sample.image, box] = find_mesh(image, box)
        return MeshedSample(sample, box, mesh, mesh_views(image, mesh, max(2, views)))

    with ThreadPoolExecutor() as pool:
        found = list(progress(pool.map(meshed, samples), len(samples), "finding face meshes"))
    return [one for one in found if one.mesh.score > FACE]


def seen_both_ways(samples: Sequence[Sample], schema: Schema, flips: bool) -> bool:
    """Whether an offset of all labels is contradicted by what a network is shown, and so is not learned.

    flips: whether it is shown flipped images, which are the other half's where landmarks are of one half.
    """
    is_flipped = flips and not schema.is_one_sided and any(_has_counterparts(sample, schema) for sample in samples)
    return is_flipped or len({sample.mirrored for sample in as_one_half(samples, schema)}) == 2


def as_one_half(samples: Sequence[Sample], schema: Schema) -> list[Sample]:
    """The samples; of a schema of one half of the face, `mirrored` so that all show the same."""
    return same_half(samples, schema) if schema.is_one_sided else list(samples)


def _has_counterparts(sample: Sample, schema: Schema) -> bool:
    """Whether a landmark of the midline is labelled, or both of a pair."""
    there = np.isfinite(sample.points).all(axis=-1)
    return bool((there & there[schema.mirror_permutation]).any())


def shift_of_labels(meshed: Sequence[MeshedSample], squares: Sequence[Crop], schema: Schema) -> LabelShift | None:
    """How far all labels lie to the right, shares of the squares' sides; None where too few people tell it.

    squares: of each sample, mirrored where that is.
    """
    samples = as_one_half([one.sample for one in meshed], schema)
    labels, plain, flipped = [], [], []
    for one, sample, square in zip(meshed, samples, squares, strict=True):
        views = one.mesh.points, one.views[1]
        if sample.mirrored != square.mirrored:
            square, views = replace(square, mirrored=sample.mirrored), views[::-1]
        names = schema.mirror_permutation if sample.mirrored else slice(None)
        for shares, points in ((labels, sample.points[names]), (plain, views[0]), (flipped, views[1])):
            shares.append(square.to_shares(points))
    mirrored = np.array([sample.mirrored for sample in samples])
    people = [sample.subject for sample in samples]
    return find_shift(np.stack(labels), np.stack(plain), np.stack(flipped), mirrored, people, schema)
