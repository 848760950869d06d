"""The page shows one photograph: what is late, held or failed never comes onto another, and nothing is made up."""

import json

import pytest

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import STATE, fill, go, idle, mark, point_of, saved  # noqa: E402
from app_server import POINTS, write_photographs  # noqa: E402
from browser import Browser, wait  # noqa: E402

browser, serve, server = app_page.browser, app_page.serve, app_page.server

# What the page asks for at addresses that end so is answered at once, but arrives when `let_go` is called.
HOLD = """{ const real = window.fetch; window.held = []; window.let_go = (number = 0) => held.splice(number, 1)[0]();
  window.fetch = (path, more) => path.split('?')[0].endsWith(ENDING)
    ? real(path, more).then(answer => new Promise(done => held.push(() => done(answer)))) : real(path, more); }"""


def hold(browser: Browser, ending: str) -> None:
    browser.run(HOLD.replace("ENDING", json.dumps(ending)))


def held(browser: Browser, number: int = 1) -> None:
    browser.until(f"held.length === {number}")


def take(browser: Browser, name: str) -> tuple[float, float]:
    """Take hold of a landmark and drag it; where the mouse is."""
    x, y = browser.middle(mark(name))
    browser.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
    return drag_on(browser, x, y)


def drag_on(browser: Browser, x: float, y: float) -> tuple[float, float]:
    browser.mouse("mouseMoved", x + 30, y + 12, button="left", buttons=1)
    return x + 30, y + 12


def release(browser: Browser, at: tuple[float, float]) -> None:
    browser.mouse("mouseReleased", *at, button="left", clickCount=1)


def text(browser: Browser, selector: str) -> str:
    return browser.run(f"document.querySelector('{selector}').textContent")


def test_no_key_takes_the_photograph_away_from_a_point_that_is_held(browser, server):
    at = take(browser, "nasion")
    for key in ("Enter", "n", "p", "x", "z"):
        browser.press(key)
    release(browser, at)
    saved(browser)
    (entry,) = server.entries()
    assert (entry.image, entry.what, entry.kind) == ("b.png", "nasion", "place")
    assert entry.new != POINTS["nasion"]
    assert browser.run(STATE)["name"] == "b.png"


@pytest.mark.parametrize("late", [False, True])
def test_a_drag_ends_with_its_photograph(browser, server, late):
    at = take(browser, "nasion")
    hold(browser, "images/0")
    browser.run("void import('./photographs.js').then(({ open }) => open(0))")
    held(browser)
    if not late:
        release(browser, at)
    browser.run("let_go()")
    wait(lambda: browser.run(STATE)["name"] == "a.png", "the other photograph")
    browser.until(f"document.querySelector('{mark('nasion')}.model') !== null")
    if late:
        release(browser, at)
    browser.press("c")
    idle(browser, server, 1)
    assert server.entries()[0].what == "checked"
    assert browser.run(f"document.querySelector('{mark('nasion')}.human') === null")


