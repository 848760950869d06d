"""Samples that all show the same half of the face: those of the other half are mirrored."""

from collections.abc import Sequence
from dataclasses import replace

from rtl_tf.evaluation.halves import find_halves, frame_of
from rtl_tf.records import Sample
from rtl_tf.schema import Schema


def same_half(samples: Sequence[Sample], schema: Schema) -> list[Sample]:
    """The samples, those `mirrored` differently whose labels, by their shape, show the other half than most.

    Only where a data set shows both halves (see `evaluation.halves.Halves.is_mixed`): one sample among many is rather
    a wrong flag, which `rtl-check` names.
    """
    halves = find_halves(frame_of(samples, schema), schema)
    turned = halves.other & halves.telling & halves.is_mixed
    return [
        replace(sample, mirrored=not sample.mirrored) if turn else sample
        for sample, turn in zip(samples, turned, strict=True)
    ]
