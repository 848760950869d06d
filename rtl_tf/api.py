"""`train` and `evaluate` for Python: what the commands of these names do, without a command line."""

import os
import typing
from typing import Any

import numpy as np

from rtl_tf.cli import start_tensorflow
from rtl_tf.config import Asked, Settings
from rtl_tf.evaluation.metrics import summarize
from rtl_tf.exceptions import InputError
from rtl_tf.runs.run import Run, read_run

Setting = str | os.PathLike | float | bool | np.generic | None


def train(
    *, resume: bool = False, tensorboard: bool = False, validation_only: bool = False, **settings: Setting
) -> Run:
    """Train a detector, predict the test part once, judge it, draw it: `python train.py`.

    Examples:
        >>> import rtl_tf
        >>> run = rtl_tf.train(method="rtl-sam", reg_weight=0.002, data="my_faces")  # slow  # doctest: +SKIP
        >>> run = "runs/my_faces/rtl-sam/seed0"  # its folder, `run.folder`
        >>> rtl_tf.evaluate(run)["clinical.mm.mre.mean"]
        1.5

    Args:
        resume: go on with the run that the folder holds, wherever it stopped.
        tensorboard: write TensorBoard logs into the run folder.
        validation_only: stop before the test part is predicted; `resume=True` without it opens it later.
        settings: those of `rtl_tf.config.Settings`, by their names: `method`, `data`, `reg_weight` (`--lambda` of the
            command), `epochs`, `output`, ... What is left out or None, the preset decides.
    Returns:
        The run, read from its folder, with `resolved` settings, `history`, `metrics` and `predictions`. It can be given
        to `evaluate` and `Detector.load`.
    Raises:
        InputError: an unknown setting or a bad value, bad data, a run folder that is not free.
    """
    asked = _asked(settings)
    start_tensorflow()
    from rtl_tf.experiments.experiment import run_experiment

    folder = run_experiment(asked, resume=resume, tensorboard=tensorboard, validation_only=validation_only)
    return read_run(folder)


def evaluate(run: Run | str | os.PathLike) -> dict[str, float | int | None]:
    """All metrics of a run on its test part, computed from its predictions: `python evaluate.py --run`. No TensorFlow.

    Examples:
        >>> import rtl_tf
        >>> metrics = rtl_tf.evaluate("runs/my_faces/rtl-sam/seed0")
        >>> metrics["paper.heatmap_px.mre.mean"], metrics["clinical.mm.fr@2.0"]
        (1.5, 0.0)

    Args:
        run: a run, as `train` returns it, or its folder.
    Returns:
        `<protocol>.<unit>.<metric>` -> number, None = undefined, see `rtl_tf.evaluation.metrics.summarize`.
        `pandas.Series` makes a table of it.
    Raises:
        InputError: no run in this folder, an unfinished or a damaged one.
    """
    return summarize(read_run(run).predictions)


def _asked(settings: dict[str, Setting]) -> Asked:
    """Settings of keyword arguments; InputError for one that there is not, or whose value is of another kind."""
    kinds = typing.get_type_hints(Settings)
    for name in settings:
        if name not in kinds:
            raise InputError(f"{name}: no setting is called so; there are {', '.join(kinds)}")
    return Asked(**{name: _checked(name, value, kinds[name]) for name, value in settings.items()})


def _checked(name: str, value: Setting, kind: type) -> Any:
    """A path as its text, a number of NumPy as Python's."""
    if isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, os.PathLike):
        value = os.fspath(value)
    whole_for_float = isinstance(value, int) and not isinstance(value, bool) and isinstance(0.0, kind)
    if not (value is None or isinstance(value, kind) or whole_for_float):
        raise InputError(f"{name}={value!r}: must be {getattr(kind, '__name__', kind)}")
    return value
