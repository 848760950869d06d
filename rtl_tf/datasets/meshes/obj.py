"""Wavefront OBJ: vertices, UV coordinates, and faces with a texture each, by their lines."""

import math
from array import array
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from rtl_tf.datasets.meshes.mtl import as_text, find_textures
from rtl_tf.datasets.meshes.textured import TexturedMesh
from rtl_tf.documents import read_bytes
from rtl_tf.exceptions import InputError, shortened
from rtl_tf.images import is_turned

FARTHEST = 1e9  # units from the origin
OTHER_TEXTURE = "name the texture with --texture"


def read_obj(path: Path, texture: Path | None = None) -> TexturedMesh:
    """A mesh with its textures.

    Faces of more than three corners become fans of triangles, negative indices count back from the last vertex; normals
    and colours are left aside. Faces without UV coordinates, or whose material has no texture, lie on none.

    Args:
        texture: the image that all faces with UV coordinates lie on, whatever the material libraries say; they are not
            read then.
    Raises:
        InputError: names the file and the line, or what lies not beside it.
    """
    content = Content(path)
    content.read()
    triangles, uv_triangles = content.triangles()
    if not len(content.uv):
        raise InputError(f"{path}: no UV coordinates (vt): export the mesh with its texture")
    if (uv_triangles < 0).all():
        raise InputError(f"{path}: no face names UV coordinates (f 1/1 2/2 3/3): export the mesh with its texture")
    with_uv, materials = (uv_triangles >= 0).all(axis=1), np.array(content.material_of)
    if texture is not None:
        textures, texture_of = [texture], np.zeros(len(triangles), np.int32)
    else:
        used = np.unique(materials[with_uv])
        textures, texture_of = _of_materials(content, used.tolist(), materials)
    for image in textures:
        if is_turned(image):
            raise InputError(f"{image}: turned by its EXIF tag, which UV coordinates know nothing of; save it without")
    texture_of[~with_uv] = -1
    vertices, uv = (np.array(each).reshape(-1, size) for each, size in ((content.vertices, 3), (content.uv, 2)))
    return TexturedMesh(vertices, triangles, uv, uv_triangles, tuple(textures), texture_of, content.space)


def _of_materials(content: "Content", used: Sequence[int], materials: np.ndarray) -> tuple[list[Path], np.ndarray]:
    """The textures of the used materials, each once, and which one each triangle has; -1 = none."""
    if not content.libraries:
        raise InputError(f"{content.path}: no material library (mtllib), and so no texture; {OTHER_TEXTURE}")
    names = [content.materials[index] for index in used]
    found = find_textures(content.path, content.libraries, names)
    textures = list(dict.fromkeys(filter(None, found)))
    if not textures:
        raise InputError(f"{content.path}: none of its materials has a texture (map_Kd); {OTHER_TEXTURE}")
    of_material = np.full(len(content.materials), -1, np.int32)
    of_material[used] = [-1 if image is None else textures.index(image) for image in found]
    return textures, of_material[materials]


