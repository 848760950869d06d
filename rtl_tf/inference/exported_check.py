"""The child process that tries out an exported detector before anything else opens it, see `rtl_tf.system.guarded`."""

from pathlib import Path

import numpy as np

from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.inference.engines import import_quietly
from rtl_tf.inference.exported import ExportedDetector, engine_of
from rtl_tf.system.guarded import serve


def try_out(file: Path) -> None:
    """Load the file and look at one grey image. Raises InputError unless it answers as a detector of its schema."""
    engine = engine_of(file)
    detector = ExportedDetector.open(file, engine, import_quietly(engine.package))
    size, landmarks = detector.image_size, len(detector.schema)
    try:
        located = detector.locate(np.full((1, size, size, 3), 128, np.uint8))
    except Exception as problem:  # each engine has its own kinds
        raise InputError(f"{file}: damaged: {in_one_line(problem)}") from problem
    points, heights = (1, landmarks, 2), (1, landmarks)
    expected = {"points": points, "heatmap_points": points, "peaks": heights, "rivals": heights}
    if detector.familiar is not None:
        expected["features"] = (1, len(detector.familiar.mean))
    found = {name: np.shape(getattr(located, name)) for name in expected}
    if found != expected:
        raise InputError(f"{file}: damaged: answers of shapes {found}, not {expected}")


if __name__ == "__main__":
    serve(try_out)
