"""history.csv: one row an epoch, rewritten as a whole so that a killed run never leaves half a row."""

from collections.abc import Iterable
from pathlib import Path

from rtl_tf.csv_rows import read_own_rows, write_rows
from rtl_tf.documents import File

COLUMNS = ("epoch", "loss", "heatmap_loss", "regularizer", "val_loss", "val_error", "learning_rate", "seconds")


def write_history(path: Path, rows: list[dict[str, float]]) -> None:
    """Rows with the keys of COLUMNS.

    `heatmap_loss` and `val_loss` are the method's own loss, without regularizers: Eq. 2, summed over hourglasses, or
    DSNT's. `val_error` is in heatmap px (paper protocol). Without a validation image `val_loss` and
    `val_error` are NaN.
    """
    write_rows(path, COLUMNS, ([row[name] for name in COLUMNS] for row in rows), line_end="\n")


def read_history(path: File, needed: Iterable[str] = COLUMNS) -> list[dict[str, float]]:
    """The rows so far; none where the file is missing. Epochs are int and count 1, 2, ...

    Raises:
        InputError: the file is damaged, or lacks one of the columns `needed`.
    """
    if not path.exists():
        return []
    history = []
    for count, row in enumerate(read_own_rows(path, needed), start=1):
        if row.whole("epoch") != count:
            raise row.error(f"epoch {row.whole('epoch')} instead of {count}")
        history.append({name: row.whole(name) if name == "epoch" else row.number(name) for name in row.cells})
    return history
