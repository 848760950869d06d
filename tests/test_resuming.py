"""What a run that goes on is asked before it trains, and what it keeps of the versions that it went on with."""

import json
import shutil
import zipfile

import numpy as np
import pytest
from toy_table import flags
from toys import toy_samples, write_network

from rtl_tf.cli.train import main
from rtl_tf.config import Asked
from rtl_tf.datasets.splits import split
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import resuming
from rtl_tf.experiments.resuming import check_folder, clear_leftovers, note_versions, require_same_inputs, require_whole
from rtl_tf.runs.config_file import asked_to_json, to_json, write_config
from rtl_tf.runs.history import COLUMNS, read_history, write_history
from rtl_tf.runs.parts import write_split
from rtl_tf.schema import schema_text
from rtl_tf.training import fit as fitting


@pytest.fixture
def begun(tmp_path):
    """Folder, samples and split of a run of six epochs that was killed in the fourth, with a state of the second."""
    folder = tmp_path / "run"
    folder.mkdir()
    samples = toy_samples(tmp_path, count=12)
    parts = split(samples)
    write_split(folder / "split.csv", samples, parts)
    write_history(folder / "history.csv", [dict.fromkeys(COLUMNS, 0.5) | {"epoch": n + 1} for n in range(3)])
    write_network(folder / "best.keras")
    np.savez(folder / "state-0002.npz", **{"0": np.zeros(100)})
    return folder, samples, parts


def cut(file):
    file.write_bytes(file.read_bytes()[:-300])


def change_a_byte(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)


def claim_compression(file):
    content = bytearray(file.read_bytes())
    for header, method in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        content[content.rindex(header) + method] = zipfile.ZIP_DEFLATED  # of the weights, zeros, which are no such data
    file.write_bytes(content)


def replace_in(old, new):
    return lambda file: file.write_text(file.read_text().replace(old, new))


FACTS = {"data_name": "clinic", "dataset_hash": "d1"}  # what a run finds out of its data
ANEW = "; the run cannot go on from there: remove history.csv and state-* from {folder}, and --resume trains from the"
PUT_BACK = "; the run cannot go on: put split.csv back, or remove {folder} and start it anew"


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("best.keras", cut, ": not a readable Keras model (cut off? File is not a zip file)" + ANEW),
        ("best.keras", change_a_byte, ": not a readable Keras model (model.weights.h5 is damaged)" + ANEW),
        ("best.keras", claim_compression, ": model.weights.h5 is compressed, which Keras does not do" + ANEW),
        ("best.keras", lambda file: file.unlink(), ": no such file" + ANEW),
        ("state-0002.npz", cut, ": damaged (cut off?)" + ANEW),
        ("history.csv", replace_in("val_error", "error"), ": missing column val_error" + ANEW),
        ("history.csv", replace_in("0.5", "half"), ' row 2: loss is "half", not a number' + ANEW),
        ("history.csv", replace_in("\n3,", "\n4,"), " row 4: epoch 4 instead of 3" + ANEW),
        ("split.csv", lambda file: file.unlink(), ": missing" + PUT_BACK),
        ("split.csv", replace_in(",test", ",training"), ": not the parts that the run's settings give" + PUT_BACK),
        ("split.csv", replace_in("000", "999"), " row 2: image 999.png is not in the data, or app"),
    ],
)  # fmt: skip
def test_what_is_damaged_is_told_with_what_to_do(begun, name, damage, message):
    folder, samples, parts = begun
    require_whole(folder, samples, parts, epochs=6)
    damage(folder / name)
    with pytest.raises(InputError) as problem:
        require_whole(folder, samples, parts, epochs=6)
    assert f"{folder / name}{message.format(folder=folder)}" in str(problem.value) and "\n" not in str(problem.value)


def test_what_to_do_then_helps(begun):
    folder, samples, parts = begun
    (folder / "best.keras").unlink()
    for file in (folder / "history.csv", *folder.glob("state-*")):
        file.unlink()
    require_whole(folder, samples, parts, epochs=6)


def test_a_run_that_was_killed_before_its_first_state_needs_no_network(begun):
    folder, samples, parts = begun
    for name in ("best.keras", "state-0002.npz"):
        (folder / name).unlink()
    require_whole(folder, samples, parts, epochs=6)
    with pytest.raises(InputError, match="best.keras: no such file"):
        require_whole(folder, samples, parts, epochs=3)  # all its epochs are made
    with pytest.raises(InputError, match="3 epochs, the run has 2"):
        require_whole(folder, samples, parts, epochs=2)


def test_a_state_of_an_earlier_version_is_looked_at_too(begun):
    folder, samples, parts = begun
    (folder / "state-0002.npz").rename(folder / "state-0002.weights.h5")
    with pytest.raises(InputError, match=r"state-0002.weights.h5: damaged, or no weight file"):
        require_whole(folder, samples, parts, epochs=6)


