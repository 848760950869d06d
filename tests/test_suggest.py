"""Which photographs are suggested: strategies on places worked out by hand, and the command on a small run."""

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from toy_table import flags

from rtl_tf.cli.suggest import STRATEGIES, main
from rtl_tf.cli.train import main as train
from rtl_tf.conformal import LEVELS, Conformal
from rtl_tf.exceptions import InputError
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.looked_at import Found
from rtl_tf.inference.squares import NO_FACE
from rtl_tf.inference.suggesting import Candidate, look_at, suggest
from rtl_tf.records import Prediction
from rtl_tf.runs.confidence import Confidence

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


@pytest.mark.parametrize("count", [3, 7])
def test_of_few_faces_the_farthest_is_chosen_not_the_first(count):
    """In as many dimensions as there are faces, all of them are equally far apart: then the file's order chose."""
    features = np.random.default_rng(count).normal(size=(count, 64))
    features[-1] += 5
    (first, _), (second, distance) = suggest(faces(features, [0] * count), [], 2, "variety")
    assert second == count - 1 != first and distance == pytest.approx(count / np.sqrt(count - 1), abs=0.2)
    assert suggest(faces(features, [0] * count), faces(features[:1], [0]), 1, "variety")[0][0] == count - 1


def test_what_is_unlike_the_training_faces_is_far_though_none_of_them_is_there():
    def unlike(index: int) -> Found:
        return replace(NOTHING, prediction=replace(NOTHING.prediction, unlikeness={2: 3.0}.get(index, 1.5)))

    new = [replace(one, found=unlike(index)) for index, one in enumerate(faces(CORNERS, DOUBTS))]
    (first, distance), (second, other) = suggest(new, [], 2, "variety")
    assert (first, distance) == (2, pytest.approx(3 * np.sqrt(2)))  # spreads, in the two dimensions of eight faces
    assert (second, other) == (4, pytest.approx(1.5 * np.sqrt(2)))  # on the corner that is farther than that
    assert suggest(new, faces([(0, 10)], [0]), 1, "variety")[0][0] == 4  # the training face on the first one is there


def test_the_doubtful_ones_are_those_whose_views_disagree_too():
    new = [
        replace(one, disagreement=value) for one, value in zip(faces(CORNERS, DOUBTS), [0.9] + [0.1] * 7, strict=True)
    ]
    assert [index for index, _ in suggest(new, [], 8, "doubt")] == [7, 6, 5, 0, 4, 3, 2, 1]


def doubt_of(tmp_path, confidence, **found) -> Candidate:
    """Of a face whose three landmarks lie within 40 px, their peaks at 0.5, by a detector that is no network."""
    Image.new("RGB", (90, 90)).save(tmp_path / "a.png")
    features = SimpleNamespace(features=np.zeros((1, 4)))
    detector = SimpleNamespace(confidence=confidence, image_size=8, locate=lambda crops: features)
    points = np.array([(10, 20), (50, 20), (np.nan, np.nan)])
    prediction = Prediction(points, np.array([0.5, 0.5, np.nan]), points, **found)
    return look_at(detector, [tmp_path / "a.png"], [replace(NOTHING, prediction=prediction)])[0]


def test_doubt_is_the_radius_of_half_where_the_detector_knows_its_errors(tmp_path):
    conformal = Conformal(np.full(3, 0.01), np.full(3, 0.1), np.full((len(LEVELS), 3), 2.0))
    knows = Confidence(conformal, None, {}, 10, 10)
    assert doubt_of(tmp_path, knows).doubt == pytest.approx((0.01 + 0.1 * 0.5) * 2)
    assert doubt_of(tmp_path, None).doubt == pytest.approx(0.5)


def test_disagreement_is_a_share_of_the_face(tmp_path):
    spread = np.array([1, 3, np.nan])
    assert doubt_of(tmp_path, None, spread=spread).disagreement == pytest.approx(2 / 40)
    assert doubt_of(tmp_path, None).disagreement == 0


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
    assert output.read_bytes().startswith(b"\xef\xbb\xbfimage,")
    rows = list(csv.DictReader(output.open(encoding="utf-8-sig")))
    with (run / "split.csv").open() as file:
        parts = {row["image"]: row["part"] for row in csv.DictReader(file)}
    names = [Path(row["image"]).name.removeprefix("copy of ") for row in rows]
    assert len(rows) == 3 == len(set(names)) and {parts[name] for name in names} == {"test"}
    used = sum(part in ("training", "validation") for part in parts.values())
    told = capsys.readouterr().out
    assert told.startswith("the detector finds no faces: the largest central square of each photograph is looked at\n")
    assert f"3 of {len(parts)} photographs, {used} that the run was trained on" in told
    lines = [line for line in told.splitlines() if re.match(r" +\d\. ", line)]
    assert lines == [
        f"{number:3d}. {row['image']}  doubt {row['doubt']}, disagreement {row['disagreement']}, "
        f"distance {row['distance']}"
        for number, row in enumerate(rows, start=1)
    ]
    assert all(0 < float(row["doubt"]) < 1 and float(row["distance"]) > 0 for row in rows)
    main([str(run), str(photographs), "-n", "3", "--output", str(output)])  # its own table may be replaced
    assert len(list(csv.DictReader(output.open(encoding="utf-8-sig")))) == 3


