"""Axe looks at the page in each of its states: nothing that keeps somebody out."""

import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import fill, saved  # noqa: E402
from app_server import write_photographs  # noqa: E402
from browser import Browser  # noqa: E402

browser, serve, server = app_page.browser, app_page.serve, app_page.server
AXE = "axe.run(document).then(found => found.violations.map(one => [one.impact, one.id, one.nodes[0].html]))"


def serious(browser: Browser) -> list[str]:
    """What Axe finds serious of the page as it is now."""
    spec = importlib.util.find_spec("axe_core_python")
    if spec is None:
        pytest.skip("axe-core-python is not installed")
    if not browser.run("'axe' in window"):
        browser.run((Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8") + "; true")
    return [json.dumps(one) for one in browser.run(AXE) if one[0] in ("serious", "critical")]


def test_axe_can_find_something(browser, server):
    browser.run("document.documentElement.lang = ''")
    assert [json.loads(one)[1] for one in serious(browser)] == ["html-has-lang"]


def test_a_photograph_and_the_keys(browser, server):
    browser.until("document.querySelector('.outside small') !== null")
    assert serious(browser) == []
    browser.press("x")
    saved(browser)
    assert serious(browser) == []
    browser.press("?")
    assert serious(browser) == []


def test_labelling_from_nothing(browser, serve, tmp_path):
    write_photographs(tmp_path / "photos", "a")
    serve(tmp_path / "photos", "label")
    assert serious(browser) == []


def test_the_scale_tool_empty_wrong_and_whole(browser, server):
    browser.press("s")
    assert serious(browser) == []
    fill(browser, "#ruler-mm", "x")
    assert browser.run("document.querySelector('#ruler-mm:invalid') !== null")
    assert serious(browser) == []
    fill(browser, "#ruler-mm", "10")
    for way in (-200, 150):
        x, y = browser.middle("#stage")
        browser.run("new Promise(done => setTimeout(done, 550))")  # or the second is of a double click
        browser.click(x + way, y)
    browser.until("document.querySelector('#mm').readOnly")
    saved(browser)
    assert serious(browser) == []


def test_a_wrong_scale(browser, server):
    fill(browser, "#mm", "x")
    assert browser.run("document.querySelector('#mm:invalid') !== null")
    assert serious(browser) == []


def test_a_server_that_went_away(browser, server):
    server.kill()
    browser.press("ArrowRight")
    browser.until("document.querySelector('#saved').textContent.startsWith('NOT SAVED')")
    assert serious(browser) == []
    server.start()
    saved(browser)
