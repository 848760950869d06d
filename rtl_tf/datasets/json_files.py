"""Which annotation tool wrote a JSON file, by its beginning: a whole file may be large."""

import re
from pathlib import Path

_HEAD = 65536  # characters


def json_files(path: Path) -> list[Path]:
    """The `.json` files of a folder by name, hidden ones apart; or the file that `path` is."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [
        file for file in files if file.suffix.lower() == ".json" and not file.name.startswith(".") and file.is_file()
    ]


def is_labelme(file: Path) -> bool:
    """Whether it is one image's object of LabelMe."""
    head = _head(file)
    return head.startswith("{") and any(f'"{key}"' in head for key in ("shapes", "imagePath", "imageData"))


def is_label_studio(file: Path) -> bool:
    """Whether it is a list of objects, as Label Studio exports."""
    return bool(re.match(r"\[\s*\{", _head(file)))


def is_coco(file: Path) -> bool:
    """Whether it is an object with one of the lists of COCO."""
    head = _head(file)
    return head.startswith("{") and any(f'"{key}"' in head for key in ("images", "annotations", "categories"))


def _head(file: Path) -> str:
    try:
        with open(file, encoding="utf-8-sig", errors="replace") as opened:
            return opened.read(_HEAD).lstrip()
    except OSError:
        return ""
