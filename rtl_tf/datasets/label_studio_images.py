"""Label Studio's tasks: which image one is about."""

import re
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

from rtl_tf.datasets.named_points import find_image
from rtl_tf.documents import Node
from rtl_tf.exceptions import InputError
from rtl_tf.images import SUFFIXES

LOCAL_FILES = "/data/local-files/?d="  # and the path of an image below the folder that the server shows
_UPLOADS = "data/upload/"
_UPLOAD_CODE = re.compile(r"^[0-9a-f]+-")


def image_name(data: Node) -> str:
    """The path of the image, that of an upload with its code."""
    paths = [_path_in(text) for text in data.object().values() if isinstance(text, str)]
    names = [path for path in paths if PurePosixPath(path).suffix.lower() in SUFFIXES]
    if len(names) != 1:
        raise data.error(f"expected one value that names an image, there are {len(names)}")
    return names[0]


def image_of(file: Path, name: str, data: Node) -> Path:
    """The image; a local file's path begins in any folder above the export."""
    is_local = any(isinstance(text, str) and text.startswith(LOCAL_FILES) for text in data.object().values())
    try:
        return find_image(file.parent, name, *(file.absolute().parents if is_local else ()))
    except InputError:
        return find_image(file.parent, without_code(name))


def without_code(name: str) -> str:
    """An upload's name without folders and code; of any other image its path."""
    return _UPLOAD_CODE.sub("", PurePosixPath(name).name, count=1) if name.startswith(_UPLOADS) else name


def _path_in(text: str) -> str:
    """The path in `/data/upload/1/3f2a-face.jpg`, `/data/local-files/?d=faces/face.jpg`, `s3://faces/face.jpg`."""
    if not text.startswith("/data/") and "://" not in text:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    return parse_qs(parts.query).get("d", [unquote(parts.path)])[0].lstrip("/")
