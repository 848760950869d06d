"""Which runs a table takes out of a folder that holds several studies, and the commands for those it lacks."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from fake_runs import make_run

from rtl_tf.cli.train import make_parser
from rtl_tf.config import COMMON
from rtl_tf.evaluation.metrics import summarize
from rtl_tf.exceptions import InputError
from rtl_tf.reports import commands
from rtl_tf.reports.report import make_report
from rtl_tf.reports.tables import TABLES, rows_of
from rtl_tf.runs.finding import find_runs, read_runs
from rtl_tf.runs.metrics_file import read_metrics
from rtl_tf.runs.run import read_run
from rtl_tf.runs.selection import select
from rtl_tf.runs.settings import applies, defaults, in_order, parse_where, require_comparable, setting, where
from rtl_tf.schema import load_schema, schema_text

ONES = np.ones((4, 2))


def selected(root, name="1", wanted=()):
    runs = where(find_runs(root)[0], parse_where(wanted))
    return select(rows_of(TABLES[name], runs), TABLES[name].varied, runs)


def folders(selection):
    """Row -> names of the configurations' folders and seeds."""
    return {
        " ".join(row.labels): [f"{run.folder.parent.name} {run.seed}" for run in runs]
        for row, runs in zip(selection.rows, selection.runs, strict=True)
        if runs
    }


def missing(root, name="1", like=None):
    selection = selected(root, name)
    return commands.missing_text(selection, TABLES[name].varied, like or find_runs(root)[0][0], Path(root))


# Finding


def test_runs_are_found_at_any_depth_and_nothing_inside_a_run_is_one(tmp_path):
    folder = make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path / "studies" / "lambda", "rtl-eo", 3, ONES)
    (folder / "tensorboard").mkdir()
    (folder / "tensorboard" / "config.json").write_text("{")
    make_run(tmp_path, "ft", 0, ONES, data="sources")  # pretrained networks are no runs to be compared
    runs, warnings = find_runs(tmp_path)
    assert [run.method for run in runs] == ["rtl-eo", "ft"] or [run.method for run in runs] == ["ft", "rtl-eo"]
    assert warnings == []


def test_a_run_is_judged_from_its_predictions(tmp_path):
    run = read_run(make_run(tmp_path, "ft", 1, np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 2.0]])))
    assert run.method == "ft" and run.seed == 1
    assert summarize(run.predictions)["paper.heatmap_px.mre.mean"] == pytest.approx(1.125)


def test_damaged_and_unfinished_runs_are_named_and_left_out(tmp_path):
    for method in ("ft", "rtl-sam", "fe", "ftp"):
        make_run(tmp_path, method, 0, ONES)
    (tmp_path / "synthetic/ft/seed0/predictions.csv").unlink()
    (tmp_path / "synthetic/rtl-sam/seed0/config.json").write_text('{"asked": {')
    (tmp_path / "synthetic/fe/seed0/predictions.csv").write_text("image\n")
    runs, warnings = find_runs(tmp_path)
    assert "rtl-sam/seed0/config.json: not JSON" in warnings[0]
    assert "ft/seed0 has no predictions.csv" in warnings[1]
    selection = selected(tmp_path)
    assert folders(selection) == {"FTP": ["ftp 0"]}
    assert "fe/seed0/predictions.csv: missing column" in selection.warnings[0]


def test_methods_with_settings_of_their_own_share_a_table(tmp_path):
    """RTL-CO has a temperature, RTL-SAM a frame of its source; neither has the other's."""
    for method in ("ft", "rtl-co", "rtl-sam", "hg"):
        make_run(tmp_path, method, 0, ONES)
    selection = selected(tmp_path)
    assert set(folders(selection)) == {"FT", "RTL-CO", "RTL-SAM", "HG"}
    assert {"temperature", "source_frame"} <= dict(selection.condition).keys()


