"""Samples of a schema of half a face are made to show the same half, by the shape of their labels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtl_tf.experiments.one_half import same_half
from rtl_tf.records import Sample
from rtl_tf.schema import load_schema

SCHEMA = load_schema("fas12")
SHAPE = np.random.default_rng(4).uniform(0, 100, (len(SCHEMA), 2))


def sample(number: int, other_half: bool, flagged: bool = False) -> Sample:
    """One shape, moved, turned, scaled and noisy; of the other half its mirror image, under the mirrored names."""
    random = np.random.default_rng(number)
    points = SHAPE + random.normal(0, 2, SHAPE.shape)
    if other_half:
        points = points[SCHEMA.mirror_permutation] * (-1, 1)
    angle, scale = random.uniform(-0.3, 0.3), random.uniform(0.5, 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return Sample(
        Path("a.png"), (scale * points @ turn + random.uniform(0, 99, 2)).astype(np.float32), "p", None, flagged
    )


@pytest.mark.parametrize("share", [2, 4])
def test_the_fewer_are_mirrored(share):
    halves = [number % share == 1 and number < 18 for number in range(20)]
    found = same_half([sample(number, other) for number, other in enumerate(halves)], SCHEMA)
    assert [one.mirrored for one in found] == halves


def test_right_flags_stay():
    samples = [sample(number, number % 2 == 1, flagged=number % 2 == 1) for number in range(20)]
    assert [one.mirrored for one in same_half(samples, SCHEMA)] == [one.mirrored for one in samples]


def test_missing_landmarks_have_no_vote():
    samples = [sample(number, number == 3) for number in range(8)]
    for number, one in enumerate(samples):
        points = one.points.copy()
        points[number] = np.nan
        samples[number] = replace(one, points=points)
    assert [one.mirrored for one in same_half(samples, SCHEMA)] == [number == 3 for number in range(8)]


def test_a_schema_of_both_halves_has_no_other_half():
    schema = load_schema("ibug68")
    half = np.random.default_rng(0).uniform(0, 100, (68, 2))
    symmetric = (half + half[schema.mirror_permutation] * (-1, 1)) / 2
    random = np.random.default_rng(1)
    samples = [
        Sample(Path("a.png"), (symmetric + random.normal(0, 3, (68, 2))).astype(np.float32), "p") for _ in range(9)
    ]
    assert not any(one.mirrored for one in same_half(samples, schema))
