"""A run's recipe in exported files: of photographs of built-in heads the same points as TensorFlow's detector gives."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from rtl_tf.config import Asked
from rtl_tf.datasets.synthetic.rendered import samples as rendered
from rtl_tf.documents import write_json
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.face_boxes import find_boxes
from rtl_tf.experiments.recipe_fitting import RecipeSettings, fit_recipe
from rtl_tf.experiments.run_export import calibration_crops
from rtl_tf.inference import exporting
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.exported import ENGINES, ExportedDetector
from rtl_tf.inference.face_parts import FacePart, FaceParts
from rtl_tf.inference.part_crops import load_part_crops
from rtl_tf.inference.predicting import detector_hash
from rtl_tf.inference.recipe import Recipe, write_recipe
from rtl_tf.pipeline import load_crops
from rtl_tf.records import Split
from rtl_tf.runs import layout
from rtl_tf.runs.familiar_faces import FamiliarFaces, write_familiar_faces
from rtl_tf.runs.parts import write_split
from rtl_tf.schema import load_schema, schema_text

SIZE = 64
SCHEMA = load_schema("fas14")


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    """Two photographs of 256 px of each of three built-in heads."""
    return rendered(subjects=3, scans=2, size=256, cache=tmp_path_factory.mktemp("cache"))


def network(size: int) -> keras.Model:
    """Heatmaps of random features: what it finds is somewhere, and changes with every pixel."""
    keras.utils.set_random_seed(size)
    image = keras.Input((size, size, 3))
    features = keras.layers.Conv2D(8, 9, 4, "same", activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    maps = keras.layers.Conv2D(len(SCHEMA), 1, name="heatmaps")(features)
    return keras.Model(image, {"heatmaps": maps, "features": features})


@pytest.fixture(scope="module")
def run(heads, tmp_path_factory):
    """A run with all that a recipe can have."""
    folder = tmp_path_factory.mktemp("run")
    settings = Asked(aligned=True, calibrated=True, label_shift=True, views=2, image_size=SIZE).resolved()
    recipe = fit_recipe(RecipeSettings.of(settings), heads, SCHEMA)
    assert recipe.alignment and recipe.calibration
    network(SIZE).save(folder / layout.NETWORK)
    (folder / layout.FACE_PARTS).mkdir()
    network(32).save(folder / layout.FACE_PARTS / layout.NETWORK)
    parts = FaceParts(32, (FacePart((0, 1, 2), 0.4), FacePart((11,), 0.2)))
    write_recipe(folder / layout.RECIPE, dataclasses.replace(recipe, blend=0.25, label_shift=0.01, parts=parts))
    faces = np.random.default_rng(0).uniform(0, 1, (40, 8)).astype(np.float32)
    write_familiar_faces(folder / layout.FAMILIAR, FamiliarFaces.fit(faces))
    resolved = {"method": "ft", "image_size": SIZE, "sigma": 1.5, "crop_margin": 0.4}
    (folder / layout.CONFIG).write_text(json.dumps({"asked": {}, "resolved": resolved}))
    (folder / layout.SCHEMA).write_text(schema_text("fas14"))
    return folder


@pytest.mark.parametrize("engine", ENGINES)
def test_an_exported_file_looks_at_photographs_as_its_run_does(run, heads, tmp_path, engine):
    pytest.importorskip(ENGINES[engine].package)
    file = tmp_path / f"detector{ENGINES[engine].suffix}"
    exporting.export(run, file, engine)
    detector, exported = Detector.load(run), ExportedDetector.load(file)
    assert exported.recipe.to_json() == detector.recipe.to_json() and exported.parts.image_size == 32
    images, boxes = [sample.image for sample in heads[:3]], [(20.5, 20.5, 220.0)] * 3
    found, expected = (predictor.predict(images, boxes, [False, True, False]) for predictor in (exported, detector))
    plain = dataclasses.replace(detector, recipe=Recipe(), parts=None).predict(images, boxes, [False, True, False])
    for one, other, without in zip(found, expected, plain, strict=True):
        np.testing.assert_allclose(one.points, other.points, atol=1e-2)
        np.testing.assert_allclose(one.rivals, other.rivals, atol=1e-4)
        assert (one.unlikeness, one.yaw) == (pytest.approx(other.unlikeness, rel=1e-3), pytest.approx(other.yaw))
        assert np.isfinite([one.unlikeness, one.yaw]).all()
        assert np.abs(without.points - other.points).max() > 1  # px: the recipe has its say


def test_int8_finds_on_photographs_what_its_run_finds_nearly(run, heads, tmp_path):
    """Photographs to points, both networks in int8, with the whole recipe."""
    pytest.importorskip(ENGINES["litert"].package)
    detector, file = Detector.load(run), tmp_path / "detector.tflite"
    crops = aligned_crops(detector.recipe, heads)
    exporting.export(
        run, file, "litert", crops.plain, load_part_crops(heads, crops.squares, detector.recipe, SCHEMA).plain
    )
    exported = ExportedDetector.load(file)
    assert exported.metadata["precision"] == exported.parts.metadata["precision"] == "int8"
    images, boxes = [sample.image for sample in heads], [(20.5, 20.5, 220.0)] * len(heads)
    found, expected, plain = (
        np.stack([one.points for one in predictor.predict(images, boxes, [False, True] * 3)])
        for predictor in (exported, detector, dataclasses.replace(detector, recipe=Recipe(), parts=None))
    )
    off, without = (np.linalg.norm(points - expected, axis=-1) for points in (found, plain))
    assert np.median(off) < 0.5  # px; here and there a peak of random features gives way to another
    assert np.median(without) > 10


def test_a_file_of_an_earlier_version_has_to_be_made_anew(run, tmp_path, monkeypatch):
    told = exporting.metadata
    earlier = {"familiar_faces"}
    monkeypatch.setattr(
        exporting, "metadata", lambda *given: {key: value for key, value in told(*given).items() if key not in earlier}
    )
    with pytest.raises(
        InputError, match="detector-parts.tflite: of an earlier version; make it anew with python -m rtl_tf"
    ):
        exporting.export(run, tmp_path / "detector.tflite", "litert")


def test_the_network_of_the_parts_lies_beside_the_file_that_needs_it(run, tmp_path):
    file = tmp_path / "detector-fp32.tflite"
    exporting.export(run, file, "litert")
    beside = tmp_path / "detector-fp32-parts.tflite"
    assert sorted(tmp_path.iterdir()) == [beside, file]
    assert ExportedDetector.load(beside).recipe.plain
    before, without = (detector_hash(file, None, None, with_parts) for with_parts in (True, False))
    beside.write_bytes(beside.read_bytes()[:-1] + b"x")
    assert detector_hash(file, None, None, True) not in (before, without)
    assert detector_hash(file, None, None, False) == without  # one that nobody reads says nothing
    beside.unlink()
    with pytest.raises(InputError, match=r"detector-fp32-parts\.tflite: no such file; make it with"):
        ExportedDetector.load(file)


@pytest.fixture
def trained(run, heads, monkeypatch):
    """Gives the run settings, a split, and the heads as its data."""
    monkeypatch.setattr("rtl_tf.datasets.load", lambda *_, **__: heads)
    monkeypatch.setattr("rtl_tf.datasets.content_hashes", lambda *_: {})

    def configure(**given):
        resolved = json.loads((run / layout.CONFIG).read_text())["resolved"]
        settings = Asked(image_size=SIZE, crop_margin=0.4, **given).resolved()
        resolved |= settings.known() | {"data": "elsewhere", "schema": "fas14"}
        (run / layout.CONFIG).write_text(json.dumps({"asked": {}, "resolved": resolved}))
        write_split(run / layout.SPLIT, heads, Split((0, 1, 2, 3), (4,), (5,)))
        return Detector.load(run).recipe

    return configure


def aligned_crops(recipe, samples):
    return load_crops(samples, SCHEMA, size=SIZE, margin=0.4, square=lambda _, image, box: recipe.square(image, box))


def test_int8_is_calibrated_on_what_the_network_was_trained_on(run, heads, trained):
    recipe = trained()
    trained_on = aligned_crops(recipe, heads[:4])
    crops, parts = calibration_crops(run)
    np.testing.assert_array_equal(crops, trained_on.plain)
    expected = load_part_crops(heads[:4], trained_on.squares, recipe, SCHEMA).plain
    assert len(expected) == 8
    np.testing.assert_array_equal(parts, expected)
    assert [len(crops) for crops in calibration_crops(run, count=2)] == [2, 2]
    boxes = load_crops(heads[:4], SCHEMA, size=SIZE, margin=0.4)
    assert (trained_on.plain != boxes.plain).mean() > 0.5


def test_int8_of_parts_is_calibrated_on_images_that_show_some(run, heads, trained, monkeypatch):
    """Of four training images the third alone has all labels of a part; the first is chosen for the faces."""
    recipe, few = trained(), [dataclasses.replace(sample, points=sample.points.copy()) for sample in heads]
    for index in (0, 1, 3):
        few[index].points[[0, 11]] = np.nan
    monkeypatch.setattr("rtl_tf.experiments.resolving.same_half", lambda samples, schema: few)
    trained(aligned=True)
    crops, parts = calibration_crops(run, count=1)
    np.testing.assert_array_equal(crops, aligned_crops(recipe, few[:1]).plain)
    squares = aligned_crops(recipe, few[2:3]).squares
    np.testing.assert_array_equal(parts, load_part_crops(few[2:3], squares, recipe, SCHEMA).plain[:1])
    for sample in few:
        sample.points[[0, 11]] = np.nan
    with pytest.raises(InputError, match=r"elsewhere: no training image shows a part in enough pixels; int8 needs"):
        calibration_crops(run)


def test_int8_is_calibrated_on_the_half_that_aligned_faces_show(run, heads, trained, monkeypatch):
    turned = [dataclasses.replace(sample, mirrored=index % 2 == 0) for index, sample in enumerate(heads)]
    monkeypatch.setattr("rtl_tf.experiments.resolving.same_half", lambda samples, schema: turned)
    recipe = trained(aligned=True)
    np.testing.assert_array_equal(calibration_crops(run)[0], aligned_crops(recipe, turned[:4]).plain)


def test_int8_is_calibrated_on_found_boxes_where_the_network_saw_them(run, heads, trained):
    recipe = trained(face_boxes="found")
    with pytest.raises(InputError) as error:
        calibration_crops(run)
    file = run / layout.FACE_SQUARE
    assert str(error.value) == f"{file}: missing; int8 needs it, as the run looked at found faces"
    found = find_boxes(heads, range(5), [5], 0.4)
    write_json(file, found.face_square.to_json())
    expected = aligned_crops(recipe, [found.samples[index] for index in range(4)]).plain
    np.testing.assert_array_equal(calibration_crops(run)[0], expected)
    assert (expected != aligned_crops(recipe, heads[:4]).plain).any()
    file.unlink()
