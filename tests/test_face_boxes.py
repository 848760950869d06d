"""Boxes of the face finder in the place of those around labels: crops, recipe and predictions follow them."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from toy_table import NAMES, flags, refused, write_table

from rtl_tf.cli.train import main
from rtl_tf.coordinates import Crop, crop_around, input_to_heatmap
from rtl_tf.datasets.synthetic.rendered import samples as rendered
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import training_faces
from rtl_tf.experiments.face_boxes import find_boxes
from rtl_tf.images import read_image
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.face_finder import find_faces
from rtl_tf.inference.recipe import read_recipe
from rtl_tf.inference.squares import central_square
from rtl_tf.runs.predictions import read_predictions

MARGIN = 0.4


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    """Two photographs of 256 px of each of eight built-in heads."""
    return rendered(subjects=8, scans=2, size=256, cache=tmp_path_factory.mktemp("cache"))


def overlap(box, sample) -> float:
    """Of two squares: shared area by that of both."""
    own = crop_around(sample.points, 1, MARGIN)
    starts, ends = (
        np.stack([np.array(corner(one)) for one in (box, (own.left, own.top, own.side))])
        for corner in (lambda one: one[:2], lambda one: (one[0] + one[2], one[1] + one[2]))
    )
    shared = float(np.prod(np.maximum(ends.min(axis=0) - starts.max(axis=0), 0)))
    return shared / (box[2] ** 2 + own.side**2 - shared)


def test_found_boxes_stand_around_the_landmarks_and_use_no_label_of_the_others(heads):
    training, others = list(range(10)), list(range(10, 16))
    found = find_boxes(heads, training, others, MARGIN)
    assert sorted(found.samples) == list(range(16))
    assert min(overlap(found.samples[index].box, heads[index]) for index in range(16)) > 0.5
    blind = [*heads[:10], *(replace(sample, points=sample.points + 40) for sample in heads[10:])]
    again = find_boxes(blind, training, others, MARGIN)
    assert [again.samples[index].box for index in others] == [found.samples[index].box for index in others]
    one = heads[12]
    assert found.face_square.apply(find_faces(read_image(one.image))[0], one.mirrored)[0] == found.samples[12].box


def test_where_no_face_is_found_it_is_the_middle(heads, monkeypatch):
    last = heads[15].image

    def blind(image):
        return [] if np.array_equal(image, read_image(last)) else find_faces(image)

    monkeypatch.setattr(training_faces, "find_faces", blind)
    found = find_boxes(heads, range(10), range(10, 16), MARGIN)
    assert found.samples[15].box == central_square(read_image(last).shape[1::-1])
    assert found.samples[14].box != central_square(read_image(last).shape[1::-1])


def test_each_photograph_is_searched_once(heads, monkeypatch):
    searched = []
    monkeypatch.setattr(training_faces, "find_faces", lambda image: searched.append(image) or find_faces(image))
    find_boxes(heads, range(10), range(10, 16), MARGIN)
    assert len(searched) == 16


@pytest.mark.parametrize("copied", [False, True])
def test_photographs_of_several_labelled_faces_are_refused(heads, tmp_path, copied):
    """As one file, or, as in AFW, as a copy for each face; a face's number alone tells of no other."""
    one, other = (replace(heads[number], face=str(number + 1)) for number in (0, 1))
    find_boxes([one, other, *heads[2:]], range(10), range(10, 16), MARGIN)
    image = shutil.copy(one.image, tmp_path / one.image.name) if copied else one.image
    both = [one, replace(other, image=image), *heads[2:]]
    with pytest.raises(InputError) as error:
        find_boxes(both, range(10), range(10, 16), MARGIN)
    assert str(error.value) == (
        f"--face-boxes found: {one.image.name} shows 2 labelled faces, and of a photograph the largest face is looked "
        "at; leave the flag out"
    )


@pytest.fixture(scope="module")
def photographs(heads, tmp_path_factory):
    """The heads as a data set of three landmarks."""
    folder = tmp_path_factory.mktemp("photographs")
    for number, sample in enumerate(heads):
        shutil.copy(sample.image, folder / f"{number}{sample.image.suffix}")
    kept = [
        replace(sample, image=folder / f"{number}{sample.image.suffix}", points=sample.points[: len(NAMES)])
        for number, sample in enumerate(heads)
    ]
    write_table(folder, kept)
    return folder


@pytest.mark.parametrize("more", [(), ("--aligned", "--calibrated")])
def test_a_run_looks_at_found_boxes_and_is_judged_by_those_around_labels(photographs, tmp_path, more):
    run = tmp_path / "run"
    main(flags(photographs, run, "--face-boxes", "found", *more, epochs=1))
    assert json.loads((run / "config.json").read_text())["resolved"]["face_boxes"] == "found"
    assert read_recipe(run / "recipe.json", len(NAMES)).box_evidence is None
    told = read_predictions(run / "predictions.csv")
    detector = Detector.load(run)
    for index, name in enumerate(told.images):
        own = crop_around(told.truth[index], 64, MARGIN)
        on_map = input_to_heatmap(own.to_input(told.truth[index]))
        np.testing.assert_allclose(told.heatmap_truth[index], on_map, atol=1e-3)
        image = read_image(photographs / name)
        box = detector.face_square.apply(find_faces(image)[0], False)[0]
        answer = detector.predict(image, mirrored=False)[0]  # the largest face, as on a photograph without a box
        np.testing.assert_allclose(told.points[index], answer.points, atol=0.02)
        on_grid = np.floor(input_to_heatmap(own.to_input(answer.points)) + 0.5)
        if more:
            np.testing.assert_array_equal(told.heatmap_points[index], on_grid)
        else:
            assert Crop(*box, 64) != own


def test_photographs_without_faces_are_refused(table, tmp_path):
    refused(flags(table, tmp_path / "run", "--face-boxes", "found"), "--face-boxes found: ", tmp_path / "run")
