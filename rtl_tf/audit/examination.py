"""The whole audit of a data set: what is in it, and whom to look at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.audit import appearance
from rtl_tf.audit.common_faults import CommonFaults, find_common_faults
from rtl_tf.audit.explanations import SIDES, UNEXPLAINED, are_sides, explain, of_swap
from rtl_tf.audit.framing import Framing, frame_faces, is_odd, odd_sizes
from rtl_tf.audit.judged_faces import Faces, judge_faces
from rtl_tf.audit.near_duplicates import Pair, find_duplicates
from rtl_tf.audit.plain_and_mirrored import Contrast, contrast
from rtl_tf.audit.sketches import Place, read_all
from rtl_tf.audit.suspects import Suspect, sorted_suspects
from rtl_tf.records import Sample, image_names
from rtl_tf.schema import Schema

FARTHER = 0.03  # of the face's extent: a point that is nearer to where it is expected is no suspect
UNLIKE = 3.5  # robust standard deviations of the appearance: of 3,000 real faces 0.06 % lie below
LOOK = "look, and move the landmark or leave it"
FEWEST_PICTURES = 30  # to tell a face from what is none
WITHIN = 0.5  # of the side of its square, at most, is beyond the image where a face is looked for
SEED = 0  # of whose labels are tried on whose image


@dataclass(frozen=True)
class Findings:
    """Of N samples. `faces` is None where there are too few to compare, `contrast` where few are mirrored."""

    samples: Sequence[Sample]
    schema: Schema
    framing: Framing
    faces: Faces | None
    contrast: Contrast | None
    common_faults: CommonFaults
    duplicates: list[Pair]
    looked_at: bool
    suspects: list[Suspect]

    def expected(self, index: int) -> np.ndarray | None:
        """(K, 2), where a sample's landmarks are expected, px of its image."""
        return None if self.faces is None else self.faces.expected(index, self.samples[index], self.schema)


def examine(samples: Sequence[Sample], schema: Schema) -> Findings:
    """Look through a data set; every image is decoded once, small where it is a large JPEG, and a few once more.

    Raises:
        InputError: an image is damaged.
    """
    framing, faces = frame_faces(samples), judge_faces(samples, schema)
    places = _places(samples, faces)
    wrong = np.random.default_rng(SEED).permutation(len(samples))
    tried = [[place, _of_another(place, places[other])] for place, other in zip(places, wrong, strict=True)]
    sketches = read_all(samples, tried)
    suspects = list(_of_shapes(samples, faces, framing, schema)) if faces else []
    looked_at = faces is not None and len(samples) >= FEWEST_PICTURES
    if faces and looked_at:
        upright = [(pair if is_one else (None, None)) for pair, is_one in zip(sketches, faces.compared, strict=True)]
        own, others = zip(*upright, strict=True)
        scores = appearance.scores(own, others, faces.groups)
        suspects += _of_appearance(scores, {one.index for one in suspects})
    sizes = np.array([place.size for place in places])
    suspects += _of_size(framing, np.where(faces.compared, sizes, np.nan) if faces else sizes)
    duplicates = find_duplicates(samples, [own for own, _ in sketches])
    suspects += [*_of_duplicates(samples, duplicates), *_of_equal_labels(samples, duplicates)]
    sides = None
    if faces:
        mirrored = np.array([bool(sample.mirrored) for sample in samples])
        sides = contrast(faces.model.laid(faces.points), faces.model.mean, mirrored, schema)
    doubted = {one.index for one in suspects}
    believed = [index for index in np.flatnonzero(framing.beyond < WITHIN).tolist() if index not in doubted]
    common_faults = find_common_faults([samples[index] for index in believed], schema)
    suspects = sorted_suspects(suspects)
    return Findings(samples, schema, framing, faces, sides, common_faults, duplicates, looked_at, suspects)


def _places(samples: Sequence[Sample], faces: Faces | None) -> list[Place]:
    """As the shapes tell; of a face that was not compared, whose landmarks others do not have, by these alone."""
    if faces is None:
        return [_place(sample) for sample in samples]
    by_itself = ~faces.compared & np.isfinite(faces.points).any(axis=(1, 2))
    found = zip(samples, faces.places(samples), by_itself, strict=True)
    return [_place(sample) if is_alone else place for sample, place, is_alone in found]


def _place(sample: Sample) -> Place:
    """Of a face that no model has placed: the middle and spread of its points."""
    points = sample.points[~np.isnan(sample.points).any(axis=1)].astype(float)
    spread = float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))
    return Place((float(points[:, 0].mean()), float(points[:, 1].mean())), spread, 0.0, sample.mirrored)


