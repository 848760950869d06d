"""Where the package keeps what can be made again, and how it goes.

<RTL_TF_CACHE or ~/.cache/rtl_tf>/synthetic/     rendered faces; nothing of anybody's photographs stays here
<runs>/<data>/.source-cache/                     a source network's answers for the training images of these runs
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from rtl_tf.exceptions import InputError
from rtl_tf.system.atomic import UNFINISHED
from rtl_tf.system.lock import is_taken

# All that any version kept; answers of source networks (`source`) lie beside their runs by now.
KEPT = ("synthetic", "source", "crops")
SOURCE_CACHE = ".source-cache"


def cache_folder(name: str) -> Path:
    """`<root>/<name>`; the root is the environment's RTL_TF_CACHE, else ~/.cache/rtl_tf. It need not exist.

    Raises:
        InputError: there is no home folder.
    """
    try:
        return Path(os.environ.get("RTL_TF_CACHE") or Path.home() / ".cache" / "rtl_tf").expanduser() / name
    except RuntimeError as problem:
        raise InputError("no home folder to keep a cache in: set RTL_TF_CACHE to a folder") from problem


def made_cache_folder(name: str) -> Path:
    """`cache_folder(name)`, which exists then; InputError where it cannot be made."""
    folder = cache_folder(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(f"cache {folder}: {problem.strerror}; set RTL_TF_CACHE to another folder") from problem
    return folder


def source_cache(run: Path, data_name: str) -> Path:
    """Where a run keeps its source network's answers: in the folder of its data set, else beside the run folder.

    So runs that differ in nothing that a source network sees share them.
    """
    of_data = run.absolute().parent.parent
    return (of_data if of_data.name == data_name else run.parent) / SOURCE_CACHE


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; 0 where it is not there."""
    sizes = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # gone in the meantime
            sizes += path.stat().st_size if path.is_file() else 0
    return sizes


def prune(folder: Path, limit: int, also_doubtful: bool = False) -> None:
    """Remove entries of a cache folder, the least recently used first, until at most `limit` bytes are left.

    What a killed process left unfinished goes too; what another one is making stays, and unless `also_doubtful` what
    one may be making, where the file system has no locks. Who reads an entry that goes keeps what it has open (on
    Windows the entry stays then).
    """
    entries = []
    for entry in folder.iterdir() if folder.is_dir() else ():
        if not entry.is_dir():
            continue
        if not entry.name.startswith(UNFINISHED):
            with suppress(OSError):
                entries.append((entry.stat().st_mtime, entry, size_of(entry)))
        elif (taken := is_taken(entry)) is False or (taken is None and also_doubtful):
            shutil.rmtree(entry, ignore_errors=True)
    total = sum(size for *_, size in entries)
    for _, entry, size in sorted(entries):
        if total <= limit:
            break
        shutil.rmtree(entry, ignore_errors=True)
        total -= size
