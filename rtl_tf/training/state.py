"""The resumable state of a training: weights, optimizer and random seeds after an epoch, in a file that tells when it
is cut."""

import io
import re
import zipfile
from contextlib import suppress
from pathlib import Path

import keras
import numpy as np

from rtl_tf.arrays import read_arrays
from rtl_tf.exceptions import InputError
from rtl_tf.networks.weight_check import require_whole
from rtl_tf.networks.weight_files import load_into
from rtl_tf.runs import layout
from rtl_tf.system.atomic import write_bytes

NAME = re.compile(r"state-(\d+)\.(npz|weights\.h5)")  # .weights.h5: as earlier versions wrote it
SEEDS = "seeds"  # array of those that layers such as Dropout draw by, and change; earlier versions wrote none
LARGEST = 2**34  # bytes: weights of any network that is trained here, and what its optimizer keeps


def write_state(folder: Path, epoch: int, model: keras.Model) -> None:
    """state-<epoch>.npz. Made in memory: HDF5 on a full disk says so in a hundred tracebacks, and cannot be closed."""
    buffer = io.BytesIO()
    values = {str(number): np.asarray(value) for number, value in enumerate(_variables(model))}
    if seeds := _seeds(model):
        values[SEEDS] = np.stack([np.asarray(seed) for seed in seeds])
    np.savez(buffer, **values)  # type: ignore[arg-type]  # no number is called allow_pickle
    write_bytes(folder / layout.STATE.format(epoch=epoch), buffer.getbuffer())


def restore_state(file: Path, model: keras.Model) -> None:
    """Give a compiled model, its optimizer built, the values of a state. InputError where they are not its own."""
    try:
        if file.suffix == ".h5":
            load_into(model, file)
            return
        variables = _variables(model)
        values = read_arrays(file, map(str, range(len(variables))), LARGEST, optional=[SEEDS])
        for number, variable in enumerate(variables):
            variable.assign(values[str(number)])
        if SEEDS in values:
            for seed, value in zip(_seeds(model), values[SEEDS], strict=True):
                seed.assign(value)
    except ValueError as problem:  # InputError among them
        raise InputError(f"{file}: missing or damaged, the run cannot go on; start it anew") from problem


def saved_states(folder: Path) -> dict[int, Path]:
    """The states in a run folder, by the epoch after which they were written."""
    found = ((NAME.fullmatch(path.name), path) for path in sorted(folder.glob(layout.STATES)))
    return {int(match[1]): path for match, path in found if match}


def last_state(folder: Path, recorded: int) -> tuple[int, Path | None]:
    """Epoch and file of the last state that is not later than the `recorded` epochs; 0 and None where there is none."""
    states = {epoch: path for epoch, path in saved_states(folder).items() if epoch <= recorded}
    return max(states.items(), default=(0, None))


def require_whole_state(file: Path) -> None:
    """InputError, naming the file, where a state is cut or damaged."""
    if file.suffix != ".npz":
        require_whole(file)
        return
    with suppress(Exception), zipfile.ZipFile(file) as opened:  # zipfile meets damage with a dozen kinds
        if opened.testzip() is None and "0.npy" in opened.namelist():
            return
    raise InputError(f"{file}: damaged (cut off?)")


def _variables(model: keras.Model) -> list:
    return [*model.weights, *model.optimizer.variables]


def _seeds(model: keras.Model) -> list:
    """States of the random generators in a model's layers, which Keras does not count among its weights."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
