"""Which photographs are suggested: strategies on places worked out by hand, and the command on a small run."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from toy_table import flags

from rtl_tf.cli.suggest import main
from rtl_tf.cli.train import main as train
from rtl_tf.exceptions import InputError
from rtl_tf.inference.predictor import Found
from rtl_tf.inference.suggesting import STRATEGIES, Candidate, suggest
from rtl_tf.records import Prediction

NOTHING = Found(Prediction(np.zeros((3, 2)), np.ones(3), np.zeros((3, 2))), (0.0, 0.0, 1.0), (1, 1))


def faces(features, doubts) -> list[Candidate]:
    return [
        Candidate(Path(f"{index}.png"), NOTHING, doubt, np.array(place, float))
        for index, (place, doubt) in enumerate(zip(features, doubts, strict=True))
    ]


# Four corners of a square, two faces of each; the second of each pair is more doubtful.
CORNERS = [(x, y) for x in (0, 10) for y in (0, 10) for _ in range(2)]
DOUBTS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


def chosen(strategy, count, known=(), seed=0):
    return [
        index for index, _ in suggest(faces(CORNERS, DOUBTS), faces(known, [0] * len(known)), count, strategy, seed)
    ]


def test_doubt_takes_the_most_doubtful_whatever_they_show():
    assert chosen("doubt", 3) == [7, 6, 5]


def test_variety_takes_one_of_each_kind_before_a_second():
    assert {index // 2 for index in chosen("variety", 4)} == {0, 1, 2, 3}


def test_both_takes_the_doubtful_one_of_each_kind():
    assert sorted(chosen("both", 4)) == [1, 3, 5, 7] and chosen("both", 1) == [7]


def test_what_the_detector_knows_is_not_suggested_again():
    assert 3 not in {index // 2 for index in chosen("both", 3, known=[(10, 10)])}
    assert 3 not in {index // 2 for index in chosen("variety", 3, known=[(10, 10)])}


def test_distances_are_to_the_nearest_that_is_known_or_chosen_before():
    found = suggest(faces([(0, 0), (3, 0), (8, 0)], [0.1, 0.2, 0.9]), faces([(0, 0)], [0]), 2, "both")
    spread = np.std([0, 3, 8, 0])
    assert [index for index, _ in found] == [2, 1]
    assert [distance for _, distance in found] == [pytest.approx(8 / spread), pytest.approx(3 / spread)]


def test_random_is_every_order_and_repeats_with_its_seed():
    assert chosen("random", 8, seed=1) == chosen("random", 8, seed=1) != chosen("random", 8, seed=2)
    assert all(sorted(chosen(strategy, 99)) == list(range(8)) for strategy in STRATEGIES)


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    train(flags(table, folder, "--method", "ft", epochs=1))
    return folder


@pytest.fixture
def photographs(table, tmp_path):
    """Copies under other names: of the images that the run was trained on, too."""
    folder = tmp_path / "new"
    folder.mkdir()
    for image in table.glob("*.png"):
        shutil.copy(image, folder / f"copy of {image.name}")
    return folder


def test_the_command_leaves_out_what_was_trained_on(run, photographs, tmp_path, capsys):
    output = tmp_path / "suggested.csv"
    main([str(run), str(photographs), "-n", "3", "--output", str(output)])
    rows = list(csv.DictReader(output.open(encoding="utf-8-sig")))
    with (run / "split.csv").open() as file:
        parts = {row["image"]: row["part"] for row in csv.DictReader(file)}
    names = [Path(row["image"]).name.removeprefix("copy of ") for row in rows]
    assert len(rows) == 3 == len(set(names)) and {parts[name] for name in names} == {"test"}
    used = sum(part in ("training", "validation") for part in parts.values())
    told = capsys.readouterr().out
    assert f"3 of {len(parts)} photographs, {used} that the run was trained on" in told
    main([str(run), str(photographs), "-n", "3", "--output", str(output)])  # its own table may be replaced
    assert len(list(csv.DictReader(output.open(encoding="utf-8-sig")))) == 3


@pytest.mark.parametrize(
    ("more", "message"),
    [(["-n", "0"], "-n 0: give 1 or more"), (["--output", "{table}"], "there already, and not of rtl-suggest")],
)
def test_bad_input(run, table, photographs, more, message):
    arguments = [word.format(table=table / "landmarks.csv") for word in more]
    with pytest.raises(InputError, match=message):
        main([str(run), str(photographs), *arguments])


def test_no_run(tmp_path, photographs):
    with pytest.raises(InputError, match="nothing: no trained run"):
        main([str(tmp_path / "nothing"), str(photographs)])
