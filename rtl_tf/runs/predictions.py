"""predictions.csv: the hinge between the networks, which write it, and the judging, which reads nothing else."""

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rtl_tf.csv_rows import write_rows
from rtl_tf.documents import File, read_text
from rtl_tf.exceptions import InputError, in_one_line, shortened
from rtl_tf.records import blanked

TEXTS = ("image", "subject", "landmark")
NUMBERS = (
    *("truth_x", "truth_y", "x", "y", "peak"),
    *("heatmap_truth_x", "heatmap_truth_y", "heatmap_x", "heatmap_y"),
    *("input_px_per_px", "mm_per_px"),
)
OPTIONAL = ("spread", "rival", "unlikeness", "yaw", "mirrored")  # empty where not known; older tables lack some
COLUMNS = (*TEXTS, *NUMBERS, *OPTIONAL)
OF_IMAGES = ("input_px_per_px", "mm_per_px", "unlikeness", "yaw", "mirrored")  # the same for all landmarks


@dataclass(frozen=True)
class Predictions:
    """What a detector said of N test images with K landmarks, beside the truth. All numbers are float32.

    Attributes:
        images, subjects: N names each.
        landmarks: K names, in the order of every (N, K, ...) array.
        truth: (N, K, 2), original px, NaN = not labelled.
        points: (N, K, 2), original px, sub-pixel decoding (DSNT: its coordinates).
        peaks: (N, K), height of each heatmap's maximum.
        heatmap_truth: (N, K, 2), heatmap px, not rounded, NaN = not labelled.
        heatmap_points: (N, K, 2), heatmap px, by argmax; rounded to the grid are DSNT's coordinates and the answers of
            a recipe that adds to one look at the box (labels' shift, found boxes, more looks), which has no argmax.
        input_px_per_px: (N,), magnification of the crop that the network saw.
        mm_per_px: (N,), scale of the original image, NaN = unknown.
        spread, rivals: (N, K), and unlikeness, yaw: (N,), see `records.Prediction`; NaN or None = not known.
        mirrored: (N,), 1 where the network saw the image mirrored, 0 where not; None = not known.
    """

    images: tuple[str, ...]
    subjects: tuple[str, ...]
    landmarks: tuple[str, ...]
    truth: np.ndarray
    points: np.ndarray
    peaks: np.ndarray
    heatmap_truth: np.ndarray
    heatmap_points: np.ndarray
    input_px_per_px: np.ndarray
    mm_per_px: np.ndarray
    spread: np.ndarray | None = None
    rivals: np.ndarray | None = None
    unlikeness: np.ndarray | None = None
    yaw: np.ndarray | None = None
    mirrored: np.ndarray | None = None


def of_labelled_landmarks(predictions: Predictions) -> Predictions:
    """With NaN for all that was found of landmarks that no image labels: a network never learnt where they are."""
    never = np.isnan(predictions.truth).any(axis=-1).all(axis=0)
    return without_landmarks(predictions, [name for name, one in zip(predictions.landmarks, never, strict=True) if one])


def without_landmarks(predictions: Predictions, names: Collection[str]) -> Predictions:
    """With NaN for all that was found of these landmarks."""
    return replace(predictions, **blanked(predictions, np.array([name not in names for name in predictions.landmarks])))


def write_predictions(path: str | Path, predictions: Predictions) -> None:
    """Write one row for each image and landmark; the file appears whole or not at all, and reads back bit for bit."""
    write_rows(path, COLUMNS, prediction_rows(predictions))


def prediction_rows(predictions: Predictions) -> Iterator[tuple[str, ...]]:
    """Cells of COLUMNS for each image and landmark."""
    images, landmarks = len(predictions.images), len(predictions.landmarks)
    numbers = [
        *(predictions.truth[..., 0], predictions.truth[..., 1]),
        *(predictions.points[..., 0], predictions.points[..., 1], predictions.peaks),
        *(predictions.heatmap_truth[..., 0], predictions.heatmap_truth[..., 1]),
        *(predictions.heatmap_points[..., 0], predictions.heatmap_points[..., 1]),
        *(predictions.input_px_per_px[:, None], predictions.mm_per_px[:, None]),
        *(_or_unknown(values) for values in (predictions.spread, predictions.rivals)),
        *(_or_unknown(values)[..., None] for values in (predictions.unlikeness, predictions.yaw, predictions.mirrored)),
    ]
    texts = [np.repeat(predictions.images, landmarks), np.repeat(predictions.subjects, landmarks)]
    texts.append(np.tile(predictions.landmarks, images))
    columns = [*texts, *(_as_text(np.broadcast_to(column, (images, landmarks))) for column in numbers)]
    return zip(*columns, strict=True)


def _or_unknown(values: np.ndarray | None) -> np.ndarray:
    return np.full(1, np.nan, np.float32) if values is None else values


def _as_text(values: np.ndarray) -> np.ndarray:
    """Shortest decimals that read back as the same float32; empty for NaN."""
    values = np.asarray(values, np.float32).ravel()
    return np.where(np.isnan(values), "", values.astype(str))


