"""The public 68-point frames of the YouTube Faces database: a CSV file and a folder of frames beside it."""

from pathlib import Path

import numpy as np

from rtl_tf.csv_rows import Row, read_header, read_rows
from rtl_tf.datasets import ibug68
from rtl_tf.datasets.files import file_called
from rtl_tf.exceptions import InputError, retold_by
from rtl_tf.numerals import as_number
from rtl_tf.records import Sample
from rtl_tf.system.faults import each_read

TABLE = "training_frames_keypoints.csv"
COORDINATES = [str(column) for column in range(2 * 68)]


def recognises(path: Path) -> bool:
    """Whether `path` is such a CSV file (by its header) or a folder that holds the training part's."""
    if path.is_dir():
        return (path / TABLE).is_file()
    return path.suffix.lower() == ".csv" and path.is_file() and read_header(path)[1:] == COORDINATES


def default_schema(path: Path) -> str:
    """fas12: the half of the face that is turned to the camera."""
    return "fas12"


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """Samples of the training part (a folder), or of the part whose CSV file is given.

    A row is a file name and x0, y0, ... x67, y67, taken with pixel centres on integers. `<part>_frames_keypoints.csv`
    belongs to the folder `<part>`. The subject is the file name up to its last underscore. Points outside their frame
    (20 of the 235416 in the training part) become missing.

    Raises:
        InputError: a file is missing, a cell is not a number, a frame appears twice; names the file and the row.
    """
    schema = ibug68.schema_read(schema or default_schema(path))
    table = path / TABLE if path.is_dir() else path
    header, rows = read_rows(table)
    if header[1:] != COORDINATES:
        raise InputError(f"{table} row 1: expected a column of file names, then columns 0 to 135")
    folder = table.parent / table.name.split("_")[0]
    seen: dict[str, int] = {}

    def sample_in(row: Row) -> Sample:
        name, *values = row.cells.values()
        if name in seen:
            raise row.error(f"{name} is already in row {seen[name]}; remove one")
        seen[name] = row.line
        with retold_by(row.error):
            if not name:
                raise InputError("the file name is empty")
            image = file_called(folder, name)
            return ibug68.sample(image, _points(values), Path(name).stem.rsplit("_", 1)[0], schema)

    return each_read(sample_in, rows)


def _points(cells: list[str]) -> np.ndarray:
    """float64 (68, 2)."""
    values = np.array([as_number(cell) for cell in cells])
    if np.isnan(values).any():
        raise InputError(f"column {int(np.isnan(values).argmax())} is empty; this format knows no missing points")
    return values.reshape(68, 2)
