"""Radii, flags and risk curves of a run, against numbers worked out by hand and the figure's own."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from fake_runs import make_run

from rtl_tf.cli.evaluate import main
from rtl_tf.evaluation.coverage import BOXES_HEEDED, judge_confidence, observed, risk_curve
from rtl_tf.exceptions import InputError
from rtl_tf.geometry.shape_check import ShapeCheck
from rtl_tf.geometry.shape_model import ShapeModel
from rtl_tf.reports.figures.writing import draw_runs
from rtl_tf.runs.confidence import (
    DISAGREE,
    RIVALS,
    STRANGE,
    UNLIKELY,
    UNSURE,
    Confidence,
    extents,
    read_confidence,
    write_confidence,
)
from rtl_tf.runs.finding import find_runs
from rtl_tf.runs.predictions import Predictions, read_predictions, write_predictions
from rtl_tf.runs.signs import Signs

NAMES = ("exocanthion", "endocanthion", "nasion", "pronasale", "cheilion")
ORDER = np.arange(5)  # no pairs
ARRAYS = ("truth", "points", "peaks", "heatmap_truth", "heatmap_points", "input_px_per_px", "mm_per_px")
MEAN = np.array([[0, 0], [30, 2], [50, 5], [60, 40], [20, 70]], float)


def faces(count: int, seed: int, spread: float = 2.0, images: int = 1) -> Predictions:
    """Faces of people who vary, found with an error of 0 to 4 px that grows as the peak falls from 1 to 0.6."""
    random = np.random.default_rng(seed)
    truth = MEAN + random.normal(0, spread, (count, 5, 2)) + random.uniform(100, 300, (count, 1, 2))
    peaks = random.uniform(0.6, 1.0, (count, 5))
    angle = random.uniform(0, 2 * np.pi, (count, 5))
    length = 10 * (1 - peaks) * random.uniform(0, 1, (count, 5))
    points = truth + length[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    zeros = np.zeros((count, 5, 2), np.float32)
    names = tuple(f"{seed}-{index:03d}.png" for index in range(count))
    people = tuple(f"person{index // images}" for index in range(count))
    values = [array.astype(np.float32) for array in (truth, points, peaks)]
    return Predictions(
        names, people, NAMES, *values, zeros, zeros, np.full(count, 2, np.float32), np.full(count, np.nan, np.float32)
    )


@pytest.fixture(scope="module")
def confidence() -> Confidence:
    return Confidence.fit(faces(150, 0), ORDER)


def test_radii_are_shares_of_the_extent_and_grow_with_the_doubt(confidence):
    points = faces(1, 5).points
    sure, unsure = (confidence.radii(Signs(points, np.full((1, 5), peak)), 0.9) for peak in (0.95, 0.65))
    assert (unsure > 2 * sure).all()
    doubled = confidence.radii(Signs(2 * points, np.full((1, 5), 0.95)), 0.9)
    np.testing.assert_allclose(doubled, 2 * sure)
    assert extents(np.array([[[0, 0], [3, 8], [np.nan, np.nan]]]))[0] == 8


def test_new_people_lie_within_their_radii_as_often_as_asked(confidence):
    new = faces(2000, 1)
    judged = judge_confidence(new, confidence, (0.8, 0.95))
    for coverage in (0.8, 0.95):
        assert np.mean(judged.hits[coverage]) == pytest.approx(coverage, abs=0.03)
    assert np.corrcoef(judged.errors, judged.expected)[0, 1] > 0.4
    assert judged.errors[0] == pytest.approx(2 * np.linalg.norm(new.points[0] - new.truth[0], axis=-1).mean())


def test_few_people_promise_nothing():
    assert Confidence.fit(faces(9, 0), ORDER) is None
    assert Confidence.fit(faces(18, 0, images=2), ORDER) is None
    known = Confidence.fit(faces(12, 0), ORDER)
    face = Signs.of(faces(1, 3))
    assert np.isfinite(known.radii(face, 0.9)).all()
    assert np.isnan(known.radii(face, 0.95)).all()  # 12 of 13 is less
    assert known.flags(replace(face, peaks=np.full((1, 5), 0.1))) == [(UNSURE, UNLIKELY)]  # both beyond all twelve


def of_landmarks(known: Predictions, count: int) -> Predictions:
    """As of a schema of the first landmarks alone."""
    names = ("truth", "points", "peaks", "heatmap_truth", "heatmap_points")
    return replace(known, landmarks=NAMES[:count], **{name: getattr(known, name)[:, :count] for name in names})


def labelling(known: Predictions, few: np.ndarray) -> Predictions:
    """Of images in `few`, bool (N,), only two of five landmarks have labels."""
    gone = few[:, None] & (np.arange(5) >= 2)
    return replace(known, truth=np.where(gone[..., None], np.nan, known.truth).astype(np.float32))


def test_two_landmarks_tell_nothing_of_a_shape():
    known = faces(60, 0)
    assert Confidence.fit(of_landmarks(known, 1), np.arange(1)) is None
    assert Confidence.fit(of_landmarks(known, 2), np.arange(2)) is None
    assert Confidence.fit(of_landmarks(known, 3), np.arange(3)).people == 60
    assert Confidence.fit(labelling(known, np.arange(60) >= 9), ORDER) is None  # nine people have five
    assert Confidence.fit(labelling(known, np.arange(60) >= 10), ORDER).people == 60


def test_images_of_two_labels_have_errors_but_no_shape():
    """Their two points lie over any two without a difference: they would make all other shapes improbable."""
    known = faces(60, 0)
    some, few = Confidence.fit(labelling(known, np.arange(60) >= 15), ORDER), faces(15, 0)
    assert some.limits[UNLIKELY] < 2 * Confidence.fit(known, ORDER).limits[UNLIKELY]
    both = np.concatenate([few.truth, labelling(few, np.ones(15, bool)).truth]).astype(float)
    people = [*few.subjects, *("other" + name for name in few.subjects)]
    alone, beside = ShapeModel(few.truth.astype(float), few.subjects), ShapeModel(both, people)
    judged, same = (model.judge(MEAN + 3 * np.eye(5, 2), "a stranger") for model in (alone, beside))
    assert same.misfit == pytest.approx(judged.misfit, rel=0.2)
    with pytest.raises(ValueError, match="a model of shapes needs one of 3 points"):
        ShapeModel(both[15:], people[15:])


def test_limits_of_few_people_are_the_largest_that_they_have():
    known = replace(faces(12, 0), unlikeness=np.float32([0.1] * 11 + [0.9]), rivals=np.full((12, 5), np.nan))
    few = Confidence.fit(known, ORDER)
    assert few.limits[STRANGE] == pytest.approx(0.9) and few.limits[RIVALS] == np.inf
    many = replace(faces(99, 0), unlikeness=np.linspace(0.01, 0.99, 99, dtype=np.float32))
    assert Confidence.fit(many, ORDER).limits[STRANGE] == pytest.approx(0.97)


def test_a_landmark_that_nobody_labels_has_no_say():
    """The network's places of it lie in a corner; a detector that predicts nothing of it must find the same limits."""
    known = faces(60, 0)
    truth, points = known.truth.copy(), known.points.copy()
    truth[:, 4], points[:, 4] = np.nan, 900
    told = replace(known, truth=truth, points=points, peaks=np.where(np.arange(5) == 4, 0.01, known.peaks))
    blank = np.where(np.arange(5) == 4, np.nan, np.ones((60, 5))).astype(np.float32)
    signs = Signs(known.points * blank[..., None], known.peaks * blank)
    fitted = Confidence.fit(told, ORDER)
    radii, errors = fitted.radii(signs, 0.9)[:, :4], np.linalg.norm(known.truth - known.points, axis=-1)[:, :4]
    assert np.mean(errors <= radii) == pytest.approx(0.9, abs=0.02)
    assert np.isnan(fitted.radii(signs, 0.9)[:, 4]).all()
    flagged = [UNSURE in flags for flags in fitted.flags(replace(signs, peaks=np.full((60, 5), 0.3) * blank))]
    assert all(flagged)
    as_kept = Signs.of(told)  # predictions.csv has the places in the corner, too
    np.testing.assert_array_equal(fitted.radii(as_kept, 0.9), fitted.radii(signs, 0.9))
    np.testing.assert_array_equal(fitted.expected_errors(as_kept), fitted.expected_errors(signs))
    assert fitted.flags(as_kept) == fitted.flags(signs)


