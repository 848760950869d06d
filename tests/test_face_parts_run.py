"""A run that looks at parts of faces: trained, killed, gone on with, loaded; and where it is refused."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from toy_table import flags, refused, write_table
from toys import toy_samples

from rtl_tf.cli.train import main
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import experiment, part_training
from rtl_tf.experiments.tensorboard_logs import tensorboard_callbacks
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.predicting import detector_hash
from rtl_tf.runs.history import read_history
from rtl_tf.training import fit as fit_module

PARTS = '[[parts]]\nname = "pair"\nlandmarks = ["exocanthion", "endocanthion"]\n'


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """As `conftest.table`, of 200 px, with a schema that has a part."""
    folder = tmp_path_factory.mktemp("photographs")
    write_table(folder, toy_samples(folder, count=16, size=200))
    with open(folder / "toy.toml", "a") as schema:
        schema.write(PARTS)
    return folder


def test_a_run_with_parts_goes_on_and_predicts_with_both_networks(photographs, tmp_path, monkeypatch):
    run = tmp_path / "run"
    arguments = flags(photographs, run, "--method", "ft", "--parts", "--tensorboard", epochs=2)
    logged = []

    class Log(keras.callbacks.Callback):
        def __init__(self, folder, network=""):
            super().__init__()
            (written,) = tensorboard_callbacks(folder, network)
            self.folder = Path(written.log_dir).relative_to(run).as_posix()

        def on_epoch_end(self, epoch, logs=None):
            logged.append((self.folder, epoch))

    monkeypatch.setattr(experiment, "require_tensorboard", lambda: None)
    monkeypatch.setattr(experiment, "tensorboard_callbacks", lambda *of: (Log(*of),))

    class Killed(Exception):
        pass

    def killed(recorder, epoch, logs=None):
        ended(recorder, epoch, logs)
        if recorder.folder.name == "parts":
            raise Killed

    ended = fit_module.Recorder.on_epoch_end
    monkeypatch.setattr(fit_module, "STATE_INTERVAL", 0.0)
    monkeypatch.setattr(fit_module.Recorder, "on_epoch_end", killed)
    with pytest.raises(Killed):
        main(arguments)
    assert len(read_history(run / "history.csv")) == 2 and not (run / "metrics.json").exists()
    monkeypatch.setattr(fit_module.Recorder, "on_epoch_end", ended)
    begin, counted = experiment.run_experiment, []

    class Count(keras.callbacks.Callback):
        """As a study has one, which hears of both networks."""

        def on_epoch_end(self, epoch, logs=None):
            counted.append(epoch)

    monkeypatch.setattr(experiment, "run_experiment", lambda *of, **more: begin(*of, callbacks=(Count(),), **more))
    main([*arguments, "--resume"])
    assert counted == [1]
    assert sorted(path.name for path in (run / "parts").iterdir()) == ["best.keras", "history.csv"]
    assert len(read_history(run / "parts" / "history.csv")) == 2
    assert logged == [("tensorboard", 0), ("tensorboard", 1), ("tensorboard/parts", 1)]  # one epoch before was killed
    parts = json.loads((run / "recipe.json").read_text())["parts"]
    assert parts["size"] == 192 and [part["landmarks"] for part in parts["parts"]] == [[0, 1]]

    detector, image = Detector.load(run), photographs / "000.png"
    assert detector.parts.network.input.shape[1:] == (192, 192, 3)
    once = Detector(detector.network, detector.schema, detector.image_size, detector.sigma)
    moved = detector.predict(image)[0].points - once.predict(image)[0].points
    assert (np.abs(moved[:2]) > 0).any() and (moved[2] == 0).all()
    before, without = (detector_hash(run, None, None, with_parts) for with_parts in (True, False))
    (run / "parts" / "best.keras").rename(run / "parts" / "gone.keras")
    assert before != without == detector_hash(run, None, None, True) == detector_hash(run, None, None, False)
    with pytest.raises(InputError, match=r"parts/best.keras: no such file; train the run first"):
        Detector.load(run)


def test_where_no_validation_face_is_large_enough_the_last_epoch_of_the_parts_is_kept(
    photographs, tmp_path, capsys, monkeypatch
):
    read = part_training.load_part_crops

    def of_training(*given, label, **more):
        return None if "validation" in label else read(*given, label=label, **more)

    monkeypatch.setattr(part_training, "load_part_crops", of_training)
    run = tmp_path / "run"
    main(flags(photographs, run, "--method", "ft", "--parts", epochs=1))
    assert (
        "warning: --parts: no validation image shows all landmarks of a part in more pixels than the network sees: no "
        "epoch is chosen, the last is kept\n"
    ) in capsys.readouterr().err
    (row,) = read_history(run / "parts" / "history.csv")
    assert np.isnan(row["val_error"]) and (run / "parts" / "best.keras").exists()


def test_a_source_that_cannot_look_at_parts_is_refused_before_anything_is_written(photographs, tmp_path, monkeypatch):
    sizes = []

    def of_one_size(settings, method):
        sizes.append(settings.image_size)
        raise InputError(f"--image-size {settings.image_size}: the source has points of 64x64 images alone")

    monkeypatch.setattr(part_training, "load_networks", of_one_size)
    run = tmp_path / "run"
    message = "--parts, which are looked at in 192x192 px: --image-size 192: the source has points of 64x64 images"
    with pytest.raises(InputError, match=message):
        main(flags(photographs, run, "--method", "ft", "--parts", epochs=1))
    assert sizes == [192] and not run.exists()


def test_a_schema_without_parts_is_refused(table, tmp_path):
    output = tmp_path / "run"
    refused(flags(table, output, "--parts"), "--parts: schema toy has no [[parts]]; add them, or leave", output)
