"""The page itself, in a real browser: mouse, keys, a kill, a thousand photographs, a large one, accessibility."""

import json

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import STATE, fill, go, idle, mark, open_page, point_of, saved, scale, shown  # noqa: E402
from app_server import POINTS, write_photographs  # noqa: E402
from browser import CONTROL, SHIFT, Browser, wait  # noqa: E402

from rtl_tf.measuring.quantities import FORMULAS  # noqa: E402

browser, serve, server = app_page.browser, app_page.serve, app_page.server


def test_a_flagged_photograph_comes_first_and_a_drag_measures_and_is_undone(browser, server):
    assert browser.run(STATE)["name"] == "b.png"  # the flagged one
    assert browser.run("document.title") == "Landmarks"  # a browser's history keeps titles: nobody's name
    assert shown(browser, "palpebral_fissure_length") == "30.00 px"
    across = 10 * scale(browser)
    browser.drag(*browser.middle(mark("exocanthion")), -across, 0)
    saved(browser)
    assert shown(browser, "palpebral_fissure_length") == "40.00 px"
    (entry,) = server.entries()
    assert (entry.what, entry.kind, entry.image, entry.old, entry.model) == (
        "exocanthion", "place", "b.png", None, POINTS["exocanthion"]
    )  # fmt: skip
    assert entry.new == pytest.approx((10, 30), abs=0.02)
    browser.click(*browser.middle("#undo"))
    wait(lambda: len(server.entries()) == 2, "the undo")
    assert (server.entries()[1].kind, server.entries()[1].new) == ("undo", None)
    assert shown(browser, "palpebral_fissure_length") == "30.00 px"
    browser.press("y", CONTROL)
    wait(lambda: len(server.entries()) == 3, "the redo")
    assert server.entries()[2].new == entry.new
    assert browser.errors == []
    assert all(url.startswith((server.url, "data:", "blob:", "about:")) for url in browser.asked), browser.asked


def test_everything_by_keyboard_alone(browser, server):
    browser.press("ArrowRight", times=3)
    browser.press("ArrowUp", SHIFT)
    browser.press(".")
    browser.press("a")
    browser.press("x")
    browser.press("z")
    browser.press(",")
    browser.press("Delete")
    browser.press("Enter")
    wait(lambda: browser.run(STATE)["name"] == "a.png", "the next photograph")
    saved(browser)
    wait(lambda: any(entry.what == "checked" for entry in server.entries()), "the last change")
    last = {entry.what: entry.new for entry in server.entries()}
    assert last == {
        "exocanthion": (20.75, 28.0), "endocanthion": "deleted", "nasion": POINTS["nasion"],
        "gnathion": POINTS["gnathion"], "checked": "yes",
    }  # fmt: skip
    kinds = {(entry.what, entry.kind) for entry in server.entries()}
    assert {("nasion", "not visible"), ("nasion", "undo"), ("gnathion", "accept")} <= kinds
    browser.press("c")
    browser.press("c")
    wait(lambda: [entry.new for entry in server.entries() if entry.image == "a.png"] == ["yes", None], "both")
    browser.press("?")
    assert browser.run("document.querySelector('#help').open")
    browser.press("Escape")
    assert browser.errors == []


def test_a_landmark_without_a_place_is_put_down(browser, server):
    browser.click(*browser.middle("[data-landmark=cheilion]"))
    assert browser.run(STATE)["selected"] == "cheilion"
    browser.click(*browser.middle("#stage"))
    wait(lambda: server.entries(), "the point")
    assert server.entries()[0].what == "cheilion"
    assert browser.run(STATE)["selected"] != "cheilion"  # the next without a place
    browser.press(" ")
    wait(lambda: len(server.entries()) == 2, "the second")
    assert browser.errors == []


def test_a_landmark_that_has_no_place_gets_none_by_accepting_nor_by_a_click(browser, server):
    for key, word in (("x", "not visible"), ("Delete", "deleted")):
        browser.click(*browser.middle("[data-landmark=nasion]"))
        browser.press(key)
        browser.press("a")
        browser.press(",")
        browser.click(*browser.middle("#stage"))
        browser.press(" ")
        saved(browser)
        assert [(entry.what, entry.new) for entry in server.entries()][-1] == ("nasion", word)
    assert [entry.kind for entry in server.entries()] == ["not visible", "deleted"]
    browser.press("ArrowLeft")
    told = "nasion is deleted: a double click, or Shift + Space, places it all the same"
    assert told in browser.run(STATE)["saved"]
    browser.press(" ", SHIFT)
    wait(lambda: len(server.entries()) == 3, "the place")
    assert server.entries()[-1].new == pytest.approx((59.5, 44.5), abs=40)


