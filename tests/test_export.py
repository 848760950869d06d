"""Exported files against the Keras model on images, what they say of themselves, and what is refused."""

import json
import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
from toys import SCHEMA, toy_samples

from rtl_tf.exceptions import InputError
from rtl_tf.experiments import run_export
from rtl_tf.inference import exporting
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.exported import ENGINES, ExportedDetector, exported_file, files_of, is_exported
from rtl_tf.pipeline import load_crops
from rtl_tf.schema import schema_text

SIZE = 64


def colour_network() -> keras.Model:
    """Heatmaps that are the images' colours, through two convolutions: what there is to quantise."""
    image = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Rescaling(1 / 160, -0.5)(image)
    x = keras.layers.Conv2D(6, 4, 4, activation="relu", name="pool")(x)
    network = keras.Model(image, {"heatmaps": keras.layers.Conv2D(3, 1, name="heatmaps")(x), "features": x})
    network.get_layer("pool").set_weights([np.tile(np.eye(3), 2) * np.ones((4, 4, 1, 1)) / 16, np.zeros(6)])
    network.get_layer("heatmaps").set_weights([np.tile(np.eye(3), (2, 1))[None, None] / 2, np.zeros(3)])
    return network


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    samples = toy_samples(tmp_path_factory.mktemp("toys"))
    return load_crops(samples, SCHEMA, size=SIZE, margin=0.25)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    colour_network().save(folder / "best.keras")
    resolved = {"method": "ft", "image_size": SIZE, "sigma": 1.5, "crop_margin": 0.4}
    (folder / "config.json").write_text(json.dumps({"asked": {}, "resolved": resolved}))
    pairs, points = [], []
    for landmark in SCHEMA.landmarks:
        points.append(f'[[landmarks]]\nname = "{landmark.name}"\nlabel = "{landmark.label}"\nanatomy = "a spot"\n')
    pairs = ", ".join(f'["{a}", "{b}"]' for a, b in SCHEMA.mirrored_pairs)
    text = f'name = "{SCHEMA.name}"\nsource = "toys"\nmirrored_pairs = [{pairs}]\n' + "\n".join(points)
    (folder / "schema.toml").write_text(text)
    return folder


@pytest.mark.parametrize("engine", ENGINES)
def test_an_exported_file_gives_what_the_keras_model_gives(run, crops, engine):
    pytest.importorskip(ENGINES[engine].package)
    file = exported_file(run, engine, "fp32")
    exporting.export(run, file, engine)
    expected, found = Detector.load(run).locate(crops.plain), ExportedDetector.load(file).locate(crops.plain)
    np.testing.assert_allclose(found.points, expected.points, atol=1e-3)
    np.testing.assert_array_equal(found.heatmap_points, expected.heatmap_points)
    np.testing.assert_allclose(found.peaks, expected.peaks, atol=1e-5)


def spots_at_the_edges() -> np.ndarray:
    """uint8 (N, S, S, 3): crops with a spot of each colour in the outermost heatmap px, corners among them."""
    places = np.random.default_rng(0).uniform(0, SIZE - 1, (12, 3, 2))
    places[:8, :, 0] = np.repeat([0, 3, 60, 63], 2)[:, None]
    places[6:, :, 1] = np.array([63, 1, 0, 63, 2, 61])[:, None]
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    squares = (x[..., None] - places[:, None, None, :, 0]) ** 2 + (y[..., None] - places[:, None, None, :, 1]) ** 2
    return (70 + 160 * np.exp(-squares / 72)).astype(np.uint8)


@pytest.mark.parametrize("engine", ENGINES)
def test_landmarks_at_the_edges_are_decoded_alike(run, engine):
    pytest.importorskip(ENGINES[engine].package)
    file = exported_file(run, engine, "fp32")
    exporting.export(run, file, engine)
    crops = spots_at_the_edges()
    expected, found = Detector.load(run).locate(crops), ExportedDetector.load(file).locate(crops)
    np.testing.assert_allclose(found.points, expected.points, atol=2e-3)
    assert expected.points.min() < 0 and expected.points.max() > SIZE - 4  # the first and the last px of heatmaps


