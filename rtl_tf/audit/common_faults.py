"""What all labels have in common, told from the pixels: they are held against face meshes of some of the images."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.audit.misnamed import Misnamed, are_known, find_misnamed
from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.meshed_samples import as_one_half, mesh_samples, of_like_boxes, seen_both_ways, shift_of_labels
from rtl_tf.inference.face_meshes import SIZE
from rtl_tf.inference.label_shift import FEWEST_PEOPLE, LabelShift
from rtl_tf.pyramid import Pyramid
from rtl_tf.records import Sample
from rtl_tf.schema import Schema

MOST = 60  # images that are looked at


@dataclass(frozen=True)
class CommonFaults:
    """How far labels lie to the right of where they belong, and which of them have each other's place.

    Attributes:
        shift: shares of the side of the face's square; None where it is not known.
        side: of such a square, the median, px of the images.
        images: in how many of them a face was found.
        reason: why it is not known.
        misnamed: pairs of landmarks whose names are exchanged in most of these images.
    """

    shift: LabelShift | None = None
    side: float = float("nan")
    images: int = 0
    reason: str = ""
    misnamed: tuple[Misnamed, ...] = ()


def find_common_faults(samples: Sequence[Sample], schema: Schema) -> CommonFaults:
    """Of samples whose labels and squares are believed; MOST are looked at, in threads, with a progress bar."""
    if not samples:
        return CommonFaults(reason="there is no image whose labels are beyond doubt")
    is_contradicted, reason = seen_both_ways(samples, schema, flips=True), ""
    if not is_contradicted:
        only = "all of them are mirrored" if any(sample.mirrored for sample in samples) else "none is mirrored"
        reason = f"all images show one half of the face, {only}: it is learned as the anatomy is"
        if not are_known(schema):
            return CommonFaults(reason=reason)
    chosen = _evenly(as_one_half(samples, schema), MOST)
    margin = Asked().resolved().crop_margin
    try:
        meshed = mesh_samples(chosen, SIZE, margin, read=lambda file, _: Pyramid.of_file(file))
    except InputError as problem:  # the network's package is missing
        return CommonFaults(reason=reason or str(problem))
    if not meshed:
        return CommonFaults(reason=reason or f"no face was found in the {len(chosen)} images that were looked at")
    misnamed = find_misnamed(meshed, schema)
    if not is_contradicted:
        return CommonFaults(reason=reason, misnamed=misnamed)
    alike = of_like_boxes(meshed)
    squares = [replace(one.box, size=1) for one in alike]
    shift = shift_of_labels(alike, squares, schema)
    if shift is None:
        kinds = " of either half of the face" if schema.is_one_sided else ""
        few = f"a face was found in {len(meshed)} of the {len(chosen)} images that were looked at"
        return CommonFaults(reason=f"{few}, of fewer than {FEWEST_PEOPLE} people{kinds}", misnamed=misnamed)
    return CommonFaults(shift, float(np.median([square.side for square in squares])), len(alike), misnamed=misnamed)


def _evenly(samples: Sequence[Sample], most: int) -> list[Sample]:
    """Some of the samples, over the whole of the list, as many mirrored ones as others if there are enough of both."""
    kinds = [[sample for sample in samples if sample.mirrored == kind] for kind in (False, True)]
    fewer = min(map(len, kinds))
    counts = [min(len(kind), max(most // 2, most - fewer)) for kind in kinds]
    return [
        kind[index]
        for kind, count in zip(kinds, counts, strict=True)
        for index in np.linspace(0, len(kind) - 1, count).round().astype(int)
    ]
