"""Several faces of one photograph: which one is meant is chosen on the page, and kept in the journal."""

import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("httpx2")

import app_page  # noqa: E402
from app_page import NAME_SHOWN, idle, open_page  # noqa: E402
from app_server import POINTS, TwoFaces, write_photographs  # noqa: E402
from browser import wait  # noqa: E402
from test_app_page_access import serious  # noqa: E402
from test_app_server import TOKEN, guess_of, served, sha_of  # noqa: E402

from rtl_tf.app.entries import FACE  # noqa: E402
from rtl_tf.app.security import Access  # noqa: E402

browser, serve = app_page.browser, app_page.serve
SMALLER = [95.0, 50.0]
SELECT = "document.querySelector('#face')"
HIDDEN = "document.querySelector('#faces').hidden"


def test_the_guess_is_of_the_face_that_the_journal_has(tmp_path):
    write_photographs(tmp_path / "photos", "a")
    for client in served(tmp_path / "photos", Access("127.0.0.1", 8000, TOKEN), guesser=TwoFaces):
        assert client.get("session").json()["face"] == FACE
        guess = guess_of(client)
        assert (guess["faces"], guess["face"], guess["asked"]) == ([[45.5, 50.0], SMALLER], [45.5, 50.0], None)
        assert guess["points"]["nasion"] == [70, 25] and guess["view"] == "frontal"
        change = {"landmark": FACE, "old": None, "new": [90.0, 55.0]}  # near it
        asked = {"kind": "place", "change": "change-1", "sha256": sha_of(client), "changes": [change]}
        assert client.post("images/0/changes", json=asked).status_code == 200
        guess = guess_of(client)
        assert guess["points"]["nasion"] == [110, 25] and (guess["view"], guess["flags"]) == ("lateral", ["odd"])
        assert (guess["face"], guess["asked"], len(guess["faces"])) == (SMALLER, [90, 55], 2)
        assert client.get("images/0/heatmap/nasion").headers["X-Square"].startswith("39.500,")
        row = client.get("images").json()["images"][0]
        assert (row["flags"], row["said"]) == (["odd"], 0)  # a face is no landmark
        bad = asked | {"change": "change-2", "changes": [change | {"old": [90, 55], "new": "not visible"}]}
        assert client.post("images/0/changes", json=bad).status_code == 400


def test_another_face_is_chosen_by_key_and_list_and_kept_like_landmarks(browser, serve, tmp_path):
    write_photographs(tmp_path / "photos")
    server = serve(tmp_path / "photos", "faces")
    assert browser.run(f"[...{SELECT}.options].map(({{ text }}) => text)") == ["1 of 2 (the largest)", "2 of 2"]
    assert browser.run(NAME_SHOWN) == "b.png" and not browser.run(HIDDEN) and not serious(browser)
    browser.press("b")
    browser.until(f"{SELECT}?.selectedIndex === 1")
    idle(browser, server, 1)
    assert [(one.what, one.kind, one.new, one.image) for one in server.entries()] == [
        (FACE, "place", tuple(SMALLER), "b.png")
    ]
    at = "import('./state.js').then(({ state }) => state.photo?.guess?.points?.nasion)"
    assert browser.run(at) == [110, 25]
    browser.press("z")
    browser.until(f"{SELECT}.selectedIndex === 0")
    idle(browser, server, 2)
    assert browser.run(at) == [70, 25] and server.entries()[-1].new is None
    select = f"{SELECT}.selectedIndex = 1; {SELECT}.dispatchEvent(new Event('change'))"
    browser.run(f"{{ {select} }}")
    browser.until("document.querySelector('.mark') !== null")
    wait(lambda: browser.run(at) == [110, 25], "the other face")
    assert browser.errors == []
    server.kill()
    server.start()
    open_page(browser, server)
    wait(lambda: browser.run(at) == [110, 25], "the face of the journal")
    assert browser.run(f"{SELECT}.selectedIndex") == 1
    browser.press("Enter")
    wait(lambda: browser.run(NAME_SHOWN) == "a.png", "the next")
    placed = {one.what: one.new for one in server.entries() if one.kind == "accept"}
    assert placed == {name: (x + 40, y) for name, (x, y) in POINTS.items()}


def test_of_one_face_nothing_is_asked(browser, serve, tmp_path):
    write_photographs(tmp_path / "photos")
    server = serve(tmp_path / "photos")
    assert browser.run(HIDDEN) and browser.run(f"getComputedStyle({SELECT}).display") is not None
    browser.press("b")
    assert browser.run("document.querySelector('#faces').offsetHeight") == 0 and server.entries() == []
