"""The journal of corrections: nothing that was said to be saved is ever lost."""

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rtl_tf.app.changes import _inside
from rtl_tf.app.entries import Entry, require_attribute
from rtl_tf.app.journal import read, writing
from rtl_tf.app.labels import AllLabels
from rtl_tf.datasets.annotations import MM_PER_PX
from rtl_tf.documents import parse_json
from rtl_tf.exceptions import InputError
from rtl_tf.schema import load_schema
from rtl_tf.system import child

FAS14 = load_schema("fas14")
KILLS = 200


def entry(number: int = 0, old=None, new=(1.0, 2.25), kind: str = "place", what: str = "nasion") -> Entry:
    return Entry("2026-01-01T00:00:00", "Zoë", kind, "a.png", "f" * 64, f"change-{number}", what, old, new, (1.0, 2.0))


def write(path: Path, *entries: Entry) -> None:
    with writing(path, FAS14) as journal:
        for one in entries:
            journal.append([one])


def test_what_is_written_is_read(tmp_path):
    entries = [
        entry(0),
        entry(1, (1.0, 2.25), "not visible", "not visible"),
        entry(2, "not visible", "deleted", "deleted"),
        entry(3, None, "lateral", what="head view"),
        entry(4, "lateral", None, "undo", "head view"),
    ]
    write(tmp_path / "j.jsonl", *entries)
    schema, found = read(tmp_path / "j.jsonl")
    assert found == entries
    assert schema.names == FAS14.names
    about = json.loads((tmp_path / "j.jsonl").read_text(encoding="utf-8").splitlines()[1])
    assert about == {
        "time": "2026-01-01T00:00:00", "who": "Zoë", "kind": "place", "image": "a.png", "sha256": "f" * 64,
        "change": "change-0", "landmark": "nasion", "old": None, "new": [1.0, 2.25], "model": [1.0, 2.0],
    }  # fmt: skip


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_last_line_that_is_cut_off_goes_and_the_others_stay(tmp_path, cut):
    path = tmp_path / "j.jsonl"
    write(path, entry(0), entry(1, (1.0, 2.25), (3.0, 4.0)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    # without its end alone the last line is whole
    expected = 2 if cut == 1 else 1
    assert len(read(path)[1]) == expected
    write(path, entry(2))
    assert [one.change for one in read(path)[1]] == ["change-0", "change-1", "change-2"][:expected] + ["change-2"]


@pytest.mark.parametrize("left", [b"", b'{"jour', bytes(4096)])
def test_a_journal_whose_beginning_was_cut_off_is_begun_anew(tmp_path, left):
    path = tmp_path / "j.jsonl"
    path.write_bytes(left)
    write(path, entry())
    assert read(path)[1] == [entry()]


def test_zeros_that_a_power_cut_left_at_the_end_go(tmp_path):
    path = tmp_path / "j.jsonl"
    write(path, entry())
    with open(path, "ab") as file:
        file.write(bytes(500))
    write(path, entry(1))
    assert read(path)[1] == [entry(), entry(1)]


def test_every_change_is_on_the_disk_before_append_returns(tmp_path, monkeypatch):
    done = []
    for name in ("write", "fsync"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *given, real=real, name=name: done.append(name) or real(*given))
    with writing(tmp_path / "j.jsonl", FAS14) as journal:
        done.clear()
        journal.append([entry()])
        assert done == ["write", "fsync"]


@pytest.mark.skipif(os.name != "posix", reason="other systems open no folders")
def test_the_name_of_a_new_journal_is_on_the_disk_and_an_old_ones_is_already(tmp_path, monkeypatch):
    flushed, real = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: flushed.append(os.fstat(file).st_ino) or real(file))
    for expected in (["j.jsonl", "."], []):
        write(tmp_path / "j.jsonl")
        assert flushed == [(tmp_path / name).stat().st_ino for name in expected]
        flushed.clear()


def test_a_full_disk_changes_nothing(tmp_path, monkeypatch):
    path, real = tmp_path / "j.jsonl", os.write
    with writing(path, FAS14) as journal:
        journal.append([entry()])
        monkeypatch.setattr(os, "write", lambda file, content: real(file, bytes(content)[:10]))
        monkeypatch.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
        with pytest.raises(OSError, match="No space left"):
            journal.append([entry(1)])
        assert journal.entries == [entry()]
    assert read(path)[1] == [entry()]


@pytest.mark.parametrize("failing", ["write", "fsync"])
def test_what_a_failed_change_left_is_gone_before_another_is_saved(tmp_path, monkeypatch, failing):
    """A share that fails in the middle of a line, or once it is written, and takes nothing back either."""
    path, wholly, written = tmp_path / "j.jsonl", os.write, []

    def fails(*_):
        raise OSError(errno.EIO, "Input/output error")

    def partly(file, content):
        written.append(len(content))
        return wholly(file, bytes(content)[:40]) if len(written) == 1 else fails()

    with writing(path, FAS14) as journal:
        journal.append([entry(0)])
        before = path.read_bytes()
        with monkeypatch.context() as broken:
            broken.setattr(os, "ftruncate", fails)
            broken.setattr(os, failing, partly if failing == "write" else fails)
            for _ in range(2):
                with pytest.raises(OSError, match="Input/output error"):
                    journal.append([entry(1)])
            assert len(path.read_bytes()) > len(before)
        journal.append([entry(1)])
        assert journal.entries == [entry(0), entry(1)]
    assert read(path)[1] == [entry(0), entry(1)]


def test_two_processes_never_write_one_journal(tmp_path):
    code = (
        "import sys, pathlib, rtl_tf.app.journal, rtl_tf.schema\n"
        "with rtl_tf.app.journal.writing(pathlib.Path(sys.argv[1]), rtl_tf.schema.load_schema('fas14')): pass"
    )
    with writing(tmp_path / "j.jsonl", FAS14):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "j.jsonl")],
            env=child.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    assert "is being corrected by another process: let it end, or give another --journal" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["j.jsonl"]


