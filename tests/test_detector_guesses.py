"""What the page is told of a detector's answer, and where a heatmap lies on the photograph. No TensorFlow."""

from types import SimpleNamespace

import numpy as np
import pytest
from fake_runs import make_predictions, make_run

from rtl_tf.app import detector_guesses
from rtl_tf.app.detector_guesses import OVERLAY, DetectorGuesser, found_guess, known_errors, upright
from rtl_tf.coordinates import HEATMAP_STRIDE, Crop
from rtl_tf.exceptions import InputError
from rtl_tf.inference.face_finder import Face
from rtl_tf.inference.looked_at import Found
from rtl_tf.inference.squares import NO_FACE
from rtl_tf.measuring.landmark_covariance import LandmarkCovariance
from rtl_tf.records import Prediction
from rtl_tf.runs.predictions import write_predictions
from rtl_tf.schema import load_schema

FAS12 = load_schema("fas12")
PREDICTOR = SimpleNamespace(schema=FAS12, image_size=64, confidence=None, face_square=None)


def found(points: np.ndarray, peaks: np.ndarray) -> Found:
    return Found(Prediction(points.astype(np.float32), peaks, points), (10.0, 20.0, 80.0), (120, 100), True)


def points_and_peaks() -> tuple[np.ndarray, np.ndarray]:
    return np.stack([np.arange(12) * 5.0 + 20, np.full(12, 50.25)], axis=-1), np.full(12, 0.9)


def test_low_peaks_and_points_outside_are_flagged_and_unlabelled_ones_left_out():
    points, peaks = points_and_peaks()
    peaks[:5] = 0.1
    points[6], points[7] = (200, 50), np.nan
    guess = found_guess(found(points, peaks), PREDICTOR, "detector x", None)
    names = FAS12.names
    assert guess.flags == (
        f"outside the photograph: {names[6]}", f"low peak: {names[0]}, {names[1]}, {names[2]} and 2 more"
    )  # fmt: skip
    assert set(guess.points) == set(names) - {names[6], names[7]}
    assert guess.points[names[1]] == (25.0, 50.25)
    assert guess.crop == Crop(10.0, 20.0, 80.0, 64, True)
    assert guess.to_json().keys() == {"points", "source", "flags"}  # no radius is made up


def test_a_detector_that_knows_its_errors_gives_radii_and_its_own_flags():
    doubt = SimpleNamespace(radii=lambda found: np.append(np.arange(11) + 0.5, np.nan), flags=lambda found: ("odd",))
    points, peaks = points_and_peaks()
    guess = found_guess(found(points, peaks * 0.1), PREDICTOR, "detector x", doubt)
    assert guess.flags == ("odd",)
    assert guess.radius == {name: index + 0.5 for index, name in enumerate(FAS12.names[:11])}


@pytest.mark.parametrize(
    ("problem", "flag"), [(NO_FACE, "no face"), ("a.png: engine failed", "error: a.png: engine failed")]
)
def test_a_photograph_that_cannot_be_looked_at_is_flagged(problem, flag):
    predictor = SimpleNamespace(**vars(PREDICTOR), outcomes=lambda *images: iter([InputError(problem)]))
    assert DetectorGuesser(predictor, "x", None).guess(None, np.zeros((9, 9, 3), np.uint8)).flags == (flag,)


def test_each_of_several_faces_has_a_guess_of_its_own_the_largest_first(monkeypatch):
    """Squares of faces are the network's their boxes; it sees the second one mirrored."""
    boxes = [(10.0, 20.0, 40.0), (80.0, 30.0, 20.0), (-12.0, 80.0, 16.0)]
    faces = [Face(box, np.array([[0, 0], [4, 0], [2, 2], [2, 4], [-2, 1], [6, 1]]) + box[:2], 0.9) for box in boxes]
    monkeypatch.setattr(detector_guesses, "find_faces", lambda pixels: faces)
    monkeypatch.setattr(detector_guesses, "face_at", lambda pixels, points: faces[0])
    asked = []

    def outcomes(images, squares, mirrored, is_found=None):
        asked.append((list(squares), list(mirrored), is_found))
        points, peaks = points_and_peaks()
        return iter([found(points + index, peaks) for index, _ in enumerate(images)])

    square = SimpleNamespace(apply=lambda face: (face.box, face is faces[1]))
    told = vars(PREDICTOR) | {"outcomes": outcomes, "face_square": square}
    guess = DetectorGuesser(SimpleNamespace(**told), "x", None).guess(None, np.zeros((100, 120, 3), np.uint8))
    assert asked == [([None], [None], None), (boxes[1:], [True, False], [True, True])]
    assert guess.faces == [(30.0, 40.0), (90.0, 40.0), (0.0, 88.0)]  # inside the photograph
    first, second, third = guess, *guess.others
    name = FAS12.names[1]
    assert (first.points[name], third.points[name]) == ((25.0, 50.25), (26.0, 51.25)) and second.points == guess.points
    assert guess.at((70.0, 41.0)) is second and guess.at((1.0, 99.0)) is third and guess.at(None) is guess


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.4])
def test_a_heatmaps_peak_lies_on_its_landmark(mirrored, angle):
    crop = Crop(30.0, 40.0, 128.0, 64, mirrored, angle)
    heatmap = np.zeros((16, 16))
    heatmap[5, 11] = 1
    place = crop.to_original(np.array([11, 5]) * HEATMAP_STRIDE)
    picture, covered = upright(heatmap, crop)
    assert picture.shape == (OVERLAY, OVERLAY)
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    np.testing.assert_allclose(covered.to_original(np.array([column, row])), place, atol=covered.side / OVERLAY)


def test_a_runs_errors_are_those_of_its_folds(tmp_path):
    run = make_run(tmp_path, "ft", 0, np.zeros((8, 4)))
    why = "the run does not know its errors; train.py --folds 5 measures them"
    assert known_errors(run) == (None, why)  # those on the test part are not asked for
    folds, record = make_predictions(np.random.default_rng(0).normal(size=(10, 4))), run / "out-of-fold-predictions.csv"
    write_predictions(record, folds)
    errors, why = known_errors(run)
    np.testing.assert_allclose(errors.covariance, LandmarkCovariance.fit(folds, np.arange(4)).covariance)
    assert (errors.images, errors.people, why) == (10, (5,) * 4, "")
    record.write_text("image\n")
    assert known_errors(run)[0] is None and known_errors(run)[1].startswith(f"{record}: missing column subject")
    exported = "an exported detector does not carry its errors; open its run's folder"
    assert known_errors(tmp_path / "detector.onnx") == (None, exported)
