"""What rows tell of a photograph beside its landmarks, looked through before anything is looked for in a photograph."""

import math
from collections.abc import Sequence

from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.scales import RULER, ruler_of
from rtl_tf.clinic.sights import told_view
from rtl_tf.datasets.table_cells import YAW


def require_told(face: MarkedFace, compared: bool) -> None:
    """InputError for a view, a yaw or a coordinate of a ruler that is none; where the face is `compared` with norms,
    for an age or a sex, too. It names the row."""
    told_view(face)
    for column in (YAW, *RULER):
        face.number(column)
    if compared:
        _ = face.age, face.sex


def require_all_told(faces: Sequence[MarkedFace], compared: bool) -> None:
    """As `require_told`, of all faces, and for a ruler that makes no scale where one is needed."""
    for face in faces:
        require_told(face, compared)
        if math.isnan(face.mm_per_px):
            ruler_of(face)