def changed(path: Path, **more) -> None:
    """Put other values into the second line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = json.dumps(json.loads(lines[1]) | more)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"landmark": "chin"}, "line 2: landmark: 'chin' is none of exocanthion"),
        ({"kind": "guess"}, "line 2: kind: 'guess' is none of place"),
        ({"new": [1, "2"]}, 'line 2: new[1]: expected a number, there is "2"'),
        ({"new": [1e9, 2]}, "line 2: new: lies outside every image"),
        ({"new": "gone"}, "line 2: new: 'gone' is none of not visible, deleted"),
        ({"who": None}, "line 2: 'who' is missing"),
        ({"landmark": "head view", "new": "above"}, "line 2: new: 'above' is none of frontal, oblique, lateral; mend"),
    ],
)
def test_a_line_that_is_wrong_is_named_and_not_passed_over(tmp_path, more, message):
    write(tmp_path / "j.jsonl", entry())
    changed(tmp_path / "j.jsonl", **more)
    with pytest.raises(InputError) as problem, writing(tmp_path / "j.jsonl", FAS14):
        pass
    assert message in str(problem.value)
    assert str(problem.value).endswith("mend the line or move it out of the file")


def test_a_damaged_line_in_the_middle_is_named(tmp_path):
    write(tmp_path / "j.jsonl", entry(), entry(1))
    content = (tmp_path / "j.jsonl").read_bytes()
    (tmp_path / "j.jsonl").write_bytes(content.replace(b'"change-0"', b'"change-0'))
    with pytest.raises(InputError, match="j.jsonl line 2: not JSON .* mend the line or move it out of the file"):
        read(tmp_path / "j.jsonl")


def test_journals_of_others_are_refused(tmp_path):
    write(tmp_path / "j.jsonl", entry())
    with (
        pytest.raises(InputError, match=r"of other landmarks \(schema fas14\); give another --journal"),
        writing(tmp_path / "j.jsonl", load_schema("fas12")),
    ):
        pass
    own = replace(FAS14, landmarks=FAS14.landmarks[:5], mirrored_pairs=(), measurements=(), parts=())
    with pytest.raises(InputError, match="of other landmarks"), writing(tmp_path / "j.jsonl", own):
        pass
    newer = (tmp_path / "j.jsonl").read_text(encoding="utf-8").replace('"version": 1', '"version": 2')
    (tmp_path / "newer.jsonl").write_text(newer, encoding="utf-8")
    with pytest.raises(InputError, match=r"newer.jsonl: of version 2; a newer rtl_tf reads it$"):
        read(tmp_path / "newer.jsonl")
    (tmp_path / "other.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(InputError, match=r"other.jsonl: no journal of corrections"):
        read(tmp_path / "other.jsonl")
    with (
        pytest.raises(InputError, match="--journal .*j.jsonl: File exists"),
        writing(tmp_path / "j.jsonl" / "no", FAS14),
    ):
        pass


@pytest.mark.parametrize("content", [b"\xff\xd8 a photograph\n and more", b'{"flips": true}', b"a,b\n1,2", b"\0\0x"])
def test_files_that_are_no_journals_stay_as_they_are(tmp_path, content):
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(InputError, match="other: no journal of corrections"), writing(tmp_path / "other", FAS14):
        pass
    assert (tmp_path / "other").read_bytes() == content


def test_a_place_is_on_a_pixel_of_the_photograph():
    """Of 120 x 90 px, from the first one's outer edge to the last one's; never (0, 0), which readers take for none."""
    node, size = parse_json("{}", "a change"), (120, 90)
    for place in ((-0.5, -0.5), (119.5, 89.5), (0.0, 0.01)):
        assert _inside(size, place, node) == place
    assert _inside(size, (0.0, 0.0), node) == (0.01, 0.0)
    for place in ((-0.51, 5), (5, -0.51), (119.51, 5), (5, 89.51)):
        with pytest.raises(InputError, match="lies outside the photograph"):
            _inside(size, place, node)


def test_a_scale_is_one_that_a_table_takes():
    node = parse_json("{}", "a change")
    for mm_per_px in (*MM_PER_PX, 0.25):
        require_attribute("mm_per_px", str(mm_per_px), node)
    for mm_per_px in (0.99 * MM_PER_PX[0], 1.01 * MM_PER_PX[1]):
        with pytest.raises(InputError, match=r"expected a number from 0.001 to 100 \(mm in one px\), or nothing"):
            require_attribute("mm_per_px", str(mm_per_px), node)


def test_labels_are_what_was_said_last():
    labels = AllLabels([
        entry(0), entry(1, (1.0, 2.25), (5.0, 6.0)), entry(2, None, "not visible", "not visible", "gnathion"),
        entry(3, None, (1.0, 1.0), what="alare"), entry(4, (1.0, 1.0), None, "undo", "alare"),
        replace(entry(5, None, "P7", "attribute", "subject"), who="Ann"),
    ])  # fmt: skip
    said = labels.of("f" * 64)
    assert said.points == {"nasion": (5.0, 6.0), "gnathion": "not visible"}
    assert said.attributes == {"subject": "P7"}
    assert said.placed == {"nasion": (5.0, 6.0)}
    assert said.who == "Ann" and AllLabels().of("f" * 64).who == ""


def test_a_photograph_is_known_as_long_as_something_is_said_of_it():
    labels = AllLabels([entry(0, None, "P7", "attribute", "subject")])
    assert labels.knows("f" * 64) and labels.without([]) == {"f" * 64}
    labels.add([entry(1, "P7", None, "attribute", "subject")])
    assert not labels.knows("f" * 64) and labels.known == set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks of one process, which is fast")
def test_two_hundred_kills_lose_nothing(tmp_path):
    """Between requests and within them. What was acknowledged is in the journal, once, in order, and nothing else."""
    pytest.importorskip("uvicorn")
    script = Path(__file__).with_name("app_kills.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "photographs"), str(KILLS)],
        env=child.environment(), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    saved = json.loads(done.stdout)
    _, entries = read(tmp_path / "photographs" / "corrections.jsonl")
    journal = [[one.change, list(one.new)] for one in entries]
    assert journal[: len(saved)] == saved
    assert len(journal) - len(saved) in (0, 1)  # the last may have been saved without an answer
    assert len(saved) >= KILLS
