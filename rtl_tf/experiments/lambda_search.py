"""`--lambda auto`: lambda is chosen on the validation part, from the values of Fig. 10, before the test part is opened.

<run>/lambda_search/<value>/     a run for each value, without test predictions; its weights are removed at the end
<run>/lambda_search.json         every value's score and the choice
"""

from collections.abc import Callable
from pathlib import Path

from rtl_tf.exceptions import InputError
from rtl_tf.networks.archive_check import require_safe
from rtl_tf.runs import layout
from rtl_tf.runs.config_file import read_config, write_config
from rtl_tf.runs.designs import lambda_grid
from rtl_tf.runs.history import read_history
from rtl_tf.runs.search import write_search
from rtl_tf.system.atomic import write_bytes

GRID = lambda_grid()


def choose_lambda(folder: Path, train: Callable[[float, Path], None]) -> float:
    """Train with each value that is not there yet; the best becomes the run in `folder`, as if it alone was trained.

    Args:
        folder: of a run that has its config.json.
        train: (lambda, folder): trains there and predicts the validation part; goes on where it was interrupted.
    Returns:
        The chosen lambda; of equal ones the smallest.
    """
    record = folder / layout.SEARCH
    if not record.exists():
        for finished in (folder / layout.SEARCH_RUNS).glob(f"*/{layout.VALIDATION}"):
            _require_network(finished.parent)  # before the others are trained
        candidates = [_candidate(value, folder / layout.SEARCH_RUNS / f"{value:g}", train) for value in GRID]
        chosen = min(candidates, key=lambda candidate: candidate["validation_error"])["lambda"]
        winner = folder / layout.SEARCH_RUNS / f"{chosen:g}"
        for name in (layout.HISTORY, layout.NETWORK):
            write_bytes(folder / name, (winner / name).read_bytes())
        config = read_config(folder / layout.CONFIG)
        config["resolved"]["lambda"] = chosen
        write_config(folder / layout.CONFIG, **config)
        write_search(record, chosen, candidates)
        scores = ", ".join(f"{one['lambda']:g}: {one['validation_error']:.3f}" for one in candidates)
        print(f"lambda {chosen:g} chosen by validation error, heatmap px ({scores})")
    for weights in folder.glob(f"{layout.SEARCH_RUNS}/*/{layout.NETWORK}"):
        weights.unlink()
    return read_config(folder / layout.CONFIG)["resolved"]["lambda"]


def _require_network(folder: Path) -> None:
    try:
        require_safe(folder / layout.NETWORK)
    except InputError as problem:
        raise InputError(f"{problem}; remove {folder}, and --resume trains that lambda again") from problem


def searching_run(folder: Path) -> Path:
    """The run that a candidate, or the run of a fold, is trained for; another run's folder itself."""
    place, run = folder.parent.name, folder.parent.parent
    return run if place in (layout.SEARCH_RUNS, layout.FOLDS) and layout.is_begun(run) else folder


def _candidate(value: float, folder: Path, train: Callable[[float, Path], None]) -> dict[str, float]:
    if not (folder / layout.VALIDATION).is_file():
        print(f"\nlambda {value:g}, one of {', '.join(f'{other:g}' for other in GRID)}:")
        train(value, folder)
    best = min(read_history(folder / layout.HISTORY), key=lambda row: row["val_error"])
    return {"lambda": value, "validation_error": best["val_error"], "epoch": best["epoch"]}