def test_a_folder_that_lost_its_settings_is_named(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    (make_run(tmp_path, "fe", 0, ONES) / "config.json").unlink()
    assert "fe/seed0/config.json: no such file" in find_runs(tmp_path)[1][0]


def test_a_run_behind_a_link_is_found_once(tmp_path):
    root, disk = tmp_path / "runs", tmp_path / "disk"
    make_run(disk, "ft", 0, ONES)
    make_run(root, "fe", 0, ONES)
    (root / "linked").symlink_to(disk / "synthetic", target_is_directory=True)
    (root / "linked again").symlink_to(disk / "synthetic", target_is_directory=True)
    (disk / "synthetic" / "round").symlink_to(root, target_is_directory=True)
    runs, warnings = read_runs(root)
    assert [str(run.folder.relative_to(root)) for run in runs] == ["linked/ft/seed0", "synthetic/fe/seed0"]
    assert warnings == [] and [run.method for run in read_runs(root / "linked" / "ft" / "seed0")[0]] == ["ft"]


def test_predictions_above_runs_hide_none_of_them(tmp_path):
    """As of `predict.py --output`; a run that lost its settings hides those that were for it alone."""
    folder = make_run(tmp_path, "ft", 0, ONES)
    make_run(folder, "ft", 0, ONES, data="lambda_search")
    (folder / "config.json").unlink()
    make_run(tmp_path, "rtl-eo", 1, ONES)
    (tmp_path / "synthetic" / "predictions.csv").write_text("image,x\n")
    runs, warnings = read_runs(tmp_path)
    assert [run.method for run in runs] == ["rtl-eo"]
    assert [warning.partition(": ")[0] for warning in warnings] == [
        f"{tmp_path}/synthetic/config.json",
        f"{tmp_path}/synthetic/ft/seed0/config.json",
    ]


def test_a_configuration_without_what_tables_need(tmp_path):
    folder = make_run(tmp_path, "ft", 0, ONES)
    (folder / "config.json").write_text(json.dumps({"asked": {}, "resolved": {"method": "ft", "seed": 0}}))
    with pytest.raises(InputError, match="lacks data_name, dataset_hash, schema, image_size"):
        read_run(folder)


def test_several_data_sets_need_a_choice(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "ft", 0, ONES, data="clinic")
    with pytest.raises(InputError, match="--data clinic or --data synthetic"):
        find_runs(tmp_path)
    assert len(find_runs(tmp_path, "clinic")[0]) == 1
    with pytest.raises(InputError, match="no runs on 'other'"):
        find_runs(tmp_path, "other")


def test_no_runs(tmp_path):
    with pytest.raises(InputError, match="python train.py"):
        find_runs(tmp_path / "runs")
    with pytest.raises(InputError, match=f"no runs in {tmp_path}: train one first, for example with python train.py"):
        find_runs(tmp_path)
    (make_run(tmp_path, "ft", 0, ONES) / "config.json").write_text("{")
    with pytest.raises(InputError, match=f"no runs in {tmp_path}: .*ft/seed0/config.json: not JSON"):
        find_runs(tmp_path)


# Comparing


@pytest.mark.parametrize(
    "other",
    [{"dataset_hash": "d2"}, {"image_size": 64}, {"schema": "fas12"}, {"crop_margin": 0.2}, {"split_seed": 1}],
    ids=str,
)
def test_runs_of_different_tests_never_meet(tmp_path, other):
    make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "fe", 0, ONES, **other)
    (name, value), *_ = other.items()
    with pytest.raises(InputError, match=rf"different {name} .*fe/seed0 .*ft/seed0 .*--where {name}="):
        selected(tmp_path)
    assert folders(selected(tmp_path, wanted=[f"{name}={value}"])) == {"FE": ["fe 0"]}
    runs = find_runs(tmp_path)[0]
    with pytest.raises(InputError):
        require_comparable(runs)


def test_runs_on_other_pixels_never_meet_and_older_runs_know_of_none(tmp_path):
    make_run(tmp_path, "ft", 0, ONES, images_hash="a" * 64)
    make_run(tmp_path, "ft", 1, ONES)
    make_run(tmp_path, "fe", 0, ONES, images_hash="a" * 64)
    assert folders(selected(tmp_path)) == {"FE": ["fe 0"], "FT": ["ft 0", "ft 1"]}
    make_run(tmp_path, "ftp", 0, ONES, images_hash="b" * 64)
    with pytest.raises(InputError, match=r"different images_hash .*\(aaaaaaaaaaaa\) and .*ftp/seed0 \(bbbbbbbbbbbb\)"):
        selected(tmp_path)


