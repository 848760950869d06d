"""The face meshes of samples, and what they tell of the labels. No TensorFlow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rtl_tf.coordinates import Crop, sample_crop
from rtl_tf.experiments.one_half import same_half
from rtl_tf.images import read_around
from rtl_tf.inference.face_finder import find_faces
from rtl_tf.inference.face_meshes import Mesh, find_mesh
from rtl_tf.inference.label_shift import LabelShift, find_shift
from rtl_tf.inference.recipe import FACE, mesh_views
from rtl_tf.inference.squares import face_around, is_held, mesh_square
from rtl_tf.pyramid import Photographed
from rtl_tf.records import Sample
from rtl_tf.schema import Schema
from rtl_tf.system.progress import in_threads


@dataclass(frozen=True)
class MeshedSample:
    """A sample whose face has a mesh.

    Attributes:
        box: around the labels, or the sample's own.
        views: (V, 468, 2) original px, see `recipe.mesh_views`: the first two, a plain and a flipped one, at least.
        is_part: whether the labels' box holds a part of the face alone, so that its mesh was found around it.
    """

    sample: Sample
    box: Crop
    mesh: Mesh
    views: np.ndarray
    is_part: bool = False


Meshes = dict[tuple[Path, Crop], Mesh]  # by an image and the box that was looked into, whether it shows a face or not


def mesh_samples(
    samples: Sequence[Sample],
    size: int,
    margin: float,
    views: int = 2,
    meshes: Meshes | None = None,
    read: Callable[[Path, Crop], Photographed] = read_around,
) -> list[MeshedSample]:
    """Those of the samples of whose face a mesh is found; read in threads, with a progress bar. All go into `meshes`.

    size, margin: of the boxes, see `coordinates.sample_crop`.
    read: an image of which a box is looked at.
    """
    meshes = {} if meshes is None else meshes

    def meshed(sample: Sample) -> MeshedSample | None:
        box = sample_crop(sample, size, margin)
        image = read(sample.image, box)
        mesh, is_part = mesh_around(image, box) if sample.box is None else (find_mesh(image, box), False)
        meshes[sample.image, box] = mesh
        if mesh.score <= FACE:  # its square can lie anywhere
            return None
        return MeshedSample(sample, box, mesh, mesh_views(image, mesh, max(2, views)), is_part)

    return [one for one in in_threads(meshed, samples, "finding face meshes") if one]


def mesh_around(image: Photographed, box: Crop) -> tuple[Mesh, bool]:
    """The mesh of the face that a square around labels belongs to, and whether the square holds a part of it alone.

    Around the eyes or the mouth there is no mesh, or a wrong one: then it is looked for in the whole photograph.
    """
    face = face_around(find_faces(image), box)
    if face is None:
        return find_mesh(image, box), False
    is_part = not is_held(face, box)
    own = None if is_part else find_mesh(image, box)
    if own and own.score > FACE:
        return own, False
    mesh = find_mesh(image, mesh_square(face, box))
    return (mesh, is_part) if mesh.score > FACE else (own or find_mesh(image, box), False)


def of_like_boxes(meshed: Sequence[MeshedSample]) -> list[MeshedSample]:
    """Those whose boxes hold the face, or, where these are fewer, those whose boxes hold a part of it: shares of boxes
    of the eyes and shares of boxes of the face are no numbers of one kind."""
    whole = [one for one in meshed if not one.is_part]
    return whole if 2 * len(whole) >= len(meshed) else [one for one in meshed if one.is_part]


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
    labels: list[np.ndarray] = []
    plain: list[np.ndarray] = []
    flipped: list[np.ndarray] = []
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