def test_mirrored_faces_have_the_shape_of_the_others():
    """Names of one pair change places; errors grow as if all had shown one half."""
    order, known = np.array([1, 0, 2, 3, 4]), faces(80, 0)
    mirrored = np.arange(80) % 3 == 0

    def seen(points):
        return np.where(mirrored[:, None, None], ((400, 0) + points * (-1, 1))[:, order], points).astype(np.float32)

    turned = replace(known, truth=seen(known.truth), points=seen(known.points), mirrored=mirrored.astype(np.float32))
    plain, both = Confidence.fit(known, order), Confidence.fit(turned, order)
    assert both.limits[UNLIKELY] == pytest.approx(plain.limits[UNLIKELY], rel=1e-4)
    for points in (known.points[:1], np.roll(known.points[:1], 1, axis=1)):
        there = both.flags(Signs(((400, 0) + points * (-1, 1))[:, order], np.ones((1, 5)), mirrored=np.ones(1)))
        assert there == plain.flags(Signs(points, np.ones((1, 5))))


def test_flags_say_why_and_most_faces_have_none(confidence):
    new = faces(400, 2)
    told = confidence.flags(Signs.of(new))
    assert 0.85 < np.mean([flags == () for flags in told]) < 0.97
    odd = new.points[:1].copy()
    odd[0, [1, 4]] = odd[0, [4, 1]]  # names exchanged
    assert UNLIKELY in confidence.flags(Signs(odd, np.full((1, 5), 0.99)))[0]
    assert confidence.flags(Signs(new.truth[:1], np.full((1, 5), 0.45)))[0] == (UNSURE,)
    turned = (new.truth[0] @ np.array([[0, 1], [-1, 0]])) * 3 + 7  # the same shape, elsewhere
    assert confidence.shape.misfit(turned) == pytest.approx(
        confidence.shape.misfit(new.truth[0].astype(float)), rel=1e-4
    )


