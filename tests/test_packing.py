"""Runs in one file: read as their folders are, with no name of an image unless it was asked for."""

import gzip
import json
import re
import tracemalloc

import numpy as np
import pytest
from fake_runs import add_history, add_split, add_validation, make_predictions, make_run

from rtl_tf import cli
from rtl_tf.cli.evaluate import main as evaluate
from rtl_tf.cli.measure import make_parser as measure_parser
from rtl_tf.cli.pack import main as pack
from rtl_tf.cli.yardstick_flags import read_yardsticks
from rtl_tf.documents import read_json
from rtl_tf.exceptions import InputError
from rtl_tf.measuring.landmark_covariance import out_of_fold_errors
from rtl_tf.reports.figures.of_confidence import _judged
from rtl_tf.runs import layout, packing
from rtl_tf.runs import packed as packed_files
from rtl_tf.runs.attributes import read_attributes
from rtl_tf.runs.compressed import LARGEST_TABLE, compressed, read_compressed
from rtl_tf.runs.confidence import Confidence, write_confidence
from rtl_tf.runs.examples import read_examples
from rtl_tf.runs.finding import find_runs, has_runs, read_runs, without_predictions
from rtl_tf.runs.predictions import write_predictions
from rtl_tf.runs.run import read_run
from rtl_tf.schema import load_schema, schema_text

EPOCHS = [3.5, 2.25, float("nan"), 0.1, *[0.3] * 8]


def fill(root, method="ft", seed=0, **settings):
    """A finished run with all that a pack can hold."""
    errors = np.random.default_rng(seed).uniform(0, 2, (6, 3))
    attributes = [{"site": f'a "b", {index}', "age": f"00{index}"} for index in range(6)]
    folder = make_run(root, method, seed, errors, attributes=attributes, **settings)
    add_history(folder, EPOCHS)
    add_split(folder, training=5)
    add_validation(folder, errors[:4])
    (folder / layout.METRICS).write_text('{"images": 6, "attention.drift.mean": 0.25, "paper.auc": null}')
    (folder / layout.ENVIRONMENT).write_text('{"cores": 2}')
    return folder


@pytest.fixture
def root(tmp_path):
    for method in ("ft", "rtl-eo"):
        for seed in range(3):
            fill(tmp_path / "runs", method, seed)
    return tmp_path / "runs"


def packed(root, *flags):
    folder = root.parent / "shared"
    pack([str(root), "--output", str(folder), *flags])
    return folder


def text_of(folder):
    return "".join(read_compressed(path) for path in folder.iterdir())


def test_where_the_data_lie_stays_out(tmp_path):
    """A run keeps the absolute path, which may have the name of a person or a study in it."""
    folder = fill(tmp_path / "runs", data="faces")
    config = json.loads((folder / layout.CONFIG).read_text())
    config["resolved"]["data"] = "/home/somebody/secret study/faces"
    (folder / layout.CONFIG).write_text(json.dumps(config))
    shared = packed(tmp_path / "runs", "--predictions")
    assert "secret" not in text_of(shared)
    assert read_run(shared / layout.PACK / "faces" / "ft" / "seed0").resolved["data"] == "faces"


def test_a_packed_run_says_what_its_folder_says(root):
    shared = packed(root, "--predictions")
    assert sorted(path.name for path in shared.iterdir()) == [layout.PACKED_PREDICTIONS, layout.PACK]
    before, after = read_runs(root)[0], read_runs(shared)[0]
    assert len(before) == len(after) == 6
    for one, other in zip(before, after, strict=True):
        assert (one.asked, one.resolved, one.metrics) == (other.asked, other.resolved, other.metrics)
        np.testing.assert_equal(one.history, other.history)
        assert (one.training_images, one.schema) == (other.training_images, other.schema) == (5, one.schema)
        for part in ("test", "validation"):
            for name, value in vars(one.predictions_of(part)).items():
                np.testing.assert_array_equal(value, getattr(other.predictions_of(part), name))
        kept = [read_attributes(run.folder / layout.ATTRIBUTES, run.predictions.images) for run in (one, other)]
        assert kept[0] == kept[1] and kept[1]["site"][1] == 'a "b", 1'


