"""Landmarks on the textures of a mesh: from a table, or as a detector finds them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtl_tf.clinic.marked_faces import MarkedFace, read_faces
from rtl_tf.datasets.files import composed
from rtl_tf.datasets.meshes.textured import TexturedMesh
from rtl_tf.datasets.photographs import Photograph
from rtl_tf.datasets.table_cells import PEAK
from rtl_tf.exceptions import InputError
from rtl_tf.inference.squares import FINDS_NO_FACES
from rtl_tf.schema import Schema
from rtl_tf.system.notes import some


@dataclass(frozen=True, eq=False)
class TextureView:
    """A face on a texture.

    Attributes:
        texture: which of the mesh's.
        face: see `Sample.face`.
        mirrored: see `Sample.mirrored`: views that differ in it show the two halves of the face, whose landmarks are
            other points under the same names.
        points: float64 (K, 2), px of the texture, NaN = missing.
        peaks: float64 (K,), of a detector's heatmaps; NaN = a person placed the point.
        row: of the table that it is from; None = a detector found it now.
    """

    texture: int
    face: str
    mirrored: bool
    points: np.ndarray
    peaks: np.ndarray
    row: MarkedFace | None = None


def views_of_table(
    mesh: TexturedMesh, table: Path, schema: str | None, subjects_as_written: bool = False
) -> tuple[Schema, list[TextureView], list[str]]:
    """The rows of a table (or the faces of any data set) whose image is a texture of the mesh, and lines that say what
    was left out.

    Raises:
        InputError: there is no such row, or none with landmarks, or nothing tells which of several images is meant;
            else as `read_faces`.
    """
    fitting, faces = read_faces(table, schema, subjects_as_written)
    texture_of = _textures_of(mesh, faces, table)
    mine = [(texture_of[face.image], face) for face in faces if face.image in texture_of]
    if not mine:
        raise InputError(f"{table}: no row with the image {_named(mesh)}, which the mesh has")
    views = [_view(index, face, fitting) for index, face in mine if not face.problem]
    problems = [f"{face.place}: {face.problem}" for _, face in mine if face.problem]
    if not views:
        raise InputError(problems[0])
    problems += [f"{face.place}: outside the texture: {', '.join(face.outside)}" for _, face in mine if face.outside]
    return fitting, views, problems


def views_of_detector(
    mesh: TexturedMesh, model: Path, all_faces: bool, start_tensorflow: Callable[[], None]
) -> tuple[Schema, list[TextureView], list[str]]:
    """What a run's detector, or an exported one, finds on the textures: on each the largest face, or all; and lines
    that say what was not found.

    Raises:
        InputError: no model, or no face on any texture.
    """
    from rtl_tf.inference.all_faces import with_all_faces
    from rtl_tf.inference.found_cells import places_on_image
    from rtl_tf.inference.predicting import load_predictor, numbered_faces, outcomes_of

    predictor = load_predictor(model, None, None, start_tensorflow)
    photographs = [Photograph(image) for image in mesh.textures]
    if all_faces:
        photographs = with_all_faces(predictor.face_square, photographs)
    views, problems = [], []
    faces = numbered_faces(photographs)
    for (photograph, face), found in zip(faces, outcomes_of(predictor, photographs), strict=True):
        if isinstance(found, InputError):
            problems.append(str(found))
            continue
        index, peaks = mesh.textures.index(photograph.image), found.prediction.peaks.astype(np.float64)
        views.append(TextureView(index, face, found.mirrored, places_on_image(found), peaks))
    if not views:
        raise InputError(problems[0])
    if predictor.face_square is None:
        problems.append(FINDS_NO_FACES.format("texture"))
    return predictor.schema, views, problems


def _textures_of(mesh: TexturedMesh, faces: Sequence[MarkedFace], table: Path) -> dict[Path, int]:
    """Image -> which of the textures it is: the one that lies there; of a texture that no image is, by the name, where
    a table has another folder. InputError where several images have that."""
    images = list(dict.fromkeys(face.image for face in faces))
    there = [image for image in images if image.exists()]
    called = [_name(texture) for texture in mesh.textures]
    found: dict[Path, int] = {}
    for index, texture in enumerate(mesh.textures):
        own = [image for image in there if image.samefile(texture)]
        if not own and called.count(called[index]) == 1:
            own = [image for image in images if image not in there and _name(image) == called[index]]
            if len(own) > 1:
                told = f"{some([str(image) for image in own], 'image')} are called like the mesh's {texture}"
                raise InputError(f"{table}: {told}, and none lies there: give the one that is meant its way from here")
        found |= dict.fromkeys(own, index)
    return found


def _name(image: Path) -> str:
    return composed(image.name).casefold()


def _view(texture: int, face: MarkedFace, schema: Schema) -> TextureView:
    peaks = np.array([face.number(name + PEAK) for name in schema.names])
    return TextureView(texture, face.face, face.mirrored, face.points, peaks, face)


def _named(mesh: TexturedMesh) -> str:
    return " or ".join(texture.name for texture in mesh.textures)