def test_a_landmark_that_is_missing_has_no_radius_and_no_vote(confidence):
    face = faces(1, 4)
    points, peaks = face.points.copy(), face.peaks.copy()
    points[0, 2] = peaks[0, 2] = np.nan
    radii = confidence.radii(Signs(points, peaks), 0.9)
    assert np.isnan(radii[0, 2]) and np.isfinite(np.delete(radii, 2, axis=1)).all()
    assert confidence.flags(Signs(points, peaks)) == confidence.flags(Signs(face.points, face.peaks)) == [()]


def test_the_file_gives_back_the_same_answers(confidence, tmp_path):
    write_confidence(tmp_path / "confidence.json", confidence)
    again, new = read_confidence(tmp_path / "confidence.json", 5), Signs.of(faces(30, 6))
    assert again.order.tolist() == ORDER.tolist()
    np.testing.assert_array_equal(again.radii(new, 0.9), confidence.radii(new, 0.9))
    assert again.flags(new) == confidence.flags(new)
    assert "person" not in (tmp_path / "confidence.json").read_text().replace('"people"', "")
    assert read_confidence(tmp_path / "nothing.json", 5) is None
    with pytest.raises(InputError, match="confidence.json: shape.mean: 5 points, not 4|conformal"):
        read_confidence(tmp_path / "confidence.json", 4)


@pytest.mark.parametrize(
    ("point", "problem"),
    [
        (["x", 1], r'\[2\]\[0\]: expected a number, there is "x"'),
        ([1], r"\[2\]: expected 2 elements, there are 1"),
        ([1, 2, 3], r"\[2\]: expected 2 elements, there are 3"),
        ([1, None], r"\[2\]\[1\]: expected a number, there is null"),
        ({}, r"\[2\]: expected a list, there is an object"),
        ([None, None], ""),  # that no face had
    ],
)
def test_a_damaged_mean_shape_is_told(tmp_path, confidence, point, problem):
    write_confidence(tmp_path / "confidence.json", confidence)
    content = json.loads((tmp_path / "confidence.json").read_text())
    content["shape"]["mean"][2] = point
    (tmp_path / "confidence.json").write_text(json.dumps(content))
    if problem:
        with pytest.raises(InputError, match=rf"confidence\.json: shape\.mean{problem}$"):
            read_confidence(tmp_path / "confidence.json", 5)
    else:
        mean = read_confidence(tmp_path / "confidence.json", 5).shape.mean
        np.testing.assert_array_equal(np.isnan(mean).all(axis=-1), [False, False, True, False, False])


