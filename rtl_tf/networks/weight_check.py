"""Whether a weight file (.h5, or the one in a .keras archive) is whole and holds its own numbers.

HDF5 hangs on some damaged files, and a file may refer to other files or declare arrays of any size. So a child process
reads every byte of it first; this module is that child too.
"""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np

from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.system.guarded import require_readable, serve

MEMBER = "model.weights.h5"
LARGEST = 4 * 2**30  # bytes of all arrays
SMALL = 2**20  # bytes; an array up to this size may be declared without being stored
COMPRESSION = 20  # more than weights can be compressed by


def require_whole(path: str | Path) -> None:
    """InputError unless the weights of a .h5 or .keras file can be read, all of them, and refer to nothing else."""
    require_readable(__name__, path)


def read_all(path: Path) -> set[int]:
    """Open the file and read every array and attribute of it; gives the sizes of the arrays' axes. InputError."""
    try:
        source: Path | io.BytesIO = path
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                source = io.BytesIO(archive.read(MEMBER))
        with h5py.File(source, "r") as file:
            return _read_groups(file, path)
    except (InputError, MemoryError):
        raise
    except Exception as problem:  # h5py turns each of HDF5's faults into another exception
        raise InputError(f"{path}: damaged, or no weight file in HDF5 format ({in_one_line(problem)})") from problem


def _read_groups(file: h5py.File, path: Path) -> set[int]:
    pending, seen, total, axes = [file], set(), 0, set()
    while pending:
        item = pending.pop()
        place = (h5py.h5o.get_info(item.id).fileno, h5py.h5o.get_info(item.id).addr)
        if place in seen:
            raise InputError(f"{path}: {item.name}: stands in the file twice")
        seen.add(place)
        dict(item.attrs)
        if isinstance(item, h5py.Dataset):
            total += _declared(item, path)
            if total > LARGEST:
                raise InputError(f"{path}: more than {LARGEST / 2**30:.0f} GiB of weights")
            item[()]
            axes.update(item.shape)
            continue
        for name in item:
            if not isinstance(item.get(name, getlink=True), h5py.HardLink):
                raise InputError(f"{path}: {item.name}: {name!r} refers to another place; weights may not")
            pending.append(item[name])
    return axes


def _declared(array: h5py.Dataset, path: Path) -> int:
    """Bytes that an array takes in memory; InputError for one that does not hold them itself."""
    if array.external or array.is_virtual:
        raise InputError(f"{path}: {array.name} refers to another file; weights may not")
    if array.dtype.kind not in "fiub":
        raise InputError(f"{path}: {array.name} is of type {array.dtype}, not of numbers")
    size = array.dtype.itemsize * int(np.prod(array.shape, dtype=object))
    if size > max(SMALL, COMPRESSION * array.id.get_storage_size()):
        raise InputError(f"{path}: {array.name} declares {size} bytes and does not hold them")
    return size


if __name__ == "__main__":
    serve(read_all)