@pytest.mark.parametrize("engine", ENGINES)
def test_int8_files_stay_near_the_keras_model_and_decode_exactly(run, crops, engine):
    pytest.importorskip(ENGINES[engine].package)
    file = exported_file(run, engine, "int8")
    exporting.export(run, file, engine, crops.plain)
    expected, exported = Detector.load(run).locate(crops.plain), ExportedDetector.load(file)
    found = exported.locate(crops.plain)
    distance = np.linalg.norm(found.points - expected.points, axis=-1) / 4
    assert 0 < np.median(distance) < 0.1  # heatmap px: some rounding, or nothing was quantised
    assert np.median(np.abs(found.peaks - expected.peaks)) < 0.02
    np.testing.assert_array_equal(found.heatmap_points, np.round(found.heatmap_points))
    assert exported.metadata["precision"] == "int8"


@pytest.mark.parametrize("instructions", ["ALL", "AVX2"])
def test_int8_of_many_landmarks_runs_on_any_processor(tmp_path, instructions):
    """Per-channel factors of 14 heatmaps of 64 px cannot be moved through the decoding's reshapes."""
    pytest.importorskip("nncf")
    image = keras.Input((256, 256, 3))
    x = keras.layers.Conv2D(8, 4, 4, use_bias=False)(keras.layers.Rescaling(1 / 255)(image))
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    maps = keras.layers.Conv2D(14, 1, name="heatmaps")(x)
    keras.Model(image, {"heatmaps": maps, "features": x}).save(tmp_path / "best.keras")
    resolved = {"method": "ft", "image_size": 256, "sigma": 1.5, "crop_margin": 0.4}
    (tmp_path / "config.json").write_text(json.dumps({"asked": {}, "resolved": resolved}))
    (tmp_path / "schema.toml").write_text(schema_text("fas14"))
    crops = np.random.default_rng(0).integers(0, 256, (4, 256, 256, 3), np.uint8)
    file = tmp_path / "detector.xml"
    exporting.export(tmp_path, file, "openvino", crops)
    assert b'"FakeQuantize"' in file.read_bytes()
    code = (
        f"from rtl_tf.inference.exported_check import try_out; from pathlib import Path; try_out(Path({str(file)!r}))"
    )
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": instructions}
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


def test_a_file_that_the_engine_cannot_load_is_not_kept(run, tmp_path, monkeypatch):
    def write(locate, file, calibration, text):
        file.write_bytes(b"no model")
        file.with_suffix(".bin").write_bytes(b"no weights")

    monkeypatch.setitem(exporting.WRITERS, "openvino", write)
    with pytest.raises(
        InputError, match="/detector.xml: damaged, or not for this openvino: .*Unable to read"
    ) as caught:
        exporting.export(run, tmp_path / "detector.xml", "openvino")
    assert "\n" not in str(caught.value) and "unfinished" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_damaged_file_is_refused_in_one_line(run, crops, tmp_path, engine):
    pytest.importorskip(ENGINES[engine].package)
    file = tmp_path / f"detector{ENGINES[engine].suffix}"
    exporting.export(run, file, engine)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(InputError, match=f"detector{file.suffix}") as caught:
        ExportedDetector.load(file)
    assert "\n" not in str(caught.value)


def test_a_file_says_how_to_use_it(run, crops, tmp_path):
    file = tmp_path / "detector.tflite"
    exporting.export(run, file, "litert")
    detector = ExportedDetector.load(file)
    assert detector.schema == Detector.load(run).schema
    assert (detector.image_size, detector.metadata["crop_margin"], detector.metadata["heatmap_stride"]) == (64, 0.4, 4)
    assert detector.metadata["crop_rule"].startswith("a square")
    assert detector.metadata["rtl_tf_version"]
    assert [path.name for path in tmp_path.iterdir()] == ["detector.tflite"]


