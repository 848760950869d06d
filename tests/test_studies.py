"""The studies as data: what they hold, and that tables and figures of the same names find their runs."""

from itertools import combinations

import pytest

from rtl_tf.config import PRESETS
from rtl_tf.exceptions import InputError
from rtl_tf.reports.tables import TABLES
from rtl_tf.runs.designs import available_studies, lambda_grid, load_study, parse_study
from rtl_tf.runs.naming import configuration_name

EVERY = [(kind, name) for kind in ("table", "figure") for name in available_studies(kind)]


def test_there_is_a_study_for_everything_that_is_trained():
    assert available_studies("table") == ["1", "2", "3", "4", "detector", "robustness", "samples"]
    assert available_studies("figure") == ["10", "11"]


@pytest.mark.parametrize("name", available_studies("table"))
def test_a_study_trains_the_rows_of_its_table_and_no_others(name):
    def settings(ones):
        return {frozenset((key, value) for key, value in one.items() if value is not None) for one in ones}

    ours, rows = settings(load_study("table", name).configurations), settings(row.settings for row in TABLES[name].rows)
    if name == "4":  # there the source is the caller's
        rows = {frozenset(item for item in row if item[0] != "source") for row in rows}
    if name == "3":  # whose rows of other sources come with their runs
        papers = {("source", name) for name in ("imagenet", "youtube_faces", "vggface2")}
        ours = {one for one in ours if papers & one}
    assert ours == rows


@pytest.mark.parametrize(("kind", "name"), EVERY)
@pytest.mark.parametrize("preset", PRESETS)
def test_each_configuration_has_a_folder_of_its_own(kind, name, preset):
    study = load_study(kind, name)
    named = list(zip(study.configurations, study.titles, strict=True))
    assert len({configuration_name(one, preset, title) for one, title in named}) == len(named)


def test_names_of_folders():
    assert configuration_name({"method": "rtl-eo", "lambda": 0.002}, "quick") == "rtl-eo"
    assert configuration_name({"method": "rtl-eo", "lambda": 2e-5}, "quick") == "rtl-eo-lambda-2e-05"
    assert configuration_name({"method": "ft", "source": "imagenet"}, "quick") == "ft-imagenet"
    assert configuration_name({"method": "ft", "skip_connections": True}, "quick") == "ft-skip_connections"
    assert configuration_name({"method": "ft", "source": "vggface2"}, "paper") == "ft"
    assert configuration_name({"method": "ft", "views": 6}, "quick", "shift, six views") == "ft-shift-six-views"


def test_lambda_and_sigma_are_judged_on_validation():
    assert load_study("figure", "10").judged_on == load_study("figure", "11").judged_on == "validation"
    assert load_study("table", "1").judged_on == "test"
    assert lambda_grid() == (0.0, 2e-5, 2e-4, 2e-3, 2e-2)
    assert load_study("figure", "11").varied == ("sigma",)


def test_the_robustness_study_is_a_balanced_half_of_its_grid():
    study, factors = load_study("table", "robustness"), ("learning_rate", "batch_norm", "batch_size")
    settings = {tuple(one[name] for name in factors) for one in study.configurations}
    assert len(settings) == 8 and len(study.configurations) == 8 * 5
    assert {(0.001, "batch", 8), (0.01, "batch", 8)} <= settings
    for first, second in combinations(range(3), 2):
        pairs = [(one[first], one[second]) for one in settings]
        levels = len({pair[0] for pair in pairs}) * len({pair[1] for pair in pairs})
        assert len(set(pairs)) == levels and all(pairs.count(pair) == 8 // levels for pair in pairs)


def test_grids_are_products_and_add_up():
    text = 'title = "t"\nseeds = 2\n[[runs]]\nsigma = [1.0, 2.0]\nmethod = ["fe", "ft"]\n[[runs]]\nmethod = "rtl-eo"\n'
    study = parse_study(text, "table", "x")
    assert study.configurations == (
        {"sigma": 1.0, "method": "fe"},
        {"sigma": 1.0, "method": "ft"},
        {"sigma": 2.0, "method": "fe"},
        {"sigma": 2.0, "method": "ft"},
        {"method": "rtl-eo"},
    )
    assert study.varied == ("sigma", "method") and study.label == "table x" and study.judged_on == "test"


def test_one_by_one_each_grid_keeps_what_the_one_before_it_has():
    text = """
title = "t"
seeds = 1
one_by_one = true
[[runs]]
title = "plain"
method = "ft"
views = 1
[[runs]]
title = "with views"
views = 6
[[runs]]
title = "and a method"
method = "rtl-eo"
"""
    study = parse_study(text, "table", "x")
    assert study.titles == ("plain", "with views", "and a method") and study.varied == ("method", "views")
    assert study.configurations == (
        {"method": "ft", "views": 1},
        {"method": "ft", "views": 6},
        {"method": "rtl-eo", "views": 6},
    )


def test_the_detectors_parts_end_at_its_preset_with_parts_and_found_boxes():
    last, preset = load_study("table", "detector").configurations[-1], PRESETS["detector"]
    assert {name: last[name] for name in last.keys() & preset.keys()} == {
        name: preset[name] for name in last.keys() & preset.keys()
    }
    assert last["parts"] and last["face_boxes"] == "found"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "study table x: "),
        ('title = "t"\n[[runs]]\nmethod = "ft"\n', "'seeds'"),
        ('title = "t"\nseeds = 1\n[[runs]]\nmethod = "ft"\ncolour = "red"\n', "unknown colour"),
        ('title = "t"\nseeds = 1\njudged_on = "training"\n[[runs]]\nmethod = "ft"\n', "unknown training"),
        ('title = "t"\nseeds = 1\n[[runs]]\nsigma = 1.0\n', "without method"),
    ],
)
def test_a_bad_study_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_study(text, "table", "x")


def test_an_unknown_study_is_refused_with_the_names():
    with pytest.raises(InputError, match="--table 7: .*choose --table 1, 2, 3, 4, detector, robustness, samples"):
        load_study("table", "7")
    with pytest.raises(InputError, match="--figure 6: .*choose --figure 10, 11"):
        load_study("figure", "6")
