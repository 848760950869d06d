"""`rtl-app`: that it starts, stops, exports, refuses bad input in a line, and opens no connection of its own."""

import base64
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("uvicorn")

from app_server import write_photographs  # noqa: E402
from test_app_journal import entry  # noqa: E402
from test_privacy import BLOCK  # noqa: E402

from rtl_tf.app.entries import Entry  # noqa: E402
from rtl_tf.app.journal import NAME, writing  # noqa: E402
from rtl_tf.datasets import load  # noqa: E402
from rtl_tf.schema import load_schema  # noqa: E402
from rtl_tf.system import child  # noqa: E402
from rtl_tf.system.hashing import file_hash  # noqa: E402

FAS14 = load_schema("fas14")
PASSWORD = "correct horse"


@pytest.fixture
def photos(tmp_path) -> Path:
    write_photographs(tmp_path / "photos")
    return tmp_path / "photos"


def command(*words) -> list[str]:
    return child.command("rtl_tf.app", *map(str, words))


def ended(*words, **more) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(*words), env=child.environment(**more), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def labelled(photos: Path, name: str, points: dict, number: int) -> list[Entry]:
    about = {"time": "", "who": "Zoë", "kind": "place", "image": name, "change": f"change-{number}", "old": None}
    sha256 = file_hash(photos / name)
    return [Entry(**about, sha256=sha256, what=what, new=new) for what, new in points.items()]


@pytest.fixture
def journal(photos) -> Path:
    """Of two photographs with two landmarks each."""
    with writing(photos / NAME, FAS14) as opened:
        opened.append(labelled(photos, "a.png", {"nasion": (10.5, 20.0), "alare": (30.0, 40.0)}, 1))
        opened.append(labelled(photos, "c.png", {"nasion": (11.0, 21.0), "gnathion": (31.0, 41.0)}, 2))
    return photos / NAME


def test_the_table_is_written_without_a_server_and_train_reads_it(photos, journal, tmp_path):
    output = tmp_path / "labels" / "landmarks.csv"
    done = ended("--export", output, photos)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"2 photographs: {output}"
    assert "2 without a person's code (a.png first)" in done.stdout
    samples = load(output, "fas14")
    assert [sample.image.resolve() for sample in samples] == [photos / "a.png", photos / "c.png"]
    np.testing.assert_array_equal(samples[0].points[FAS14.index("nasion")], [10.5, 20])
    assert ended("--export", output, photos).returncode == 0  # its own is replaced


def test_photographs_that_went_are_told(photos, journal, tmp_path):
    (photos / "a.png").unlink()
    done = ended("--export", tmp_path / "t.csv", photos)
    assert "1 in the journal, but not in the folder any more, or not readable (a.png first): left out" in done.stdout