def test_a_check_says_what_its_model_says_of_strangers():
    known = faces(60, 7)
    model = ShapeModel(known.truth.astype(float), known.subjects)
    check, stranger = ShapeCheck.of(model), faces(1, 8).truth[0].astype(float)
    assert check.misfit(stranger) == pytest.approx(model.judge(stranger, "a stranger").misfit)
    assert np.isnan(check.misfit(np.full((5, 2), np.nan)))


def test_risk_is_the_mean_error_of_the_surest():
    np.testing.assert_allclose(risk_curve(np.array([3.0, 1.0, 2.0]), np.array([1, 0, 2])), [1, 2, 2])


def test_observed_coverage_is_of_people():
    hits = np.array([[1, 1], [1, 0], [np.nan, 1], [0, 0]])
    mean, low, high = observed([hits], ["a", "b", "c", "d"])
    assert mean == pytest.approx((1 + 0.5 + 1 + 0) / 4) and np.isnan(low) and np.isnan(high)  # of four people
    some = np.array([[1.0, 0]] * 6 + [[1, 1]] * 2)
    # Shares 0.5 and 1: mean 0.625, standard error sqrt(0.375 / 7 / 8) = 0.0818, t(7) 2.365.
    assert observed([some], [*"abcdefgh"]) == pytest.approx((0.625, 0.4315, 0.8185), abs=1e-4)
    for hits in (np.ones((8, 3)), np.array([[1.0, 0]] + [[1, 1]] * 7), np.zeros((8, 3))):
        assert np.isnan(observed([hits], [*"abcdefgh"])[1:]).all()  # a spread that cannot be seen is not none


@pytest.fixture
def runs(tmp_path, confidence):
    """Two seeds with confidence and groups, and one that was trained without folds."""
    for seed in (0, 1, 2):
        attributes = [{"site": "north" if index % 3 else "south"} for index in range(60)]
        folder = make_run(tmp_path, "ft", seed, np.zeros((60, 4)), attributes=attributes)
        kept = read_predictions(folder / "predictions.csv")
        new = replace(faces(60, 10 + seed), images=kept.images, subjects=kept.subjects)
        write_predictions(folder / "predictions.csv", replace(new, heatmap_truth=new.truth, heatmap_points=new.points))
        if seed < 2:
            write_confidence(folder / "confidence.json", confidence)
    return tmp_path


def test_the_figure_tells_what_radii_hold(runs, capsys):
    main(["--figure", "confidence", "--runs", str(runs), "--by", "site"])
    told = capsys.readouterr()
    assert "FT, 2 seeds: 60 test images of 30 people" in told.out and "seed2 has no confidence.json" in told.err
    judged = [
        judge_confidence(read_predictions(runs / f"synthetic/ft/seed{seed}/predictions.csv"),
                         read_confidence(runs / f"synthetic/ft/seed{seed}/confidence.json", 5), (0.9,))
        for seed in (0, 1)
    ]  # fmt: skip
    held = 100 * np.mean([one.hits[0.9] for one in judged])
    row = next(line.split() for line in told.out.splitlines() if line.strip().startswith("90 "))
    assert float(row[1]) == pytest.approx(held, abs=0.051)
    south = next(line.split() for line in told.out.splitlines() if line.startswith("south"))
    inside = np.arange(60) % 3 == 0
    assert float(south[3]) == pytest.approx(100 * np.mean([one.hits[0.9][inside] for one in judged]), abs=0.051)
    reports = runs / "synthetic" / "reports"
    assert (reports / "figure-confidence-by-site.png").is_file()
    lines = (reports / "figure-confidence-by-site.csv").read_text().splitlines()
    assert lines[0] == "landmark,coverage,observed,mean_radius_input_px" and len(lines) == 1 + 5 * 50


def test_the_picture_says_what_it_is_for(runs):
    drawing = draw_runs("confidence", find_runs(runs)[0], runs)
    assert "research use, no diagnosis" in drawing.figure.get_supxlabel()


@pytest.mark.parametrize("evidence", [{"margin": 0.4}, None])
def test_that_the_answers_heed_boxes_and_the_radii_do_not_is_told(runs, evidence):
    (runs / "synthetic/ft/seed1/recipe.json").write_text(json.dumps({"box_evidence": evidence}))
    drawing = draw_runs("confidence", find_runs(runs)[0], runs)
    for told in (drawing.figure.get_supxlabel(), *drawing.lines):
        assert (BOXES_HEEDED in told) == (evidence is not None)


