"""The model card: counts and intervals by hand, small groups left out, and nobody's name in it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from fake_runs import make_run
from toy_table import flags
from toys import write_network

from rtl_tf.cli.train import main
from rtl_tf.evaluation.coverage import BOXES_HEEDED
from rtl_tf.reports.card import make_card
from rtl_tf.reports.card_text import card_text
from rtl_tf.runs.predictions import read_predictions, write_predictions
from rtl_tf.runs.run import read_run

BOTH = "around labels, or that the data give"


@pytest.fixture
def run(tmp_path):
    """Two images of each of twelve people at two sites, four and eight of them, with errors 1 and 2 input px."""
    errors = np.repeat([1.0, 2.0], [8, 16])[:, None] * np.ones((24, 3))
    attributes = [{"site": "north" if index < 8 else "south", "code": f"c{index:03d}"} for index in range(24)]
    folder = make_run(tmp_path, "ft", 0, errors / 4, attributes=attributes)
    write_network(folder / "best.keras")
    people = [f"p{index},{part}" for part, count in (("training", 3), ("validation", 1)) for index in range(count)]
    rows = [f"images/{index}.png,{row}" for index, row in enumerate(people)]
    (folder / "split.csv").write_text("\n".join(["image,subject,part", *rows, "images/8.png,p0,training\n"]))
    return folder


def test_counts_are_of_images_and_people(run):
    card = make_card(read_run(run))
    assert card["data"]["parts"] == {
        "training": {"images": 4, "people": 3},
        "validation": {"images": 1, "people": 1},
    }
    assert card["limits"][0].startswith("Trained on 3 people")


@pytest.mark.parametrize(("around", "what"), [(24, "around labels"), (0, "that the data give"), (1, BOTH)])
def test_the_squares_that_it_was_judged_in_are_told(run, around, what):
    """Landmarks 4 px apart, with 0.4 of that on either side: 128 input px for 7.2; boxes of 64 px are none."""
    told = read_predictions(run / "predictions.csv")
    scales = np.where(np.arange(24) < around, 128 / 7.2, 2).astype(np.float32)
    write_predictions(run / "predictions.csv", replace(told, input_px_per_px=scales))
    judged = f"Judged in squares {what}; where faces have to be found, errors may be larger."
    assert judged in make_card(read_run(run))["limits"]


@pytest.mark.parametrize(
    ("evidence", "test_part", "heeded", "held"),
    [({"margin": 0.4}, True, True, 0.93), (None, True, False, 0.93), ({"margin": 0.4}, False, False, None)],
)
def test_that_boxes_were_heeded_is_told(run, evidence, test_part, heeded, held):
    """Of folds they were not, and what their radii hold is not judged."""
    config = json.loads((run / "config.json").read_text())
    config["resolved"]["test_part"] = test_part
    (run / "config.json").write_text(json.dumps(config))
    (run / "recipe.json").write_text(json.dumps({"box_evidence": evidence}))
    card = make_card(read_run(run))
    (told,) = [line for line in card["limits"] if line.startswith("Judged in")]
    how = ", whose places the detector heeds" * heeded
    assert told.startswith(f"Judged in squares that the data give{how}; where faces")
    shares = {"mean": held, "low": None, "high": None}
    card["coverage"] = [{"asked": 0.9, "held": shares, "mean_radius_input_px": 3.0}]
    assert (BOXES_HEEDED in card_text(card)) == heeded


def test_errors_are_means_with_intervals_over_people(run):
    found = make_card(read_run(run))["metrics"]["input_px"]
    assert found["mean"] == pytest.approx(5 / 3) and found["median"] == pytest.approx(2)
    half = 2.200985 * np.std(np.repeat([1.0, 2.0], [4, 8]), ddof=1) / 12**0.5  # t of 11 degrees of freedom
    assert (found["low"], found["high"]) == (pytest.approx(5 / 3 - half), pytest.approx(5 / 3 + half))


def test_groups_of_fewer_than_five_people_and_columns_that_tell_people_apart_are_left_out(run):
    groups = make_card(read_run(run))["subgroups"]
    assert [(one["column"], one["group"], one["images"], one["people"]) for one in groups] == [("site", "south", 16, 8)]
    assert groups[0]["mean"] == pytest.approx(2)


def test_a_trained_run_has_its_card_and_names_nobody(table, tmp_path):
    folder = tmp_path / "run"
    main(flags(table, folder, "--method", "ft", epochs=1))
    card, text = json.loads((folder / "card.json").read_text()), (folder / "MODEL_CARD.md").read_text()
    assert text == card_text(card) and card["data"]["parts"]["training"]["images"] > 0
    assert card["detector"]["source"] == "a network of one's own"
    rows = [line.split(",") for line in (table / "landmarks.csv").read_text().splitlines()[1:]]
    private = {cell for row in rows for cell in row[:2]} | {str(table), table.name, str(tmp_path)}
    for word in private:
        assert f'"{word}"' not in json.dumps(card) and f" {word} " not in text and f"/{word}" not in text


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"source": "clinic_smith_ft", "source_hash": "ab"}, "a network of one's own"),
        ({"source": "dlib"}, "dlib"),
        ({"source": "face_mesh", "source_weights": "/home/a.tflite", "source_hash": "ab"}, "face_mesh"),
        ({}, "random weights"),
    ],
)
def test_a_network_of_ones_own_is_not_called_by_its_name(tmp_path, settings, told):
    folder = make_run(tmp_path, "ft", 0, np.ones((24, 3)), **settings)
    write_network(folder / "best.keras")
    (folder / "split.csv").write_text("image,subject,part\na.png,p0,training\n")
    card = make_card(read_run(folder))
    assert card["detector"]["source"] == told and "smith" not in json.dumps(card)


def test_ranges_of_numbers_do_not_tell_single_people(tmp_path):
    ages = [{"age": f"{3 + index / 7:.2f}"} for index in range(48)]
    folder = make_run(tmp_path, "ft", 0, np.ones((48, 3)), attributes=ages)
    write_network(folder / "best.keras")
    (folder / "split.csv").write_text("image,subject,part\na.png,p0,training\n")
    (folder / "parts").mkdir()
    write_network(folder / "parts" / "best.keras")
    card = make_card(read_run(folder))
    assert [one["group"] for one in card["subgroups"]] == ["quarter 1", "quarter 2", "quarter 3", "quarter 4"]
    assert not any(row["age"] in json.dumps(card["subgroups"]) for row in ages)
    assert {"network_sha256", "parts_network_sha256"} <= card["hashes"].keys()


def test_a_run_without_a_test_part_says_what_its_errors_are_of(tmp_path):
    folder = make_run(tmp_path, "ft", 0, np.ones((24, 3)), test_part=False, folds=3)
    write_network(folder / "best.keras")
    (folder / "split.csv").write_text("image,subject,part\na.png,p0,training\n")
    card = make_card(read_run(folder))
    assert card["judged_on"] == "training part, by its folds"
    assert any(line.startswith("Nobody was held out") for line in card["limits"])
    assert "## Errors on the training part, by its folds" in card_text(card)
