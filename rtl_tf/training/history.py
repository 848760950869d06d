"""history.csv: one row an epoch, rewritten as a whole so that a killed run never leaves half a row."""

import csv
from pathlib import Path

from rtl_tf.atomic import replacing
from rtl_tf.exceptions import InputError

COLUMNS = ("epoch", "loss", "heatmap_loss", "regularizer", "val_loss", "val_error", "learning_rate", "seconds")


def write_history(path: Path, rows: list[dict[str, float]]) -> None:
    """Rows with the keys of COLUMNS.

    `heatmap_loss` and `val_loss` are the method's own loss, without regularizers: Eq. 2, summed over hourglasses, or
    DSNT's. `val_error` is in heatmap px (paper protocol).
    """
    with replacing(path) as unfinished, open(unfinished, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_history(path: Path) -> list[dict[str, float]]:
    """The rows so far, with the keys of COLUMNS; none where the file is missing. Epochs are int and count from 1.

    Raises:
        InputError: the file is damaged: it lacks a column, a number or an epoch.
    """
    if not path.exists():
        return []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise ValueError(f"no column {', '.join(missing)}")
            rows = [{name: (int if name == "epoch" else float)(row[name]) for name in COLUMNS} for row in reader]
        if [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
            raise ValueError("its epochs are not 1, 2, ...")
    except (OSError, ValueError, TypeError, csv.Error) as problem:
        raise InputError(f"{path}: damaged ({problem})") from problem
    return rows
