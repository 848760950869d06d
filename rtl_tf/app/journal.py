"""corrections.jsonl: every change that a person made, a line of JSON each, added at its end and never rewritten.

A change is on the disk before anybody is told that it is saved. What a kill or a power cut leaves of a last line was
never said to be saved; it goes when the journal is opened again.
"""

import errno
import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rtl_tf.app.entries import Entry
from rtl_tf.documents import Node, decoded, parse_json, read_bytes
from rtl_tf.exceptions import InputError
from rtl_tf.schema import Landmark, Schema
from rtl_tf.system.lock import alone_in

NAME = "corrections.jsonl"
FORMAT = "rtl_tf corrections"
VERSION = 1
BEGINNING = b'{"journal": "rtl_tf corrections"'
MOVED = "moved, deleted or replaced by another program: put it back, or end rtl-app and look for its latest copy"
PRIVATE = 0o600  # who may read the file: who made it


class Journal:
    """The file, held by this process alone. `writing` opens it.

    Attributes:
        path: the file.
        schema: of its landmarks.
        entries: all of them, in order.
    """

    def __init__(self, path: Path, schema: Schema, entries: list[Entry], file: int):
        self.path, self.schema, self.entries, self._file = path, schema, entries, file
        self._one_at_a_time = threading.Lock()
        self._whole: int | None = None  # bytes up to what a failed change left behind, where that could not be removed

    def append(self, entries: Sequence[Entry]) -> None:
        """Add what one action of a person changed; it is on the disk when this returns.

        Raises:
            OSError: it is not, and the file is as it was, or will be before anything else is added.
        """
        with self._one_at_a_time:
            self._require_name()
            try:
                self._remove_rest()
                self._whole = os.fstat(self._file).st_size
                _write(self._file, b"".join(entry.line for entry in entries))
            except OSError as problem:
                with suppress(OSError):
                    self._remove_rest()
                raise OSError(problem.errno, problem.strerror, str(self.path)) from problem
            self._whole = None
            self.entries += entries

    def _remove_rest(self) -> None:
        """Of a change that failed; OSError where that fails, too."""
        if self._whole is not None:
            os.ftruncate(self._file, self._whole)
            self._whole = None

    def _require_name(self) -> None:
        """OSError where the file's name does not lead to it any more: what is written would be gone at the end."""
        with suppress(OSError):
            if os.path.samestat(os.stat(self.path), os.fstat(self._file)):
                return
        raise OSError(errno.ESTALE, MOVED, str(self.path))


@contextmanager
def writing(path: Path, schema: Schema) -> Iterator[Journal]:
    """Open a journal, begun anew where there is none, and keep other processes out of it.

    Raises:
        InputError: another process has it open, it is of other landmarks, damaged, or cannot be written.
    """
    with alone_in(path, flag="--journal", use="being corrected"):
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, PRIVATE)
        except OSError as problem:
            raise InputError(f"--journal {path}: {problem.strerror}") from problem
        try:
            _mend(path, file)
            if not os.fstat(file).st_size:
                _write(file, _first_line(schema))
                _keep_name(path.absolute().parent)
            found, entries = read(path)
            if found.names != schema.names:
                raise InputError(f"{path}: of other landmarks (schema {found.name}); give another --journal")
            yield Journal(path, schema, entries, file)
        finally:
            os.close(file)


def read(path: Path) -> tuple[Schema, list[Entry]]:
    """The landmarks of a journal, which has no more of their schema than the names, and what people changed.

    A last line that is cut off is left aside. InputError for a file that is no journal; names the line.
    """
    lines = _whole(read_bytes(path)).splitlines()
    if not lines:
        raise InputError(f"{path}: no journal of corrections")
    nodes = (parse_json(decoded(line, path), f"{path} line {number}") for number, line in enumerate(lines, start=1))
    schema = _schema(next(nodes), path)
    try:
        return schema, [Entry.from_json(node, schema) for node in nodes]
    except InputError as problem:
        raise InputError(f"{problem}; mend the line or move it out of the file") from problem


def _schema(first: Node, path: Path) -> Schema:
    if not isinstance(first.value, dict) or first.value.get("journal") != FORMAT:
        raise InputError(f"{path}: no journal of corrections")
    if first["version"].whole() != VERSION:
        raise InputError(f"{path}: of version {first['version'].whole()}; a newer rtl_tf reads it")
    names = [element.text() for element in first["landmarks"].elements()]
    return Schema(first["schema"].text(), "", tuple(Landmark(name, name, name) for name in names), ())


def _first_line(schema: Schema) -> bytes:
    about = {"journal": FORMAT, "version": VERSION, "schema": schema.name, "landmarks": schema.names}
    return (json.dumps(about, ensure_ascii=False) + "\n").encode()


def _mend(path: Path, file: int) -> None:
    """Remove a last line that has no end; a whole one that lacks its end alone gets it. Other files stay so."""
    content = read_bytes(path)
    if content[: len(BEGINNING)] != BEGINNING[: len(content)] and content.strip(b"\0"):
        raise InputError(f"{path}: no journal of corrections")
    whole = _whole(content)
    if len(whole) > len(content):
        _write(file, b"\n")
    elif whole != content:
        os.ftruncate(file, len(whole))
        os.fsync(file)


def _whole(content: bytes) -> bytes:
    """The lines of a file but for a last one that is cut off; with the end of a last one that has all but that."""
    lines, last = content[: content.rfind(b"\n") + 1], content[content.rfind(b"\n") + 1 :]
    try:
        is_whole = bool(last) and isinstance(json.loads(last), dict)
    except ValueError:
        is_whole = False
    return lines + last + b"\n" if is_whole else lines


def _write(file: int, content: bytes) -> None:
    """All bytes to the end of the file, and onto the disk."""
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
    os.fsync(file)


def _keep_name(folder: Path) -> None:
    """A new file's name is the folder's content; some systems know no such thing."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