def test_coverages_that_few_people_cannot_promise_are_left_out(runs, capsys):
    """30 people promise no more than 96 %: beyond there is no radius."""
    few = Confidence.fit(faces(30, 6), ORDER)
    for seed in (0, 1):
        write_confidence(runs / f"synthetic/ft/seed{seed}/confidence.json", few)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        main(["--figure", "confidence", "--runs", str(runs)])
    rows = (runs / "synthetic" / "reports" / "figure-confidence.csv").read_text().splitlines()[1:]
    assert max(float(row.split(",")[1]) for row in rows) == 0.96
    assert "nan" not in capsys.readouterr().out


def test_radii_are_not_judged_by_the_errors_they_were_learned_from(tmp_path):
    make_run(tmp_path, "ft", 0, np.zeros((12, 4)), test_part=False, folds=3)
    with pytest.raises(InputError, match="has no test part: its radii were learned from the errors"):
        main(["--figure", "confidence", "--runs", str(tmp_path)])


def test_without_folds_there_is_no_such_figure(tmp_path):
    make_run(tmp_path, "ft", 0, np.zeros((12, 4)))
    with pytest.raises(InputError, match=r"no confidence\.json; train\.py --folds 5 makes it"):
        main(["--figure", "confidence", "--runs", str(tmp_path)])


@pytest.mark.parametrize(
    ("sign", "flag", "values"),
    [
        ("spread", DISAGREE, [[0.5] * 5, [3.0] * 5, [np.nan] * 5]),
        ("rivals", RIVALS, [[0.5] * 5, [0.1, 0.1, 0.1, 0.1, 1.2], [np.nan] * 5]),  # one landmark is enough
        ("unlikeness", STRANGE, [0.5, 1.2, np.nan]),
    ],
)
def test_a_sign_beyond_those_of_the_training_faces_is_flagged(sign, flag, values):
    known, random = faces(150, 0), np.random.default_rng(3)
    shape = (150,) if sign == "unlikeness" else (150, 5)
    fitted = Confidence.fit(replace(known, **{sign: random.uniform(0, 1, shape).astype(np.float32)}), ORDER)
    new = Signs(faces(3, 1).points, np.full((3, 5), 0.99))
    told = fitted.flags(replace(new, **{sign: np.float32(values)}))
    assert [flag in flags for flags in told] == [False, True, False]
    assert all(flag not in flags for flags in fitted.flags(new))


def test_how_far_views_disagree_is_a_share_of_the_face():
    """A face twice as large, of which views disagree twice as far, is the same face."""
    fitted = Confidence.fit(replace(faces(150, 0), spread=np.full((150, 5), 1, np.float32)), ORDER)
    points, peaks = faces(1, 1).points, np.full((1, 5), 0.99)
    for spread, flagged in ((0.8, False), (3.0, True)):
        signs = [Signs(scale * points, peaks, spread=np.full((1, 5), scale * spread)) for scale in (1, 2)]
        assert [DISAGREE in fitted.flags(each)[0] for each in signs] == [flagged, flagged]


def test_expected_errors_are_in_the_networks_px(confidence):
    new = faces(1, 3)
    twice = replace(new, **{name: np.repeat(getattr(new, name), 2, axis=0) for name in ARRAYS})
    twice = replace(twice, images=("a", "b"), subjects=("a", "b"), input_px_per_px=np.float32([1, 4]))
    judged = judge_confidence(twice, confidence, (0.8,))
    assert judged.expected[1] / judged.expected[0] == pytest.approx(4)


def test_a_view_of_enough_people_has_its_own_radii():
    """Errors in oblique views are thrice those in frontal ones; of profiles there are too few to tell."""
    known = faces(160, 0)
    yaw = np.float32([0.0] * 80 + [-40.0] * 70 + [80.0] * 10)
    off = known.points - known.truth
    off[80:] *= 3
    fitted = Confidence.fit(replace(known, points=known.truth + off, yaw=yaw), ORDER)
    assert set(fitted.conformal.of_groups) == {"frontal", "oblique"}
    points, peaks = np.repeat(faces(1, 5).points, 4, axis=0), np.full((4, 5), 0.8)
    frontal, oblique, lateral, unknown = fitted.radii(Signs(points, peaks, yaw=np.float32([5, 50, -80, np.nan])), 0.9)
    assert (frontal < unknown).all() and (unknown < oblique).all() and (lateral == unknown).all()
    assert np.median(oblique / frontal) == pytest.approx(3, rel=0.3)