@pytest.mark.parametrize("what", [("--table", "1"), ("--table", "2", "--by", "age"), ("--figure", "6")])
def test_tables_and_figures_of_a_pack_are_those_of_the_folders(root, what, tmp_path, capsys):
    printed = []
    for number, runs in enumerate((root, packed(root, "--predictions"))):
        capsys.readouterr()
        evaluate([*what, "--runs", str(runs), "--output", str(tmp_path / f"{number}")])
        printed.append(capsys.readouterr().out.split("written:")[0])
    assert printed[0].replace(str(root), "") == printed[1].replace(str(root.parent / "shared"), "")
    files = sorted((tmp_path / "0").iterdir())
    assert files and all(path.read_bytes() == (tmp_path / "1" / path.name).read_bytes() for path in files)


@pytest.fixture
def folded(tmp_path):
    """A run whose folds erred by about 3 heatmap px, and its test part by 1."""
    folder = make_run(tmp_path / "runs", "ft", 0, np.ones((24, 4)), folds=5)
    add_history(folder, EPOCHS)
    (folder / layout.METRICS).write_text('{"images": 24}')
    (folder / layout.RECIPE).write_text('{"box_evidence": null, "label_shift": 0.5}')
    unseen = make_predictions(np.random.default_rng(0).normal(3, 1, (24, 4)))
    write_predictions(folder / layout.OUT_OF_FOLD, unseen)
    write_confidence(folder / layout.CONFIDENCE, Confidence.fit(unseen, np.arange(4)))
    return folder


def test_what_the_folds_of_a_run_said_is_packed_with_predictions(folded, tmp_path):
    ((run,), _) = read_runs(packed(tmp_path / "runs", "--predictions"))
    assert not run.packed_without_folds
    kept, own = out_of_fold_errors(run.folder), out_of_fold_errors(folded)
    np.testing.assert_array_equal(kept.covariance, own.covariance)
    for name in (layout.CONFIDENCE, layout.RECIPE):
        assert read_json(run.folder / name).value == json.loads((folded / name).read_text())
    (tmp_path / "shared" / layout.PACKED_PREDICTIONS).unlink()
    assert not {"conformal", "label_shift"} & set(re.findall(r"\w+", text_of(packed(tmp_path / "runs"))))


def test_a_pack_without_what_the_folds_said_does_not_answer_by_the_test_part(folded, tmp_path):
    """As packs of before are."""
    for name in (layout.OUT_OF_FOLD, layout.CONFIDENCE):
        (folded / name).unlink()
    ((run,), _) = read_runs(packed(tmp_path / "runs", "--predictions"))
    told = f"{run.folder} was packed without what its folds said; pack its folder again, with --predictions"
    for ask in (lambda: read_yardsticks(measure_parser().parse_args(["t.csv", "--errors", str(run.folder)])),
                lambda: _judged(run)):  # fmt: skip
        with pytest.raises(InputError) as refused:
            ask()
        assert str(refused.value) == told
    assert run.tested and not read_run(folded).packed_without_folds


def test_nobody_is_named_unless_asked_for(root):
    shared = packed(root, "--predictions")
    assert all(name in text_of(shared) for name in ("face001.png", "person1", "t3", 'a \\"b\\"'))
    with pytest.raises(InputError, match=r"predictions.csv.gz is there and names images: remove it"):
        packed(root)
    (shared / layout.PACKED_PREDICTIONS).unlink()
    assert [path.name for path in packed(root).iterdir()] == [layout.PACK]
    assert not any(name in text_of(shared) for name in ("face00", "person", "t3", "site"))
    run = read_runs(shared)[0][0]
    assert not run.tested and run.metrics["images"] == 6 and len(run.history) == 12
    assert run.problem == f"{shared}/runs.json.gz/synthetic/ft/seed0 was packed without its predictions, " + (
        "which tables are computed from"
    )


@pytest.mark.parametrize("what", [("--table", "1"), ("--figure", "6")])
def test_where_no_run_has_predictions_there_is_nothing_to_show(root, what, capsys):
    """One line, not one a run, and no commands that would train into the pack's folder."""
    shared = packed(root)
    capsys.readouterr()
    with pytest.raises(SystemExit) as stopped:
        cli.run(evaluate, [*what, "--runs", str(shared)])
    printed = capsys.readouterr()
    assert stopped.value.code == 2 and printed.out == ""
    assert printed.err == (
        f"error: nothing to show: 6 runs in {shared}/runs.json.gz have no predictions (packed without), which tables "
        "and figures are computed from; choose others with --runs\n"
    )
    assert [path.name for path in shared.iterdir()] == [layout.PACK]