def _of_another(place: Place, other: Place) -> Place:
    """Where another image's labels would have the face."""
    return replace(other, mirrored=place.mirrored, turn=other.turn if place.mirrored == other.mirrored else -other.turn)


def _of_shapes(samples: Sequence[Sample], faces: Faces, framing: Framing, schema: Schema) -> Iterator[Suspect]:
    for index, (sample, found) in enumerate(zip(samples, faces.outliers, strict=True)):
        px = np.linalg.norm(faces.points[index] - found.judged.expected, axis=-1)
        off = found.off & (px > FARTHER * framing.extent[index])
        swaps = faces.swaps(index)
        if not swaps and not off.any() and found.stands:
            continue
        points, group, flipped = faces.points[index], faces.groups[index], bool(faces.flipped[index])
        whys = [of_swap(pair) for pair in swaps]
        if are_sides(swaps, schema):
            whys = [SIDES]
        elif not swaps:
            why = explain(faces.model, points, group, found.off, flipped, schema)
            whys = [why or UNEXPLAINED] if why or found.is_whole else []
        worst = float(np.nanmax(found.judged.deviations))
        # names as labelled: those of a mirrored face are swapped
        own = schema.mirror_permutation if sample.mirrored != flipped else np.arange(len(schema))
        for why in whys:
            if why.swapped is None:
                yield Suspect(index, why.what, why.reason, why.advice, worst)
                continue
            first, second = (schema.names[own[each]] for each in why.swapped)
            reason = f"{first} and {second} have each other's place"
            for each in why.swapped:
                yield Suspect(index, why.what, reason, why.advice, worst, int(own[each]), float(px[each]))
        for each in np.flatnonzero(off).tolist() if not whys else ():
            deviations, reason = float(found.judged.deviations[each]), "a slip of the hand, or a rare face or view"
            yield Suspect(index, "far from its place", reason, LOOK, deviations, int(own[each]), float(px[each]))


def _of_appearance(scores: np.ndarray, known: set[int]) -> Iterator[Suspect]:
    """Images that do not look like a face where their labels say."""
    middle = np.nanmedian(scores)
    spread = 1.4826 * np.nanmedian(np.abs(scores - middle)) + 1e-9
    for index, score in enumerate(scores):
        deviations = float((middle - score) / spread)
        if index not in known and not deviations < UNLIKE and score == score:
            yield Suspect(
                index, "no face where it is labelled", "labels of another image, or a hidden or unusual face",
                "check that image and labels belong together", deviations,
            )  # fmt: skip


def _of_size(framing: Framing, sizes: np.ndarray) -> Iterator[Suspect]:
    factor, deviations, what = odd_sizes(framing, sizes)
    for index in np.flatnonzero(is_odd(factor, deviations)) if what else ():
        other = "mm_per_px" if what == "mm" else "its box"
        yield Suspect(
            int(index), "odd size", f"the face is {factor[index]:.2g} times the usual in {what}",
            f"check {other}, and whether the image was scaled after it was labelled", float(deviations[index]),
        )  # fmt: skip


def _of_duplicates(samples: Sequence[Sample], pairs: Sequence[Pair]) -> Iterator[Suspect]:
    names = image_names(samples)
    for pair in pairs:
        first, second = samples[pair.first], samples[pair.second]
        if first.subject != second.subject:
            what = "same pixels, two people" if pair.is_equal else "nearly the same picture, two people"
            reason = f"shows what {names[pair.first]} of {first.subject} shows"
            yield Suspect(pair.second, what, reason, "give both the same subject, or remove one")
        elif pair.is_equal:
            reason = f"the same pixels as {names[pair.first]}"
            yield Suspect(pair.second, "same pixels", reason, "remove one", deviations=0.0)


def _of_equal_labels(samples: Sequence[Sample], pairs: Sequence[Pair]) -> Iterator[Suspect]:
    """Images that look different and have the very same points: a row was copied."""
    names, alike = image_names(samples), {index for pair in pairs for index in pair[:2]}
    first: dict[bytes, int] = {}
    for index, sample in enumerate(samples):
        other = first.setdefault(sample.points.tobytes(), index)
        if other != index and samples[other].image != sample.image and not {index, other} <= alike:
            reason = f"has exactly the points of {names[other]}"
            yield Suspect(index, "labels of another image", reason, "label one of the two again")
