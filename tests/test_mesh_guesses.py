"""Guesses without a detector: the mesh points that anatomy names, and those that a few labels teach."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rtl_tf.app.entries import Entry
from rtl_tf.app.folder import Photo
from rtl_tf.app.guesses import NO_FACE
from rtl_tf.app.labels import AllLabels
from rtl_tf.app.mesh_guesses import FEWEST, MeshGuesser
from rtl_tf.datasets import load
from rtl_tf.images import read_image
from rtl_tf.inference.anatomical_points import POINTS, anatomical
from rtl_tf.inference.face_finder import find_faces
from rtl_tf.schema import Landmark, Schema, load_schema

FAS14 = load_schema("fas14")


class Photos:
    """What a guesser asks of a folder."""

    def __init__(self, samples):
        self.photos = [Photo(sample.image, sample.image.name) for sample in samples]
        self.contents = {photo.name: photo.name for photo in self.photos}

    def labelled(self, labels):
        return {photo.name: photo for photo in self.photos if photo.name in labels.known}, []


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    """Built-in heads on which a face is found; every other one as its mirror image, which shows the other half."""
    folder, heads = tmp_path_factory.mktemp("heads"), []
    for number, sample in enumerate(load("synthetic:subjects=12,scans=1")):
        image, points = read_image(sample.image), sample.points
        if number % 2:
            points = (points * (-1, 1) + (image.shape[1] - 1, 0))[FAS14.mirror_permutation]
            image = image[:, ::-1]
        if find_faces(image):
            heads.append(replace(sample, image=folder / f"{number:02d}.png", points=points))
            Image.fromarray(image).save(heads[-1].image)
    assert len(heads) >= FEWEST + 3
    return heads


def labelled(photo: Photo, points: np.ndarray, names) -> list[Entry]:
    return [
        Entry("", "", "place", photo.name, photo.name, photo.name, name, None, (float(x), float(y)))
        for name, (x, y) in zip(names, points, strict=True)
    ]


def errors(guesser: MeshGuesser, samples, photos) -> np.ndarray:
    """(N, K), of the extent of the face; NaN where nothing is guessed."""
    rows = []
    for sample, photo in zip(samples, photos, strict=True):
        found = guesser.guess(photo, read_image(photo.path)).points
        places = np.array([found.get(name, (np.nan, np.nan)) for name in guesser.schema.names])
        rows.append(np.linalg.norm(places - sample.points, axis=-1) / np.ptp(sample.points, axis=0).max())
    return np.array(rows)


def test_anatomy_places_landmarks_by_name_on_either_half(heads):
    folder = Photos(heads)
    found = errors(MeshGuesser(FAS14, AllLabels(), folder), heads, folder.photos)
    known = [name in POINTS for name in FAS14.names]
    assert np.nanmax(np.nanmean(found, axis=0)) < 0.15, np.nanmean(found, axis=0)
    assert np.nanmean(found) < 0.06
    np.testing.assert_array_equal(np.isfinite(found).all(axis=0), known)


def test_labels_teach_every_landmark_and_are_better_than_anatomy(heads):
    folder = Photos(heads)
    taught, others = heads[: FEWEST + 1], heads[FEWEST + 1 :]
    entries = [
        entry
        for sample, photo in zip(taught, folder.photos, strict=False)
        for entry in labelled(photo, sample.points, FAS14.names)
    ]
    guesser = MeshGuesser(FAS14, AllLabels(entries), folder)
    found = errors(guesser, others, folder.photos[FEWEST + 1 :])
    plain = errors(MeshGuesser(FAS14, AllLabels(), folder), others, folder.photos[FEWEST + 1 :])
    assert np.isfinite(found).all()  # the ear too
    assert np.nanmean(found[:, :12]) < np.nanmean(plain[:, :12])


def test_few_labels_and_unknown_names_teach_nothing(heads):
    schema = Schema("own", "", (Landmark("tragion", "T", ""), Landmark("nasion", "N", "")), ())
    folder = Photos(heads)
    entries = [
        entry
        for sample, photo in zip(heads[: FEWEST - 1], folder.photos, strict=False)
        for entry in labelled(photo, sample.points[:2], schema.names)
    ]
    guess = MeshGuesser(schema, AllLabels(entries), folder).guess(folder.photos[-1], read_image(heads[-1].image))
    assert list(guess.points) == ["nasion"]
    assert anatomical(schema).tolist() == [-1, 168]


def test_a_photograph_without_a_face_is_flagged():
    guess = MeshGuesser(FAS14, AllLabels(), Photos([])).guess(Photo(Path(), "wall"), np.full((90, 90, 3), 99, np.uint8))
    assert (guess.points, guess.flags) == ({}, (NO_FACE,))