def test_runs_without_predictions_are_left_out_in_one_line(root, capsys):
    shared = packed(root)
    fill(shared, "rtl-sam")
    capsys.readouterr()
    assert evaluate(["--table", "1", "--runs", str(shared)]) == 0
    printed = capsys.readouterr()
    line = f"warning: left out: 6 runs in {shared}/runs.json.gz have no predictions (packed without), which tables and "
    assert printed.err == f"{line}figures are computed from\n"
    assert "RTL-SAM" in printed.out and "To train what is missing:" in printed.out


def test_an_unfinished_run_of_a_pack_is_in_the_same_line(root):
    (root / "synthetic" / "ft" / "seed0" / layout.METRICS).unlink()
    shared = packed(root)
    runs, warnings = find_runs(shared)
    assert warnings == [] and without_predictions(runs)[0].startswith("6 runs in ")
    assert without_predictions(runs[:1])[0].startswith(f"1 run in {shared}/runs.json.gz has no predictions")


def test_the_same_runs_give_the_same_bytes_also_from_a_pack(root):
    shared = packed(root, "--predictions")
    first = [path.read_bytes() for path in sorted(shared.iterdir())]
    for number, source in enumerate((root, shared)):
        again = root.parent / f"again{number}"
        pack([str(source), "--output", str(again), "--predictions"])
        assert [path.read_bytes() for path in sorted(again.iterdir())] == first
    for inside in (root, root / "shared"):
        with pytest.raises(InputError, match="where each run would be found twice$"):
            pack([str(root), "--output", str(inside)])


def test_an_untrained_run_is_left_out_by_name(root, capsys):
    add_history(root / "synthetic" / "ft" / "seed1", EPOCHS[:5])
    runs = read_runs(packed(root))[0]
    assert len(runs) == 5 and "left out: " in (said := capsys.readouterr().err)
    assert f"{root}/synthetic/ft/seed1/history.csv: 5 epochs instead of 12" in said
    with pytest.raises(InputError, match="no trained runs in"):
        pack([str(root / "synthetic" / "ft" / "seed1"), "--output", str(root.parent / "none")])
    assert not (root.parent / "none").exists()


def test_a_history_of_other_columns_is_packed_with_them(tmp_path):
    path = fill(tmp_path / "runs") / layout.HISTORY
    path.write_text(path.read_text().replace("regularizer", "penalty"))
    (run,) = read_runs(packed(tmp_path / "runs"))[0]
    assert {row["penalty"] for row in run.history} == {1} and "regularizer" not in run.history[0]


def test_that_a_pack_keeps_no_pictures_is_said(root):
    (run, *_), _ = read_runs(packed(root))
    with pytest.raises(InputError) as raised:
        read_examples(run)
    assert str(raised.value) == f"{run.folder} has no examples.npz; a pack keeps none"


def test_a_run_of_a_pack_is_called_as_messages_call_it(root, capsys):
    shared = packed(root, "--predictions")
    name = str(read_runs(shared)[0][0].folder)
    assert name == f"{shared}/runs.json.gz/synthetic/ft/seed0"
    evaluate(["--run", name])
    assert f"{name}: FT on synthetic" in capsys.readouterr().out
    assert str(read_run(shared / "synthetic" / "ft" / "seed0").folder) == name  # as if it lay beside
    runs = [f"synthetic/{method}/seed{seed}" for method in ("ft", "rtl-eo") for seed in range(3)]

    def named(folder):
        return ", ".join(f"{folder}/{run}" for run in runs)

    with pytest.raises(InputError) as raised:
        read_run(f"{shared}/runs.json.gz/synthetic/ft/seed9")
    assert str(raised.value) == f"{shared}/runs.json.gz: holds no run synthetic/ft/seed9: {named(shared / layout.PACK)}"
    with pytest.raises(InputError) as raised:
        read_run(shared)
    assert str(raised.value) == f"{shared}/runs.json.gz: a pack: name one of its runs: {named(shared)}"
    with pytest.raises(InputError, match="no run folder"):
        read_run(shared.parent / "ft")


def test_a_packed_run_cannot_be_gone_on_with(root):
    """It has no folder in which training could go on; on the disk it can."""
    for method in ("ft", "rtl-eo"):
        for seed in range(3):
            for name in (layout.METRICS, layout.PREDICTIONS):
                (root / "synthetic" / method / f"seed{seed}" / name).unlink()
    assert all(run.begun for run in read_runs(root)[0])
    assert not any(run.begun or run.ended for run in read_runs(packed(root))[0])