class Content:
    """What the lines of a file say, in arrays of numbers: a scan has some hundred thousand of them."""

    def __init__(self, path: Path):
        self.path = path
        self.vertices, self.uv = array("d"), array("d")
        self.corners, self.uv_corners = array("q"), array("q")  # three a triangle
        self.lines, self.material_of = array("q"), array("q")  # one a triangle
        self.materials: list[str] = [""]
        self.libraries: list[str] = []
        self.space = "LPS"
        self._material = 0

    def read(self) -> None:
        """InputError names the line."""
        takers: dict[bytes, Callable[[bytes, list[bytes]], None]] = {
            b"v": lambda _, words: self.vertices.extend(_numbers(words, 3)),
            b"vt": lambda _, words: self.uv.extend(_numbers(words, 2)),
            b"f": lambda _, words: self._face(words),
            b"usemtl": lambda line, _: self._use(_rest(line)),
            b"mtllib": lambda line, _: self.libraries.append(_rest(line)),
        }
        for number, line in enumerate(BytesIO(read_bytes(self.path)), start=1):
            words = line.split()
            if not words:
                continue
            if words[0].startswith(b"#"):
                self.space = "RAS" if b"SPACE=RAS" in line.replace(b" ", b"") else self.space
            elif taker := takers.get(words[0]):
                try:
                    taker(line, words)
                except InputError as problem:
                    raise InputError(f"{self.path} line {number}: {problem}") from problem
                missing = len(self.corners) // 3 - len(self.lines)
                self.lines.extend([number] * missing)
                self.material_of.extend([self._material] * missing)
        if not self.vertices or not self.corners:
            what = "faces" if self.vertices else "vertices"
            raise InputError(f"{self.path}: no {what}: not a mesh in the format OBJ")

    def triangles(self) -> tuple[np.ndarray, np.ndarray]:
        """int32 (T, 3) each: of vertices, of UV coordinates. InputError where a face names one that is not there."""
        found = []
        kinds = (("vertex", self.corners, len(self.vertices) // 3), ("UV", self.uv_corners, len(self.uv) // 2))
        for name, corners, count in kinds:
            each = np.array(corners).reshape(-1, 3)
            if (beyond := np.flatnonzero((each >= count).any(axis=1))).size:
                line, index = self.lines[beyond[0]], each[beyond[0]].max() + 1
                raise InputError(f"{self.path} line {line}: {name} {index} is named, there are {count}")
            found.append(each.astype(np.int32))
        return found[0], found[1]

    def _use(self, name: str) -> None:
        if name not in self.materials:
            self.materials.append(name)
        self._material = self.materials.index(name)

    def _face(self, words: list[bytes]) -> None:
        corners = [self._corner(word) for word in words[1:]]
        if len(corners) < 3:
            raise InputError(f"a face of {len(corners)} corners")
        vertices, uv = ([corner[which] for corner in corners] for which in (0, 1))
        uv = uv if min(uv) >= 0 else [-1] * len(uv)
        for second in range(1, len(corners) - 1):
            self.corners.extend((vertices[0], vertices[second], vertices[second + 1]))
            self.uv_corners.extend((uv[0], uv[second], uv[second + 1]))

    def _corner(self, word: bytes) -> tuple[int, int]:
        """Indices of vertex and UV coordinate, from 0; of the second -1 where there is none."""
        first, *more = word.split(b"/")
        try:
            vertex, uv = int(first), int(more[0]) if more and more[0] else None
        except ValueError:
            raise InputError(f"corner '{_shown(word)}' of a face: expected 1, 1/1, 1//1 or 1/1/1") from None
        vertex = _index(vertex, len(self.vertices) // 3)
        return vertex, -1 if uv is None else _index(uv, len(self.uv) // 2)


def _index(told: int, count: int) -> int:
    """From 0; `count` are there up to this line. Those that come later can be named, too."""
    index = told - 1 if told > 0 else count + told
    if told == 0 or not 0 <= index < 2**31:
        raise InputError(f"index {shortened(str(told))} of a face, with {count} there so far")
    return index


def _numbers(words: list[bytes], count: int) -> list[float]:
    try:
        numbers = [float(word) for word in words[1 : count + 1]]
    except ValueError:
        numbers = []
    if len(numbers) < count or not all(math.isfinite(one) and abs(one) <= FARTHEST for one in numbers):
        there = _shown(b" ".join(words[1:]))
        raise InputError(f"{_shown(words[0])}: expected {count} numbers up to {FARTHEST:g}, there is '{there}'")
    return numbers


def _rest(line: bytes) -> str:
    """What stands behind the first word."""
    return (as_text(line).split(maxsplit=1) + [""])[1].strip()


def _shown(word: bytes) -> str:
    return shortened(as_text(word))
