"""Predicting: from photographs to a table of landmarks and pictures of them. TensorFlow only where it is the engine."""

import csv
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rtl_tf.atomic import replacing
from rtl_tf.datasets.csv_rows import read_header
from rtl_tf.datasets.photographs import Photograph
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_image
from rtl_tf.inference.exported import ENGINES, ExportedDetector, exported_file
from rtl_tf.inference.predictor import Predictor, central_square
from rtl_tf.records import Prediction
from rtl_tf.reports.overlay import draw_landmarks
from rtl_tf.schema import Schema

PEAK = "_peak"


def load_predictor(
    model: Path, engine: str | None, precision: str | None, start_tensorflow: Callable[[], None]
) -> Predictor:
    """The detector of an exported file, or of a run folder for one of the engines.

    Raises:
        InputError: nothing there, or engine or precision that contradict the file.
    """
    if model.suffix in {known.suffix for known in ENGINES.values()}:
        detector = ExportedDetector.load(model)
        if engine not in (None, *(name for name, known in ENGINES.items() if known.suffix == model.suffix)):
            raise InputError(f"--engine {engine}: {model} is for another engine; leave the flag out")
        if precision not in (None, detector.metadata["precision"]):
            raise InputError(f"--precision {precision}: {model} is {detector.metadata['precision']}")
        return detector
    if not model.is_dir():
        raise InputError(f"{model}: no run folder, no exported detector")
    engine, precision = engine or "tensorflow", precision or "fp32"
    if engine != "tensorflow":
        file = exported_file(model, engine, precision)
        if not file.is_file():
            command = f"python -m rtl_tf.cli.export {model} --engine {engine} --precision {precision}"
            raise InputError(f"{file}: not there yet; make it with: {command}")
        return ExportedDetector.load(file)
    if precision != "fp32":
        raise InputError(f"--precision {precision}: TensorFlow runs fp32; add --engine {', '.join(ENGINES)}")
    start_tensorflow()
    from rtl_tf.inference.detector import Detector

    return Detector.load(model)


def predict_photographs(
    predictor: Predictor, photographs: Sequence[Photograph], output: Path, pictures: Path | None
) -> None:
    """Write the table of `write_table` and, into the folder `pictures`, each photograph with its landmarks.

    Raises:
        InputError: a file or folder that cannot be written, found before the first image is worked on.
    """
    _prepare_folders(photographs, output, pictures)
    boxes = [photograph.box or central_square(photograph.image) for photograph in photographs]
    files = [photograph.image for photograph in photographs]
    predictions = predictor.predict(files, boxes, [photograph.mirrored for photograph in photographs])
    write_table(output, predictor.schema, photographs, boxes, predictions)
    for photograph, box, prediction in zip(photographs, boxes, predictions, strict=True) if pictures else ():
        draw_landmarks(read_image(photograph.image), box, prediction.points, _picture(pictures, photograph))


def _prepare_folders(photographs: Sequence[Photograph], output: Path, pictures: Path | None) -> None:
    if output.is_dir():
        raise InputError(f"--output {output}: a folder; name a file")
    if output.exists() and not _is_ours(output):
        raise InputError(f"--output {output}: there already, and not written by predict.py; name another file")
    if pictures and pictures.resolve() in {photograph.image.resolve().parent for photograph in photographs}:
        raise InputError(f"--pictures {pictures}: photographs lie there and could be drawn over; name another folder")
    stems = [photograph.image.stem for photograph in photographs]
    repeated = next((stem for stem in stems if stems.count(stem) > 1), None)
    if pictures and repeated:
        raise InputError(f"--pictures: two images are called {repeated}, one would overwrite the other; rename one")
    for flag, folder in (("--output", output.absolute().parent), ("--pictures", pictures)):
        try:
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass  # the images take long: first see that there will be a place for what is found
        except OSError as problem:
            raise InputError(f"{flag} {folder}: {problem.strerror}") from problem


def _is_ours(file: Path) -> bool:
    """Whether a file is a table that `write_table` wrote and nobody has added people to."""
    try:
        header = read_header(file)
    except InputError:
        return False
    return "subject" not in header and any(name.endswith(PEAK) for name in header)


def _picture(folder: Path, photograph: Photograph) -> Path:
    return folder / f"{photograph.image.stem}.png"


def write_table(
    output: Path,
    schema: Schema,
    photographs: Sequence[Photograph],
    boxes: Sequence[tuple[float, float, float]],
    predictions: Sequence[Prediction],
) -> None:
    """A data table as `train.py --data` reads it (but for `subject`), with a peak for each landmark.

    Columns: image (relative to the table), box_left, box_top, box_side, mirrored, <landmark>_x, <landmark>_y in
    original px, <landmark>_peak.
    """
    columns = [f"{name}{part}" for name in schema.names for part in ("_x", "_y", PEAK)]
    folder = output.resolve().parent
    with replacing(output) as unfinished, open(unfinished, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "box_left", "box_top", "box_side", "mirrored", *columns])
        for photograph, box, prediction in zip(photographs, boxes, predictions, strict=True):
            image = os.path.relpath(photograph.image.resolve(), folder)
            values = [
                f"{value:.{digits}f}"
                for point, peak in zip(prediction.points, prediction.peaks, strict=True)
                for value, digits in ((point[0], 3), (point[1], 3), (peak, 4))
            ]
            mirrored = "true" if photograph.mirrored else "false"
            writer.writerow([image, *(f"{edge:g}" for edge in box), mirrored, *values])