def test_a_kill_and_a_reload_lose_nothing_and_undo_goes_on(browser, server):
    browser.drag(*browser.middle(mark("nasion")), 40, 12)
    saved(browser)
    before = server.entries()
    server.kill()
    browser.press("ArrowLeft")  # while nobody listens
    browser.until("document.querySelector('#saved').textContent.startsWith('NOT SAVED')")
    server.start()
    saved(browser)
    moved = server.entries()
    assert moved[:1] == before and moved[1].new[0] == pytest.approx(moved[0].new[0] - 0.25)
    server.kill()
    server.start()
    open_page(browser, server)
    browser.until(f"document.querySelector('{mark('nasion')}.human') !== null")
    for _ in range(2):
        browser.click(*browser.middle("#undo"))
    wait(lambda: len(server.entries()) == 4, "both undone")
    assert server.entries()[-1].new is None
    assert browser.run("document.querySelector('#undo').ariaDisabled === 'true'")


def test_a_persons_code_and_a_scale(browser, server):
    fill(browser, "#mm", "0,5")
    fill(browser, "#subject", " P7 ")
    wait(lambda: len(server.entries()) == 2, "both")
    assert {entry.what: entry.new for entry in server.entries()} == {"mm_per_px": "0.5", "subject": "P7"}
    assert shown(browser, "palpebral_fissure_length") == "15.00 mm"


def test_what_is_wrong_is_told_until_it_is_put_right(browser, server):
    wrong = "NOT SAVED, b.png: mm in one px is a number from 0.001 to 100"
    fill(browser, "#mm", "x")
    assert browser.run(STATE)["saved"] == wrong
    fill(browser, "#subject", "P7")
    idle(browser, server, 1)
    assert browser.run(STATE)["saved"] == wrong
    assert browser.run("document.querySelector('#mm:invalid') !== null")
    fill(browser, "#mm", "0.5")
    saved(browser)
    fill(browser, "#mm", "1000")
    go(browser, "n", "a.png")
    fill(browser, "#subject", "P7")
    idle(browser, server, 3)
    assert browser.run(STATE)["saved"] == wrong
    assert browser.run("document.querySelector('#mm:invalid') === null")
    go(browser, "p", "b.png")
    saved(browser)
    assert browser.run("document.querySelector('#mm').value") == "0.5"


def test_a_change_that_another_window_forestalled_is_told_by_its_photograph(browser, server):
    point = {"landmark": "nasion", "old": None, "new": [5, 5], "model": None}
    elsewhere = {"change": "elsewhere", "kind": "place", "changes": [point]}
    body = f"JSON.stringify({{ sha256: state.photo.sha256, ...{json.dumps(elsewhere)} }})"
    posted = f"{{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }}, body: {body} }}"
    asked = f"fetch(`images/${{state.current}}/changes`, {posted}).then(answer => answer.status)"
    assert browser.run(f"import('./state.js').then(({{ state }}) => {asked})") == 200
    browser.drag(*browser.middle(mark("nasion")), 40, 12)
    told = "NOT SAVED, b.png: nasion was changed in another window: look at it again"
    browser.until(f"document.querySelector('#saved').textContent === '{told}'")
    wait(lambda: browser.run(point_of("nasion")) == [5, 5], "the place that the other window gave")
    assert [entry.new for entry in server.entries()] == [(5, 5)]
    fill(browser, "#subject", "P6")
    idle(browser, server, 2)
    assert browser.run(STATE)["saved"] == told
    go(browser, "n", "a.png")
    fill(browser, "#subject", "P7")
    idle(browser, server, 3)
    assert browser.run(STATE)["saved"] == told
    go(browser, "p", "b.png")
    saved(browser)


def test_a_server_that_went_away_is_told_until_it_is_back(browser, server):
    server.kill()
    browser.until("document.querySelector('#saved').textContent.startsWith('rtl-app does not answer')")
    server.start()
    browser.until("document.querySelector('#saved').textContent === ''")


def test_a_schema_without_measurements_leaves_their_room_to_the_landmarks(browser, serve, tmp_path):
    heights = []
    for folder in ("photos", "bare"):
        write_photographs(tmp_path / folder)
        serve(tmp_path / folder, folder)
        heights.append(browser.run("document.querySelector('#landmarks').offsetHeight"))
    assert heights[1] > 1.5 * heights[0] and browser.errors == []
    parts = ["#values", "#worth", "#use"]
    assert [browser.run(f"document.querySelector('{part}').offsetHeight") for part in parts] == [0, 0, 0]
    assert browser.run("document.querySelector('#head-view').offsetHeight") > 0