def read_predictions(path: File) -> Predictions:
    """Read predictions.csv. Raises InputError, naming the row, for anything that a run would not have written."""
    texts, numbers = _read_columns(path)
    names = texts["landmark"]
    later = np.flatnonzero(names[1:] == names[0])  # the second image starts with the same landmark again
    per_image = int(later[0]) + 1 if later.size else len(names)
    first = np.arange(len(names)) // per_image * per_image
    expected = {name: texts[name][first] for name in ("image", "subject")}
    expected["landmark"] = names[np.arange(len(names)) % per_image]
    wrong = np.any([texts[name] != expected[name] for name in TEXTS], axis=0)
    if wrong.any():
        row = int(np.argmax(wrong))
        problem = f"expected image, subject, landmark = {', '.join(expected[name][row] for name in TEXTS)}"
        raise _damage(path, row, problem)
    if len(names) % per_image:
        problem = f"the last image has {len(names) % per_image} of {per_image} landmarks: cut off?"
        raise _damage(path, len(names) - 1, problem)
    _check_numbers(path, numbers, per_image)
    grid = {name: column.reshape(-1, per_image) for name, column in numbers.items()}
    return Predictions(
        images=tuple(texts["image"][::per_image]),
        subjects=tuple(texts["subject"][::per_image]),
        landmarks=tuple(names[:per_image]),
        truth=np.stack([grid["truth_x"], grid["truth_y"]], axis=-1),
        points=np.stack([grid["x"], grid["y"]], axis=-1),
        peaks=grid["peak"],
        heatmap_truth=np.stack([grid["heatmap_truth_x"], grid["heatmap_truth_y"]], axis=-1),
        heatmap_points=np.stack([grid["heatmap_x"], grid["heatmap_y"]], axis=-1),
        input_px_per_px=grid["input_px_per_px"][:, 0],
        mm_per_px=grid["mm_per_px"][:, 0],
        spread=_known(grid["spread"]),
        rivals=_known(grid["rival"]),
        unlikeness=_known(grid["unlikeness"][:, 0]),
        yaw=_known(grid["yaw"][:, 0]),
        mirrored=_known(grid["mirrored"][:, 0]),
    )


def _damage(path: File, row: int, problem: str) -> InputError:
    """`row` counts from 0 after the header; people count rows from 1 with it."""
    return InputError(f"{path} row {row + 2}: {problem}")


def _known(values: np.ndarray) -> np.ndarray | None:
    return None if np.isnan(values).all() else values


def _read_columns(path: File) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Text columns as object arrays of str, numbers as float32."""
    import pandas  # here: 0.15 s that writing and the metrics do without; five times as fast as `csv_rows`

    text = read_text(path)
    try:
        table = pandas.read_csv(
            io.StringIO(text),
            dtype=dict.fromkeys(TEXTS, str),
            keep_default_na=False,
            na_values=dict.fromkeys((*NUMBERS, *OPTIONAL), ""),
            low_memory=False,
            skip_blank_lines=False,
        )
    except (ValueError, OverflowError) as problem:  # empty, rows longer than the header, endless digits
        raise InputError(f"{path}: not a table of predictions ({in_one_line(problem)})") from problem
    missing = [name for name in (*TEXTS, *NUMBERS) if name not in table]
    if missing:
        raise InputError(f"{path}: missing column {', '.join(missing)}")
    if table.empty:
        raise InputError(f"{path}: no rows below the header")
    table[[name for name in OPTIONAL if name not in table]] = np.nan
    numbers = {name: _to_numbers(path, name, table[name].to_numpy()) for name in (*NUMBERS, *OPTIONAL)}
    return {name: table[name].to_numpy(object) for name in TEXTS}, numbers


def _to_numbers(path: File, name: str, column: np.ndarray) -> np.ndarray:
    """float32; pandas leaves a column as text where a cell is no number."""
    try:
        with np.errstate(over="ignore"):  # infinite numbers are refused later
            return column.astype(np.float32)
    except (ValueError, TypeError, OverflowError):
        for row, cell in enumerate(column):
            try:
                float(cell)
            except (ValueError, TypeError, OverflowError):
                raise _damage(path, row, f"{name} is '{shortened(str(cell))}', not a number") from None
        raise


def _check_numbers(path: File, numbers: dict[str, np.ndarray], per_image: int) -> None:
    def refuse(bad: np.ndarray, problem: str) -> None:
        if bad.any():
            raise _damage(path, int(np.argmax(bad)), problem)

    for name in ("x", "y", "peak", "heatmap_x", "heatmap_y"):
        refuse(~np.isfinite(numbers[name]), f"{name} is missing or not finite")
    labelled = np.isfinite(numbers["truth_x"])
    for name in ("truth_x", "truth_y", "heatmap_truth_x", "heatmap_truth_y"):
        refuse(np.isinf(numbers[name]), f"{name} is infinite")
        refuse(np.isfinite(numbers[name]) != labelled, "the truth is there in some columns and missing in others")
    refuse(~(np.isfinite(numbers["input_px_per_px"]) & (numbers["input_px_per_px"] > 0)), "input_px_per_px must be > 0")
    refuse(np.isinf(numbers["mm_per_px"]) | (numbers["mm_per_px"] <= 0), "mm_per_px must be > 0, or empty if unknown")
    for name in OPTIONAL:
        refuse(np.isinf(numbers[name]), f"{name} is infinite")
    for name in ("spread", "unlikeness"):
        refuse(numbers[name] < 0, f"{name} must be >= 0, or empty if unknown")
    flags = numbers["mirrored"]
    refuse(~(np.isnan(flags) | (flags == 0) | (flags == 1)), "mirrored must be 0 or 1, or empty if unknown")
    for name in OF_IMAGES:
        of_image = np.repeat(numbers[name][::per_image], per_image)
        refuse(
            (numbers[name] != of_image) & ~(np.isnan(numbers[name]) & np.isnan(of_image)),
            f"{name} changes within the image",
        )
