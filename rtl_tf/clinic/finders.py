"""Who found the points that are to have intervals by a run's errors: its detector, another one, or a person."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.datasets.table_cells import PEAK
from rtl_tf.inference.exported import ENGINES
from rtl_tf.inference.predicting import detector_hash
from rtl_tf.runs import layout
from rtl_tf.system.notes import some, warn

DETECTOR = "detector"  # the column


def held_against(run: Path, faces: Sequence[MarkedFace], data: str | Path) -> list[MarkedFace]:
    """The faces, those of a table without a detector or its peaks as placed by a person, who errs in another way than
    the run's detector. Faces that another detector found are warned of; `data` is where they are from."""
    if not any(name == DETECTOR or name.endswith(PEAK) for face in faces for name in face.cells):
        return [replace(face, by_hand=np.ones(len(face.points), bool)) for face in faces]
    found_by = {face.cells.get(DETECTOR, "") for face in faces} - {""}
    if found_by and (own := _hashes(run)) and (strangers := found_by - own):
        there = [face.name for face in faces if face.cells.get(DETECTOR) in strangers]
        warn(f"{data}: {some(there, 'face')} found by another detector than that of {run}, whose errors are told")
    return list(faces)


def _hashes(run: Path) -> set[str]:
    """What `detector` says of the run's detector and of its exported ones; none where the run has no network here."""
    if not (run / layout.NETWORK).is_file():
        return set()
    suffixes = {engine.suffix for engine in ENGINES.values()}
    exported = [file for file in (run / layout.EXPORT).glob("*") if file.suffix in suffixes]
    return {detector_hash(model, None, None, parts) for model in (run, *exported) for parts in (False, True)}
