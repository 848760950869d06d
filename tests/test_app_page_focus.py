"""Keys that are held, and keys while a button has the focus, accept and place nothing that nobody has looked at."""

import pytest

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import STATE, idle  # noqa: E402
from app_server import POINTS, write_photographs  # noqa: E402
from browser import wait  # noqa: E402

browser, serve, server = app_page.browser, app_page.serve, app_page.server

FOCUS = "document.activeElement.id"
LATER = "{ const now = performance.now.bind(performance); performance.now = () => now() + 1000 * (window.late ?? 0); }"


def test_enter_that_is_held_passes_no_second_photograph_though_its_button_has_the_focus(browser, serve, tmp_path):
    write_photographs(tmp_path / "photos", "abcd")
    server = serve(tmp_path / "photos")
    browser.run(LATER)
    browser.click(*browser.middle("#finish"))
    wait(lambda: browser.run(STATE)["name"] == "a.png", "the second")
    browser.until("document.querySelector('.mark') !== null")
    assert browser.run(FOCUS) == "finish"
    browser.run("window.late = 1")
    browser.hold("Enter", 1)
    wait(lambda: browser.run(STATE)["name"] == "c.png", "the third")
    browser.until("document.querySelector('.mark') !== null")
    browser.run("window.late = 2")
    keys = {"key": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    browser.call("Input.dispatchKeyEvent", type="keyDown", autoRepeat=True, **keys)
    idle(browser, server, 2 * (len(POINTS) + 1))
    assert browser.run(STATE)["name"] == "c.png"


def test_a_button_keeps_the_focus_where_it_has_nothing_to_do_and_does_nothing(browser, server):
    browser.run("document.querySelector('#accept').focus()")
    accepted = list(POINTS)
    for number, selected in enumerate([*accepted[1:3], "pronasale"], start=1):
        browser.press("Enter")
        idle(browser, server, number)
        assert (browser.run(STATE)["selected"], browser.run(FOCUS)) == (selected, "accept")
    browser.press("Enter")  # pronasale has no place: there is nothing to accept
    browser.press(" ")
    browser.press("c")
    idle(browser, server, 4)
    assert [(entry.kind, entry.what) for entry in server.entries()] == [
        *(("accept", name) for name in accepted[:3]), ("attribute", "checked")
    ]  # fmt: skip
    browser.click(*browser.middle("#landmarks [data-landmark=gnathion]"))
    browser.click(*browser.middle("#delete"))
    browser.press("Enter")
    idle(browser, server, 5)
    assert (browser.run(STATE)["name"], browser.run(FOCUS), server.entries()[-1].new) == ("b.png", "delete", "deleted")
    assert browser.errors == []


def test_space_that_is_held_places_one_landmark(browser, server):
    browser.click(*browser.middle("#landmarks [data-landmark=pronasale]"))
    browser.hold(" ", 8)
    browser.press("c")
    wait(lambda: any(entry.what == "checked" for entry in server.entries()), "what is done after it")
    assert [entry.what for entry in server.entries()] == ["pronasale", "checked"]
