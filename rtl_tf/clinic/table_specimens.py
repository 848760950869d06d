"""Landmarks of a table, which predict.py or a person wrote, for the analysis of shape, with what is known beside them.

The photographs need not be there.
"""

from dataclasses import replace
from pathlib import Path

from rtl_tf.clinic.facts import Facts, with_facts
from rtl_tf.clinic.marked_faces import MarkedFace, full_name, name_of, read_faces_inside
from rtl_tf.clinic.scales import RULER, scale_of
from rtl_tf.datasets.found_faces import holds_predictions
from rtl_tf.datasets.table import FOUND_BOX, attributes_of, landmarks_of
from rtl_tf.datasets.table_cells import DOUBT, PEAK
from rtl_tf.evaluation.specimens import Specimens, labelled_specimens
from rtl_tf.records import Sample

NO_COLUMN = {"detector", FOUND_BOX, *DOUBT, *RULER}  # beside those of landmarks


def specimens_of_table(
    table: Path, facts: Facts | None = None, subjects_as_written: bool = False, schema: str | None = None
) -> Specimens:
    """Where a detector found the points, the source says it. Images are called as the table has them, with the face
    and the film's frame behind. An image without a subject, or a film with all of its frames, is a person of its own.

    Raises:
        InputError: as `read_faces` or `with_facts`, or as `labelled_specimens`.
    """
    fitting, faces = read_faces_inside(table, schema, subjects_as_written)
    if facts:
        faces = with_facts(faces, facts)
    specimens = labelled_specimens(list(map(_sample, faces)), fitting, table.name, tuple(map(full_name, faces)))
    if holds_predictions(table):
        specimens = replace(specimens, source=f"found by a detector, not placed by a person, in {table.name}")
    if unnamed := len({_person(face) for face in faces if not face.subject} & set(specimens.subjects)):
        kind = "film" if all(face.frame or face.film for face in faces) else "image"
        specimens = specimens.noted(unnamed, "without a subject, each counted as a person", kind)
    return specimens


def _sample(face: MarkedFace) -> Sample:
    """With the columns of its table and the facts that tell something of the person or the photograph."""
    (columns,) = attributes_of(list(face.cells), [dict(face.cells)])
    left = NO_COLUMN | {name + PEAK for name in landmarks_of(list(face.cells))}
    return Sample(
        face.image,
        face.points,
        _person(face),
        mirrored=face.mirrored,
        mm_per_px=scale_of(face).mm_per_px,
        attributes={name: cell for name, cell in columns.items() if name not in left},
        face=face.face,
    )


def _person(face: MarkedFace) -> str:
    return face.subject or f"image {face.film or name_of(face.name, face.face, frame='')}"