def test_schemas_are_compared_by_content(tmp_path):
    known = load_schema("fas14").fingerprint
    make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "ft", 1, ONES, schema="./fas14.toml", schema_hash=known)
    older = make_run(tmp_path, "fe", 0, ONES, schema="mine.toml")  # told by the copy in its folder alone
    (older / "schema.toml").write_text(schema_text("fas14") + "# a comment\n")
    assert folders(selected(tmp_path)) == {"FE": ["fe 0"], "FT": ["ft 0", "ft 1"]}
    make_run(tmp_path, "ftp", 0, ONES, schema="fas14", schema_hash="c" * 64)
    with pytest.raises(InputError, match=r"different schema .*\(fas14\) and .*ftp/seed0 \(cccccccccccc\)"):
        selected(tmp_path)
    assert folders(selected(tmp_path, wanted=["schema=cccccccccccc"])) == {"FTP": ["ftp 0"]}
    wanted = [f"schema={older / 'schema.toml'}"]
    assert folders(selected(tmp_path, wanted=wanted)) == {"FE": ["fe 0"], "FT": ["ft 0", "ft 1"]}


def test_weights_files_are_told_apart_by_content(tmp_path):
    for seed, (file, value) in enumerate([("a.h5", "x" * 64), ("b.h5", "x" * 64), ("a.h5", "y" * 64)]):
        make_run(tmp_path, "ft", seed, ONES, source="vggface2", source_weights=file, source_hash=value)
    assert folders(selected(tmp_path)) == {"FT": ["ft 0", "ft 1"]}
    make_run(tmp_path / "dlib", "ft", 0, ONES, source="dlib", source_weights="copy.dat", source_hash="published")
    make_run(tmp_path / "dlib", "ft", 1, ONES, source="dlib")
    assert folders(selected(tmp_path / "dlib")) == {"FT": ["ft 0", "ft 1"]}


def test_runs_of_other_images_never_meet_whatever_their_settings_say(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "fe", 0, np.ones((3, 2)))
    with pytest.raises(InputError, match=r"different images .*seed0 \(3\) and .*seed0 \(4\)"):
        selected(tmp_path)


# Choosing among studies


@pytest.fixture
def studies(tmp_path):
    """A comparison of methods, and studies of lambda, learning rate, source, skips, training images beside it."""
    for method in ("fe", "ft", "rtl-eo", "rtl-sam"):
        for seed in (0, 1):
            make_run(tmp_path, method, seed, ONES)
    for value in (0.0, 0.02):
        make_run(tmp_path, "rtl-eo", 0, ONES, name=f"rtl-eo-lambda-{value}", **{"lambda": value})
    for method in ("ft", "rtl-sam"):
        make_run(tmp_path, method, 0, ONES, name=f"{method}-fast", learning_rate=0.01)
        make_run(tmp_path, method, 0, ONES, name=f"{method}-imagenet", source="imagenet", encoder_stride=32)
        make_run(tmp_path, method, 0, ONES, name=f"{method}-tenth", train_fraction=0.1)
    make_run(tmp_path, "ft", 0, ONES, name="ft-skips", skip_connections=True)
    return tmp_path


def test_table_1_takes_the_runs_that_fill_most_rows_and_says_what_else_is_there(studies):
    selection = selected(studies)
    assert folders(selection) == {
        "FE": ["fe 0", "fe 1"],
        "FT": ["ft 0", "ft 1"],
        "RTL-EO": ["rtl-eo 0", "rtl-eo 1"],
        "RTL-SAM": ["rtl-sam 0", "rtl-sam 1"],
    }
    (note,) = selection.notes
    assert "9 runs with other settings" in note
    assert "lambda 0.0, 0.02; learning_rate 0.01; skip_connections true; source imagenet; train_fraction 0.1" in note


def test_methods_without_a_regularizer_belong_to_the_runs_of_every_lambda(studies):
    selection = selected(studies, wanted=["lambda=0.02"])
    assert folders(selection) == {"FE": ["fe 0", "fe 1"], "FT": ["ft 0", "ft 1"], "RTL-EO": ["rtl-eo-lambda-0.02 0"]}


