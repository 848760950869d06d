"""A trained detector as ONNX, OpenVINO or LiteRT file: from uint8 crops to landmarks, in float32 or int8."""

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rtl_tf import __version__, datasets
from rtl_tf.coordinates import HEATMAP_STRIDE
from rtl_tf.exceptions import InputError
from rtl_tf.heatmaps import decoding
from rtl_tf.inference import export_litert, export_onnx, export_openvino
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.exported import (
    CONFIDENCE,
    ENGINES,
    FACE_SQUARE,
    FAMILIAR,
    RECIPE,
    ExportedDetector,
    exported_file,
    files_of,
    parts_file,
)
from rtl_tf.inference.graph import locate_in_crops
from rtl_tf.inference.part_crops import load_part_crops
from rtl_tf.inference.recipe import read_recipe
from rtl_tf.pipeline import load_crops
from rtl_tf.runs import layout
from rtl_tf.runs.config_file import from_json, read_config
from rtl_tf.runs.parts import read_split
from rtl_tf.schema import UNLABELLED, load_schema, schema_text
from rtl_tf.system.atomic import replacing
from rtl_tf.system.redirection import silenced

# Format -> write(locate, file, calibration, text): `locate` of `graph.locate_in_crops`, crops as for `export` or None,
# and the metadata as JSON.
WRITERS: dict[str, Callable] = {
    "onnx": export_onnx.write,
    "openvino": export_openvino.write,
    "litert": export_litert.write,
}
CALIBRATION_IMAGES = 100
CROP_RULE = (
    "a square of the upright image, scaled to image_size x image_size with an antialiased bilinear filter; without a "
    "box of its own the square around the landmarks, widened on every side by crop_margin times their larger extent; "
    "beyond the image its edge is repeated; pixel centres lie on integers; where the recipe has an alignment, "
    "instead of that square the one that it finds from the face's mesh"
)


def export_run(run: Path, engine: str, precision: str, output: Path | None = None) -> Path:
    """Write <run>/export/detector-<precision>.<suffix>, or `output`; the file's path.

    Raises:
        InputError: no trained run, a missing package or, for int8, data that are no longer there.
    """
    file = output or exported_file(run, engine, precision)
    read_config(run / layout.CONFIG)  # is it a run at all?
    calibration = calibration_crops(run) if precision == "int8" else ()
    started = time.perf_counter()
    print(f"writing {file} (up to a minute)", flush=True)
    export(run, file, engine, *calibration)
    print(f"written in {time.perf_counter() - started:.0f} s")
    return file


def calibration_crops(run: Path, count: int = CALIBRATION_IMAGES) -> list[np.ndarray]:
    """Of each of the run's networks uint8 (at most `count`, S, S, 3): crops of training images, evenly chosen."""
    config = read_config(run / layout.CONFIG)["resolved"]
    settings = from_json(config).resolved()
    schema_file = run / layout.SCHEMA
    schema = load_schema(schema_file)
    recipe = read_recipe(run / layout.RECIPE, len(schema))
    as_written = settings.subjects_as_written
    samples = datasets.load(settings.data, str(schema_file), size=settings.image_size, subjects_as_written=as_written)
    hashes = datasets.content_hashes(settings.data, samples)
    if any(config.get(name, value) != value for name, value in hashes.items()):  # an older run tells one of them
        raise InputError(f"{settings.data}: not the data that the run in {run} was trained on; int8 needs them")
    training = read_split(run / layout.SPLIT, samples).training
    chosen = [samples[index] for index in _evenly(training, count)]
    faces = load_crops(
        chosen,
        schema,
        size=settings.image_size,
        margin=settings.crop_margin,
        label="reading training images",
        square=(lambda _, image, box: recipe.square(image, box)) if recipe.alignment else None,
    )
    parts = load_part_crops(chosen, faces.crops, recipe, schema, label="reading their parts") if recipe.parts else None
    return [faces.plain] if parts is None else [faces.plain, np.stack(_evenly(parts.plain, count))]


def _evenly(rows: Sequence | np.ndarray, count: int) -> list:
    return [rows[index] for index in np.unique(np.linspace(0, len(rows) - 1, count).astype(int))]


def export(
    run: Path,
    file: Path,
    engine: str,
    calibration: np.ndarray | None = None,
    parts_calibration: np.ndarray | None = None,
) -> None:
    """Write the detector of a run folder into `file`, for one of `exported.ENGINES`; `parts_file` beside it where the
    run looks at parts of the face.

    The file takes uint8 "crops" (N, S, S, 3) RGB (LiteRT: N = 1) and gives what `Located` has, under the same names.

    Args:
        calibration: uint8 (M, S, S, 3) crops of training images: quantise to int8 by the range of values that they
            cause; None = float32.
        parts_calibration: the same for the network of parts.
    Raises:
        InputError: a file of another suffix than the engine's or one that cannot be written, a missing package, or no
            trained run, or the engine cannot load what was written.
    """
    if file.suffix != ENGINES[engine].suffix:
        raise InputError(f"{file}: files for {engine} end in {ENGINES[engine].suffix}")
    detector = Detector.load(run)
    if detector.parts:
        _export(run, detector.parts, parts_file(file), engine, parts_calibration)
    _export(run, detector, file, engine, calibration)


def _export(run: Path, detector: Detector, file: Path, engine: str, calibration: np.ndarray | None) -> None:
    locate = locate_in_crops(detector.network, detector.image_size, detector.sigma)
    text = json.dumps(metadata(run, detector, "fp32" if calibration is None else "int8"))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as unfinished, silenced(1, 2):
            _write(engine, locate, unfinished, calibration, text)
            for written, place in zip(files_of(unfinished)[1:], files_of(file)[1:], strict=True):
                os.replace(written, place)
    except ImportError as problem:
        raise InputError(f"{file}: needs {problem.name}; python -m pip install -e '.[export]'") from None
    except InputError as problem:
        raise InputError(str(problem).replace(unfinished.name, file.name)) from problem
    except OSError as problem:
        raise InputError(f"{file}: cannot be written ({problem.strerror})") from problem


def _write(engine: str, locate: Callable, file: Path, calibration: np.ndarray | None, text: str) -> None:
    """Write the file and load it, so that what cannot be used is known here and not where it is needed."""
    try:
        WRITERS[engine](locate, file, calibration, text)
        ExportedDetector.load_one(file)
    except BaseException:
        for other in files_of(file)[1:]:
            other.unlink(missing_ok=True)
        raise


def metadata(run: Path, detector: Detector, precision: str) -> dict:
    """What an exported file says of itself: everything that a program needs to use it without this package."""
    config = read_config(run / layout.CONFIG)["resolved"]
    return {
        "rtl_tf_version": __version__,
        "method": config["method"],
        "schema": schema_text(run / layout.SCHEMA),
        UNLABELLED: list(detector.unlabelled),
        RECIPE: detector.recipe.to_json(),
        FACE_SQUARE: detector.face_square and detector.face_square.to_json(),
        CONFIDENCE: detector.confidence and detector.confidence.to_json(),
        FAMILIAR: detector.familiar and detector.familiar.to_json(),
        "image_size": detector.image_size,
        "heatmap_stride": HEATMAP_STRIDE,
        "sigma": detector.sigma,
        "crop_margin": config["crop_margin"],
        "crop_rule": CROP_RULE,
        "decoding": decoding(detector.network.output),
        "units": "points: input px (crop pixels); heatmap_points: heatmap px; peaks: 0 to about 1",
        "precision": precision,
    }