def test_enter_waits_for_the_guess_and_for_eyes(browser, server):
    hold(browser, "/guess")
    go(browser, "n", "a.png")
    browser.press("Enter")
    assert "the detector is still looking at this photograph" in browser.run(STATE)["saved"]
    held(browser)
    browser.run("let_go()")
    browser.until("document.querySelector('.mark') !== null")
    assert server.entries() == []
    keys = {"key": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    browser.call("Input.dispatchKeyEvent", type="keyDown", autoRepeat=True, **keys)
    assert browser.run(STATE)["name"] == "a.png"
    browser.run("performance.now = () => 10000")  # at one moment: twice
    go(browser, "Enter", "c.png")
    held(browser)
    browser.run("let_go()")
    browser.until("document.querySelector('.mark') !== null")
    browser.press("Enter")
    idle(browser, server, 5)
    assert {entry.image for entry in server.entries()} == {"a.png"}
    browser.run("performance.now = () => 20000")
    browser.press("Enter")
    wait(lambda: {entry.image for entry in server.entries()} == {"a.png", "c.png"}, "the second")


def test_a_guess_that_failed_is_asked_for_again(browser, server):
    broken = """{ const real = window.fetch; let left = 1;
      window.fetch = (path, more) => path.includes('/guess') && left-- > 0 ? Promise.reject(new TypeError('away'))
        : real(path, more); }"""
    browser.run(broken)
    go(browser, "n", "a.png")
    browser.until("document.querySelector('.mark') !== null")


def test_where_nothing_guesses_a_photograph_is_checked_all_the_same(browser, server):
    told = json.dumps({"waiting": False, "status": "no guesses: broken", "heatmaps": False})
    browser.run(f"""{{ const real = window.fetch;
      window.fetch = (path, more) => path.includes('/guess') ? Promise.resolve(new Response('{told}'))
        : real(path, more); }}""")
    go(browser, "n", "a.png")
    browser.until("import('./state.js').then(({ state }) => state.photo.guess !== null)")
    go(browser, "Enter", "c.png")
    idle(browser, server, 1)
    assert [(entry.image, entry.what, entry.new) for entry in server.entries()] == [("a.png", "checked", "yes")]


def test_a_photograph_that_is_replaced_while_its_guess_is_awaited_is_shown_as_it_is_now(browser, server):
    first = """{ const real = window.fetch; let first = true; window.begun = false; window.goOn = null;
      window.fetch = (path, more) => {
        if (!path.includes('/guess') || !first) return real(path, more);
        [first, begun] = [false, true];
        return new Promise(done => { goOn = () => done(real(path, more)); }); }; }"""
    browser.run(first)
    go(browser, "n", "a.png")
    browser.until("begun")
    write_photographs(server.folder, "a", (60, 50))
    browser.run("goOn()")
    browser.until("import('./state.js').then(({ state }) => state.photo?.width === 60 && state.photo.guess !== null)")
    assert browser.run("document.querySelector('#photo image').width.baseVal.value") == 60


def test_a_late_guess_takes_neither_the_landmark_nor_the_view(browser, server):
    hold(browser, "/guess")
    go(browser, "n", "a.png")
    held(browser)
    browser.click(*browser.middle("#landmarks [data-landmark=gnathion]"))
    before = browser.run("document.querySelector('#scene').getAttribute('transform')")
    browser.run("let_go()")
    browser.until("document.querySelector('.mark') !== null")
    assert browser.run(STATE)["selected"] == "gnathion"
    assert browser.run("document.querySelector('#scene').getAttribute('transform')") == before


def test_a_point_stays_under_the_mouse_when_the_view_is_zoomed(browser, server):
    at = take(browser, "nasion")
    browser.mouse("mouseWheel", *at, deltaX=0, deltaY=-300)
    at = drag_on(browser, *at)
    release(browser, at)
    saved(browser)
    assert browser.middle(mark("nasion")) == pytest.approx(at, abs=1)


def test_of_two_openings_of_a_photograph_the_late_one_changes_nothing(browser, server):
    hold(browser, "images/0")
    browser.press("n")
    held(browser, 1)
    go(browser, "p", "b.png")
    browser.press("n")
    held(browser, 2)
    browser.run("let_go(1)")
    wait(lambda: browser.run(STATE)["name"] == "a.png", "the photograph")
    browser.until("document.querySelector('.mark') !== null")
    browser.press("ArrowRight")
    saved(browser)
    browser.run("let_go(0)")
    browser.run("new Promise(done => setTimeout(done, 200))")
    assert browser.run(point_of("exocanthion")) == [20.25, 30]
    assert browser.run(f"document.querySelector('{mark('exocanthion')}.human') !== null")
    assert [entry.new for entry in server.entries()] == [(20.25, 30)]


def test_nothing_of_a_photograph_stays_where_the_next_cannot_be_read(browser, serve, tmp_path):
    write_photographs(tmp_path / "photos")
    (tmp_path / "photos" / "d.jpg").write_bytes(b"no image")
    server = serve(tmp_path / "photos")
    fill(browser, "#subject", "P7")
    fill(browser, "#mm", "0.5")
    idle(browser, server, 2)
    browser.click(*browser.middle("#image-3"))
    wait(lambda: browser.run(STATE)["name"] == "d.jpg", "the one that cannot be read")
    assert "not an image that can be read" in text(browser, "#flags")
    assert browser.run("document.querySelectorAll('#measurements tr, #landmarks li, .mark, #photo *').length") == 0
    assert text(browser, "#where") == text(browser, "#worth") == ""
    assert text(browser, "#finish").split() == ["Accept", "the", "rest,", "next", "Enter"]
    assert browser.run("document.querySelector('#stage').getAttribute('aria-label')") == "Photograph d.jpg"
    for field in ("#subject", "#mm"):
        browser.click(*browser.middle(field))
        browser.press("c")
        assert browser.run(f"document.querySelector('{field}').value") == ""
    fill(browser, "#subject", "P8")
    browser.click(*browser.middle("#image-1"))
    wait(lambda: browser.run(STATE)["name"] == "b.png", "one that can")
    assert browser.run("document.querySelector('#subject').value") == "P7"
    assert len(server.entries()) == 2
    assert browser.errors == [] or all("400" in error for error in browser.errors), browser.errors


def test_a_photograph_that_failed_is_opened_by_a_second_click(browser, server):
    broken = """{ const real = window.fetch; let left = 1;
      window.fetch = (path, more) => path.endsWith('images/0') && left-- > 0 ? Promise.reject(new TypeError('away'))
        : real(path, more); }"""
    browser.run(broken)
    browser.click(*browser.middle("#image-0"))
    browser.until("document.querySelector('#flags').textContent === 'away'")
    browser.click(*browser.middle("#image-0"))
    browser.until("document.querySelector('.mark') !== null")
    assert browser.run(STATE)["name"] == "a.png"


def test_the_heatmap_is_of_the_landmark_that_undo_selects(browser, server):
    browser.press("h")
    browser.press("ArrowRight")
    browser.press(".")
    browser.until("document.querySelector('#heat image') !== null")
    browser.asked.clear()
    browser.press("z")
    assert browser.run(STATE)["selected"] == "exocanthion"
    wait(lambda: browser.run("true") and any("/heatmap/exocanthion" in url for url in browser.asked), "its heatmap")


def test_undo_goes_on_after_a_step_there_and_back(browser, server):
    hold(browser, "/changes")
    browser.press("ArrowRight", times=2)
    browser.press("ArrowLeft")
    held(browser)
    browser.run("let_go()")
    held(browser)
    browser.run("let_go()")
    idle(browser, server, 2)
    assert [entry.new for entry in server.entries()] == [(20.25, 30), (20.25, 30)]
    for number in (3, 4):
        browser.press("z")
        held(browser)
        browser.run("let_go()")
        idle(browser, server, number)
    assert browser.run(point_of("exocanthion")) is None
    assert browser.run("document.querySelector('#undo').ariaDisabled === 'true'")


def test_a_place_in_the_corner_can_be_undone(browser, server):
    browser.run("import('./changes.js').then(({ place }) => place('nasion', [0, 0]))")
    saved(browser)
    browser.press("z")
    idle(browser, server, 2)
    assert [entry.new for entry in server.entries()] == [(0.01, 0), None]


def entry(change: str, kind: str, landmark: str, old, new) -> dict:
    return {"change": change, "kind": kind, "landmark": landmark, "old": old, "new": new}


def test_what_two_windows_undid_in_turn_is_known_by_what_it_fits(browser, server):
    entries = [
        entry("1", "place", "nasion", None, [1, 1]),
        entry("2", "place", "gnathion", None, [2, 2]),
        entry("3", "undo", "nasion", [1, 1], None),
    ]
    found = browser.run(f"import('./history.js').then(({{ stacks }}) => stacks({json.dumps(entries)}))")
    assert [action["change"] for action in found["undo"]] == ["2"]
    assert [action["change"] for action in found["redo"]] == ["1"]
    assert found["last"] == "3"
