"""Files are there whole or not at all, and a full disk is one line that names the file."""

import errno
import os
import subprocess
import sys

import pytest

from rtl_tf.cli import run
from rtl_tf.exceptions import os_error_text
from rtl_tf.system.atomic import allocate, replacing, write_bytes

FULL = "raise OSError(28, 'No space left on device')"


def full_disk(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_goes_wrong_while_a_file_is_written_names_it_and_leaves_it_as_it_was(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("before")
    with pytest.raises(OSError) as problem, replacing(path) as unfinished:
        unfinished.write_text("half")
        full_disk()
    assert os_error_text(problem.value) == f"{path}: No space left on device"
    with pytest.raises(OSError) as problem, replacing(path) as unfinished:
        unfinished.mkdir()
        unfinished.write_text("x")
    assert problem.value.filename == str(path)
    unfinished.rmdir()
    assert path.read_text() == "before" and os.listdir(tmp_path) == ["history.csv"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_file_that_is_kept_from_others_stays_so(tmp_path):
    path = tmp_path / "measurements.csv"
    write_bytes(path, b"before")
    path.chmod(0o600)
    write_bytes(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)


@pytest.mark.parametrize("name", ["a" * 251 + ".png", "顔" * 83 + ".png"])
def test_a_name_as_long_as_the_disk_takes_is_written(tmp_path, name):
    write_bytes(tmp_path / name, b"picture")
    assert os.listdir(tmp_path) == [name]


def test_another_files_error_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError) as problem, replacing(tmp_path / "copy"):
        (tmp_path / "nothing").read_bytes()
    assert os_error_text(problem.value) == f"{tmp_path / 'nothing'}: No such file or directory"


def test_the_command_tells_it_in_one_line_with_status_2(tmp_path, capsys):
    def main(_):
        with replacing(tmp_path / "best.keras"):
            full_disk()

    with pytest.raises(SystemExit) as left:
        run(main, [])
    assert left.value.code == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'best.keras'}: No space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_behind_stdout_is_one_line():
    code = "from rtl_tf.cli import run\nrun(lambda _: print('x' * 10), [])"
    with open("/dev/full", "w") as full:
        answer = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True)
    assert answer.returncode == 2
    assert answer.stderr == "error: standard output, or a temporary file: No space left on device\n"


@pytest.mark.parametrize("reserves", [True, False])
def test_room_for_a_memory_mapped_file_is_on_the_disk_before_it_is_written(tmp_path, monkeypatch, reserves):
    if not reserves:  # macOS, Windows
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    path = tmp_path / "array"
    path.write_bytes(b"head")
    with open(path, "r+b") as file:
        file.seek(4)
        allocate(file, 3 * 2**20 + 5)
    assert path.read_bytes() == b"head" + bytes(3 * 2**20 + 5)
    assert path.stat().st_blocks * 512 >= 3 * 2**20
