"""Where the weights of a source are: a given path, an installed package, the Keras cache, or a download."""

import os
import warnings
from pathlib import Path

import keras
import numpy as np

from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.networks.catalogue import Source, WeightsFile, packaged_weights
from rtl_tf.networks.weight_check import require_whole


def locate(source: Source, path: str | Path | None = None) -> Path:
    """The source's weights file; downloaded into the Keras cache if need be.

    Args:
        source: a source that has weights.
        path: the user's own copy (`--source-weights`).

    Raises:
        ValueError: the source has random weights.
        InputError: no such file, package not installed, damaged file, or no download: the message says what to do.
    """
    if path is not None:
        require_given(Path(path))
        return Path(path)
    if source.weights is None:
        raise ValueError(f"{source.name} has random weights, no file")
    return packaged_weights(source) if source.weights.package else _downloaded(source.name, source.weights)


def require_given(path: Path) -> None:
    """InputError unless the file of --source-weights is there."""
    if not path.is_file():
        raise InputError(f"--source-weights {path}: no such file")


def not_downloaded(source: str, problem: Exception) -> InputError:
    """For a source whose library downloads its weights by itself."""
    return InputError(
        f"--source {source}: its weights could not be downloaded ({in_one_line(problem)}); give --source-weights PATH, "
        "or work offline with --source dlib or efficientnet_lite0"
    )


def load_into(network: keras.Model, path: Path) -> None:
    """`load_weights` of a .h5 file that is whole; InputError for one that is not, or of another network."""
    if path.suffix not in (".h5", ".hdf5"):
        raise InputError(f"{path}: no weight file, whose names end in .h5")
    require_whole(path)
    # Keras leaves a layer as it is that a file does not have, so none may be left as it was.
    network.set_weights(
        [np.full_like(values, np.nan) if _is_float(values) else values for values in network.get_weights()]
    )
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Skipping nested container")
            network.load_weights(path)
    except Exception as problem:  # what has another structure meets any of Keras's and h5py's exceptions
        raise InputError(f"{path}: not this network's weights ({in_one_line(problem)})") from problem
    for variable in network.weights:
        values = np.asarray(variable)
        if _is_float(values) and np.isnan(values).all():
            raise InputError(f"{path}: not this network's weights (has none for {variable.path})")


def _is_float(values: np.ndarray) -> bool:
    return np.issubdtype(values.dtype, np.floating)


def _downloaded(source: str, weights: WeightsFile) -> Path:
    try:
        cache = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    except RuntimeError as problem:  # an account without a home
        raise InputError(f"--source {source}: set KERAS_HOME to a folder for {weights.name}") from problem
    try:
        file = keras.utils.get_file(
            weights.name,
            weights.url,
            cache_dir=str(cache),
            cache_subdir=weights.cache_folder,
            file_hash=weights.checksum,
        )
    except Exception as problem:  # get_file turns every failure of the network into a bare Exception
        place = cache / weights.cache_folder / weights.name
        raise InputError(
            f"--source {source}: {weights.name} could not be downloaded; get it from {weights.url} and put it at "
            f"{place} (or give --source-weights PATH), or work offline with --source dlib"
        ) from problem
    return Path(file)
