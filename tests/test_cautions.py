"""What is said of a run's data before it is trained on."""

import dataclasses
import json
from pathlib import Path

import numpy as np
from toy_table import flags, write_table
from toys import SCHEMA, toy_samples

from rtl_tf.cli.train import main as train
from rtl_tf.config import Asked
from rtl_tf.datasets.annotations import unlabelled
from rtl_tf.experiments.cautions import cautions, not_learned
from rtl_tf.records import Sample

SETTINGS = Asked().resolved()


def labelled(*rows, box=(0, 0, 10)):
    """A sample for each list of three points; None = not labelled."""
    points = [[(np.nan, np.nan) if point is None else point for point in row] for row in rows]
    return [Sample(Path(f"/d/{i}.png"), np.array(row, np.float32), f"s{i}", box=box) for i, row in enumerate(points)]


def test_unlabelled_landmarks():
    samples = labelled([(1, 1), None, (2, 2)], [(1, 1), None, None])
    assert unlabelled(np.stack([sample.points for sample in samples]), SCHEMA.names) == ["right"]


def test_data_without_a_fault_need_no_word():
    assert cautions(labelled([(1, 1), (2, 2), (3, 3)]), [0], SCHEMA, SETTINGS) == []


def test_a_landmark_that_no_training_image_has():
    samples = labelled([(1, 1), None, (2, 2)], [(1, 1), (2, 2), None])
    assert cautions(samples, [0, 1], SCHEMA, SETTINGS) == []
    assert cautions(samples, [0], SCHEMA, SETTINGS) == ["labelled in no training image, so never learnt: right"]


def test_left_and_right_without_a_mirrored_pair():
    schema, samples = dataclasses.replace(SCHEMA, mirrored_pairs=()), labelled([(1, 1), (2, 2), (3, 3)])
    assert cautions(samples, [0], schema, SETTINGS) == [
        "schema toy: no mirrored_pairs of left and right: flipped images teach each the other's place"
    ]
    assert cautions(samples, [0], schema, dataclasses.replace(SETTINGS, flip_swap=False)) == []
    still = Asked(preset="detector").resolved()
    assert not still.flips and cautions(samples, [0], schema, still) == []
    mirrored = [dataclasses.replace(sample, mirrored=True) for sample in samples]
    assert len(cautions(mirrored, [0], schema, still)) == 1


def test_landmarks_outside_their_own_box_are_counted_and_named():
    samples = labelled(*[[(1, 1), (2, 12), (11, 3)]] * 9, [(1, 1), None, (10, 10)])
    assert cautions(samples, [0], SCHEMA, SETTINGS)[-1] == (
        "18 landmarks lie outside their own box, in 9 images: "
        "0.png, 1.png, 2.png, 3.png, 4.png, 5.png, 6.png, 7.png and 1 more"
    )
    assert cautions(labelled([(1, 1), (2, 2), (30, 3)], box=None), [0], SCHEMA, SETTINGS) == []


def test_a_run_says_it_once_and_keeps_what_was_never_labelled(tmp_path, capsys):
    samples = toy_samples(tmp_path, count=12)
    for sample in samples:
        sample.points[2] = np.nan
    write_table(tmp_path, samples)
    text = (tmp_path / "landmarks.csv").read_text()
    (tmp_path / "landmarks.csv").write_text(text.replace("nan", ""))
    train(flags(tmp_path, tmp_path / "run", "--method", "unet", "--width", "0.125", epochs=1))
    said = capsys.readouterr().err
    assert said.count("warning: labelled in no training image, so never learnt: nasion\n") == 1
    assert "nasion; train again" not in said
    resolved = json.loads((tmp_path / "run" / "config.json").read_text())["resolved"]
    assert resolved["unlabelled_landmarks"] == ["nasion"] and resolved["subjects_as_written"] is False


def test_what_no_training_image_labels_is_no_landmark_that_another_seed_would_learn():
    """Nor does its flat heatmap make the others' median low: 0.02, 0.02, 0.4 and 0.9 would have one of 0.21."""
    peaks, names = np.tile([0.02, 0.9, 0.02, 0.4], (3, 1)), ("nasion", "gnathion", "alare", "tragus")
    assert not_learned(peaks, names) == []
    assert not_learned(peaks, names, ("nasion",)) == ["alare"]
    assert not_learned(peaks, names, ("nasion", "alare")) == []
    flat = np.tile([0.5, 0.001, 0.001], (3, 1))  # a network that answers all that it was taught with nothing
    assert not_learned(flat, names[:3], ("nasion",)) == ["gnathion", "alare"]


def test_a_landmark_whose_heatmaps_stayed_flat_is_named():
    peaks = np.array([[0.8, 0.02, 0.7], [0.6, 0.4, 0.9], [0.7, 0.03, np.nan]])
    assert not_learned(peaks, ("nasion", "gnathion", "alare")) == ["gnathion"]
    assert not_learned(peaks / 4, ("nasion", "gnathion", "alare")) == []  # hardly trained, like all
    assert not_learned(peaks / 400, ("nasion", "gnathion", "alare")) == [
        "nasion",
        "gnathion",
        "alare",
    ]  # nothing at all
