"""The scale tool: two points and the mm between them, by mouse and keys, kept like landmarks; and what values tell."""

import csv
import json
import subprocess

import numpy as np
import pytest

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import STATE, fill, go, idle, mark, open_page, saved, scale, shown  # noqa: E402
from browser import SHIFT, Browser, wait  # noqa: E402
from test_app_page import interval, width  # noqa: E402

from rtl_tf.app.entries import RULER, RULER_ENDS, RULER_MM  # noqa: E402
from rtl_tf.clinic.measured_table import USE  # noqa: E402
from rtl_tf.clinic.scales import ruler_scale  # noqa: E402
from rtl_tf.exceptions import InputError  # noqa: E402
from rtl_tf.system import child  # noqa: E402

browser, serve, server = app_page.browser, app_page.serve, app_page.server
FIRST, SECOND = RULER_ENDS
FISSURE = "palpebral_fissure_length"


def end(number: int) -> str:
    return f".mark[data-landmark='ruler end {number}'] .dot"


def text(browser: Browser, field: str) -> str:
    return browser.run(f"document.querySelector('{field}').textContent")


def value(browser: Browser, field: str) -> str:
    return browser.run(f"document.querySelector('{field}').value")


def put(browser: Browser, server, mm: str = "10") -> None:
    """A ruler of 40 px, by keys alone: S, Space, the arrows, Space, and the mm."""
    browser.press("s")
    browser.press(" ")
    browser.press(" ")  # the second point, on the same spot
    browser.until("document.activeElement.id === 'ruler-mm'")
    browser.call("Input.insertText", text=mm)
    browser.press("Enter")
    browser.until("document.activeElement.id === 'stage'")
    browser.press("ArrowRight", SHIFT, times=20)
    saved(browser)


def places(server) -> dict:
    return {entry.what: entry.new for entry in server.entries()}


def test_two_clicks_and_the_mm_give_a_scale_at_once_and_a_dragged_end_changes_it(browser, server):
    x, y = browser.middle("#stage")
    browser.click(*browser.middle("#scale"))
    assert text(browser, "#ruler-told") == "Both points are missing."
    x, y = browser.middle("#stage")  # it is smaller now
    browser.click(x - 200, y)
    browser.run("new Promise(done => setTimeout(done, 550))")  # or the second is of a double click
    browser.click(x + 100, y)
    px = 300 / scale(browser)
    assert text(browser, "#ruler-told").endswith(" px: the mm are missing.")
    browser.call("Input.insertText", text="12,5")
    browser.press("Enter")
    idle(browser, server, 3)
    kept = places(server)
    assert kept[SECOND][0] - kept[FIRST][0] == pytest.approx(px, abs=0.02) and kept[RULER_MM] == 12.5
    assert [(entry.kind, entry.who, entry.image) for entry in server.entries()] == [("place", "tester", "b.png")] * 3
    found = ruler_scale(np.array([kept[FIRST], kept[SECOND]]), 12.5)
    assert float(value(browser, "#mm")) == pytest.approx(found.mm_per_px, rel=5e-4)
    assert shown(browser, FISSURE) == f"{30 * found.mm_per_px:.2f} mm"
    assert f"\u00b1 {196 * found.error:.2g} % (95 %) by the clicks." in text(browser, "#ruler-told")

    browser.drag(*browser.middle(end(2)), -100, 0)
    idle(browser, server, 4)
    shorter = ruler_scale(np.array([kept[FIRST], places(server)[SECOND]]), 12.5)
    assert shorter.mm_per_px == pytest.approx(found.mm_per_px * 1.5, rel=0.01)
    assert shown(browser, FISSURE) == f"{30 * shorter.mm_per_px:.2f} mm"
    browser.press("z")
    idle(browser, server, 5)
    assert places(server) == kept and server.entries()[-1].kind == "undo"
    assert shown(browser, FISSURE) == f"{30 * found.mm_per_px:.2f} mm"
    assert browser.errors == []