def test_networks_from_random_weights_belong_to_the_runs_of_every_source(studies):
    make_run(studies, "hg", 0, ONES, source=None, encoder_stride=None, batch_norm=None)
    selection = selected(studies)
    assert folders(selection)["HG"] == ["hg 0"]
    assert selection.example.method.startswith("rtl-")  # it has all settings of the condition
    assert folders(selected(studies, wanted=["source=imagenet"])).keys() == {"FT", "RTL-SAM", "HG"}


def test_table_3_by_source(studies):
    make_run(studies, "ft", 0, ONES, name="a", source="runs/sources/youtube_faces_keypoints-alignment-resnet50")
    make_run(studies, "ft", 0, ONES, name="b", source="my/own_source/source.keras")
    assert folders(selected(studies, "3")) == {
        "FT-ImageNet": ["ft-imagenet 0"],
        "FT-YoutubeFaces": ["a 0"],
        "RTL-SAM-ImageNet": ["rtl-sam-imagenet 0"],
        "FT-dlib": ["ft 0", "ft 1"],
        "FT-own_source": ["b 0"],
        "RTL-SAM-dlib": ["rtl-sam 0", "rtl-sam 1"],
    }


def test_a_row_never_mixes_what_comes_with_its_source(studies):
    make_run(studies, "ft", 0, ONES, name="ft-stride-32", encoder_stride=32)
    selection = selected(studies, "3")
    assert folders(selection)["FT-dlib"] == ["ft 0", "ft 1"]
    assert any("1 run with other settings (encoder_stride 32)" in note for note in selection.notes)


def test_of_two_groups_as_good_the_settings_decide_and_not_the_folders(tmp_path):
    make_run(tmp_path, "ft", 0, ONES, name="a", encoder_stride=32)
    make_run(tmp_path, "ft", 0, ONES, name="b", encoder_stride=16)
    assert folders(selected(tmp_path, "3")) == {"FT-dlib": ["b 0"]}


def test_table_4_by_skip_connections(studies):
    assert folders(selected(studies, "4")) == {
        "Without skip connections": ["ft 0", "ft 1"],
        "With skip connections": ["ft-skips 0"],
    }


def test_the_learning_curve_goes_by_shares_of_one_number_of_images(studies):
    make_run(studies, "ft", 0, ONES, name="ft-7", train_images=7)
    assert folders(selected(studies, "samples")) == {
        "10% FT": ["ft-tenth 0"],
        "10% RTL-SAM": ["rtl-sam-tenth 0"],
        "100% FT": ["ft 0", "ft 1"],
        "100% RTL-EO": ["rtl-eo 0", "rtl-eo 1"],
        "100% RTL-SAM": ["rtl-sam 0", "rtl-sam 1"],
    }


def test_equally_full_tables_fall_to_the_one_nearest_to_the_defaults(tmp_path):
    make_run(tmp_path, "ft", 0, ONES, name="a", learning_rate=0.01)
    make_run(tmp_path, "ft", 1, ONES, name="a", learning_rate=0.01)
    make_run(tmp_path, "ft", 0, ONES, name="b")
    assert folders(selected(tmp_path)) == {"FT": ["b 0"]}


def test_settings_that_change_no_result_part_no_runs(tmp_path):
    make_run(tmp_path, "ft", 0, ONES, cache_gb=1.0, output="here")
    make_run(tmp_path, "ft", 1, ONES, memory_gb=9.0, output="there")
    selection = selected(tmp_path)
    assert folders(selection) == {"FT": ["ft 0", "ft 1"]} and not selection.notes


def test_an_older_run_has_todays_defaults_where_it_lacks_a_setting(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "ft", 1, ONES, sigma=1.5, weight_decay_mode="decoupled", batch_size=8)
    assert folders(selected(tmp_path)) == {"FT": ["ft 0", "ft 1"]}


