"""Data files that other packages carry."""

import importlib.util
from pathlib import Path

from rtl_tf.exceptions import InputError
from rtl_tf.system.hashing import file_hash


def packaged_file(package: str, name: str, checksum: str, distribution: str = "") -> Path:
    """A file of an installed package, found without importing it: its code may be old, only its data are wanted.

    Args:
        package: as it is imported.
        name: path of the file in it.
        checksum: SHA-256 of the file.
        distribution: as it is installed, where that is another name.

    Raises:
        InputError: package not installed, file missing or damaged; the message says what to type.
    """
    install = f"pip install {distribution or package}"
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"{name} is in a package that is not installed: {install}")
    path = Path(spec.submodule_search_locations[0]) / name
    if not path.is_file() or file_hash(path) != checksum:
        raise InputError(f"{path}: missing or damaged, {install.replace('install', 'install --force-reinstall')}")
    return path
