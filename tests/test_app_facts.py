"""`rtl-app --facts`: what a table tells of the photographs counts on the page where nobody has said anything else."""

import pytest

pytest.importorskip("uvicorn")

import app_page  # noqa: E402
from app_page import NAME_SHOWN, fill, go, idle, open_page, saved, shown  # noqa: E402
from app_server import make_session, write_photographs  # noqa: E402
from browser import wait  # noqa: E402
from test_app_cli import ended, labelled  # noqa: E402
from test_app_page_scale import text, value  # noqa: E402

from rtl_tf.app.folder import Folder  # noqa: E402
from rtl_tf.app.journal import NAME, writing  # noqa: E402
from rtl_tf.app.told_facts import Known  # noqa: E402
from rtl_tf.clinic.facts import read_facts  # noqa: E402
from rtl_tf.datasets import load  # noqa: E402
from rtl_tf.schema import load_schema  # noqa: E402

browser, serve = app_page.browser, app_page.serve
FAS14 = load_schema("fas14")
FISSURE = "palpebral_fissure_length"
FACTS = "image,subject,age,sex,mm_per_px,view\nphotos/b.png,p7,7.5,F,0.2,frontal\nphotos/a.png,p8,,,,\n"
NORMS = "measurement,source,sex,photo_or_3d,age,mean,sd\n" + "".join(
    f"{FISSURE},Toy,both,photo,{age},7,0.5\n" for age in (0, 99)
)
LATE_GUESS = """{ const real = window.fetch; const later = () => new Promise(done => setTimeout(done, 500));
  window.fetch = (path, more) => path.includes('/guess') ? later().then(() => real(path, more)) : real(path, more); }"""
OUTSIDE = f"document.querySelector('[data-measurement={FISSURE}]').classList.contains('outside')"


@pytest.fixture
def photos(tmp_path):
    """a.png, b.png and c.png, and facts of the first two."""
    write_photographs(tmp_path / "photos")
    (tmp_path / "facts.csv").write_text(FACTS)
    return tmp_path / "photos"


def test_facts_count_on_the_page_until_somebody_says_something_else(browser, serve, photos, tmp_path):
    """b.png, which is seen obliquely: 30 px of 0.2 mm."""
    server = serve(photos, "facts")
    told = "facts.csv: person p7 \u00b7 7.5 years \u00b7 female \u00b7 "
    assert text(browser, "#facts") == f"{told}0.2 mm in one px \u00b7 frontal view"
    wait(lambda: shown(browser, FISSURE) == "6.00 mm", "the detector's points")
    assert value(browser, "#mm") == ""
    browser.until("document.querySelector('#head-view').options[0].text === 'as facts.csv says (frontal)'")
    assert not browser.run(OUTSIDE)
    fill(browser, "#mm", "0,5")
    saved(browser)
    assert shown(browser, FISSURE) == "15.00 mm"
    assert text(browser, "#facts") == f"{told}0.2 mm in one px (yours counts) \u00b7 frontal view"
    fill(browser, "#head-view", "lateral")
    fill(browser, "#subject", "p9")
    idle(browser, server, 3)
    assert browser.run(OUTSIDE)
    yours = "facts.csv: person p7 (yours counts) \u00b7 7.5 years \u00b7 female \u00b7 "
    assert text(browser, "#facts") == f"{yours}0.2 mm in one px (yours counts) \u00b7 frontal view (yours counts)"
    fill(browser, "#mm", "")
    idle(browser, server, 4)
    assert shown(browser, FISSURE) == "6.00 mm"
    open_page(browser, server)
    wait(lambda: shown(browser, FISSURE) == "6.00 mm", "the detector's points")
    assert browser.run(OUTSIDE)  # the journal has the view
    for name, facts in (("a.png", "facts.csv: person p8"), ("c.png", "")):
        go(browser, "n", name)
        wait(lambda: shown(browser, FISSURE) == "30.00 px", "the detector's points")
        assert text(browser, "#facts") == facts
    assert browser.errors == [] and (tmp_path / "facts.csv").read_text() == FACTS


def lines(browser) -> list[str]:
    """What stands below the fissure's name, and below its value."""
    found = f"[...document.querySelectorAll('[data-measurement={FISSURE}] small')].map((one) => one.textContent)"
    return browser.run(found)


def test_z_scores_follow_as_a_point_is_moved(browser, serve, photos, tmp_path):
    """Of 7 mm at any age, standard deviation 0.5 mm: 30 px of 0.2 mm are 2 of them below, 29 px 2.4."""
    (tmp_path / "norms.csv").write_text(NORMS)
    serve(photos, "facts")
    score = f"(document.querySelector('[data-measurement={FISSURE}] th small')?.textContent ?? '')"
    browser.until(f"{score}.startsWith('z -2.00 (')")
    low, high = (float(end) for end in lines(browser)[0].removeprefix("z -2.00 (").split(")")[0].split(" to "))
    ends = [float(end) for end in lines(browser)[1].split(" to ")]
    assert [low, high] == pytest.approx([(end - 7) / 0.5 for end in ends], abs=0.02)  # mm, to 0.01
    assert lines(browser)[0].endswith("), Toy")
    name, row = (
        browser.run(f"document.querySelector('[data-measurement={FISSURE}]{it}').offsetWidth") for it in (" th", "")
    )
    assert name > row / 2  # however long the line, the name can be read
    browser.press("ArrowRight", times=4)  # exocanthion
    browser.until(f"{score}.startsWith('z -2.40 (')")
    fill(browser, "#head-view", "lateral")
    saved(browser)
    browser.until(f"!{score}.includes('Toy')")
    go(browser, "n", "a.png")
    fill(browser, "#mm", "0.2")
    browser.until(f"{score} === 'Toy: no age: no z-score'")
    assert browser.errors == []


