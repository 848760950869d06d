"""`train.py` from the command line: one short run all the way, and bad input."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from toy_table import flags, refused, write_table
from toys import toy_samples

from rtl_tf.cli.train import main, render
from rtl_tf.config import Asked
from rtl_tf.csv_rows import read_own_rows, read_rows
from rtl_tf.exceptions import InputError
from rtl_tf.runs.history import read_history


@pytest.fixture(scope="module")
def finished(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "runs" / "toy" / "rtl-sam" / "seed0"
    main(flags(table, folder, "--include-faces"))
    return folder


def test_a_run_writes_everything(finished):
    names = {path.relative_to(finished).as_posix() for path in finished.rglob("*") if path.is_file()}
    figures = {f"figures/{name}.{suffix}" for name in ("ced", "faces", "history") for suffix in ("png", "pdf")}
    inputs = {"config.json", "environment.json", "schema.toml", "split.csv", "trained_on.csv"}
    judged = {"predictions.csv", "validation-predictions.csv", "test.csv", "metrics.json", "examples.npz"}
    cards = {"MODEL_CARD.md", "card.json"}
    assert names == inputs | figures | judged | cards | {"history.csv", "best.keras"}
    config = json.loads((finished / "config.json").read_text())
    assert config["asked"]["method"] == "rtl-sam" and "sigma" not in config["asked"]
    assert config["resolved"]["sigma"] == 1.5 and config["resolved"]["lambda"] == 0.002
    assert len(config["resolved"]["dataset_hash"]) == 64


def test_a_run_from_the_published_source_goes_the_whole_way(finished, table, tmp_path):
    """dlib's network, calibrated, with its descriptor: all other runs here start from the toy source."""
    main(flags(table, tmp_path / "run", "--source", "dlib", "--method", "rtl-co-eo", "--include-faces", epochs=1))
    config = json.loads((tmp_path / "run" / "config.json").read_text())["resolved"]
    assert (config["source"], config["encoder_stride"]) == ("dlib", 16)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == sorted(
        path.name for path in finished.iterdir()
    )
    row, *more = read_history(tmp_path / "run" / "history.csv")
    assert not more and 0 < row["regularizer"] < np.inf
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert 0 < metrics["attention.drift.mean"] < 2


def test_predictions_hold_every_test_landmark_and_give_the_metrics(finished, table):
    from rtl_tf.evaluation.metrics import summarize
    from rtl_tf.runs.attributes import read_attributes
    from rtl_tf.runs.predictions import read_predictions

    predictions = read_predictions(finished / "predictions.csv")
    rows = read_own_rows(finished / "split.csv")
    for part, found in (
        ("test", predictions),
        ("validation", read_predictions(finished / "validation-predictions.csv")),
    ):
        assert sorted(found.images) == sorted(row.cells["image"] for row in rows if row.cells["part"] == part)
    truth = {row.cells["image"]: row for row in read_rows(table / "landmarks.csv")[1]}
    for image, points in zip(predictions.images, predictions.truth, strict=True):
        assert points[1, 0] == pytest.approx(truth[image].number("endocanthion_x"), abs=1e-3)
    metrics = json.loads((finished / "metrics.json").read_text())
    drift = {metrics.pop(f"attention.drift.{part}") for part in ("mean", "std")}
    assert metrics == summarize(predictions) and all(0 < number < 2 for number in drift)
    assert np.isfinite(predictions.mm_per_px).all()
    assert read_attributes(finished / "test.csv", predictions.images) == {"site": ("here",) * len(predictions.images)}


def test_validation_predictions_have_the_error_of_the_best_epoch(finished):
    from rtl_tf.evaluation.errors import protocol_errors
    from rtl_tf.evaluation.metrics import mean_radial_error
    from rtl_tf.runs.predictions import read_predictions

    predictions = read_predictions(finished / "validation-predictions.csv")
    best = min(row.number("val_error") for row in read_own_rows(finished / "history.csv"))
    assert mean_radial_error(protocol_errors(predictions, "paper")["heatmap_px"]) == pytest.approx(best, abs=1e-4)


def test_subjects_do_not_cross_parts(finished):
    rows = read_own_rows(finished / "split.csv")
    parts = {}
    for row in rows:
        parts.setdefault(row.cells["subject"], set()).add(row.cells["part"])
    assert len(rows) == 24 and all(len(part) == 1 for part in parts.values())


def test_the_detector_of_a_run_predicts_as_the_run_did(finished, table):
    from rtl_tf.coordinates import crop_around
    from rtl_tf.inference import Detector
    from rtl_tf.runs.predictions import read_predictions

    predictions = read_predictions(finished / "predictions.csv")
    detector = Detector.load(finished)
    margin = json.loads((finished / "config.json").read_text())["resolved"]["crop_margin"]
    crops = [crop_around(points, 64, margin) for points in predictions.truth]
    boxes = [(crop.left, crop.top, crop.side) for crop in crops]
    answers = detector.predict([table / image for image in predictions.images], boxes)
    np.testing.assert_allclose([answer.points for answer in answers], predictions.points, atol=0.02)
    assert np.isfinite(detector.predict([table / predictions.images[0]])[0].points).all()


