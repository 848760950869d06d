"""What the page tells of saving: nothing is called saved that is not, nothing good is given up, nothing is silent."""

import json

import pytest

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import STATE, fill, go, idle, point_of, saved  # noqa: E402
from app_server import write_photographs  # noqa: E402
from browser import Browser, wait  # noqa: E402

browser, serve, server = app_page.browser, app_page.serve, app_page.server

SAVED = "All changes are saved"
# The next changes are answered so, one after the other; `null` = never.
ANSWERS = """{ const real = window.fetch, answers = ANSWERS; window.sent = 0;
  window.fetch = (path, more) => {
    if (!path.endsWith('/changes')) return real(path, more);
    sent += 1;
    if (!answers.length) return real(path, more);
    const [body, status] = answers.shift();
    if (body === null) return new Promise((_, failed) => more.signal.addEventListener('abort', failed));
    return Promise.resolve(new Response(body, { status }));
  }; }"""


def answer(browser: Browser, *answers: tuple[str | None, int]) -> None:
    browser.run(ANSWERS.replace("ANSWERS;", f"{json.dumps(answers)};"))


def line(browser: Browser) -> str:
    return browser.run(STATE)["saved"]


def told(browser: Browser, text: str) -> None:
    wait(lambda: line(browser) == text, text)


@pytest.mark.parametrize("body", ["", "{", "null", "{}"])
def test_an_answer_that_cannot_be_read_is_no_saving(browser, server, body):
    answer(browser, (body, 200))
    browser.press("ArrowRight")
    told(browser, "NOT SAVED: 1 change. rtl-app does not answer; keep this page open")
    saved(browser)
    browser.press("ArrowRight")
    idle(browser, server, 2)
    assert [entry.new for entry in server.entries()] == [(20.25, 30), (20.5, 30)]
    assert browser.errors == []


def test_an_answer_that_never_comes_is_given_up_and_asked_again(browser, server):
    browser.run("AbortSignal.timeout = () => { const one = new AbortController(); setTimeout(() => one.abort(), 50);"
                " return one.signal; }; 0")  # fmt: skip
    answer(browser, (None, 0))
    browser.press("ArrowRight")
    told(browser, "NOT SAVED: 1 change. rtl-app does not answer; keep this page open")
    browser.run("AbortSignal.timeout = () => undefined; 0")
    saved(browser)
    assert len(server.entries()) == 1


def test_what_cannot_be_saved_now_is_sent_until_it_is_and_told_all_the_while(browser, server):
    problem = json.dumps({"problem": "b.png: cannot be read (Input/output error)"})
    answer(browser, (problem, 503), (problem, 503), (problem, 507))
    browser.press("ArrowRight")
    wrong = "NOT SAVED: b.png: cannot be read (Input/output error)"
    told(browser, wrong)
    browser.run("""{ const line = document.querySelector('#saved'); window.lines = new Set();
      new MutationObserver(() => lines.add(line.textContent)).observe(line, { childList: true }); }""")
    browser.press("p")
    told(browser, f"{wrong} · That is the first photograph of the list")
    told(browser, f"{SAVED} · That is the first photograph of the list")
    assert browser.run("sent") == 4
    assert not [shown for shown in browser.run("[...lines]") if "Saving" in shown]
    assert [entry.new for entry in server.entries()] == [(20.25, 30)]


def test_of_a_photograph_only_what_was_refused_is_given_up(browser, server):
    answer(browser, (json.dumps({"problem": "out of range"}), 400))
    browser.run("""import('./changes.js').then(({ changePoint }) => {
      changePoint('exocanthion', [1, 1]); changePoint('endocanthion', [2, 2]); changePoint('exocanthion', [3, 3]);
      changePoint('gnathion', [4, 4]); })""")
    idle(browser, server, 2)
    assert [(entry.what, entry.new) for entry in server.entries()] == [("endocanthion", (2, 2)), ("gnathion", (4, 4))]
    wrong = "NOT SAVED, b.png (2 changes): out of range"
    told(browser, wrong)
    wait(lambda: browser.run(point_of("endocanthion")) == [2, 2], "what is saved")
    assert browser.run(point_of("exocanthion")) is None
    fill(browser, "#subject", "P7")
    idle(browser, server, 3)
    assert line(browser) == wrong
    browser.run("import('./changes.js').then(({ changePoint }) => changePoint('exocanthion', [5, 5]))")
    saved(browser)


def test_rows_stay_under_the_mouse_while_the_page_saves(browser, server):
    answer(browser, ("", 503))
    browser.press("ArrowRight")
    x, y = browser.middle("#landmarks [data-landmark=gnathion]")
    browser.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
    saved(browser)
    browser.mouse("mouseReleased", x, y, button="left", clickCount=1)
    assert browser.run(STATE)["selected"] == "gnathion"


def test_a_photograph_is_not_checked_where_its_rest_was_refused(browser, server):
    answer(browser, (json.dumps({"problem": "nasion was changed in another window"}), 409))
    go(browser, "Enter", "a.png")
    told(browser, "NOT SAVED, b.png (2 changes): nasion was changed in another window")
    assert server.entries() == []


def test_a_wrong_scale_is_told_though_the_one_before_is_saved_meanwhile(browser, server):
    answer(browser, ("", 503))
    fill(browser, "#mm", "0.5")
    fill(browser, "#mm", "x")
    idle(browser, server, 1)
    assert line(browser) == "NOT SAVED, b.png: mm in one px is a number from 0.001 to 100"


def test_passing_words_go_with_the_next_key(browser, server):
    browser.click(*browser.middle("#landmarks [data-landmark=cheilion]"))
    browser.press("ArrowLeft")
    told(browser, "cheilion has no place yet: click on the photograph, or press Space")
    browser.press(".")
    assert line(browser) == ""
    for name in ("a.png", "c.png"):
        go(browser, "n", name)
    browser.press("n")
    assert line(browser) == "That was the last photograph of the list"
    go(browser, "p", "a.png")
    assert line(browser) == ""


def test_the_table_is_saved_with_what_its_reader_should_know(browser, serve, tmp_path):
    write_photographs(tmp_path / "photos")
    server = serve(tmp_path / "photos")
    (tmp_path / "downloads").mkdir()
    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path / "downloads")}
    browser.call("Browser.setDownloadBehavior", **behaviour)
    browser.click(*browser.middle("#export"))
    notes = "document.querySelector('#notes').textContent"
    browser.until(f"{notes} === 'No table: nobody has placed two landmarks on a photograph yet'")
    browser.press("a", times=2)
    idle(browser, server, 2)
    assert browser.run(notes) == ""
    browser.click(*browser.middle("#export"))
    browser.until(f"{notes}.includes('1 without a person')")
    table = tmp_path / "downloads" / "landmarks.csv"
    wait(lambda: table.exists() and table.read_bytes(), "the table")
    assert b"b.png" in table.read_bytes()
    assert all("400" in error for error in browser.errors)
