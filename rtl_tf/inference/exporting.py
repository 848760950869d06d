"""A trained detector as ONNX, OpenVINO or LiteRT file: from uint8 crops to landmarks, in float32 or int8."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rtl_tf import __version__
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
    VERSION,
    ExportedDetector,
    files_of,
    is_exported,
    parts_file,
)
from rtl_tf.inference.graph import locate_in_crops
from rtl_tf.runs import layout
from rtl_tf.runs.config_file import read_config
from rtl_tf.schema import UNLABELLED, schema_text
from rtl_tf.system.atomic import replacing
from rtl_tf.system.redirection import silenced

# Format -> write(locate, file, calibration, text): `locate` of `graph.locate_in_crops`, crops as for `export` or None,
# and the metadata as JSON.
WRITERS: dict[str, Callable] = {
    "onnx": export_onnx.write,
    "openvino": export_openvino.write,
    "litert": export_litert.write,
}
CROP_RULE = (
    "a square of the upright image, scaled to image_size x image_size with an antialiased bilinear filter; without a "
    "box of its own the square around the landmarks, widened on every side by crop_margin times their larger extent; "
    "beyond the image its edge is repeated; pixel centres lie on integers; where the recipe has an alignment, "
    "instead of that square the one that it finds from the face's mesh"
)


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
        InputError: see `require_free`; a file that cannot be written, a missing package, or no trained run, or the
            engine cannot load what was written.
    """
    detector = Detector.load(run)
    require_free(file, engine, detector.parts is not None)
    if detector.parts:
        _export(run, detector.parts, parts_file(file), engine, parts_calibration)
    _export(run, detector, file, engine, calibration)


def require_free(file: Path, engine: str, with_parts: bool) -> None:
    """InputError for a file of another suffix than the engine's, or where one would be replaced that was not exported.

    with_parts: whether `parts_file` is written, too.
    """
    if file.suffix != ENGINES[engine].suffix:
        raise InputError(f"{file}: files for {engine} end in {ENGINES[engine].suffix}")
    for network in (file, parts_file(file)) if with_parts else (file,):
        taken = [each for each in files_of(network) if each.exists()]
        if taken and not is_exported(network):
            raise InputError(f"{taken[0]}: there already, and no exported detector; name another file, or remove it")


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
        VERSION: __version__,
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
