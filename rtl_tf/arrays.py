"""Arrays of .npz files, with a look at every size before memory is taken for it."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from rtl_tf.documents import require_file
from rtl_tf.exceptions import InputError, in_one_line

LARGEST = 2**30  # bytes of all arrays that are read, unless the caller expects more
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_arrays(
    path: str | Path, names: Iterable[str], largest: int = LARGEST, optional: Iterable[str] = ()
) -> dict[str, np.ndarray]:
    """The named arrays, of numbers or text, and those of the optional ones that are there.

    Raises:
        InputError: no regular file, damaged, an array missing, of Python objects, or that declares more than it holds.
    """
    path = Path(path)
    require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            there = archive.namelist()
            wanted = [*names, *(name for name in optional if f"{name}.npy" in there)]
            members = {name: archive.getinfo(f"{name}.npy") for name in wanted}
            if sum(member.file_size for member in members.values()) > largest:
                raise ValueError(f"more than {largest / 2**30:.0f} GiB of arrays")
            return {name: _array(archive.read(member)) for name, member in members.items()}
    except Exception as problem:  # zipfile and NumPy meet damage with a dozen kinds
        raise InputError(f"{path}: damaged, or no such arrays ({in_one_line(problem)})") from problem


def _array(data: bytes) -> np.ndarray:
    stream = io.BytesIO(data)
    read_header = HEADERS[np.lib.format.read_magic(stream)]
    shape, _, dtype = read_header(stream)
    count = int(np.prod(shape, dtype=object))
    if dtype.hasobject or dtype.kind not in "fiubU" or min(shape, default=0) < 0:
        raise ValueError(f"an array of type {dtype}, shape {shape}")
    if count * dtype.itemsize != len(data) - stream.tell():
        raise ValueError(f"an array of shape {shape} does not have its size")
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