def test_runs_of_folders_and_packs_stand_in_the_order_of_their_names(root):
    shared = packed(root)
    fill(shared, "ftp")
    assert [(run.method, run.seed) for run in find_runs(shared)[0]] == [
        *(("ft", seed) for seed in range(3)),
        ("ftp", 0),
        *(("rtl-eo", seed) for seed in range(3)),
    ]


def test_a_run_that_lies_beside_a_pack_with_its_name_is_refused(root):
    """As somebody else's runs with the same seeds: a pack with a name twice could not be read."""
    shared = packed(root)
    fill(shared, "ft", 1)
    with pytest.raises(InputError) as refused:
        pack([str(shared), "--output", str(root.parent / "both")])
    assert str(refused.value) == (
        f"two runs would be called 'synthetic/ft/seed1' in a pack: {shared}/runs.json.gz/synthetic/ft/seed1 and "
        f"{shared}/synthetic/ft/seed1; move one out of {shared}"
    )
    assert not (root.parent / "both").exists()


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a\nb"])
def test_a_name_that_would_break_a_line_is_refused(tmp_path, name):
    fill(tmp_path / "runs", name=name)
    with pytest.raises(InputError, match="cannot be packed; rename it$"):
        pack([str(tmp_path / "runs"), "--output", str(tmp_path / "shared")])


def test_an_image_whose_name_breaks_a_line_is_refused(tmp_path):
    path = fill(tmp_path / "runs") / layout.PREDICTIONS
    path.write_text(path.read_text().replace("face003.png", '"face\n003.png"'))
    with pytest.raises(InputError, match="has a line break in its name, which cannot be packed$"):
        pack([str(tmp_path / "runs"), "--output", str(tmp_path / "shared"), "--predictions"])


def rewrite(path, text):
    path.write_bytes(compressed(path, [text]))


def damage(shared, file, change):
    path = shared / file
    rewrite(path, change(read_compressed(path)))


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (layout.PACK, lambda text: text[:-20], "runs.json.gz: not JSON"),
        (layout.PACK, lambda text: "[]", "runs.json.gz: expected an object, there is a list"),
        (layout.PACK, lambda text: "{}", "runs.json.gz: 'runs' is missing"),
        (layout.PACK, lambda text: '{"runs":[{}]}', r"runs.json.gz: runs\[0\]: 'run' is missing"),
        (layout.PACK, lambda text: text.replace("seed1", "seed0"), "runs.json.gz: run 'synthetic/ft/seed0' appears"),
        (layout.PACKED_PREDICTIONS, lambda text: "", "predictions.csv.gz: not a table of packed predictions"),
        (layout.PACKED_PREDICTIONS, lambda text: text[:-1], "predictions.csv.gz: not a table of packed predictions"),
        (layout.PACKED_PREDICTIONS, lambda text: text + "x\n", "predictions.csv.gz row 182: no run and part"),
    ],
)
def test_a_damaged_pack_is_one_line(root, file, change, message):
    shared = packed(root, "--predictions")
    damage(shared, file, change)
    runs, (warning,) = read_runs(shared)
    assert has_runs(shared) and not runs
    with pytest.raises(InputError, match=message):
        raise InputError(warning)


def test_a_damaged_run_of_a_pack_is_one_line_and_the_others_are_read(root):
    shared = packed(root, "--predictions")
    content = json.loads(read_compressed(shared / layout.PACK))
    content["runs"][0][layout.CONFIG]["resolved"]["seed"] = "0"
    content["runs"][1][layout.HISTORY]["loss"].pop()
    content["runs"][2][layout.SPLIT] = 7
    rewrite(shared / layout.PACK, json.dumps(content))
    runs, (warning,) = read_runs(shared)
    assert warning.startswith(f"{shared}/runs.json.gz/synthetic/ft/seed0/config.json: resolved.seed: expected")
    with pytest.raises(InputError, match=r"runs\[1\].history.csv: columns of different lengths$"):
        _ = runs[0].history
    assert (runs[1].training_images, runs[2].training_images, len(runs[2].history)) == (None, 5, 12)


def test_a_pack_has_no_examples_also_where_it_says_so(root):
    shared = packed(root, "--predictions")
    content = json.loads(read_compressed(shared / layout.PACK))
    content["runs"][0][layout.EXAMPLES] = "PK"
    rewrite(shared / layout.PACK, json.dumps(content))
    run = read_runs(shared)[0][0]
    with pytest.raises(InputError, match=r"runs\.json\.gz/synthetic/ft/seed0 has no examples\.npz; a pack keeps none$"):
        read_examples(run)