@pytest.fixture(scope="module", params=["hg", "unet", "dsnt"])
def from_random_weights(request, table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "runs" / "toy" / request.param / "seed0"
    smaller = ["--image-size", "32"] if request.param == "hg" else []  # one halving less, each traced twice
    main(flags(table, folder, "--method", request.param, "--width", "0.0625", "--include-faces", *smaller))
    return folder


def test_a_run_from_random_weights_goes_the_whole_way(from_random_weights, finished, table):
    from rtl_tf.evaluation.metrics import summarize
    from rtl_tf.inference import Detector
    from rtl_tf.runs.predictions import read_predictions

    def files(folder):
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}

    assert files(from_random_weights) == files(finished)
    resolved = json.loads((from_random_weights / "config.json").read_text())["resolved"]
    assert resolved["source"] is None and resolved["encoder_stride"] is None and resolved["width"] == 0.0625
    with np.load(from_random_weights / "examples.npz") as examples, np.load(finished / "examples.npz") as others:
        assert set(others) - set(examples) == {"source_attention"}
        assert examples["target_attention"].max() == 1
    predictions = read_predictions(from_random_weights / "predictions.csv")
    assert json.loads((from_random_weights / "metrics.json").read_text()) == summarize(predictions)
    answers = Detector.load(from_random_weights).predict([table / image for image in predictions.images])
    assert np.isfinite([answer.points for answer in answers]).all()


def test_a_network_from_random_weights_is_no_source(from_random_weights, table, tmp_path):
    with pytest.raises(InputError, match="has no encoder"):
        main(flags(table, tmp_path / "run", "--source", str(from_random_weights)))


def test_a_run_serves_as_source(finished, table, tmp_path):
    main(flags(table, tmp_path / "second", "--source", str(finished), epochs=1))
    kept = {path.relative_to(tmp_path / "second").as_posix() for path in (tmp_path / "second").rglob("*")}
    assert not {name for name in kept if "faces" in name or "examples" in name}  # nobody asked for faces
    assert (tmp_path / "second" / "metrics.json").exists()


def test_an_interrupted_run_resumes_to_the_same_result(finished, table, tmp_path, monkeypatch):
    from rtl_tf.training import fit as fitting

    folder = tmp_path / "killed"
    write_history = fitting.write_history

    def killed(path, rows):
        write_history(path, rows)
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "write_history", killed)
    with pytest.raises(KeyboardInterrupt):
        main(flags(table, folder))
    monkeypatch.undo()
    with pytest.raises(InputError, match="unfinished run: go on with --resume"):
        main(flags(table, folder))
    with pytest.raises(InputError, match="--resume: .* has epochs = 2, now it is 3"):
        main(flags(table, folder, "--resume", epochs=3))
    main(flags(table, folder, "--resume"))
    assert (folder / "predictions.csv").read_bytes() == (finished / "predictions.csv").read_bytes()


def test_built_in_faces_are_rendered_while_tensorflow_loads(tmp_path, monkeypatch, table):
    monkeypatch.setenv("RTL_TF_CACHE", str(tmp_path / "cache"))
    render(Asked(data=str(table)))
    render(Asked(data="synthetic:scans=none", image_size=32))  # what is wrong is told later, by the run
    assert not (tmp_path / "cache").exists()
    render(Asked(data="synthetic:subjects=2,scans=1", image_size=32))
    assert len(list((tmp_path / "cache").rglob("*.png"))) == 2


def test_the_test_part_is_opened_later_and_once(finished, table, tmp_path, monkeypatch):
    folder = tmp_path / "closed"
    main(flags(table, folder, "--validation-only"))
    assert not {"predictions.csv", "metrics.json", "test.csv", "examples.npz"} & {
        path.name for path in folder.iterdir()
    }
    history = (folder / "history.csv").read_bytes()
    main(flags(table, folder, "--resume"))
    assert (folder / "history.csv").read_bytes() == history
    for name in ("predictions.csv", "validation-predictions.csv"):
        assert (folder / name).read_bytes() == (finished / name).read_bytes()


def test_data_may_move_between_begin_and_end_but_not_change(table, tmp_path):
    folder, moved = tmp_path / "closed", tmp_path / "moved"
    main(flags(table, folder, "--validation-only", epochs=1))
    shutil.copytree(table, moved)
    folder.rename(tmp_path / "renamed")
    schema = ["--schema", str(table / "toy.toml")]
    main(flags(moved, tmp_path / "renamed", "--resume", *schema, epochs=1))
    assert (tmp_path / "renamed" / "metrics.json").exists()


def test_what_is_kept_of_the_images_lies_beside_the_runs_and_nothing_in_the_home_folder(table, tmp_path, monkeypatch):
    monkeypatch.setenv("RTL_TF_CACHE", str(tmp_path / "home"))
    folder = tmp_path / "runs" / table.name / "rtl-co" / "seed0"
    main(flags(table, folder, "--method", "rtl-co", "--crop-jitter", "0", "--memory-gb", "0", epochs=5))
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.npy")][0].startswith(
        f"runs/{table.name}/.source-cache/"
    )
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []
    assert sorted(path.name for path in (tmp_path / "runs" / table.name).iterdir()) == [".source-cache", "rtl-co"]
    assert [path.name for path in folder.parent.iterdir()] == ["seed0"]  # no lock is left


