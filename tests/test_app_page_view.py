"""The view of the head, put right on the page: values follow at once, and it is kept as landmarks are."""

import json

import pytest

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import STATE, go, idle, open_page, saved, shown  # noqa: E402
from browser import Browser, wait  # noqa: E402
from test_app_page_access import serious  # noqa: E402

from rtl_tf.app.entries import VIEW  # noqa: E402
from rtl_tf.system.hashing import file_hash  # noqa: E402

browser, serve, server = app_page.browser, app_page.serve, app_page.server
FISSURE = "palpebral_fissure_length"
SELECT = "document.querySelector('#head-view')"


def options(browser: Browser) -> list[str]:
    return browser.run(f"[...{SELECT}.options].map(({{ text }}) => text)")


def chosen(browser: Browser) -> str:
    """As it reads."""
    return browser.run(f"{SELECT}.selectedOptions[0].text")


def reason(browser: Browser, name: str) -> str:
    """Why a value is grey; "" where it is not."""
    row = f"document.querySelector('[data-measurement={name}]')"
    told = browser.run(f"{row}.querySelector('th small')?.textContent ?? ''")
    assert browser.run(f"{row}.classList.contains('outside')") == bool(told)
    return told


def reach(browser: Browser) -> None:
    """To the select by the Tab key alone."""
    for _ in range(30):
        if browser.run("document.activeElement.id === 'head-view'"):
            return
        browser.press("Tab")
    raise AssertionError("Tab does not lead to it")


def said(server) -> list:
    return [(entry.kind, entry.what, entry.old, entry.new) for entry in server.entries()]


def test_by_keyboard_with_undo_redo_and_a_reload_after_a_kill(browser, server):
    """b.png shows a head that was found to be oblique."""
    wait(lambda: chosen(browser) == "as found (oblique)", "the guess")
    assert options(browser) == ["as found (oblique)", "frontal", "oblique", "lateral"]
    assert reason(browser, FISSURE) == "oblique view; stands for the head's in a frontal view alone"
    reach(browser)
    browser.press("f")
    saved(browser)
    assert (chosen(browser), reason(browser, FISSURE)) == ("frontal", "")
    assert said(server) == [("place", VIEW, None, "frontal")]
    assert [(one.who, one.image, one.model) for one in server.entries()] == [("tester", "b.png", None)]
    browser.press("ArrowDown", times=2)
    idle(browser, server, 3)
    assert reason(browser, FISSURE) == "lateral view; stands for the head's in a frontal view alone"

    browser.press("Enter")  # back to the photograph
    assert browser.run("document.activeElement.id") == "stage"
    before = browser.run(STATE)["selected"]
    browser.press("z", times=2)
    idle(browser, server, 5)
    assert (chosen(browser), reason(browser, FISSURE)) == ("frontal", "")
    browser.press("z")
    idle(browser, server, 6)
    assert chosen(browser) == "as found (oblique)" and "oblique view" in reason(browser, FISSURE)
    assert said(server)[-1] == ("undo", VIEW, "frontal", None)
    browser.press("y")
    idle(browser, server, 7)
    assert (chosen(browser), reason(browser, FISSURE)) == ("frontal", "")
    assert browser.run(STATE)["selected"] == before and browser.errors == []

    server.kill()
    server.start()
    open_page(browser, server)
    browser.errors.clear()  # the page may have asked for its list while nobody was there
    wait(lambda: options(browser)[0] == "as found (oblique)", "the guess")
    assert (chosen(browser), reason(browser, FISSURE)) == ("frontal", "")
    browser.until("document.querySelector('#undo').ariaDisabled === 'false'")
    browser.press("z")
    idle(browser, server, 8)
    assert chosen(browser) == "as found (oblique)" and "oblique view" in reason(browser, FISSURE)
    assert serious(browser) == [] and browser.errors == []


def test_as_found_takes_it_back_and_each_photograph_has_its_own(browser, server):
    reach(browser)
    browser.press("ArrowDown")
    idle(browser, server, 1)
    browser.press("ArrowUp")
    idle(browser, server, 2)
    assert said(server)[-1] == ("place", VIEW, "frontal", None)
    assert chosen(browser) == "as found (oblique)" and "oblique view" in reason(browser, FISSURE)
    browser.press("l")
    idle(browser, server, 3)
    browser.press("Escape")
    go(browser, "n", "a.png")
    wait(lambda: chosen(browser) == "as found (frontal)" and shown(browser, FISSURE) == "30.00 px", "its own")
    assert reason(browser, FISSURE) == ""
    go(browser, "p", "b.png")
    wait(lambda: chosen(browser) == "lateral", "its own")


def test_what_cannot_be_saved_is_told_and_the_saved_view_comes_back(browser, server):
    """Another window has said another."""
    wait(lambda: chosen(browser) == "as found (oblique)", "the guess")
    other = {"change": "elsewhere", "kind": "place", "changes": [{"landmark": VIEW, "new": "lateral"}]}
    other["sha256"] = file_hash(server.folder / "b.png")
    sent = f"import('./requests.js').then(({{ post }}) => post('images/1/changes', {json.dumps(other)}))"
    assert browser.run(sent)["ok"]
    reach(browser)
    browser.press("f")
    wait(lambda: chosen(browser) == "lateral", "what is saved")
    told = "NOT SAVED, b.png: head view was changed in another window: look at it again"
    assert browser.run(STATE)["saved"] == told
    assert said(server) == [("place", VIEW, None, "lateral")]