def test_by_keyboard_alone_with_undo_and_redo_of_each_part(browser, server):
    put(browser, server)
    kept = places(server)
    assert kept[SECOND] == pytest.approx((kept[FIRST][0] + 40, kept[FIRST][1]))
    assert text(browser, "#ruler-told").startswith("10 mm in 40.00 px: 0.2500 mm in one px")
    browser.press(",")
    assert browser.run("document.querySelector('#end-1').ariaPressed") == "true"
    browser.press("ArrowLeft", times=2)
    saved(browser)
    assert places(server)[FIRST][0] == kept[FIRST][0] - 0.5
    moves = len({entry.change for entry in server.entries()})
    browser.press("z", times=moves)
    wait(lambda: places(server) == dict.fromkeys(RULER), "all undone")
    assert value(browser, "#mm") == "" and shown(browser, FISSURE) == "30.00 px"
    browser.press("y", times=moves)
    wait(lambda: places(server)[RULER_MM] == 10 and shown(browser, FISSURE) == "7.41 mm", "all again")  # 40.5 px
    browser.press("s")
    assert browser.run("document.querySelector('#scale-tool').hidden")
    assert browser.run(STATE)["selected"] == "exocanthion"
    assert browser.errors == []


def test_removing_and_deleting_are_said_and_a_removed_ruler_can_come_again(browser, server):
    put(browser, server)
    kept = places(server)
    browser.press("Delete")
    wait(lambda: places(server)[SECOND] == "deleted", "the deletion")
    assert text(browser, "#ruler-told") == "The other point is missing."
    browser.press("z")
    wait(lambda: places(server) == kept, "the undo")
    browser.click(*browser.middle("#ruler-remove"))
    wait(lambda: places(server) == dict.fromkeys(RULER, "deleted"), "the removal")
    assert len({entry.change for entry in server.entries()[-3:]}) == 1
    assert browser.run("document.querySelectorAll('.of-ruler').length") == 0
    assert shown(browser, FISSURE) == "30.00 px"
    browser.click(*browser.middle("#undo"))
    wait(lambda: places(server) == kept, "all of it")
    browser.click(*browser.middle("#ruler-remove"))
    browser.click(*browser.middle("#scale-done"))
    put(browser, server, "20")
    assert shown(browser, FISSURE) == "15.00 mm"


def test_a_kill_and_a_reload_lose_nothing_of_it(browser, server):
    put(browser, server)
    kept = places(server)
    server.kill()
    browser.press("ArrowRight")  # while nobody listens
    browser.until("document.querySelector('#saved').textContent.startsWith('NOT SAVED')")
    server.start()
    saved(browser)
    server.kill()
    server.start()
    open_page(browser, server)
    browser.until("document.querySelectorAll('.of-ruler').length === 2")
    assert places(server)[SECOND][0] == kept[SECOND][0] + 0.25
    browser.until("document.querySelector('#undo').ariaDisabled === 'false'")
    browser.press("z")
    wait(lambda: places(server) == kept, "the undo")
    assert browser.run("document.querySelector('#scale-tool').hidden") is False
    assert value(browser, "#ruler-mm") == "10" and value(browser, "#mm") == "0.2500"


def test_the_ruler_goes_before_what_is_typed_and_the_page_says_so(browser, server):
    fill(browser, "#mm", "0,5")
    saved(browser)
    put(browser, server)
    assert (value(browser, "#mm"), browser.run("document.querySelector('#mm').readOnly")) == ("0.2500", True)
    assert text(browser, "#mm-told") == (
        "From the ruler, \u00b1 6.9 % (95 %). The 0.5 that was typed does not count."
    )  # fmt: skip
    assert shown(browser, FISSURE) == "7.50 mm"
    browser.click(*browser.middle("#ruler-remove"))
    browser.until("!document.querySelector('#mm').readOnly")
    assert (value(browser, "#mm"), text(browser, "#mm-told")) == ("0.5", "")
    assert shown(browser, FISSURE) == "15.00 mm"


def test_wrong_mm_are_told_until_they_are_put_right_and_a_photograph_has_its_own(browser, server):
    put(browser, server)
    fill(browser, "#ruler-mm", "ten")
    told = "NOT SAVED, b.png: mm between the points is a number from 0.01 to 10000"
    assert browser.run(STATE)["saved"] == told
    browser.press("ArrowRight")
    wait(lambda: places(server)[SECOND][0] == places(server)[FIRST][0] + 40.25, "the move")
    assert (browser.run(STATE)["saved"], value(browser, "#ruler-mm")) == (told, "ten")
    fill(browser, "#ruler-mm", "20")
    saved(browser)
    go(browser, "n", "a.png")
    assert browser.run("document.querySelector('#scale-tool').hidden")
    assert (value(browser, "#ruler-mm"), value(browser, "#mm")) == ("", "")
    assert browser.run("document.querySelectorAll('.of-ruler').length") == 0
    go(browser, "p", "b.png")
    wait(lambda: value(browser, "#ruler-mm") == "20", "its own")


