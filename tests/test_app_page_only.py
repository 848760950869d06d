"""The page of photographs in folders of patients, and of those alone that a table names, in a real browser."""

import pytest

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import STATE, go, idle, open_page  # noqa: E402
from app_server import write_photographs  # noqa: E402
from browser import wait  # noqa: E402

browser, serve = app_page.browser, app_page.serve

LIST = "[...document.querySelectorAll('#list .name')].map((name) => name.textContent)"


@pytest.fixture
def photos(tmp_path):
    write_photographs(tmp_path / "photos")
    write_photographs(tmp_path / "photos" / "anna", "a", (60, 50))
    return tmp_path / "photos"


def test_photographs_in_folders_have_their_path_as_a_name(browser, serve, photos):
    server = serve(photos, "recursive")
    assert browser.run(LIST) == ["b.png", "a.png", "c.png", "anna/a.png"]  # the flagged one first
    browser.click(*browser.middle("#image-3"))
    wait(lambda: browser.run(STATE)["name"] == "anna/a.png", "the photograph in the folder")
    browser.until("document.querySelector('.mark') !== null")
    assert browser.run("document.querySelector('#photo image').width.baseVal.value") == 60
    browser.press("ArrowRight")
    idle(browser, server, 1)
    assert [entry.image for entry in server.entries()] == ["anna/a.png"]
    browser.until("document.querySelector('#image-3 .state').textContent === '1 of 14'")


def test_a_table_decides_which_photographs_are_there_and_in_which_order(browser, serve, photos):
    (photos.parent / "only.csv").write_text("image\nphotos/c.png\nphotos/anna/a.png\nphotos/b.png\n")
    server = serve(photos, "recursive", "only")
    assert browser.run(LIST) == ["c.png", "anna/a.png", "b.png"]  # the flagged one stays last
    assert browser.run(STATE)["name"] == "c.png"
    go(browser, "Enter", "anna/a.png")
    browser.until("document.querySelector('#list .checked') !== null")
    assert browser.run(LIST) == ["c.png", "anna/a.png", "b.png"]
    browser.until("document.querySelector('#status').textContent.startsWith('1 of 3 checked')")
    open_page(browser, server)
    assert browser.run(STATE)["name"] == "anna/a.png"  # the first that is not checked
    assert browser.errors == []
