"""Room for decoded images: in memory, or in a file where they are too many."""

import tempfile

import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.system.atomic import allocate
from rtl_tf.system.cache import made_cache_folder


def room(shape: tuple[int, ...], memory_gb: float) -> np.ndarray:
    """Memory, or a file without a name, of which nothing is left when the process ends, however it ends."""
    size = int(np.prod(shape, dtype=np.int64))
    if size <= memory_gb * 2**30:
        return np.empty(shape, np.uint8)
    folder = made_cache_folder("crops")
    try:
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (the array keeps it)
        allocate(file, size)
    except OSError as problem:
        reason = f"{problem.strerror} for {size / 2**20:.0f} MiB of decoded images"
        raise InputError(
            f"cache {folder}: {reason}; set RTL_TF_CACHE to another folder, or raise --memory-gb"
        ) from problem
    return np.memmap(file, np.uint8, "r+", shape=shape)
