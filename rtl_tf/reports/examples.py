"""Collects from runs the arrays that the paper's figures are drawn from."""

import zipfile

import numpy as np

from rtl_tf.evaluation.errors import protocol_errors
from rtl_tf.evaluation.metrics import per_image
from rtl_tf.exceptions import InputError
from rtl_tf.reports.paper import method_titles
from rtl_tf.reports.runs import Run

EXAMPLE_ARRAYS = ("image_names", "crops", "heatmaps", "truth", "points", "errors")


def by_method(runs: list[Run]) -> dict[str, list[Run]]:
    """Title -> runs, methods in the paper's order, others after them."""
    titles = method_titles()
    methods = sorted({run.method for run in runs} - titles.keys())
    grouped = {method: [run for run in runs if run.method == method] for method in [*titles, *methods]}
    return {titles.get(method, method.upper()): members for method, members in grouped.items() if members}


def error_curves(runs: list[Run]) -> dict[str, np.ndarray]:
    """Title -> per-image errors in heatmap px, paper protocol, the seeds' images pooled. For Fig. 6."""
    return {
        title: np.concatenate([per_image(protocol_errors(run.predictions, "paper")["heatmap_px"]) for run in members])
        for title, members in by_method(runs).items()
    }


def read_examples(run: Run) -> dict[str, np.ndarray]:
    """The test faces that a run kept in examples.npz; raises InputError where that is missing or damaged."""
    path = run.folder / "examples.npz"
    if not path.is_file():
        raise InputError(f"{run.folder} has no examples.npz")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in EXAMPLE_ARRAYS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as problem:
        raise InputError(f"{path}: not a run's examples ({problem})") from problem


def method_examples(runs: list[Run]) -> tuple[dict[str, dict[str, np.ndarray]], list[str]]:
    """Title -> examples of the method's first run that has some, and a line for each run that has none. For Fig. 7."""
    examples, warnings = {}, []
    for title, members in by_method(runs).items():
        for run in members:
            try:
                examples[title] = read_examples(run)
                break
            except InputError as problem:
                warnings.append(str(problem))
    if not examples:
        raise InputError(f"no run has examples to draw: {warnings[0]}")
    return examples, warnings