def test_measurements_are_those_of_the_package(browser, server):
    generator = np.random.default_rng(0)
    for kind, number in (("distance", 2), ("angle", 3), ("ratio", 4), ("point_to_line", 3), ("point_to_line", 6)):
        points = generator.normal(size=(number, 2)) * 100
        told = browser.run(f"import('./measure.js').then(one => one.value('{kind}', {json.dumps(points.tolist())}))")
        assert told == pytest.approx(float(FORMULAS[kind](points)), rel=1e-9)


def interval(browser: Browser, name: str) -> str:
    """What stands below a measurement."""
    return browser.run(f"document.querySelector('[data-measurement={name}] td small')?.textContent ?? ''")


def width(text: str) -> float:
    low, high = map(float, text.split(" to "))
    return high - low


def test_an_interval_is_shown_narrows_and_goes_as_points_are_placed(browser, server):
    fissure = "palpebral_fissure_length"
    wait(lambda: " to " in interval(browser, fissure), "the interval")
    free = interval(browser, fissure)
    low, high = map(float, free.split(" to "))
    assert low < 30 < high
    fill(browser, "#mm", "0.5")
    wait(lambda: width(interval(browser, fissure)) == pytest.approx(width(free) / 2, abs=0.011), "the interval in mm")
    fill(browser, "#mm", "")
    browser.press("a")  # accepts one end
    wait(lambda: width(interval(browser, fissure)) == pytest.approx(width(free) / 2**0.5, rel=0.05), "a narrower one")
    browser.press("ArrowLeft")  # places the other
    wait(lambda: interval(browser, fissure) == "", "none")
    assert " to " in interval(browser, "facial_height")
    assert browser.run("document.querySelector('#worth').textContent").startswith("Small: 95 % interval")
    assert browser.errors == []


def test_without_a_detector_the_page_says_who_guessed_and_why_there_is_no_interval(browser, serve, tmp_path):
    write_photographs(tmp_path / "photos", "a")
    serve(tmp_path / "photos", "label")
    wait(lambda: interval(browser, "facial_height") == "with the face mesh\u2019s points", "who guessed")
    assert browser.run("document.querySelector('#worth').textContent") == "No intervals: nobody has looked."
    assert browser.run("document.querySelector('#model').textContent") == "Face mesh's points"
    assert not any(url.endswith("/intervals") for url in browser.asked)
    assert browser.errors == []


def test_zoom_heatmap_and_radius(browser, server):
    before = scale(browser)
    browser.press("1")  # the eye
    assert scale(browser) > 1.2 * before
    browser.press("h")
    browser.until("document.querySelector('#heat image') !== null")
    assert browser.run("document.querySelectorAll('.limit').length") == 4
    browser.press("r")
    assert browser.run("document.querySelectorAll('.limit').length") == 0
    browser.press("m")
    assert browser.run("document.querySelectorAll('.mark').length") == 0
    browser.press("0")
    assert scale(browser) < before
    assert browser.errors == []


def test_a_thousand_photographs(browser, serve, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for index in range(1000):
        Image.fromarray(np.full((9, 12, 3), (index % 250, index // 250, 0), np.uint8)).save(folder / f"{index:04d}.png")
    server = serve(folder)
    assert browser.run("document.querySelectorAll('#list li').length") == 1000
    browser.press("n", times=3)
    wait(lambda: browser.run(STATE)["name"] == "0003.png", "the fourth")
    fill(browser, "#search", "099")
    assert browser.run("document.querySelectorAll('#list li').length") == 11
    assert server.entries() == []
    assert browser.errors == []


def test_fifty_megapixels_are_shown_as_they_are(browser, serve, tmp_path):
    folder, (width, height) = tmp_path / "large", (8660, 5774)
    folder.mkdir()
    image = Image.new("RGB", (width, height), (90, 120, 150))
    image.putpixel((8000, 5000), (255, 255, 255))
    image.save(folder / "large.png", compress_level=1)
    server = serve(folder)
    assert browser.run("document.querySelectorAll('image.tile').length") > 0  # zoomed to the points
    browser.press("0")
    assert browser.run("document.querySelectorAll('image.tile').length") == 0
    x, y = browser.middle("#stage")
    for _ in range(12):
        browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-400)
    assert 1 <= browser.run("document.querySelectorAll('image.tile').length") <= 12
    tile = browser.run("document.querySelector('image.tile').getAttribute('href')")
    assert tile.startswith("images/0/tiles/4/2?of=")
    browser.click(*browser.middle("[data-landmark=cheilion]"))
    browser.click(x, y)
    wait(lambda: server.entries(), "the point")
    assert server.entries()[0].new == pytest.approx(((width - 1) / 2, (height - 1) / 2), abs=10)  # a mouse has whole px
    assert browser.errors == []
