"""`python -m rtl_tf.cli.pretrain`: source networks of one's own, used by `train.py --source`."""

import json

import keras
import numpy as np
import pytest
from toy_table import flags
from toys import toy_samples

from rtl_tf.cli.pretrain import main
from rtl_tf.cli.train import main as train
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.pretraining import pretrain_recognition
from rtl_tf.networks import dlib_resnet
from rtl_tf.system.lock import alone_in, is_taken
from rtl_tf.training.recognition import hold_out, people


@pytest.fixture(autouse=True)
def shallow(monkeypatch):
    """dlib's network with one residual block a group, built in a third of the time; test_dlib.py has it whole."""
    monkeypatch.setattr(dlib_resnet, "GROUPS", tuple((stride, filters, 1) for stride, filters, _ in dlib_resnet.GROUPS))


def pretrain(table, task, folder, *more):
    main(
        ["--task", task, "--data", str(table), "--network", "dlib_resnet", "--schema", str(table / "toy.toml"),
         "--image-size", "64", "--epochs", "1", "--batch-size", "4", "--output", str(folder), *more]
    )  # fmt: skip


def test_recognition_gives_a_source_with_a_classification_branch(table, tmp_path, capsys):
    pretrain(table, "recognition", tmp_path / "people", "--split-seed", "0")
    printed = capsys.readouterr().out
    assert "8 people, 8 training and 8 held-out images\nepoch 1/1  loss " in printed and "\x1b" not in printed
    saved = keras.saving.load_model(tmp_path / "people" / "source.keras", compile=False)
    assert saved.output_shape == (None, 8)
    history = json.loads((tmp_path / "people" / "history.json").read_text())
    assert len(history["val_accuracy"]) == 1
    variant = ("--method", "rtl-co", "--classifier-distance", "cross-entropy")
    train(flags(table, tmp_path / "run", "--source", str(tmp_path / "people"), *variant, epochs=1))
    resolved = json.loads((tmp_path / "run" / "config.json").read_text())["resolved"]
    assert resolved["encoder_stride"] == 16 and resolved["classifier_distance"] == "cross-entropy"
    history = (tmp_path / "run" / "history.csv").read_text().splitlines()
    regularizer = float(history[1].split(",")[history[0].split(",").index("regularizer")])
    assert 0 < regularizer < np.log(8) * 1.5  # at the start the entropy of softened scores over 8 people
    with pytest.raises(InputError, match="holds a run or a pretrained source"):
        pretrain(table, "recognition", tmp_path / "people")


def test_a_source_that_knows_the_test_people_is_refused(table, tmp_path, capsys):
    """Recognition of all people, then an alignment on another split: both have seen people of the test part."""
    pretrain(table, "recognition", tmp_path / "people")
    assert "12 people, 12 training and 12 held-out images" in capsys.readouterr().out
    refusal = r"--source .*: it was trained on a person of the test part, s\d+ \(\d+\.png; it has seen \d+\.png\)"
    with pytest.raises(InputError, match=refusal):
        train(flags(table, tmp_path / "run", "--source", str(tmp_path / "people")))
    assert not (tmp_path / "run").exists()
    pretrain(table, "alignment", tmp_path / "points", "--split-seed", "1")
    with pytest.raises(InputError, match=refusal):
        train(flags(table, tmp_path / "run", "--source", str(tmp_path / "points")))
    train(flags(table, tmp_path / "run", "--source", str(tmp_path / "points"), "--split-seed", "1", epochs=1))


def test_alignment_gives_a_source_without_one(table, tmp_path):
    pretrain(table, "alignment", tmp_path / "points", "--encoder-stride", "32")
    with pytest.raises(InputError, match="no classification branch"):
        train(flags(table, tmp_path / "run", "--source", str(tmp_path / "points"), "--method", "rtl-co"))
    train(flags(table, tmp_path / "run", "--source", str(tmp_path / "points"), epochs=1))
    resolved = json.loads((tmp_path / "run" / "config.json").read_text())["resolved"]
    assert resolved["encoder_stride"] == 32


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (("source.keras",), "source.keras is there already, and of no run; name another folder"),
        (("environment.json", "predictions.csv"), "predictions.csv is there already, and of no run"),
        (("config.json", "split.csv"), "holds a run; name another folder"),
        (("history.json",), "holds a run or a pretrained source: give another --output"),
    ],
)
def test_recognition_writes_over_nothing_of_others(table, tmp_path, there, message):
    for name in there:
        (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match=message):
        pretrain(table, "recognition", tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()} == dict.fromkeys(
        there, "mine"
    )


def test_one_process_pretrains_in_a_folder(table, tmp_path):
    with alone_in(tmp_path / "people"), pytest.raises(InputError, match="people is being trained by another process"):
        pretrain(table, "recognition", tmp_path / "people")
    assert not (tmp_path / "people").exists()


def test_an_interrupted_recognition_begins_anew(tmp_path, monkeypatch):
    """And holds its folder meanwhile."""
    folder = tmp_path / "people"
    folder.mkdir()
    for name in ("environment.json", "trained_on.csv", "config.json", "source.keras"):
        (folder / name).write_text("of a killed process")
    seen = []
    monkeypatch.setattr("rtl_tf.experiments.pretraining._pretrain", lambda *_: seen.append(is_taken(folder)))
    pretrain_recognition(None, folder)
    assert seen == [True] and not is_taken(folder)


def test_people_need_two_images(tmp_path):
    samples = toy_samples(tmp_path, count=5)
    names, classes = people(samples)
    assert names == ["s0", "s1"]
    np.testing.assert_array_equal(classes, [0, 0, 1, 1, -1])
    with pytest.raises(InputError, match="fewer than two people"):
        people(samples[:3])


def test_every_person_is_in_both_parts_and_no_image_is():
    classes = np.repeat(np.arange(6), 11).astype(np.int32)
    classes[-1] = -1
    training, validation = hold_out(classes, seed=0)
    assert not set(training) & set(validation) and 65 not in {*training, *validation}
    assert set(classes[training]) == set(classes[validation]) == set(range(6))
    assert len(validation) == 12