def test_z_scores_stay_while_somebody_labels_and_are_there_again_on_reopening(browser, serve, photos, tmp_path):
    """Without a detector, by the view of the guess, which comes after the first question; 30 px of 0.2 mm are 2
    deviations below, 29.75 px 2.1."""
    (tmp_path / "norms.csv").write_text(NORMS)
    (tmp_path / "facts.csv").write_text("image,age,mm_per_px\nphotos/a.png,7,0.2\nphotos/c.png,7,0.2\n")
    server = serve(photos, "label", "facts")
    browser.until(f"{NAME_SHOWN} === 'a.png'")
    wait(lambda: lines(browser)[:1] == ["z -2.00, Toy"], "the score")
    browser.press("ArrowRight")  # exocanthion
    idle(browser, server, 1)
    wait(lambda: lines(browser)[:1] == ["z -2.10, Toy"], "the next")
    browser.press("Enter")
    idle(browser, server, 5)
    server.kill()
    server.start()
    open_page(browser, server)
    browser.run(LATE_GUESS)
    browser.click(*browser.middle("#image-0"))
    browser.until(f"{NAME_SHOWN} === 'a.png'")
    wait(lambda: lines(browser) == ["z -2.10, Toy"], "the score by a person's points")


def test_a_ruler_of_the_table_has_its_error_and_a_yaw_tells_the_view(photos, tmp_path):
    header = "image,yaw,ruler_x1,ruler_y1,ruler_x2,ruler_y2,ruler_mm"
    (tmp_path / "facts.csv").write_text(f"{header}\nphotos/a.png,-8,10,20,50,50,10\n")
    folder = Folder(photos)
    known = Known.of(folder, read_facts(tmp_path / "facts.csv"))
    told = known.to_json(folder.photos[0], FAS14)
    assert told["scale"] == {"mmPerPx": pytest.approx(0.2), "error": pytest.approx(2**0.5 / 50)}
    assert (told["age"], told["sex"], told["subject"], told["view"]) == (None, "", "", "frontal")
    assert told["outside"][FISSURE].startswith("turned by more than 5 degrees")
    assert known.to_json(folder.photos[1], FAS14) is None


def test_without_a_table_nothing_is_told(photos):
    with writing(photos / NAME, FAS14) as journal:
        session = make_session(photos, journal)
        assert session.about()["facts"] == "" and session.image(0)["facts"] is None


def test_an_exported_table_has_the_person_of_the_facts_unless_somebody_has_said_another(photos, tmp_path):
    points = {"nasion": (10.0, 20.0), "gnathion": (30.0, 40.0)}
    with writing(photos / NAME, FAS14) as opened:
        for number, name in enumerate(("a.png", "b.png", "c.png")):
            opened.append(labelled(photos, name, points, number))
        said = labelled(photos, "b.png", {"subject": "p9"}, 9)
        opened.append([type(one)(**{**vars(one), "kind": "attribute"}) for one in said])
    done = ended("--export", tmp_path / "t.csv", photos, "--facts", tmp_path / "facts.csv")
    assert done.returncode == 0 and "1 without a person's code (c.png first)" in done.stdout
    assert "warning: " in done.stderr and "1 photograph (c.png) without a row here" in done.stderr
    assert [sample.subject for sample in load(tmp_path / "t.csv", "fas14")] == ["p8", "p9", "c.png"]


@pytest.mark.parametrize(
    ("content", "flags", "message"),
    [
        ("image,mm_per_px\nphotos/a.png,big\n", [], "facts.csv row 2: column mm_per_px: 'big' is not a number"),
        ("image,age\nphotos/z.png,7\n", [], "facts.csv: has none of the images; the first one's name is, from this "),
        ("image,ruler_x1\nphotos/a.png,7\n", [], "facts.csv row 2: a ruler needs all of ruler_x1, ruler_y1, ruler_x2"),
        ("image,subject\nphotos/a.png,7\nphotos/b.png,007\n", [], "subjects '7' (facts.csv row 2) and '007' (facts"),
        (None, ["--subjects-as-written"], "--subjects-as-written goes with --facts"),
        (None, ["--norm", "Clarren 2010"], "--norm goes with --facts, which tells the ages"),
        (None, ["--norms", "norms.csv"], "--norms goes with --norm: there is no default norm"),
        (FACTS, ["--norm", "Hall"], "--norm Hall: no such source; there are Clarren 2010, Stromland 1999, Weinberg"),
    ],
)
def test_bad_facts_are_one_line_before_anything_starts(photos, tmp_path, content, flags, message):
    (tmp_path / "facts.csv").write_text(content or "")
    flags += [] if content is None else ["--facts", str(tmp_path / "facts.csv")]
    done = ended("--label", "fas14", photos, *flags)
    said = [line for line in done.stderr.replace(f"{tmp_path}/", "").splitlines() if not line.startswith("warning: ")]
    assert done.returncode == 2 and len(said) == 1 and said[0].startswith(f"error: {message}")
    assert sorted(path.name for path in photos.iterdir()) == ["a.png", "b.png", "c.png"] and done.stdout == ""