def test_an_older_run_has_what_was_before_a_setting_whatever_the_default_becomes(tmp_path, monkeypatch):
    make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "ft", 1, ONES, augment="strong")
    monkeypatch.setitem(COMMON, "augment", "strong")
    defaults.cache_clear()
    try:
        assert defaults("quick", "ft")["augment"] == "strong"
        assert folders(selected(tmp_path, wanted=["augment=paper"])) == {"FT": ["ft 0"]}
        assert folders(selected(tmp_path, wanted=["augment=strong"])) == {"FT": ["ft 1"]}
    finally:
        defaults.cache_clear()


def test_a_run_that_is_there_twice_counts_once(tmp_path):
    make_run(tmp_path, "ft", 0, ONES, name="again")
    make_run(tmp_path, "ft", 0, ONES)
    selection = selected(tmp_path)
    assert folders(selection) == {"FT": ["again 0"]}
    assert "ft/seed0 has the settings and the seed of" in selection.warnings[0]


def test_a_lambda_that_each_run_chose_is_one_setting(tmp_path):
    make_run(tmp_path, "rtl-eo", 0, ONES)
    make_run(tmp_path, "rtl-sam", 0, ONES)
    for folder, chosen in ((tmp_path / "synthetic/rtl-eo/seed0", 0.02), (tmp_path / "synthetic/rtl-sam/seed0", 2e-4)):
        config = json.loads((folder / "config.json").read_text())
        config["asked"]["lambda"], config["resolved"]["lambda"] = "auto", chosen
        (folder / "config.json").write_text(json.dumps(config))
    assert folders(selected(tmp_path)).keys() == {"RTL-EO", "RTL-SAM"}
    assert setting(read_run(folder), "lambda") == "auto"


def test_where_refuses_what_it_does_not_know(studies):
    with pytest.raises(InputError, match="--where colour=red: write SETTING=VALUE with one of .*lambda"):
        parse_where(["colour=red"])
    with pytest.raises(InputError, match="no such runs, there are runs with sigma 1.5"):
        selected(studies, wanted=["sigma=2"])
    with pytest.raises(InputError, match="--where: no runs with all of learning_rate, source so"):
        selected(studies, wanted=["learning_rate=0.01", "source=imagenet"])
    assert parse_where(["--skip-connections=true", "jit_compile=False", "source=imagenet", "train_images=null"]) == {
        "skip_connections": True,
        "jit_compile": False,
        "source": "imagenet",
        "train_images": None,
    }
    assert in_order({0.02, 2e-5, 10, "auto", True}) == ["2e-05", "0.02", "true", "10", "auto"]


# Commands


def test_missing_rows_come_with_the_command_that_repeats_what_was_typed(tmp_path):
    for seed in (0, 2):
        make_run(tmp_path, "ft", seed, ONES)
    make_run(tmp_path, "rtl-sam", 2, ONES)
    text = missing(tmp_path)
    options = "--epochs 12 --no-flip-swap"
    assert f"    python train.py --method rtl-sam {options} --output {tmp_path}/synthetic/rtl-sam/seed0\n" in text
    loop = f"for seed in 0 2; do python train.py --method fe {options} --seed $seed --output {tmp_path}/synthetic/fe"
    assert f"    {loop}/seed$seed; done\n" in text
    assert "--method ft " not in text


def test_commands_parse_and_train_what_the_table_wants(studies):
    for name in ("1", "3", "4", "samples"):
        for line in missing(studies, name).splitlines():
            if "train.py" not in line:
                continue
            words = shlex.split(line.partition("train.py ")[2].removesuffix("; done").replace("$seed", "7"))
            options = vars(make_parser().parse_args(words))
            assert options["epochs"] == 12 and options["flip_swap"] is False
            assert not Path(options["output"]).exists()


def test_commands_carry_a_rows_own_settings(studies):
    assert "--method ft --epochs 12 --no-flip-swap --train-fraction 0.05 " in missing(studies, "samples")
    assert "--method ft --epochs 12 --no-flip-swap --skip-connections --seed 1 " in missing(studies, "4")
    assert f"--source vggface2 --seed $seed --output {studies}/synthetic/rtl-sam-vggface2/seed$seed" in missing(
        studies, "3"
    )


