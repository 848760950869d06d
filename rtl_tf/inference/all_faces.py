"""Every face of photographs instead of the largest: each becomes a photograph with a square of its own."""

from collections.abc import Sequence
from dataclasses import replace

from rtl_tf.datasets.photographs import Photograph
from rtl_tf.exceptions import InputError
from rtl_tf.inference.face_finder import find_faces
from rtl_tf.inference.face_square import FaceSquare
from rtl_tf.inference.squares import NO_FACE
from rtl_tf.pyramid import Pyramid
from rtl_tf.system.progress import in_threads


def with_all_faces(learned: FaceSquare | None, photographs: Sequence[Photograph]) -> list[Photograph]:
    """The photographs, those without a square once for each face on them, the largest first.

    Raises:
        InputError: the run knows no faces. An image without one, or that cannot be read, has a problem instead.
    """
    if learned is None:
        raise InputError("--all-faces: too few training images showed a face that is found; give --table with boxes")

    def faces_of(photograph: Photograph) -> list[Photograph]:
        if photograph.problem or photograph.box:
            return [photograph]
        try:
            faces = find_faces(Pyramid.of_file(photograph.image))
            squares = [learned.apply(face, photograph.mirrored) for face in faces]
        except InputError as problem:
            return [replace(photograph, problem=str(problem))]
        found = [replace(photograph, box=box, mirrored=mirrored, found=True, face="") for box, mirrored in squares]
        return found or [replace(photograph, problem=f"{photograph.image}: {NO_FACE}")]

    return [face for faces in in_threads(faces_of, photographs, "finding faces") for face in faces]
