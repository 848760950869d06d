"""Text in gzip files."""

import gzip
import io
import zlib
from pathlib import Path

from rtl_tf.documents import LARGEST, decoded, read_bytes
from rtl_tf.exceptions import InputError
from rtl_tf.system.atomic import write_bytes


def read_compressed(path: str | Path, largest: int = LARGEST) -> str:
    """UTF-8 text. InputError as `read_text`, or where the file is damaged or holds more than `largest` bytes."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(read_bytes(path, largest))) as file:
            content = file.read(largest + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise InputError(f"{path}: not a whole gzip file ({problem})") from problem
    if len(content) > largest:
        raise InputError(f"{path}: unpacks to more than {largest / 2**20:.0f} MiB")
    return decoded(content, path)


def write_compressed(path: str | Path, text: str) -> None:
    """Whole or not at all; of the same text always the same bytes."""
    write_bytes(path, gzip.compress(text.encode(), mtime=0))
