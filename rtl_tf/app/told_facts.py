"""What a table of --facts tells of the photographs. What people say on the page goes before it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rtl_tf.app.folder import Folder, Photo
from rtl_tf.app.head_view import outside
from rtl_tf.clinic.facts import Facts, with_facts
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.scales import scale_of
from rtl_tf.clinic.sights import told_sight
from rtl_tf.measuring.norms import Norm
from rtl_tf.schema import Schema


@dataclass(frozen=True)
class Known:
    """Attributes:
    table: its name, "" = none was given.
    faces: by the photograph's name, without landmarks; of those alone that have a row.
    norms: against which values are held, see `measured.Yardsticks`.
    """

    table: str = ""
    faces: Mapping[str, MarkedFace] = field(default_factory=dict)
    norms: Sequence[Sequence[Norm]] = ()

    @classmethod
    def of(cls, folder: Folder, facts: Facts, norms: Sequence[Sequence[Norm]] = ()) -> "Known":
        """Photographs without a row, and rows without a photograph, are warned of.

        InputError where it has none of the photographs, or a scale that is none; names file and row.
        """
        told = [face for face in with_facts([_blank(photo) for photo in folder.photos], facts) if face.cells]
        for face in told:
            scale_of(face)
        return cls(facts.file.name, {face.name: face for face in told}, norms)

    def face(self, photo: Photo) -> MarkedFace:
        """Of which nothing is told where it has no row."""
        return self.faces.get(photo.name) or _blank(photo)

    def to_json(self, photo: Photo, schema: Schema) -> dict | None:
        """For the page; what is not told is null, or ""."""
        if photo.name not in self.faces:
            return None
        face = self.faces[photo.name]
        scale, sight = scale_of(face), told_sight(face)
        return {
            "subject": face.subject,
            "age": None if math.isnan(face.age) else face.age,
            "sex": face.sex,
            "scale": None if math.isnan(scale.mm_per_px) else {"mmPerPx": scale.mm_per_px, "error": scale.error},
            "view": sight.view if sight else "",
            "outside": outside(schema, sight) if sight else None,
        }


def _blank(photo: Photo) -> MarkedFace:
    return MarkedFace(photo.path, photo.name, "", np.empty((0, 2)))