@pytest.mark.parametrize("change", [lambda data: data[:-9], lambda data: b"{}", lambda data: b""])
def test_what_is_no_whole_gzip_file_is_one_line(root, change):
    path = packed(root) / layout.PACK
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=r"runs.json.gz: not (a whole gzip file \(|JSON)"):
        raise InputError(read_runs(path.parent)[1][0])


def test_a_study_of_many_photographs_can_be_packed_and_read():
    """50 runs of 1,038 images with 68 landmarks, at 174 bytes a row."""
    assert LARGEST_TABLE > 50 * 1038 * 68 * 174


def test_what_could_not_be_read_again_is_not_written(root, monkeypatch):
    limit = 12_000  # bytes; the table unpacks to more, compressed it is smaller
    monkeypatch.setattr(packing, "LARGEST_TABLE", limit)
    with pytest.raises(InputError, match=r"predictions.csv.gz: would unpack to more than 0 MiB; pack fewer runs$"):
        packed(root, "--predictions")
    assert not (root.parent / "shared").exists()
    monkeypatch.undo()
    shared = packed(root, "--predictions")
    monkeypatch.setattr(packed_files, "LARGEST_TABLE", limit)
    assert read_runs(shared)[1] == [f"{shared}/predictions.csv.gz: unpacks to more than 0 MiB"]


def test_a_large_table_is_in_memory_once(tmp_path):
    """Its lines' text, and no object for each of them."""
    lines = (f"ft/seed{index % 4},test,face{index:07d}.png,person\n" for index in range(40_000))
    text = "".join(["run,part,image,subject\n", *lines])
    rewrite(tmp_path / layout.PACK, json.dumps({"runs": [{"run": f"ft/seed{seed}"} for seed in range(4)]}))
    rewrite(tmp_path / layout.PACKED_PREDICTIONS, text)
    tracemalloc.start()
    try:
        runs = packed_files.packed_runs(tmp_path / layout.PACK)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * len(text)
    rows = (runs[3] / layout.PREDICTIONS).read_bytes().decode().split("\n")
    assert rows[:2] == ["image,subject", "face0000003.png,person"] and rows[10_001:] == [""]


def test_text_that_unpacks_without_end_is_refused(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x" * 1_000_001))
    assert len(read_compressed(tmp_path / "a.gz", 1_000_001)) == 1_000_001
    with pytest.raises(InputError, match="a.gz: unpacks to more than 1 MiB$"):
        read_compressed(tmp_path / "a.gz", 1_000_000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"\xff\xfe"))
    with pytest.raises(InputError, match="a.gz: not UTF-8"):
        read_compressed(tmp_path / "a.gz")


def test_a_schema_in_a_pack_is_no_file_that_can_be_named(tmp_path):
    folder = make_run(tmp_path / "runs", "ft", 0, np.zeros((4, 3)), schema="ours.toml", schema_hash="0" * 64)
    (folder / "schema.toml").write_text(schema_text("fas14").replace('name = "fas14"', 'name = "ours"'))
    assert read_run(folder).schema_source == str(folder / "schema.toml")
    packing.write_pack([read_run(folder)], tmp_path / "runs", tmp_path / "shared", predictions=False)
    ((run,), _) = read_runs(tmp_path / "shared")
    assert run.schema_source == "ours.toml" and (run.folder / "schema.toml").is_file()


def test_a_run_reads_a_schema_of_the_package_as_it_is_now_and_any_other_from_its_copy(tmp_path):
    fas14 = load_schema("fas14")
    folder = make_run(tmp_path / "runs", "ft", 0, np.zeros((4, 3)), schema="fas14", schema_hash=fas14.fingerprint)
    bare = schema_text("fas14").split("[[measurements]]")[0]
    (folder / "schema.toml").write_text(bare)  # as an older release wrote it
    assert read_run(folder).schema_read == fas14
    folder = make_run(tmp_path / "runs", "ft", 1, np.zeros((4, 3)), schema="ours.toml", schema_hash="0" * 64)
    (folder / "schema.toml").write_text(bare.replace('name = "fas14"', 'name = "ours"'))
    ours = read_run(folder).schema_read
    assert (ours.name, ours.names, ours.measurements) == ("ours", fas14.names, ())
    packing.write_pack([read_run(folder)], tmp_path / "runs", tmp_path / "shared", predictions=False)
    ((run,), _) = read_runs(tmp_path / "shared")
    assert run.schema_read == ours
    (folder / "schema.toml").unlink()
    with pytest.raises(InputError, match="^no schema file ours.toml$"):
        _ = read_run(folder).schema_read
