"""Where things are kept for later, that nothing of photographs is among it, and how it goes."""

import errno
import os
import time
from pathlib import Path

import pytest

from rtl_tf.cli.cache import main
from rtl_tf.exceptions import InputError
from rtl_tf.system.cache import SOURCE_CACHE, cache_folder, made_cache_folder, prune, source_cache
from rtl_tf.system.lock import alone_in, is_taken


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RTL_TF_CACHE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def entry(folder, name, size, age):
    (folder / name).mkdir(parents=True)
    (folder / name / "0.npy").write_bytes(bytes(size))
    os.utime(folder / name, (time.time() - age,) * 2)


def test_without_a_home_folder_it_is_said_what_to_set(monkeypatch):
    monkeypatch.delenv("RTL_TF_CACHE")

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(InputError, match="no home folder to keep a cache in: set RTL_TF_CACHE to a folder"):
        cache_folder("synthetic")


def test_a_cache_folder_that_cannot_be_made_is_named(home):
    home.write_text("a file")
    with pytest.raises(InputError, match=f"cache {home}/crops: .*; set RTL_TF_CACHE to another folder"):
        made_cache_folder("crops")


def test_answers_lie_in_the_folder_of_the_data_set_else_beside_the_run():
    assert source_cache(Path("runs/clinic/rtl-eo/seed0"), "clinic") == Path("runs/clinic").absolute() / SOURCE_CACHE
    assert source_cache(Path("study/run"), "clinic") == Path("study") / SOURCE_CACHE


def test_the_least_recently_used_goes_first(tmp_path):
    for name, age in (("old", 30), ("older", 40), ("new", 10)):
        entry(tmp_path / "kept", name, 100, age)
    prune(tmp_path / "kept", 250)
    assert sorted(os.listdir("kept")) == ["new", "old"]
    prune(tmp_path / "kept", 100)
    assert os.listdir("kept") == ["new"]
    prune(tmp_path / "nowhere", 0)


def test_what_a_killed_process_left_goes_and_what_another_makes_stays(tmp_path):
    folder = tmp_path / "kept"
    entry(folder, "unfinished-a-1", 100, 1)
    entry(folder, "unfinished-a-2", 100, 1)
    with alone_in(folder / "unfinished-a-2"):
        prune(folder, 10**6)
        assert sorted(os.listdir(folder)) == ["unfinished-a-2", "unfinished-a-2.lock"]


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_without_locks_what_another_may_be_making_stays_until_it_is_cleared(tmp_path, monkeypatch, recwarn, code):
    """On a share without locks one training removed what the other was filling, which then ended."""

    fcntl = pytest.importorskip("fcntl")

    def none(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", none)
    folder = tmp_path / "kept"
    entry(folder, "unfinished-a-1", 100, 1)
    with alone_in(folder / "unfinished-a-1"):
        prune(folder, 10**6)
        assert (folder / "unfinished-a-1").is_dir()
        assert is_taken(folder / "unfinished-a-1") is None
        prune(folder, 10**6, also_doubtful=True)
        assert not (folder / "unfinished-a-1").exists()
    assert not recwarn.list


def test_the_command_lists_and_clears(home, tmp_path, capsys):
    assert main([]) == 0
    assert capsys.readouterr().out == f"nothing in {home} nor below runs\n"
    entry(home / "synthetic", "faces", 2**20, 1)
    entry(home / "source", "by-an-earlier-version", 3 * 2**19, 1)
    entry(tmp_path / "runs" / "clinic" / SOURCE_CACHE, "answers", 2**21, 1)
    entry(home / "mine", "not-of-this-package", 10, 1)
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"   1.0 MiB  {home}/synthetic: rendered faces",
        f"   1.5 MiB  {home}/source: answers of source networks for training images, kept here by earlier versions",
        f"   2.0 MiB  runs/clinic/{SOURCE_CACHE}: answers of source networks for the training images of these runs",
    ]
    assert main(["--clear", "--runs", "runs"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{line}, removed" for line in lines]
    assert os.listdir(home) == ["mine"] and os.listdir("runs/clinic") == []
    with pytest.raises(InputError, match="--runs nowhere: no such folder"):
        main(["--runs", "nowhere"])


def test_what_is_kept_behind_a_link_is_cleared(tmp_path, capsys):
    entry(tmp_path / "disk" / "clinic" / SOURCE_CACHE, "answers", 2**20, 1)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "clinic").symlink_to(tmp_path / "disk" / "clinic", target_is_directory=True)
    assert main(["--clear"]) == 0
    assert f"1.0 MiB  runs/clinic/{SOURCE_CACHE}: " in capsys.readouterr().out
    assert os.listdir(tmp_path / "disk" / "clinic") == []
