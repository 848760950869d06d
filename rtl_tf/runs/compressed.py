"""Text in gzip files."""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from rtl_tf.documents import LARGEST, decoded, read_bytes
from rtl_tf.exceptions import InputError

LARGEST_TABLE = 2**31  # bytes of packed predictions: 50 runs of 1,000 images with 68 landmarks each take 0.6 * 2**30


def read_compressed(path: str | Path, largest: int = LARGEST) -> str:
    """UTF-8 text. InputError as `compressed_lines`, or for another encoding."""
    return decoded(b"".join(compressed_lines(path, largest)), path)


def compressed_lines(path: str | Path, largest: int = LARGEST) -> Iterator[bytes]:
    """Lines with their ends, one after another: a large table is never in memory twice.

    InputError as `read_bytes`, or where the file is damaged or holds more than `largest` bytes.
    """
    left = largest
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(read_bytes(path, largest))) as file:
            while line := file.readline(left + 1):
                left -= len(line)
                if left < 0:
                    raise InputError(f"{path}: unpacks to more than {_mib(largest)}")
                yield line
    except (OSError, EOFError, zlib.error) as problem:
        raise InputError(f"{path}: not a whole gzip file ({problem})") from problem


def compressed(path: str | Path, pieces: Iterable[str], largest: int = LARGEST) -> bytes:
    """What the file shall hold; of the same text always the same bytes. InputError for more than can be read again."""
    left, content = largest, io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=content, mtime=0) as file:
        for piece in pieces:
            left -= file.write(piece.encode())
            if left < 0:
                raise InputError(f"{path}: would unpack to more than {_mib(largest)}; pack fewer runs")
    return content.getvalue()


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
