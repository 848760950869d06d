"""Intervals of measurements for the page: those of the package, of the detector's points alone."""

import numpy as np
import pytest

pytest.importorskip("starlette")
pytest.importorskip("httpx2")

from app_server import ERRORS, POINTS, KnownGuesser, write_photographs  # noqa: E402
from test_app_server import FAS14, TOKEN, guess_of, served  # noqa: E402

from rtl_tf.app.guesses import Guess  # noqa: E402
from rtl_tf.app.security import Access  # noqa: E402
from rtl_tf.coordinates import Crop  # noqa: E402
from rtl_tf.measuring.intervals import intervals  # noqa: E402

MEASURED = ("palpebral_fissure_length", "facial_height")  # what has all its landmarks in POINTS
MOVED = POINTS | {"exocanthion": (12.25, 36.5)}


@pytest.fixture
def opened(tmp_path):
    """Starts a server, and gives its client; several, of different guessers, one after the other."""
    write_photographs(tmp_path / "photos", "a")
    started = []

    def start(guesser=KnownGuesser):
        started.append(served(tmp_path / "photos", Access("127.0.0.1", 8000, TOKEN), guesser=guesser))
        client = next(started[-1])
        guess_of(client)
        return client

    yield start
    for each in started:
        each.close()


def ask(client, points=MOVED, by_hand=(), scale_error=0, **more):
    asked = {"points": points, "by_hand": list(by_hand), "scale_error": scale_error}
    return client.post("images/0/intervals", json=asked, **more)


def ends(points=MOVED, by_hand=(), mirrored=False, scale_error=0) -> dict[str, list[float]]:
    """By the package alone, with a scale of 1 mm in one px."""
    places = np.array([[points.get(name, (np.nan, np.nan)) for name in FAS14.names]])
    exact = np.array([[name in by_hand for name in FAS14.names]])
    chosen = [one for one in FAS14.measurements if one.name in MEASURED]
    told = intervals(chosen, places, ERRORS, FAS14.names, np.ones(1), scale_error, mirrored, exact=exact)
    return {one.name: [low, high] for one, low, high in zip(chosen, *(end[0] for end in told), strict=True)}


def test_they_are_those_of_the_package(opened):
    client = opened()
    told = ask(client).json()["intervals"]
    assert {name: pytest.approx(told[name]) for name in MEASURED} == ends()
    assert set(told) == set(MEASURED)
    low, high = told["palpebral_fissure_length"]
    assert low < np.hypot(50 - 12.25, 6.5) < high


def test_a_persons_points_narrow_them_and_alone_have_none(opened):
    client = opened()
    fissure, height = MEASURED
    free, one, both = (
        ask(client, by_hand=names).json()["intervals"]
        for names in ((), ["exocanthion"], ["exocanthion", "endocanthion"])
    )
    assert one == {name: pytest.approx(each) for name, each in ends(by_hand=["exocanthion"]).items()}
    width = {name: each[fissure][1] - each[fissure][0] for name, each in (("free", free), ("one", one))}
    assert width["one"] == pytest.approx(width["free"] / np.sqrt(2), rel=0.05)  # one of two ends that err alike
    assert both == {height: free[height]}


def test_the_rulers_error_widens_them_and_is_that_of_lengths_by_hand(opened):
    fissure, height = MEASURED
    client, error = opened(), 0.05
    plain, told, by_hand = (ask(client, **more).json()["intervals"] for more in (
        {}, {"scale_error": error}, {"scale_error": error, "by_hand": MOVED}
    ))  # fmt: skip
    assert {name: pytest.approx(told[name]) for name in MEASURED} == ends(scale_error=error)
    assert plain[fissure][1] - plain[fissure][0] < told[fissure][1] - told[fissure][0]
    assert by_hand[height] == pytest.approx(np.hypot(10, 55) * (1 + 1.96 * error * np.array([-1, 1])), rel=0.01)


def test_a_mirrored_face_errs_the_other_way(opened):
    class Mirrored(KnownGuesser):
        def guess(self, photo, pixels):
            return Guess(dict(POINTS), self.name, crop=Crop(-0.5, -0.5, 90, 90, mirrored=True))

    told = ask(opened(Mirrored)).json()["intervals"]
    assert told == {name: pytest.approx(each) for name, each in ends(mirrored=True).items()}
    assert told != {name: pytest.approx(each) for name, each in ends().items()}


def test_a_detector_that_does_not_know_its_errors_says_why(opened):
    class Unsure(KnownGuesser):
        errors, no_errors = None, "it has not looked"

    client = opened(Unsure)
    assert ask(client).json() == {"intervals": {}, "scores": {}}
    assert guess_of(client)["no_intervals"] == "it has not looked"


def test_a_detector_that_knows_its_errors_has_nothing_to_say(opened):
    assert guess_of(opened())["no_intervals"] == ""


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "the request: 'points' is missing"),
        ({"points": {}}, "the request: 'by_hand' is missing"),
        ({"points": [], "by_hand": []}, "the request: points: expected an object, there is a list"),
        ({"points": {"nose": [1, 2]}, "by_hand": []}, "the request: points: 'nose' is none of exocanthion"),
        ({"points": {"nasion": [1]}, "by_hand": []}, "the request: points.nasion: expected 2 elements, there are 1"),
        ({"points": {"nasion": [1, 1e9]}, "by_hand": []}, "the request: points.nasion: lies outside every image"),
        ({"points": {"nasion": "deleted"}, "by_hand": []}, "the request: points.nasion: expected a place [x, y]"),
        ({"points": {"nasion": None}, "by_hand": []}, "the request: points: 'nasion' is missing"),
        ({"points": {}, "by_hand": ["nose"]}, "the request: by_hand[0]: 'nose' is none of exocanthion"),
        ({"points": {}, "by_hand": [], "scale_error": -1}, "the request: scale_error: expected a number from 0"),
        ({"points": {}, "by_hand": [], "scale_error": "0"}, "the request: scale_error: expected a number"),
    ],
)
def test_what_is_no_question_is_refused_in_a_line(opened, body, problem):
    answer = opened().post("images/0/intervals", json=body)
    assert answer.status_code == 400 and answer.json()["problem"].startswith(problem)


def test_points_on_one_spot_or_none_have_no_interval(opened):
    client = opened()
    assert ask(client, dict.fromkeys(POINTS, (5, 5))).json() == {"intervals": {}, "scores": {}}
    assert ask(client, {}).json() == {"intervals": {}, "scores": {}}


def test_no_other_site_may_ask(opened):
    client = opened()
    assert ask(client, headers={"Origin": "http://evil.example"}).status_code == 403
    body = {"points": {}, "by_hand": []}
    wrong = client.post(f"http://127.0.0.1:8000/{TOKEN[:-1]}x/images/0/intervals", json=body)
    assert wrong.status_code == 404
    assert client.post("images/7/intervals", json=body).status_code == 400
    assert client.get("images/0/intervals").status_code == 405
    assert ask(client).headers["content-security-policy"].startswith("default-src 'none'")
