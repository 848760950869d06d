"""The list keeps its order, and whoever works through it their place, as photographs are checked."""

import pytest

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import STATE, fill, go, idle, open_page  # noqa: E402
from app_server import write_photographs  # noqa: E402

browser, serve = app_page.browser, app_page.serve

ROWS = "[...document.querySelectorAll('#list .name')].map((one) => one.textContent[0]).join('')"


@pytest.fixture
def server(serve, tmp_path):
    write_photographs(tmp_path / "photos", "abcd")
    return serve(tmp_path / "photos")


def test_after_checking_the_next_and_the_one_before_are_its_neighbours(browser, server):
    assert browser.run(ROWS) == "bacd"  # b is flagged
    browser.press("c")
    idle(browser, server, 1)
    go(browser, "n", "a.png")
    browser.until("document.querySelector('.mark') !== null")
    go(browser, "Enter", "c.png")
    idle(browser, server, 6)
    go(browser, "p", "a.png")
    assert browser.run(ROWS) == "bacd"
    open_page(browser, server)
    assert browser.run(ROWS) == "cdab"  # what is checked comes last, in the folder's order
    assert browser.run(STATE)["name"] == "c.png" and browser.errors == []


def test_one_that_the_list_does_not_show_any_longer_has_its_neighbours(browser, server):
    fill(browser, "#shown", "open")
    go(browser, "n", "a.png")
    browser.press("c")
    idle(browser, server, 1)
    assert browser.run(ROWS) == "bcd"
    go(browser, "p", "b.png")
    go(browser, "n", "c.png")
    go(browser, "p", "b.png")
    browser.press("p")
    assert browser.run(STATE)["saved"].endswith("That is the first photograph of the list")