@pytest.mark.parametrize(
    ("name", "what"), [("dataset_hash", "data"), ("images_hash", "images"), ("source_hash", "weights of --source")]
)
def test_inputs_are_compared_as_far_as_the_run_tells_them(tmp_path, name, what):
    facts = {"dataset_hash": "a", "images_hash": "b", "source_hash": "c"}

    def begun_with(resolved):
        (tmp_path / "config.json").write_text(json.dumps({"asked": {}, "resolved": resolved}))

    begun_with(facts)
    require_same_inputs(tmp_path, facts)
    with pytest.raises(InputError, match=f"--resume: the {what} are not those that the run in .* began with"):
        require_same_inputs(tmp_path, facts | {name: "other"})
    del facts[name]
    begun_with(facts)
    require_same_inputs(tmp_path, facts | {name: "other"})


def test_an_own_copy_of_the_published_weights_is_no_other_source(tmp_path):
    resolved = {"dataset_hash": "a", "source_hash": "published"}
    (tmp_path / "config.json").write_text(json.dumps({"asked": {}, "resolved": resolved}))
    require_same_inputs(tmp_path, resolved)
    require_same_inputs(tmp_path, {"dataset_hash": "a"})
    with pytest.raises(InputError, match="the weights of --source are not those"):
        require_same_inputs(tmp_path, resolved | {"source_hash": "c"})


def test_leftovers_of_a_killed_process_go_and_nothing_else(tmp_path):
    (tmp_path / "figures").mkdir()
    ours = ["unfinished-12-config.json", "unfinished-3-state-0004.npz", "figures/unfinished-12-ced.png"]
    others = ["unfinished-thesis.pdf", "unfinished-12-thesis.docx", "config.json"]
    for name in ours + others:
        (tmp_path / name).touch()
    clear_leftovers(tmp_path)
    assert sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.*")) == sorted(others)


@pytest.mark.parametrize("name", ["test.csv", "split.csv", "figures/faces.png", "best.keras"])
def test_nothing_of_others_is_written_over(tmp_path, name):
    file = tmp_path / "run" / name
    file.parent.mkdir(parents=True)
    file.write_text("somebody's")
    first = name.split("/")[0]
    with pytest.raises(InputError, match=f"run: {first} is there already, and of no run; name another folder"):
        check_folder(tmp_path / "run", Asked().resolved(), resume=False)
    assert file.read_text() == "somebody's"


@pytest.mark.parametrize("name", ["train_images", "validation_images"])
@pytest.mark.parametrize(("before", "now"), [(4, None), (None, 5), (4, 5), (4, 4), (None, None)])
def test_a_run_on_some_images_goes_on_with_as_many(tmp_path, name, before, now):
    """Not with all of them, which is what no number means."""
    asked = Asked(method="ft", schema="fas14", **{name: before})
    (tmp_path / "schema.toml").write_text(schema_text("fas14"))
    write_config(tmp_path / "config.json", asked_to_json(asked), to_json(asked.resolved()) | FACTS)
    settings = asked.but(**{name: now}).resolved()
    if before == now:
        check_folder(tmp_path, settings, resume=True)
        return
    with pytest.raises(InputError) as refused:
        check_folder(tmp_path, settings, resume=True)
    told = f"{name} = {before or 'all'}, now it is {now or 'all'}"
    assert str(refused.value) == f"--resume: the run in {tmp_path} has {told}"


@pytest.mark.parametrize("name", ["figures", "parts", "folds", "lambda_search"])
def test_what_another_run_left_is_not_taken_for_the_new_ones(tmp_path, name):
    """As candidates for lambda with other settings, whose errors would choose it."""
    (tmp_path / name / "0.002").mkdir(parents=True)
    with pytest.raises(InputError, match=f": {name} is there already, and of no run; name another folder$"):
        check_folder(tmp_path, Asked().resolved(), resume=False)


def test_photographs_and_inputs_of_a_killed_run_do_not_stop_a_new_one(tmp_path):
    for name in ("landmarks.csv", "environment.json", "schema.toml", "split.csv"):
        (tmp_path / name).touch()
    check_folder(tmp_path, Asked().resolved(), resume=False)


