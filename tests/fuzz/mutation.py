"""Damage that knows nothing of a file's format: functions (random numbers, bytes) -> bytes."""

import re
from collections.abc import Callable

import numpy as np

Rng = np.random.Generator
Mutation = Callable[[Rng, bytes], bytes]

LONGEST = 2_000_000  # bytes, for what grows
MANY_NUMBERS = """
1e999 -1e999 nan inf -inf NaN Infinity 1_0 1.0 -0 -1 0 00 +1 .5 5. 0x10 1e-320 1e39 1e308 18446744073709551616
2147483648 １２ ٣ 1,5 1e5 1e --1 ² ½
"""
NUMBERS = (*MANY_NUMBERS.split(), "", "1 0", "12 px", "1" + "0" * 30, "9" * 400, "9" * 5000, "0." + "3" * 400)
MANY_TEXTS = """
../../../../etc/passwd /dev/zero /dev/stdin /proc/self/mem / . .. ~ C:\\a\\b http://127.0.0.1:9/x file:///etc/passwd
null None true TRUE WAHR =1+1 %s%n {0} { " ' ` e\u0301 ß İ \U0001f600 a.png image subject name -1 0
"""
BLANKS = ("", " ", "\0", "a\0b", "\n", "a\nb", "\r", "\t", "\x1b[31m", "\u202e", "\ufeff")
TEXTS = (*MANY_TEXTS.split(), *BLANKS, "x" * 300, "y" * 140_000)
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-8-sig", "utf-7", "cp037")
BRACKETS = (b"[", b"{", b'{"a":', b"[[", b"(", b'"', b"{{", b"<a>")
HEADS = (b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"II*\0")
NUMBER = re.compile(rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def pick(rng: Rng, choices):
    """One of a sequence, as it is (NumPy's own choice makes arrays)."""
    return choices[rng.integers(len(choices))]


def span(rng: Rng, length: int) -> tuple[int, int]:
    """(start, stop) of a piece; short ones are more frequent."""
    start = int(rng.integers(length + 1))
    return start, min(length, start + int(length ** rng.random()))


def flip_bits(rng: Rng, data: bytes) -> bytes:
    damaged = np.frombuffer(data, np.uint8).copy()
    for _ in range(min(len(data), int(2 ** rng.integers(8)))):
        damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
    return damaged.tobytes()


def flip_header(rng: Rng, data: bytes) -> bytes:
    """Sizes and offsets mostly stand at a binary file's beginning or end."""
    edge = min(len(data), 64)
    if rng.random() < 0.7:
        return flip_bits(rng, data[:edge]) + data[edge:]
    return data[:-edge] + flip_bits(rng, data[-edge:])


def extreme_bytes(rng: Rng, data: bytes) -> bytes:
    """1 to 8 bytes that become all zeros or all ones, as of an integer or a float."""
    start, count = int(rng.integers(len(data) + 1)), int(2 ** rng.integers(4))
    return data[:start] + pick(rng, (b"\x00", b"\xff", b"\x7f", b"\x80")) * count + data[start + count :]


def truncate(rng: Rng, data: bytes) -> bytes:
    return data[: rng.integers(len(data) + 1)] if rng.random() < 0.7 else data[rng.integers(len(data) + 1) :]


def duplicate(rng: Rng, data: bytes) -> bytes:
    start, stop = span(rng, len(data))
    times = min(int(2 ** rng.integers(12)), LONGEST // max(1, stop - start))
    return data[:stop] + data[start:stop] * times + data[stop:]


def drop(rng: Rng, data: bytes) -> bytes:
    start, stop = span(rng, len(data))
    return data[:start] + data[stop:]


def splice(rng: Rng, data: bytes) -> bytes:
    """A piece laid over another place."""
    (start, stop), place = span(rng, len(data)), int(rng.integers(len(data) + 1))
    return data[:place] + data[start:stop] + data[place + stop - start :]


def insert_nulls(rng: Rng, data: bytes) -> bytes:
    place = int(rng.integers(len(data) + 1))
    return data[:place] + b"\x00" * int(2 ** rng.integers(12)) + data[place:]


def insert_noise(rng: Rng, data: bytes) -> bytes:
    place = int(rng.integers(len(data) + 1))
    return data[:place] + rng.bytes(int(2 ** rng.integers(10))) + data[place:]


def foreign(rng: Rng, data: bytes) -> bytes:
    """Another kind of file under this name."""
    return pick(rng, HEADS) + rng.bytes(int(rng.integers(200)))


def replace_number(rng: Rng, data: bytes) -> bytes:
    found = list(NUMBER.finditer(data))
    if not found:
        return data
    start, stop = pick(rng, found).span()
    return data[:start] + pick(rng, NUMBERS).encode() + data[stop:]


def insert_text(rng: Rng, data: bytes) -> bytes:
    place = int(rng.integers(len(data) + 1))
    return data[:place] + pick(rng, TEXTS).encode() + data[place:]


def nest(rng: Rng, data: bytes) -> bytes:
    """Brackets a hundred thousand deep, here and there closed."""
    start, stop = span(rng, len(data))
    count = int(10 ** rng.integers(1, 6))
    opened = pick(rng, BRACKETS)
    closed = pick(rng, (b"]", b"}", b""))
    return data[:start] + opened * count + data[start:stop] + closed * count + data[stop:]


def reencode(rng: Rng, data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode(pick(rng, ENCODINGS), "replace")


def change_lines(rng: Rng, data: bytes) -> bytes:
    """Other line ends, or lines that are swapped, doubled or gone."""
    lines = data.split(b"\n")
    if rng.random() < 0.3 or len(lines) < 2:
        return pick(rng, (b"\r\n", b"\r", b"\n\n", b"\x0b", b"")).join(lines)
    first, second = rng.integers(len(lines), size=2)
    kind = rng.integers(3)
    if kind == 0:
        lines[first], lines[second] = lines[second], lines[first]
    elif kind == 1:
        lines.insert(second, lines[first])
    else:
        del lines[first]
    return b"\n".join(lines)


def change_separators(rng: Rng, data: bytes) -> bytes:
    signs = (b",", b";", b"\t", b'"', b":", b"=", b" ", b"|", b".")
    return data.replace(pick(rng, signs), pick(rng, signs))


BINARY: tuple[Mutation, ...] = (
    *(flip_bits, flip_header, flip_header, extreme_bytes, extreme_bytes, truncate, duplicate, drop, splice),
    *(insert_nulls, insert_noise, foreign),
)
TEXT: tuple[Mutation, ...] = (
    *(replace_number, replace_number, replace_number, insert_text, insert_text, nest, reencode, change_lines),
    *(change_separators, flip_bits, truncate, duplicate, drop, splice, insert_nulls),
)
