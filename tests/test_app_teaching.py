"""What people label teaches the guesser: guesses of before are made anew, and hold until they are."""

import threading

import pytest
from app_server import POINTS, KnownMesh, make_session, write_photographs

from rtl_tf.app.guesses import Guess
from rtl_tf.app.journal import NAME, writing
from rtl_tf.documents import Node
from rtl_tf.schema import load_schema

FAS14 = load_schema("fas14")
PATIENCE = 20  # s


class Counts(KnownMesh):
    """Where it puts the nasion tells how many photographs were labelled."""

    session = None
    free = threading.Event()  # to answer

    def guess(self, photo, pixels) -> Guess:
        assert self.free.wait(PATIENCE)
        placed = [entry.image for entry in self.session.journal.entries]
        return Guess(POINTS | {"nasion": (float(len(set(placed))), 0.0)}, self.name)


@pytest.fixture
def session(tmp_path, monkeypatch):
    write_photographs(tmp_path / "photos")
    Counts.free.set()
    with writing(tmp_path / "photos" / NAME, FAS14) as journal:
        opened = make_session(tmp_path / "photos", journal, Counts, labelling=True)
        monkeypatch.setattr(Counts, "session", opened)
        yield opened
        opened.guesses.close()


def place(session, index: int) -> None:
    point = {"landmark": "nasion", "old": None, "new": [9, 9]}
    asked = {"change": f"change-{index}", "kind": "place", "sha256": session.image(index)["sha256"], "changes": [point]}
    session.change(index, Node(asked, "asked"), "")


def test_a_guess_of_before_is_made_anew_when_its_photograph_is_opened_again(session):
    assert session.guesses.wait_for(0, PATIENCE).points["nasion"] == (0, 0)
    for index in (1, 2):
        place(session, index)
    assert session.guesses.done(0).points["nasion"] == (0, 0)  # it holds until then
    assert session.guesses.heard(0).points["nasion"] == (0, 0)
    assert session.guesses.wait_for(0, PATIENCE).points["nasion"] == (2, 0)
    assert session.guesses.done(0).points["nasion"] == (2, 0)


def test_while_it_is_made_anew_the_one_of_before_is_not_given_for_it(session):
    session.guesses.wait_for(0, PATIENCE)
    place(session, 1)
    Counts.free.clear()
    try:
        assert session.guesses.wait_for(0, 0.01) is None
        place(session, 2)  # meanwhile: the answer is by what was known when it was asked for
    finally:
        Counts.free.set()
    assert session.guesses.wait_for(0, PATIENCE).points["nasion"] == (2, 0)