def test_what_is_labelled_is_left_out_also_of_the_test_part(run, table, photographs, tmp_path, capsys, monkeypatch):
    """Three that nobody labelled lie beside all that the run's data have."""
    output = tmp_path / "suggested.csv"
    labelled = len(list(table.glob("*.png")))
    with (run / "split.csv").open() as file:
        parts = [(row["image"], row["part"]) for row in csv.DictReader(file)]
    tested = [image for image, part in parts if part == "test"]
    copies = [photographs / f"copy of {image}" for image in tested[:3]]
    main([str(run), *map(str, (table, *copies)), "-n", "9", "--output", str(output)])
    rows = list(csv.DictReader(output.open(encoding="utf-8-sig")))
    assert sorted(Path(row["image"]).name for row in rows) == sorted(copy.name for copy in copies)
    used = labelled - len(tested) - sum(part == "unused" for _, part in parts)
    left_out = f"{used} that the run was trained on, {labelled - used} that are labelled\n"
    assert f"3 of {labelled + 3} photographs, {left_out}" in capsys.readouterr().out
    with pytest.raises(InputError, match="^the run has labels of all of these photographs$"):
        main([str(run), str(table / tested[0]), "--output", str(output)])
    monkeypatch.setattr("rtl_tf.clinic.run_labels.data_of", lambda run: str(tmp_path / "gone"))
    main([str(run), str(table / tested[0]), "--output", str(output)])
    said = "warning: what is labelled and was not trained on is not left out: data "
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [(["-n", "0"], "-n 0: give 1 or more"), (["--output", "{table}"], "there already, and not written by rtl-suggest")],
)
def test_bad_input(run, table, photographs, more, message):
    arguments = [word.format(table=table / "landmarks.csv") for word in more]
    with pytest.raises(InputError, match=message):
        main([str(run), str(photographs), *arguments])


def test_images_without_landmarks_are_named_with_the_reason(run, photographs, tmp_path, capsys, monkeypatch):
    (cut,) = list(photographs.glob("*000.png"))
    cut.write_bytes(cut.read_bytes()[:300])
    (faceless,) = list(photographs.glob("*001.png"))
    outcomes = Detector.outcomes

    def without_one(detector, images, *more):
        for image, outcome in zip(images, outcomes(detector, images, *more), strict=True):
            yield InputError(f"{image}: {NO_FACE}") if image == faceless else outcome

    monkeypatch.setattr(Detector, "outcomes", without_one)
    arguments = [str(run), str(photographs), "-n", "2", "--output", str(tmp_path / "suggested.csv")]
    assert main(arguments) == 1
    images = len(list(photographs.iterdir()))
    first, second = [line for line in capsys.readouterr().err.splitlines() if "without landmarks" in line]
    assert first == f"1 of {images} images without landmarks (no face was found): {faceless}"
    assert second.startswith(f"1 of {images} images without landmarks (they cannot be used): {cut}: ")
    assert len(list(csv.DictReader((tmp_path / "suggested.csv").open(encoding="utf-8-sig")))) == 2


def test_what_was_left_out_is_told_and_the_tables_folder_made(run, photographs, tmp_path, capsys):
    """The folder before the first photograph is looked at."""
    for name in ("notes.txt", "more.txt"):
        (photographs / name).touch()
    images = len(list(photographs.glob("*.png")))
    output = tmp_path / "of" / "today" / "suggested.csv"
    main([str(run), str(photographs), "-n", "2", "--output", str(output)])
    assert len(list(csv.DictReader(output.open(encoding="utf-8-sig")))) == 2
    assert f"\n{images} of {images + 2} read; skipped 2 .txt\n" in capsys.readouterr().out
    (tmp_path / "file").touch()
    beneath = tmp_path / "file" / "suggested.csv"
    with pytest.raises(InputError, match=f"--output {beneath.parent}: "):
        main([str(run), str(photographs), "--output", str(beneath)])


def test_folders_in_folders_are_looked_into_where_it_is_asked_for(run, photographs, tmp_path):
    output = tmp_path / "suggested.csv"
    (tmp_path / "patients").mkdir()
    photographs.rename(tmp_path / "patients" / "anna")
    with pytest.raises(InputError, match=r"skipped 1 folder; --recursive looks into folders$"):
        main([str(run), str(tmp_path / "patients"), "--output", str(output)])
    main([str(run), str(tmp_path / "patients"), "--recursive", "-n", "2", "--output", str(output)])
    rows = list(csv.DictReader(output.open(encoding="utf-8-sig")))
    assert [Path(row["image"]).parent.as_posix() for row in rows] == ["patients/anna"] * 2


def test_no_run(tmp_path, photographs):
    with pytest.raises(InputError, match="nothing: no trained run"):
        main([str(tmp_path / "nothing"), str(photographs)])
