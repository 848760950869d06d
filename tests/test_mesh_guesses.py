"""Guesses without a detector: the mesh points that anatomy names, and those that a few labels teach."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rtl_tf.app import mesh_guesses
from rtl_tf.app.entries import Entry
from rtl_tf.app.folder import Photo
from rtl_tf.app.guesses import NO_FACE
from rtl_tf.app.labels import AllLabels
from rtl_tf.app.mesh_guesses import FEWEST, MeshGuesser, meshes_in
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
    assert np.nanmean(found[:, known], axis=0).max() < 0.15, np.nanmean(found[:, known], axis=0)
    assert np.nanmean(found) < 0.06
    np.testing.assert_array_equal(np.isfinite(found).all(axis=0), known)


def test_points_of_68_landmarks_lie_where_their_names_say(heads):
    """Both halves alike, series in their order, and at the landmarks that the two markups share."""
    ibug68 = load_schema("ibug68")
    chosen = anatomical(ibug68)
    assert len(set(chosen.tolist())) == 68 and chosen.min() >= 0
    meshes = [meshes_in(read_image(head.image))[0] for head in heads]
    views = [view for each in meshes for view in (each.mesh, each.mirrored)]  # every head is seen from either side
    middle = np.mean([view.square.to_shares(view.points) for view in views], axis=0)[chosen]
    other = middle[ibug68.mirror_permutation] * (-1, 1) + (1, 0)
    assert np.abs(middle - other).max() < 0.05
    places = dict(zip(ibug68.names, middle, strict=True))
    for name, axis in (("jaw", 0), ("right_brow", 0), ("left_brow", 0), ("nose_base", 0), ("nose_bridge", 1)):
        along = np.array([place[axis] for each, place in places.items() if each.startswith(name)])
        assert (np.diff(along) > 0).all(), name
    for name in ("right_eye", "left_eye", "outer_lip", "inner_lip"):  # clockwise, from the left of the picture
        x, y = np.array([place for each, place in places.items() if each.startswith(name)]).T
        assert x[0] == x.min() and (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() > 0, name


def test_another_markup_with_other_numbers_is_not_taken_for_that_of_68_points():
    def known(count):
        landmarks = tuple(Landmark(f"jaw_{number}", f"{number}", "jaw") for number in range(count))
        return (anatomical(Schema("own", "", landmarks, ())) >= 0).sum()

    assert [known(16), known(17), known(33)] == [0, 17, 0]


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


def test_of_several_faces_each_is_guessed_and_labels_are_of_the_one_they_lie_on(heads, tmp_path):
    """Two heads on each photograph; people have labelled the smaller, on the right."""
    both = []
    for number, (larger, smaller) in enumerate(zip(heads, heads[1:], strict=False)):
        first, second = read_image(larger.image), read_image(smaller.image)
        half = np.asarray(Image.fromarray(second).reduce(2))
        picture = np.full((max(len(first), len(half)), first.shape[1] + half.shape[1], 3), 128, np.uint8)
        picture[: len(first), : first.shape[1]] = first
        picture[: len(half), first.shape[1] :] = half
        points = (smaller.points + 0.5) / 2 - 0.5 + (first.shape[1], 0)
        both.append(replace(smaller, image=tmp_path / f"{number}.png", points=points))
        Image.fromarray(picture).save(both[-1].image)
    folder = Photos(both)
    pixels = read_image(both[-1].image)
    guess = MeshGuesser(FAS14, AllLabels(), folder).guess(folder.photos[-1], pixels)
    assert len(guess.faces) == 2 and guess.faces[0][0] < guess.faces[1][0]
    right = both[-1].points[:, 0].mean()
    assert abs(np.mean(list(guess.at((right, 0.0)).points.values()), axis=0)[0] - right) < 10
    assert guess.at(None).points == guess.points
    entries = [
        entry
        for sample, photo in zip(both[:FEWEST], folder.photos, strict=False)
        for entry in labelled(photo, sample.points, FAS14.names)
    ]
    guesser = MeshGuesser(FAS14, AllLabels(entries), folder)
    taught = guesser.guess(folder.photos[-1], pixels).at((right, 0.0)).points
    far = [np.linalg.norm(np.subtract(taught[name], both[-1].points[k])) for k, name in enumerate(FAS14.names)]
    assert np.mean(far) < 0.06 * np.ptp(both[-1].points, axis=0).max(), far


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


def test_labels_that_were_given_last_teach(heads, monkeypatch):
    """One example each: the first photograph's, which was labelled after the second."""
    monkeypatch.setattr(mesh_guesses, "FEWEST", 1)
    monkeypatch.setattr(mesh_guesses, "LEARNED_FROM", 1)
    schema = Schema("own", "", (Landmark("tragion", "T", ""), Landmark("nasion", "N", "")), ())
    folder, entries = Photos(heads[:3]), []
    for number, (name, time) in enumerate((("tragion", "2026-02"), ("nasion", "2026-01"))):
        (entry,) = labelled(folder.photos[number], heads[number].points[:1], [name])
        entries.append(replace(entry, time=time))
    guess = MeshGuesser(schema, AllLabels(entries), folder).guess(folder.photos[2], read_image(heads[2].image))
    assert "tragion" in guess.points


def test_a_photograph_without_a_face_is_flagged():
    guess = MeshGuesser(FAS14, AllLabels(), Photos([])).guess(Photo(Path(), "wall"), np.full((90, 90, 3), 99, np.uint8))
    assert (guess.points, guess.flags) == ({}, (NO_FACE,))