def test_the_alignment_network_is_pretrained_once_or_the_one_that_runs_came_from(studies, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines, source = missing(studies, "3").splitlines(), "runs/sources/youtube_faces_keypoints-alignment-"
    own = f"{studies}/{source.removeprefix('runs/')}resnet50"
    training = [index for index, line in enumerate(lines) if f"--source {own}" in line]
    assert len(training) == 2 and [index for index, line in enumerate(lines) if "pretrain" in line] == [training[0] - 1]
    pretraining = "    python -m rtl_tf.cli.pretrain --task alignment --data youtube_faces_keypoints --network "
    assert lines[training[0] - 1] == f"{pretraining}resnet50 --output {own}"
    make_run(studies, "ft", 0, ONES, name="aligned", source=f"{source}dlib_resnet")
    assert f"{pretraining}dlib_resnet\n" in missing(studies, "3")
    Path(f"{source}dlib_resnet").mkdir(parents=True)
    text = missing(studies, "3")
    assert text.count(f"--source {source}dlib_resnet") == 2 and "pretrain" not in text


def test_a_row_with_more_seeds_than_the_others_asks_no_more_of_them(tmp_path):
    """Two rows of seven have a second seed: fewer than a third."""
    for method in ("ft", "rtl-co", "rtl-eo", "rtl-sam", "rtl-cam", "fe", "ftp"):
        make_run(tmp_path, method, 0, ONES)
    for method in ("ft", "rtl-eo"):
        make_run(tmp_path, method, 1, ONES)
    text = missing(tmp_path)
    assert "--method unet" in text and "--method rtl-co" not in text and "--seed" not in text
    make_run(tmp_path, "rtl-sam", 1, ONES)
    assert "--method rtl-co --epochs 12 --no-flip-swap --seed 1" in missing(tmp_path)


def test_a_width_of_ones_own_belongs_into_the_table(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "ft", 1, ONES)
    make_run(tmp_path, "hg", 0, ONES, width=0.3)
    make_run(tmp_path, "unet", 0, ONES)
    assert folders(selected(tmp_path)) == {"HG": ["hg 0"], "U-Net": ["unet 0"], "FT": ["ft 0", "ft 1"]}
    assert "hg width 0.3" in make_report("1", find_runs(tmp_path)[0], tmp_path).notes[-2]
    assert "--method hg --epochs 12 --no-flip-swap --width 0.3 --seed 1" in missing(tmp_path)
    make_run(tmp_path, "hg", 0, ONES, name="usual")
    assert folders(selected(tmp_path))["HG"] == ["usual 0"]
    assert folders(selected(tmp_path, wanted=["width=0.3"]))["HG"] == ["hg 0"]


def test_sources_in_folders_of_one_name_are_told_apart_by_their_weights(tmp_path):
    for number, hospital in enumerate(("here", "there")):
        source = {"source": f"runs/{hospital}/ft/seed0", "source_hash": f"hash of {hospital}"}
        for seed in range(2 - number):
            make_run(tmp_path, "ft", seed, ONES, name=f"ft-{hospital}", **source)
    make_run(tmp_path, "rtl-eo", 0, ONES, source="runs/there/ft/seed0", source_hash="hash of there")
    selection = selected(tmp_path)
    assert folders(selection) == {"FT": ["ft-there 0"], "RTL-EO": ["rtl-eo 0"]}
    assert "2 runs with other settings (source_hash hash of here)" in selection.notes[0]
    assert folders(selected(tmp_path, wanted=["source_hash=hash of here"])) == {"FT": ["ft-here 0", "ft-here 1"]}


def test_rows_of_one_source_are_not_of_two_networks_of_one_name(tmp_path):
    for method, ours in (("ft", (0, 1, 2)), ("rtl-sam", (0,))):
        for seed in range(4):
            hospital = "here" if seed in ours else "there"
            source = {"source": f"runs/{hospital}/ft/seed0", "source_hash": f"hash of {hospital}"}
            make_run(tmp_path, method, seed, ONES, name=f"{method}-{hospital}", **source)
    selection = selected(tmp_path, "3")
    assert [(run.method, run.folder.parent.name) for run in selection.all_runs].count(("ft", "ft-here")) in (0, 3)
    assert len({run.resolved["source_hash"] for run in selection.all_runs}) == 1
    assert "4 runs with other settings (source_hash hash of " in selection.notes[0]


@pytest.mark.parametrize("table", ["1", "3"])
def test_a_run_from_before_sources_had_a_hash_stands_beside_later_ones(tmp_path, table):
    make_run(tmp_path, "ft", 0, ONES, source="runs/here/ft/seed0")
    for seed in (1, 2):
        make_run(tmp_path, "ft", seed, ONES, source="runs/here/ft/seed0", source_hash="a")
    assert [run.seed for run in selected(tmp_path, table).all_runs] == [0, 1, 2]


def test_choosing_a_source_keeps_the_methods_without_one(tmp_path):
    make_run(tmp_path, "hg", 0, ONES)
    make_run(tmp_path, "ft", 0, ONES, source="runs/here/ft/seed0", source_hash="a")
    kept = selected(tmp_path, wanted=["source_hash=a"])
    assert {run.method for run in kept.all_runs} == {"hg", "ft"}


def test_a_source_whose_name_looks_like_a_number_can_be_chosen(tmp_path):
    for seed, (source, source_hash) in enumerate([("2024", "12"), ("2025", "34"), ("true", "56")]):
        make_run(tmp_path, "ft", seed, ONES, source=f"runs/sources/{source}", source_hash=source_hash)
    runs = read_runs(tmp_path)[0]
    for text in ("source=2024", 'source="2024"', "source_hash=12", "source=true", "source=2025"):
        (run,) = where(runs, parse_where([text]))
        assert run.seed == {"2024": 0, "12": 0, "2025": 1, "true": 2}[text.partition("=")[2].strip('"')]
    assert parse_where(["source=null", "image-size=64", "mesh_share=0.5"]) == {
        "source": None,
        "image_size": 64,
        "mesh_share": 0.5,
    }


def test_a_list_is_no_value_that_runs_have(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    with pytest.raises(InputError, match="--where sigma: no such runs"):
        selected(tmp_path, wanted=["sigma=[1]"])


def test_damaged_metrics_do_not_hide_predictions(tmp_path):
    (make_run(tmp_path, "ft", 0, ONES) / "metrics.json").write_text("{")
    assert len(selected(tmp_path).all_runs) == 1


def test_metrics_are_numbers_or_unknown(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text('{"images": 4, "paper.heatmap_px.mre.mean": 1.5, "clinical.mm.mre.mean": null}')
    assert read_metrics(path) == {"images": 4, "paper.heatmap_px.mre.mean": 1.5, "clinical.mm.mre.mean": None}
    path.write_text('{"images": 4, "paper.heatmap_px.mre.mean": "1.5"}')
    with pytest.raises(InputError, match='metrics.json: paper.heatmap_px.mre.mean: expected a number, there is "1.5"'):
        read_metrics(path)


def test_unfinished_runs_do_not_push_out_a_finished_one(tmp_path):
    make_run(tmp_path, "ft", 0, ONES, source="dlib", encoder_stride=16)
    for seed in (1, 2):
        make_run(tmp_path, "ft", seed, None, name="wider", source="dlib", encoder_stride=32)
    assert folders(selected(tmp_path, "3")) == {"FT-dlib": ["ft 0"]}


def test_commands_carry_a_lambda_that_is_no_default(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "rtl-eo", 0, ONES, **{"lambda": 0.02})
    text = missing(tmp_path)
    assert "--method rtl-cam --epochs 12 --no-flip-swap --lambda 0.02 " in text
    assert "--method fe --epochs 12 --no-flip-swap --output" in text


def test_the_default_folder_is_not_spelt_out_and_a_taken_one_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_run(Path("runs"), "ft", 0, ONES)
    make_run(Path("runs"), "fe", 0, ONES, learning_rate=0.5)
    text = missing(Path("runs"))
    assert "    python train.py --method ftp --epochs 12 --no-flip-swap\n" in text
    assert "    python train.py --method fe --epochs 12 --no-flip-swap --output runs/synthetic/fe-2/seed0\n" in text


def test_an_unfinished_run_is_gone_on_with(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    folder = make_run(tmp_path, "fe", 0, None, name="mine")
    assert f"--method fe --preset quick --epochs 12 --no-flip-swap --seed 0 --output {folder} --resume" in missing(
        tmp_path
    )


def test_a_run_that_lost_its_predictions_is_trained_anew_elsewhere(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    folder = make_run(tmp_path, "fe", 0, None)
    (folder / "metrics.json").write_text("{}")
    assert find_runs(tmp_path)[1] == []
    assert "fe/seed0 has lost its predictions.csv" in selected(tmp_path).warnings[0]
    assert f"--method fe --epochs 12 --no-flip-swap --output {tmp_path}/synthetic/fe-2/seed0\n" in missing(tmp_path)


def test_predictions_that_end_early_are_named_and_left_out(tmp_path):
    folder = make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "fe", 0, ONES)
    (folder / "metrics.json").write_text('{"images": 4}')
    path = folder / "predictions.csv"
    assert folders(selected(tmp_path)) == {"FE": ["fe 0"], "FT": ["ft 0"]}
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-4]))  # two images of two landmarks
    selection = selected(tmp_path)
    assert folders(selection) == {"FE": ["fe 0"]}
    assert selection.warnings == [f"{path}: 2 images, metrics.json says 4: cut off?"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": "0"}, 'resolved.seed: expected a whole number, there is "0"'),
        ({"method": "foo"}, "no method is called 'foo'"),
        ({"data_name": None}, "'resolved' lacks data_name"),
        ({"dataset_hash": 3}, "resolved.dataset_hash: expected text, there is 3"),
        ({"lambda": [1]}, "resolved.lambda: expected a number, there is a list"),
        ({"epochs": 0}, "resolved.epochs: expected a whole number of at least 1, there is 0"),
        ({"sigma": 0}, "resolved.sigma: expected a number above 0"),
        ({"crop_margin": 10**400}, "resolved.crop_margin: expected a number of at least 0"),
    ],
)
def test_a_config_of_wrong_types_is_named_and_left_out(tmp_path, change, message):
    path = make_run(tmp_path, "ft", 0, ONES) / "config.json"
    make_run(tmp_path, "fe", 0, ONES)
    config = json.loads(path.read_text())
    config["resolved"] |= change
    path.write_text(json.dumps(config))
    runs, (warning,) = find_runs(tmp_path)
    assert [run.method for run in runs] == ["fe"] and re.search(f"ft/seed0/config.json: {message}", warning)


