"""The built-in heads against published norms of faces, by age and sex: distances between 3D landmarks, no pictures."""

import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.landmarks import SCHEMA, locate_landmarks
from rtl_tf.datasets.synthetic.people import FAS_SLIDERS, SEXES, Subject, sample_subject
from rtl_tf.datasets.synthetic.scans import Expression

DISTANCES = {
    "palpebral_fissure_length": ("exocanthion", "endocanthion"),
    "nasal_height": ("nasion", "subnasale"),
    "nasal_bridge_length": ("nasion", "pronasale"),
    "nasal_protrusion": ("subnasale", "pronasale"),
    "philtrum_length": ("subnasale", "labiale_superius"),
    "philtrum_width": ("crista_philtri_left", "crista_philtri_right"),
    "facial_height": ("nasion", "gnathion"),
}
PACKAGE = Path(__file__).resolve().parents[1] / "rtl_tf"
CLARREN, WEINBERG = "Clarren 2010", "Weinberg 2016"
BANDS = ((4, 6), (6, 11), (11, 18), (18, 66))  # years; the norms end at 16 and 20, those of grown-ups are their last


def read_norms() -> dict[tuple[str, str, str], np.ndarray]:
    """(measurement, source, sex) -> (ages, means, sds)."""
    norms = defaultdict(list)
    with open(PACKAGE / "measuring" / "norms.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (row["measurement"], row["source"], row["sex"])
            norms[key].append([float(row[column]) for column in ("age", "mean", "sd")])
    return {key: np.array(rows).T for key, rows in norms.items()}


NORMS = read_norms()


def unaffected(number: int, **changes) -> Subject:
    return replace(sample_subject(0, number), **{**dict.fromkeys(FAS_SLIDERS, 0.0), **changes})


def lengths(person: Subject) -> dict[str, float]:
    """mm, of the face at rest."""
    position = 10 * person.shape.size * locate_landmarks(Head(person, Expression())).position
    return {
        name: float(np.linalg.norm(np.subtract(*(position[SCHEMA.index(end)] for end in ends))))
        for name, ends in DISTANCES.items()
    }


def z_score(person: Subject, length: float, measurement: str, source: str) -> float:
    """NaN below the youngest age of the norm."""
    ages, means, sds = NORMS[measurement, source, person.sex]
    if person.age < ages[0]:
        return np.nan
    return (length - np.interp(person.age, ages, means)) / np.interp(person.age, ages, sds)


@pytest.fixture(scope="module")
def people():
    """400 people without a feature of FAS, with their lengths."""
    return [(person, lengths(person)) for person in map(unaffected, range(400))]


@pytest.mark.parametrize(
    ("measurement", "source"), [("palpebral_fissure_length", CLARREN), *((name, WEINBERG) for name in DISTANCES)]
)
def test_people_are_as_the_norm_of_their_age_and_sex(people, measurement, source):
    for sex in SEXES:
        spread = []
        for youngest, oldest in BANDS:
            band = [one for one in people if one[0].sex == sex and youngest <= one[0].age < oldest]
            z = np.array([z_score(person, length[measurement], measurement, source) for person, length in band])
            z = z[np.isfinite(z)]
            if len(z):
                assert len(z) > 25
                assert abs(z.mean()) < 0.6, f"{sex}, {youngest} to {oldest} years: {z.mean():+.2f} SD"
                spread.append(z.std())
        assert len(spread) == (3 if source == CLARREN else 4)
        assert all(0.5 < sd < 1.5 for sd in spread), spread


def test_a_full_slider_shortens_the_fissure_by_two_standard_deviations_and_more():
    for number in range(60):
        person = unaffected(number)
        plain, short = (
            z_score(one, lengths(one)["palpebral_fissure_length"], "palpebral_fissure_length", WEINBERG)
            for one in (person, replace(person, short_palpebral_fissure=1.0))
        )
        assert short < plain - 2
        assert short < -2, number


def test_men_and_women_are_drawn_alike_and_look_different_once_grown_up(people):
    assert 0.45 < np.mean([person.sex == "male" for person, _ in people]) < 0.55
    assert not any(person.stubble for person, _ in people if person.sex == "female")
    height = {
        (sex, grown): np.mean(
            [length["facial_height"] for one, length in people if (one.sex, one.age >= 18) == (sex, grown)]
        )
        for sex in SEXES
        for grown in (False, True)
    }
    grown_up = height["male", True] - height["female", True]
    assert 3 < grown_up < 10
    assert height["male", False] - height["female", False] < grown_up