def test_a_run_can_be_exported_from_another_folder(table, tmp_path, monkeypatch):
    from rtl_tf.experiments.run_export import calibration_crops

    monkeypatch.chdir(table.parent)
    relative = ["--data", table.name, "--method", "dsnt", "--width", "0.0625"]
    main(flags(table, tmp_path / "run", *relative, epochs=1))
    monkeypatch.chdir(tmp_path)
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["asked"]["data"] == table.name and config["resolved"]["data"] == str(table)
    assert [crops.shape for crops in calibration_crops(tmp_path / "run", count=3)] == [(3, 64, 64, 3)]


def test_the_command_refuses_in_one_line(tmp_path):
    output = tmp_path / "run"
    refused(["--data", str(tmp_path / "nothing"), "--output", str(output)], "nothing: no such file or folder", output)
    refused(["--lambda", "-1"], "--lambda -1.0: must be a number at least 0")
    refused(["--lambda", "much"], "argument --lambda: 'much' is neither a number nor auto")
    refused(["--method", "rtl"], "invalid choice: 'rtl'")


def bad_table(tmp_path, damage):
    folder = tmp_path / "bad"
    folder.mkdir()
    samples = toy_samples(folder, count=24)
    write_table(folder, samples)
    damage(folder, folder / "landmarks.csv")
    return folder


def truncate(folder, table):
    image = Image.open(folder / "003.png").convert("RGB")
    image.resize((400, 400)).save(folder / "003.png", format="JPEG")
    (folder / "003.png").write_bytes((folder / "003.png").read_bytes()[:4000])


def replace_in(old, new, row=None):
    def damage(folder, table):
        lines = table.read_text().splitlines()
        lines = [line.replace(old, new) if row in (None, i) else line for i, line in enumerate(lines, start=1)]
        table.write_text("\n".join(lines) + "\n")

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder, table: (folder / "003.png").unlink(), "003.png"),
        (truncate, "003.png"),
        (replace_in("nasion", "nasoin"), "nasoin"),
        (replace_in("003.png", "002.png"), "002.png is already in row"),
        (replace_in("nasion_y", "other"), "nasion"),
        (lambda folder, table: table.write_text(""), "landmarks.csv: the file is empty"),
    ],
    ids=["missing image", "truncated JPEG", "unknown landmark", "duplicate row", "half a pair", "empty table"],
)
def test_bad_data_is_named_and_nothing_is_written(tmp_path, damage, message):
    folder = bad_table(tmp_path, damage)
    with pytest.raises(InputError, match=message):
        main(flags(folder, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_one_subject_only(tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    samples = toy_samples(folder, count=6)
    write_table(folder, [type(sample)(sample.image, sample.points, "same") for sample in samples])
    with pytest.raises(InputError, match="subject"):
        main(flags(folder, tmp_path / "run"))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--method", "ft", "--lambda", "0.1"], "ft has no regularizer"),
        (["--source", "random", "--method", "rtl-co"], "no classification branch"),
        (["--method", "hg", "--lambda", "0.1"], "hg has no regularizer"),
        (["--method", "unet", "--source", "dlib"], "unet starts from random weights, without a source"),
        (["--method", "dsnt", "--skip-connections"], "--skip-connections: method dsnt starts from random weights"),
        (
            ["--source", "dlib", "--method", "rtl-co", "--classifier-distance", "cross-entropy"],
            "--source dlib gives a descriptor",
        ),
        (
            ["--source", "dlib", "--method", "rtl-co", "--temperature", "8"],
            "^--temperature 8: --source dlib gives a descriptor, no class scores$",
        ),
        (["--source", "youtube_faces"], "rtl_tf.cli.pretrain"),
        (["--source", "nowhere"], "nowhere"),
        (["--image-size", "100"], "not a multiple of 32"),
        (["--train-images", "100"], "the training part has"),
        (["--resume"], "holds no run that could go on"),
    ],
)
def test_bad_flags_are_named_and_nothing_is_written(table, tmp_path, more, message):
    with pytest.raises(InputError, match=message):
        main(flags(table, tmp_path / "run", *more))
    assert not (tmp_path / "run").exists()


def test_weights_of_the_wrong_architecture(table, tmp_path):
    wrong = tmp_path / "resnet.h5"
    wrong.write_bytes(b"not weights")
    with pytest.raises(InputError, match="resnet.h5"):
        main(flags(table, tmp_path / "run", "--source", "vggface2", "--source-weights", str(wrong)))
    assert not (tmp_path / "run").exists()


def test_a_finished_run_is_not_overwritten(table, finished, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    before = {path: path.stat().st_mtime for path in copy.rglob("*")}
    with pytest.raises(InputError, match="holds a finished run"):
        main(flags(table, copy))
    with pytest.raises(InputError, match="holds a finished run"):
        main(flags(table, copy, "--resume"))
    assert before == {path: path.stat().st_mtime for path in copy.rglob("*")}
