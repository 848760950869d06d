"""Two processes never train in one folder."""

import errno
import os
import subprocess
import sys

import pytest
from filelock import FileLock

from rtl_tf.exceptions import InputError
from rtl_tf.system.lock import alone_in, is_taken

HOLD = """import sys; from rtl_tf.system.lock import alone_in
with alone_in(sys.argv[1]): print('held', flush=True); input()"""


def test_a_folder_is_held_by_one_process_until_it_ends_or_is_killed(tmp_path):
    folder = tmp_path / "ft" / "seed0"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        assert is_taken(folder) and not is_taken(tmp_path / "ft" / "seed1")
        with (
            pytest.raises(InputError, match="seed0 is being trained by another process: let it end, or give"),
            alone_in(folder),
        ):
            pytest.fail("two processes in one folder")
        other.kill()
    assert not is_taken(folder)
    with alone_in(folder):
        assert is_taken(folder)
    assert not folder.exists()


def hold(folder, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | environment,
    )  # fmt: skip


def test_processes_with_another_temporary_folder_and_other_ways_to_the_folder_know_of_each_other(tmp_path, monkeypatch):
    folder = tmp_path / "seed0"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    other_place = tmp_path / "tmp"
    other_place.mkdir()
    monkeypatch.chdir(tmp_path)
    with hold(folder, TMPDIR=str(other_place)) as other:
        assert other.stdout.readline() == b"held\n"
        assert all(is_taken(way) for way in (folder, "seed0", "link", tmp_path / "tmp" / ".." / "seed0"))
        other.kill()
    assert not is_taken("link")


def test_the_lock_lies_beside_the_folder_while_it_is_held_and_goes_with_what_was_made_for_it(tmp_path):
    with alone_in(tmp_path / "runs" / "ft" / "seed0"):
        assert os.listdir(tmp_path / "runs" / "ft") == ["seed0.lock"]
    assert os.listdir(tmp_path) == []
    with alone_in(tmp_path / "runs" / "ft" / "seed0"):
        (tmp_path / "runs" / "ft" / "seed0").mkdir()
    assert os.listdir(tmp_path / "runs" / "ft") == ["seed0"]


def test_what_a_killed_process_left_is_no_lock(tmp_path):
    (tmp_path / "seed0.lock").touch()
    assert not is_taken(tmp_path / "seed0") and os.listdir(tmp_path) == []


def test_a_place_where_no_lock_can_be_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match=f"--output {tmp_path}/file/ft: "),
        alone_in(tmp_path / "file" / "ft" / "seed0"),
    ):
        pass
    (tmp_path / "seed0.lock").mkdir()
    with pytest.raises(InputError, match="seed0: no lock file beside it: "), alone_in(tmp_path / "seed0"):
        pass
    with pytest.raises(InputError, match="/ cannot be a run's folder"), alone_in("/"):
        pass


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="a folder in which nobody can make a file")
def test_a_folder_that_takes_no_file_is_not_taken_for_a_held_one():
    with (
        pytest.raises(InputError, match="--output /proc/seed0: no lock file can be made beside it"),
        alone_in("/proc/seed0"),
    ):
        pass


@pytest.mark.parametrize("problem", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError("no flock")])
def test_without_locks_it_is_said_and_the_run_goes_on(tmp_path, monkeypatch, capsys, problem):
    def none(*_, **__):
        raise problem

    monkeypatch.setattr(FileLock, "acquire", none)
    with alone_in(tmp_path / "seed0"):
        said = capsys.readouterr().err
    assert said.startswith(f"warning: {tmp_path}/seed0: its file system has no locks (") and said.count("\n") == 1
    assert "see to it that no other process has it" in said