def test_while_the_tool_is_open_no_landmark_is_taken_hold_of(browser, server):
    browser.press("s")
    browser.click(*browser.middle(mark("exocanthion")))
    idle(browser, server, 1)
    (entry,) = server.entries()
    assert entry.what == FIRST and entry.new == pytest.approx((20, 30), abs=0.2)
    browser.press("s")
    browser.drag(*browser.middle(mark("exocanthion")), 60, 0)  # the end lies above it, and is not taken
    idle(browser, server, 2)
    assert server.entries()[-1].what == "exocanthion"
    browser.press("s")
    browser.press("x")  # means nothing here
    idle(browser, server, 2)


def test_the_rulers_error_is_in_the_intervals(browser, server):
    wait(lambda: " to " in interval(browser, FISSURE), "the interval")
    free = width(interval(browser, FISSURE))
    put(browser, server)
    wait(lambda: width(interval(browser, FISSURE)) > 1.01 * free / 4, "a wider one, in mm")
    browser.press("s")
    browser.press("a", times=2)  # both by hand
    low, high = 7.5 * (1 + 1.96 * ruler_scale(np.array([[0, 0], [40, 0]]), 10).error * np.array([-1, 1]))
    by_ruler = pytest.approx((low, high), abs=0.05)
    wait(lambda: tuple(map(float, interval(browser, FISSURE).split(" to "))) == by_ruler, "the ruler's alone")
    assert "errors and the ruler\u2019s." in text(browser, "#worth")


def test_scales_are_those_of_the_package(browser, server):
    generator = np.random.default_rng(0)
    about = "import('./state.js').then(({ state }) => state.about.ruler)"
    for ends, mm in [(generator.normal(size=(2, 2)) * 100, 30.0), (np.zeros((2, 2)), 5.0), (np.eye(2), 1e4)]:
        asked = f"import('./scale.js').then(one => one.rulerScale({json.dumps(ends.tolist())}, {mm}, about))"
        told = browser.run(f"{about}.then(about => {asked})")
        try:
            found = ruler_scale(ends, mm)
        except InputError:
            assert told is None
        else:
            assert (told["mmPerPx"], told["error"]) == pytest.approx((found.mm_per_px, found.error))


def test_the_exported_table_has_the_ruler_that_rtl_measure_reads(browser, server, tmp_path):
    put(browser, server)
    browser.press("s")
    browser.press("Enter")  # accepts the detector's points
    wait(lambda: browser.run(STATE)["name"] == "a.png", "the next")
    wait(lambda: any(entry.what == "checked" for entry in server.entries()), "the last change")
    server.kill()
    table, measured = server.folder / "landmarks.csv", tmp_path / "measured.csv"
    for words in (
        ("rtl_tf.app", "--export", table, server.folder),
        ("rtl_tf.cli.measure", table, "--facts", table, "--view", "frontal", "--output", measured),
    ):
        command = child.command(*map(str, words))
        done = subprocess.run(command, env=child.environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    server.start()
    with open(measured, encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["measurement"] == FISSURE)
    assert (row["value"], row["scale"], row["mm_per_px"]) == ("7.500", "ruler", "0.25000")
    assert float(row["scale_error"]) == pytest.approx(2**0.5 / 40, abs=1e-5)


def test_what_a_value_is_not_is_seen_beside_it(browser, server):
    """b.png shows a head from aside, a.png one from the front."""
    reason = f"[data-measurement={FISSURE}] th small"
    wait(lambda: browser.run(f"document.querySelector('{reason}')?.textContent"), "the reason")
    assert text(browser, reason) == "oblique view; stands for the head's in a frontal view alone"
    colour = "getComputedStyle(document.querySelector('[data-measurement={}] td')).color"
    assert browser.run(colour.format(FISSURE)) != browser.run(colour.format("facial_height"))
    assert browser.run("document.querySelector('[data-measurement=facial_height] th small')") is None
    assert text(browser, "#use").casefold() == f"{USE}."
    go(browser, "n", "a.png")
    wait(lambda: shown(browser, FISSURE) == "30.00 px", "the value")
    assert browser.run(f"document.querySelector('{reason}')") is None