def refused(message: str, *words, **more) -> None:
    """One line, status 2, and no journal where there was none."""
    done = ended(*words, **more)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_bad_input_is_one_line(photos, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    refused("expected RUN and PHOTOS, there are 1 names", photos)
    refused("expected RUN and PHOTOS, there are 0 names (see --help)")
    refused("expected PHOTOS, there are 0 names", "--label", "fas14")
    refused("expected PHOTOS, there are 0 names", "--export", "x.csv")
    refused("expected PHOTOS, there are 2 names", "--label", "fas14", photos, photos)
    refused("no such file; name the folder of a run that is trained", photos, photos)
    refused("nothing: no run folder, no exported detector", tmp_path / "nothing", photos)
    refused("no such folder", "--label", "fas14", tmp_path / "nothing")
    refused("a file; name its folder", "--label", "fas14", photos / "a.png")
    refused("no image in this folder", "--label", "fas14", tmp_path / "empty")
    refused("unknown schema 'fas15'", "--label", "fas15", photos)
    refused("--host 0.0.0.0: name one address of this machine", "--label", "fas14", photos, "--host", "0.0.0.0")
    refused("--host here: no address", "--label", "fas14", photos, "--host", "here")
    refused("set RTL_APP_PASSWORD", "--label", "fas14", photos, "--host", "192.0.2.1")
    refused("needs 10 characters", "--label", "fas14", photos, "--host", "192.0.2.1", RTL_APP_PASSWORD="short")
    refused("leave --port out", "--label", "fas14", photos, "--port", "99999")
    refused("no such file", "--export", tmp_path / "t.csv", photos)
    labels = tmp_path / "labels"
    refused(f"--export {labels}: name a .csv file, such as {labels / 'landmarks.csv'}", "--export", labels, photos)
    refused("give --label or --export, not both", "--label", "fas14", "--export", tmp_path / "t.csv", photos)
    with writing(photos / NAME, FAS14) as opened:
        refused("nobody has placed two landmarks on a photograph yet", "--export", tmp_path / "t.csv", photos)
        opened.append([entry()])
        refused("not written by rtl-app; name another file", "--export", tmp_path / "mine.csv", photos)
        refused("is being corrected by another process", "--label", "fas14", photos)
    refused("of other landmarks (schema fas14); give another --journal", "--label", "fas12", photos)


def heeds_interrupts() -> None:
    """In a child: a shell that starts tests in the background has them, and what they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(tmp_path: Path, *words, **more) -> tuple[subprocess.Popen, str]:
    """The command as it runs without any connection of its own, and the address that it printed."""
    (tmp_path / "sitecustomize.py").write_text(BLOCK, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), child.environment()["PYTHONPATH"]])
    environment = child.environment(CONNECTIONS=str(tmp_path / "connections"), **more) | {"PYTHONPATH": path}
    process = subprocess.Popen(
        command(*words), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, preexec_fn=heeds_interrupts,
    )  # fmt: skip
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Ctrl-C"):
            return process, re.search(r"http://\S+/", "".join(said))[0]
    raise AssertionError("".join(said))


def stopped(process: subprocess.Popen) -> str:
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def status_of(url: str, **headers) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_it_starts_and_stops_and_leaves_the_journal_alone(photos, tmp_path):
    process, url = started(tmp_path, "--label", "fas14", photos)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{43}/", url)
    assert status_of(url) == status_of(url + "images/0/overview") == status_of(url + "images/0/guess") == 200
    assert status_of(url.rsplit("/", 2)[0] + "/") == 404
    said = stopped(process)
    assert f"stopped; 0 changes are in {photos / NAME}" in said
    assert not (tmp_path / "connections").exists()
    assert sorted(path.name for path in photos.iterdir()) == ["a.png", "b.png", "c.png", NAME]
    if os.name == "posix":
        assert (photos / NAME).stat().st_mode & 0o77 == 0  # nobody else reads it


def test_two_starts_have_two_tokens(photos, tmp_path):
    tokens = set()
    for _ in range(2):
        process, url = started(tmp_path, "--label", "fas14", photos)
        tokens.add(url.split("/")[3])
        stopped(process)
    assert len(tokens) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have 127.0.0.1 alone")
def test_other_addresses_of_ones_own_machine_need_no_password(photos, tmp_path):
    process, url = started(tmp_path, "--label", "fas14", photos, "--host", "127.0.0.2")
    assert url.startswith("http://127.0.0.2:")
    assert status_of(url) == 200
    stopped(process)


def own_address() -> str | None:
    """An address of this machine that others reach it by; None where it has none."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        found = probe.getsockname()[0]
    return None if found.startswith("127.") else found


def test_other_machines_need_the_password_in_the_environment(photos, tmp_path):
    if (address := own_address()) is None:
        pytest.skip("no network")
    flags = ("--label", "fas14", photos, "--host", address)
    process, url = started(tmp_path, *flags, RTL_APP_PASSWORD=PASSWORD)
    assert status_of(url) == 401
    assert status_of(url, Authorization="Basic " + base64.b64encode(b"zoe:wrong").decode()) == 401
    assert status_of(url, Authorization="Basic " + base64.b64encode(f"zoe:{PASSWORD}".encode()).decode()) == 200
    stopped(process)