def test_other_versions_are_told_and_kept(tmp_path, monkeypatch, capsys):
    def now(**packages):
        found = {"rtl_tf": "1", "python": "3.12", "packages": packages}
        monkeypatch.setattr(resuming, "environment", lambda: found)
        note_versions(tmp_path)
        return capsys.readouterr().out, json.loads((tmp_path / "environment.json").read_text())

    (tmp_path / "environment.json").write_text('{"rtl_tf": "1", "python": "3.12", "packages": {"keras": "3.14"}}')
    said, record = now(keras="3.14")
    assert said == "" and "continued" not in record
    said, record = now(keras="3.15")
    assert said == "goes on with keras 3.15 (before: 3.14): the result may differ from an uninterrupted run's\n"
    assert record["packages"] == {"keras": "3.14"} and record["continued"][0]["packages"] == {"keras": "3.15"}
    said, record = now(keras="3.15")
    assert said == "" and len(record["continued"]) == 1
    said, record = now(keras="3.16")
    assert "keras 3.16 (before: 3.15)" in said and len(record["continued"]) == 2
    for damage in ("{", "[]", '{"continued": 3}', '{"continued": [3]}', '{"packages": 3}', '{"packages": "x"}'):
        (tmp_path / "environment.json").write_text(damage)
        said, record = now(keras="3.16")
        assert said == "" and record["continued"][-1]["packages"] == {"keras": "3.16"}


def test_history_is_read_whole_or_not_at_all(tmp_path):
    path = tmp_path / "history.csv"
    assert read_history(path) == []
    rows = [dict.fromkeys(COLUMNS, 0.25) | {"epoch": n + 1} for n in range(2)]
    write_history(path, rows)
    assert read_history(path) == rows
    path.write_text(path.read_text() + "3,0.5\n")
    with pytest.raises(InputError, match="history.csv row 4: 2 cells instead of 8"):
        read_history(path)


# With real runs


def dsnt(table, folder, *more):
    main(flags(table, folder, "--method", "dsnt", "--width", "0.0625", *more, epochs=3))


@pytest.fixture(scope="module")
def killed(table, tmp_path_factory):
    """A run that was killed after its second epoch, with a state of it."""
    folder = tmp_path_factory.mktemp("killed") / "run"
    write = fitting.write_history

    def kill(path, rows):
        write(path, rows)
        if len(rows) == 2:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "STATE_INTERVAL", 0.0)
        patch.setattr(fitting, "write_history", kill)
        with pytest.raises(KeyboardInterrupt):
            dsnt(table, folder)
    return folder


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("best.keras", cut, r"best.keras: not a readable Keras model \(cut off\?.*\); the run cannot go on"),
        ("state-0002.npz", cut, r"state-0002.npz: damaged \(cut off\?\); the run cannot go on"),
        ("split.csv", lambda file: file.unlink(), "; the run cannot go on: put split.csv back"),
        ("schema.toml", lambda file: file.unlink(), "schema.toml: missing; the run cannot go on: put schema.toml back"),
        ("schema.toml", replace_in("mirrored_pairs", "# "), "schema.toml: changed since the run began; the run cannot"),
    ],
)
def test_a_damaged_run_is_refused_before_it_trains(killed, table, tmp_path, monkeypatch, name, damage, message):
    folder = shutil.copytree(killed, tmp_path / "run")
    damage(folder / name)
    monkeypatch.setattr(fitting.RegularizedDetector, "fit", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(InputError, match=message):
        dsnt(table, folder, "--resume")


def test_a_schema_without_its_pairs_and_other_pixels_are_refused(killed, table, tmp_path):
    folder, copy = shutil.copytree(killed, tmp_path / "run"), shutil.copytree(table, tmp_path / "table")
    toml = tmp_path / "toy.toml"
    toml.write_text("".join(line for line in (table / "toy.toml").open() if "mirrored_pairs" not in line))
    with pytest.raises(InputError, match=f"--resume: {toml} has other landmarks or mirrored pairs than the run in"):
        dsnt(table, folder, "--schema", str(toml), "--resume")
    with open(copy / "003.png", "ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match="--resume: the data are not those"):
        dsnt(copy, folder, "--resume")


def test_a_killed_run_goes_on_from_its_state_to_the_same_result(killed, table, tmp_path):
    folder = shutil.copytree(killed, tmp_path / "run")
    (folder / "unfinished-1-best.keras").touch()
    toml = shutil.copy(table / "toy.toml", tmp_path / "spelt otherwise.toml")
    dsnt(table, folder, "--schema", str(toml), "--resume")
    dsnt(table, tmp_path / "whole")
    assert (folder / "predictions.csv").read_bytes() == (tmp_path / "whole" / "predictions.csv").read_bytes()
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        file.name for file in (tmp_path / "whole").iterdir()
    )
    for file in folder.rglob("*.*"):  # had it been killed while it wrote any of them, that would go
        file.rename(file.with_name(f"unfinished-1-{file.name}"))
    clear_leftovers(folder)
    assert not list(folder.rglob("*.*"))


def test_a_run_that_was_killed_before_its_config_starts_in_a_clean_folder(table, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "unfinished-99-config.json").write_text("{")
    dsnt(table, tmp_path / "run")
    assert not list((tmp_path / "run").glob("unfinished-*")) and (tmp_path / "run" / "metrics.json").exists()