def test_what_where_excludes_is_not_missing(tmp_path):
    make_run(tmp_path, "ft", 0, ONES)
    make_run(tmp_path, "rtl-eo", 0, None, **{"lambda": 0.02})
    runs, wanted = find_runs(tmp_path)[0], parse_where(["lambda=0.02"])
    assert (
        "--method rtl-sam --epochs 12 --no-flip-swap --lambda 0.02"
        in make_report("1", runs, tmp_path, where=wanted).missing
    )
    assert make_report("1", runs, tmp_path, where={"method": "ft"}).missing == ""


def test_a_table_without_any_run_has_a_command_for_every_row(tmp_path):
    make_run(tmp_path, "fe", 0, ONES)
    lines = missing(tmp_path, "4").splitlines()
    assert len(lines) == 3 and lines[2].endswith(
        f"--skip-connections --output {tmp_path}/synthetic/ft-skip_connections/seed0"
    )


def test_each_method_has_its_own_usual_width(tmp_path):
    for method, width in (("ft", None), ("hg", 0.375), ("unet", 0.25), ("dsnt", 0.5)):
        make_run(tmp_path, method, 0, ONES, width=width)
    make_run(tmp_path, "hg", 0, ONES, name="hg-wide", width=1.0)
    selection = selected(tmp_path)
    assert folders(selection) == {"FT": ["ft 0"], "HG": ["hg 0"], "U-Net": ["unet 0"], "DSNT": ["dsnt 0"]}
    assert "width 1" in selection.notes[0]


def test_a_method_that_is_not_known_any_more_has_all_settings_but_lambda():
    assert applies("sigma", "of another version") is True
    assert applies("lambda", "of another version") is False
