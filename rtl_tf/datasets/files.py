"""Image files, and films, by the names that tables give them."""

import os
import unicodedata
from contextlib import suppress
from pathlib import Path

FILM_SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".3gp", ".wmv")


def is_film(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() in FILM_SUFFIXES


def find_file(folder: Path, name: str) -> Path | None:
    """The file that is called `name` from `folder`; None where there is none.

    Also found are names with Windows' backslashes, and names whose accents are written in the other of Unicode's two
    forms: a table and a disk of different systems write them differently.
    """
    for written in dict.fromkeys((name, name.replace("\\", "/"))):
        for form in dict.fromkeys((written, *(unicodedata.normalize(form, written) for form in ("NFC", "NFD")))):
            path = Path(os.path.normpath(folder / form))
            with suppress(OSError):  # a name that is too long
                if path.is_file():
                    return path
    return None


def file_called(folder: Path, name: str) -> Path:
    """As `find_file`; where there is none, the path that was meant, of which its reader says that it is not there."""
    return find_file(folder, name) or Path(os.path.normpath(folder / name))


def composed(name: str) -> str:
    """A name or a path in Unicode's composed form: some systems write accents as characters of their own."""
    return unicodedata.normalize("NFC", name)
