"""Landmarks of many faces for the analysis of shape: whose they are, which group they belong to, all of one side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.evaluation.halves import as_one_half, find_halves, frame_of
from rtl_tf.evaluation.procrustes import centroid_sizes
from rtl_tf.exceptions import InputError
from rtl_tf.geometry.mirroring import unmirrored
from rtl_tf.methods import METHODS
from rtl_tf.records import Sample, image_names
from rtl_tf.runs import layout
from rtl_tf.runs.attributes import read_attributes
from rtl_tf.runs.run import Run
from rtl_tf.schema import Schema

SIDE = "side"  # column of the data table: which side of the face an image shows


@dataclass(frozen=True)
class Specimens:
    """N faces, each with K landmarks.

    Attributes:
        source: what they are, for the figure.
        images, subjects: N names each.
        landmarks: K names.
        points: (N, K, 2), original px, all of one side of the face; none is missing.
        labels: as `points`, by hand, NaN = not labelled, where `points` are a detector's; else None.
        mirrored: bool (N,): those that show the other side and were mirrored.
        mm_per_px: (N,), NaN = unknown.
        attributes: column of the data table -> N cells.
        notes: a sentence for all that was left out or changed.
    """

    source: str
    images: tuple[str, ...]
    subjects: tuple[str, ...]
    landmarks: tuple[str, ...]
    points: np.ndarray
    labels: np.ndarray | None
    mirrored: np.ndarray
    mm_per_px: np.ndarray
    attributes: dict[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[str, ...] | None:
        """N names of the side of the face, by the table where it tells all, else by what was mirrored; None where all
        show one."""
        by_table = self.attributes.get(SIDE, ("",))
        sides = by_table if all(by_table) else tuple(np.where(self.mirrored, "mirrored", "plain"))
        return sides if len(set(sides)) > 1 else None

    def kept(self, which: np.ndarray, note: str) -> "Specimens":
        """Those of bool (N,); a note has how many of the others there are, whose sentence goes on with `note`."""
        if which.all():
            return self
        index = np.flatnonzero(which)

        def chosen(cells: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(cells[number] for number in index)

        return replace(
            self,
            images=chosen(self.images),
            subjects=chosen(self.subjects),
            points=self.points[which],
            labels=None if self.labels is None else self.labels[which],
            mirrored=self.mirrored[which],
            mm_per_px=self.mm_per_px[which],
            attributes={name: chosen(cells) for name, cells in self.attributes.items()},
        ).noted((~which).sum(), note)

    def noted(self, count: int, note: str, kind: str = "image") -> "Specimens":
        """With one more note: `3 images that ...`."""
        return replace(self, notes=(*self.notes, f"{count} {kind}{'' if count == 1 else 's'} {note}"))


def tested_specimens(run: Run) -> Specimens:
    """What a run's detector found in its test images; InputError where its files are missing or do not fit."""
    found, schema = run.learnt_predictions, run.schema_read
    if found.landmarks != schema.names:
        raise InputError(f"{run.folder / layout.PREDICTIONS}: its landmarks are not those of schema {schema.name}")
    path = run.folder / layout.ATTRIBUTES
    attributes = read_attributes(path, found.images) if path.exists() else {}
    where = "training images, by its folds," if run.cross_validated else "test images"
    source = f"found by {METHODS[run.method].title}, seed {run.seed}, in the {where} of {run.resolved['data_name']}"
    known = (source, found.images, found.subjects, found.mm_per_px, attributes)
    flagged = np.zeros(len(found.images), bool) if found.mirrored is None else found.mirrored == 1
    points, labels = (unmirrored(each, flagged, schema.mirror_permutation) for each in (found.points, found.truth))
    return _specimens(*known, points, labels, schema, flagged)


def labelled_specimens(
    samples: Sequence[Sample], schema: Schema, data_name: str, images: Sequence[str] = ()
) -> Specimens:
    """The labels of a data set, whose images have their own names where there are no other `images`."""
    names = tuple(dict.fromkeys(name for sample in samples for name in sample.attributes))
    attributes = {name: tuple(sample.attributes.get(name, "") for sample in samples) for name in names}
    mm_per_px = np.array([sample.mm_per_px for sample in samples])
    subjects = tuple(sample.subject for sample in samples)
    images = tuple(images or image_names(samples))
    known = (f"labelled in {data_name}", images, subjects, mm_per_px, attributes)
    flagged = np.array([sample.mirrored for sample in samples])
    return _specimens(*known, frame_of(samples, schema), None, schema, flagged)


def _specimens(
    source: str,
    images: tuple[str, ...],
    subjects: tuple[str, ...],
    mm_per_px: np.ndarray,
    attributes: dict[str, tuple[str, ...]],
    points: np.ndarray,
    labels: np.ndarray | None,
    schema: Schema,
    mirrored: np.ndarray,
) -> Specimens:
    """All of one side; without landmarks that no image has, then without images that lack one.

    Args:
        points, labels: as all faces are seen, those of bool (N,) `mirrored` turned.
    """
    there = ~np.isnan(points).all(axis=(0, 2))
    every = Specimens(source, images, subjects, schema.names, points, labels, mirrored, mm_per_px, attributes)
    every = every.kept(np.isfinite(points[:, there]).all(axis=(1, 2)), "that lack a landmark are left out")
    every = every.kept(centroid_sizes(every.points[:, there]) > 0, "whose landmarks lie in one place are left out")
    if len(set(every.subjects)) < 2:
        raise InputError(f"{source}: fewer than two people have all landmarks; an analysis of shape needs more")
    if there.sum() < 3:
        raise InputError(f"{source}: {there.sum()} landmarks; a shape needs three")
    return _of_one_side(every, schema, there)


def _of_one_side(every: Specimens, schema: Schema, there: np.ndarray) -> Specimens:
    """Mirrored where their points say so; landmarks of bool (K,) stay."""
    known = every.points if every.labels is None else np.where(np.isnan(every.labels), every.points, every.labels)
    halves = find_halves(known, schema)
    turned = halves.other & halves.is_mixed
    mirrored = every.mirrored != turned
    notes = [*every.notes]
    if not there.all():
        missing = ", ".join(name for name, known in zip(schema.names, there, strict=True) if not known)
        notes.append(f"without {missing}, which no image has")
    return replace(
        every,
        points=as_one_half(every.points, halves, schema)[:, there],
        labels=None if every.labels is None else as_one_half(every.labels, halves, schema)[:, there],
        mirrored=mirrored,
        landmarks=tuple(name for name, known in zip(schema.names, there, strict=True) if known),
        notes=tuple(notes),
    )