def test_predictions_in_original_pixels_are_the_keras_models(run, tmp_path):
    samples = toy_samples(tmp_path, count=3)
    exporting.export(run, tmp_path / "detector.xml", "openvino")
    boxes = [(-6.5, -3.5, 60.0)] * 3
    images = [sample.image for sample in samples]
    for mirrored in (None, [True, False, True]):
        exported = ExportedDetector.load(tmp_path / "detector.xml").predict(images, boxes, mirrored)
        for one, other in zip(exported, Detector.load(run).predict(images, boxes, mirrored), strict=True):
            np.testing.assert_allclose(one.points, other.points, atol=1e-3)


def test_landmarks_that_no_training_image_had_are_known_to_the_file(run, tmp_path):
    partial, image = tmp_path / "run", toy_samples(tmp_path, count=1)[0].image
    shutil.copytree(run, partial, ignore=shutil.ignore_patterns("export"))
    config = json.loads((partial / "config.json").read_text())
    config["resolved"]["unlabelled_landmarks"] = ["right"]
    (partial / "config.json").write_text(json.dumps(config))
    exporting.export(partial, tmp_path / "detector.tflite", "litert")
    exported, expected = ExportedDetector.load(tmp_path / "detector.tflite"), Detector.load(partial)
    assert exported.unlabelled == expected.unlabelled == ("right",)
    assert np.isnan(exported.predict([image])[0].points).any(axis=-1).tolist() == [False, True, False]
    for damaged in ("right", ["none"], [3]):
        config["resolved"]["unlabelled_landmarks"] = damaged
        (partial / "config.json").write_text(json.dumps(config))
        with pytest.raises(InputError, match=r"config\.json: damaged: unlabelled_landmarks is no list of landmarks of"):
            Detector.load(partial)


@pytest.mark.parametrize("engine", ENGINES)
def test_only_an_earlier_export_is_replaced(run, tmp_path, engine, monkeypatch):
    """And what is in the way is told before int8's images are read, as is a file's wrong suffix."""
    suffix = ENGINES[engine].suffix
    file, parts = tmp_path / f"detector{suffix}", tmp_path / f"detector-parts{suffix}"
    for foreign in (file, *files_of(file)[1:]):
        foreign.write_bytes(b"somebody's")
        with pytest.raises(InputError, match=f"{foreign.name}: there already, and no exported detector; name another"):
            exporting.export(run, file, engine)
        assert foreign.read_bytes() == b"somebody's"
        foreign.unlink()
    parts.write_bytes(b"somebody's")
    exporting.require_free(file, engine, with_parts=False)
    with pytest.raises(InputError, match=f"detector-parts{suffix}: there already"):
        exporting.require_free(file, engine, with_parts=True)
    file.write_bytes(b"somebody's")
    monkeypatch.setattr(run_export, "calibration_crops", None)
    for output, problem in ((file, "there already"), (tmp_path / "detector.pb", f"files for {engine} end in {suffix}")):
        with pytest.raises(InputError, match=problem):
            run_export.export_run(run, engine, "int8", output)
    pytest.importorskip(ENGINES[engine].package)
    file.unlink()
    for _ in range(2):
        exporting.export(run, file, engine)
    assert is_exported(file)


def test_foreign_damaged_and_missing_files_are_named(run, tmp_path, monkeypatch):
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    for name, words in (("bad.onnx", "damaged"), ("none.xml", "no such file"), ("model.pb", "end in .onnx")):
        with pytest.raises(InputError, match=f"{name}.*{words}"):
            ExportedDetector.load(tmp_path / name)
    with pytest.raises(InputError, match=r"files for onnx end in \.onnx"):
        exporting.export(run, tmp_path / "detector.bin", "onnx")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="cannot be written"):
        exporting.export(run, tmp_path / "file" / "new.xml", "openvino")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"needs onnxruntime; python -m pip install"):
        ExportedDetector.load(tmp_path / "bad.onnx")
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(InputError, match="needs tf2onnx"):
        exporting.export(run, tmp_path / "new.onnx", "onnx")
    assert not (tmp_path / "new.onnx").exists()
