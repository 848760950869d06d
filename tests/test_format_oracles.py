"""What is written and read, beside other programs' readers: sleap-io (COCO, Label Studio, DeepLabCut), ktch (TPS)."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from generated_faces import collection, write_images
from ktch.io import read_tps, write_tps
from PIL import Image
from sleap_io.io import coco, dlc, labelstudio

from rtl_tf import datasets
from rtl_tf.datasets.converting import convert
from rtl_tf.records import Samples

SEEDS = range(0, 60, 7)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("photographs"))


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def points_of(labels, names, size_of):
    """Points of each face (K, 2) in the order of `names`, by the image's file name."""
    found = {}
    for frame in labels.labeled_frames:
        for number, instance in enumerate(frame.instances):
            nodes = [node.name for node in instance.skeleton.nodes]
            points = instance.numpy()
            missing = np.full(2, np.nan)
            ordered = [points[nodes.index(name)] if name in nodes else missing for name in names]
            found[size_of(frame), number] = np.array(ordered, np.float64)
    return found


def require_equal(faces, found, key_of):
    """All faces are there, to 1e-3 px."""
    numbers: dict = {}
    for sample in faces.samples:
        numbers[sample.image] = numbers.get(sample.image, -1) + 1
        points = found.pop((key_of(sample), numbers[sample.image]))
        np.testing.assert_allclose(points, sample.points, rtol=0, atol=1e-3)
    assert not found


@pytest.mark.parametrize("seed", SEEDS)
def test_sleap_reads_coco_as_it_was_meant(seed, images, tmp_path):
    faces = collection(seed, images)
    convert(faces, "coco", tmp_path / "a.json")
    labels = coco.read_labels(tmp_path / "a.json")
    found = points_of(labels, faces.schema.names, lambda frame: frame.video.filename[frame.frame_idx])
    key = {Image.open(path).size: path for path, _ in found}
    require_equal(faces, found, lambda sample: key[Image.open(sample.image).size])


@pytest.mark.parametrize("seed", SEEDS)
def test_sleap_reads_label_studio_as_it_was_meant(seed, images, tmp_path):
    faces = collection(seed, images, faces=False)
    convert(faces, "label_studio", tmp_path / "a.json")
    tasks = json.loads((tmp_path / "a.json").read_text())
    for task, sample in zip(tasks, faces.samples, strict=True):  # sleap-io wants to know of which film a frame is
        task["meta"] = {"video": {"filename": sample.image.as_posix(), "frame_idx": 0, "shape": [1, 1, 1, 1]}}
    (tmp_path / "b.json").write_text(json.dumps(tasks))
    labels = labelstudio.read_labels(str(tmp_path / "b.json"))
    found = points_of(labels, faces.schema.names, lambda frame: frame.video.filename)
    require_equal(faces, found, lambda sample: sample.image.as_posix())


@pytest.mark.parametrize("seed", SEEDS)
def test_sleap_reads_deeplabcut_as_it_was_meant(seed, images, tmp_path):
    faces = [collection(seed + more, images, faces=False) for more in range(7)]
    faces = next(some for some in faces if len(some.samples) > 1)  # sleap-io takes a file of one row for an older one
    faces = replace(faces, samples=Samples(replace(sample, subject="p1") for sample in faces.samples))
    convert(faces, "deeplabcut", tmp_path / "out")
    (file,) = (tmp_path / "out").rglob("*.csv")
    labels = dlc.load_dlc(file, config=False)
    found = points_of(labels, faces.schema.names, lambda frame: frame.video.filename[frame.frame_idx])
    found = {(Image.open(path).size, number): points for (path, number), points in found.items()}
    require_equal(faces, found, lambda sample: Image.open(sample.image).size)


@pytest.mark.parametrize("seed", SEEDS)
def test_ktch_reads_and_writes_tps_as_we_do(seed, images, tmp_path):
    faces = collection(seed, images)
    convert(faces, "tps", tmp_path / "a.tps")
    specimens = read_tps(tmp_path / "a.tps")
    specimens = specimens if isinstance(specimens, list) else [specimens]
    for sample, specimen in zip(faces.samples, specimens, strict=True):
        height, missing = Image.open(sample.image).height, np.isnan(sample.points).any(axis=-1)
        np.testing.assert_array_equal(specimen.landmarks[missing], -1)
        there = specimen.landmarks[~missing]
        np.testing.assert_allclose(there[:, 0], sample.points[~missing, 0], atol=1e-3)
        np.testing.assert_allclose(height - there[:, 1], sample.points[~missing, 1], atol=1e-3)
        assert specimen.specimen_name == sample.subject and specimen.scale == pytest.approx(sample.mm_per_px)
        assert (tmp_path / specimen.image_path).samefile(sample.image)
    write_tps(
        tmp_path / "b.tps",
        [specimen.landmarks for specimen in specimens],
        image_path=[specimen.image_path for specimen in specimens],
        idx=[specimen.specimen_name for specimen in specimens],
        scale=[specimen.scale for specimen in specimens],
    )
    for sample, other in zip(
        datasets.load(tmp_path / "b.tps", faces.schema.name, subjects_as_written=True), faces.samples, strict=True
    ):
        np.testing.assert_allclose(sample.points, other.points, atol=1e-3)
        assert (sample.subject, sample.face) == (other.subject, other.face)
