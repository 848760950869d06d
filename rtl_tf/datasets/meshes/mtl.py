"""Wavefront MTL: the texture of each material, and the files that such lines mean."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from rtl_tf.datasets.files import find_file
from rtl_tf.documents import read_bytes
from rtl_tf.exceptions import InputError, shortened
from rtl_tf.images import read_size

LARGEST = 16 * 2**20  # bytes
MOVING = {"-o", "-s", "-t"}  # options by which a texture lies elsewhere than its UV coordinates say
TEXTURE = "map_kd"  # of the colour; programs write it in either case


def find_textures(obj: Path, libraries: Sequence[str], materials: Sequence[str]) -> list[Path | None]:
    """The image of each material, which can be read; None = it has none.

    Args:
        obj: the mesh's file.
        libraries: what stands behind its `mtllib`.
    Raises:
        InputError: a library or image is not there, a material is in none of them; names file and line.
    """
    files = [file for line in libraries for file in _libraries(obj, line)]
    lines: dict[str, tuple[str, str]] = {}
    for file in files:
        lines = _textures(file) | lines
    found = []
    for name in materials:
        if name not in lines:
            what = f"material '{shortened(name)}'" if name else "faces without a material (usemtl)"
            raise InputError(f"{obj}: {what}: not in {', '.join(file.name for file in files)}")
        place, text = lines[name]
        found.append(_image(obj.parent, place, text) if text else None)
    return found


def as_text(content: bytes) -> str:
    """UTF-8, else what Windows' programs of western countries write; every file can be read so."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _libraries(obj: Path, line: str) -> list[Path]:
    """The files of one `mtllib`: a name with blanks, else several names."""
    whole = file_beside(obj.parent, line)
    files = [whole] if whole else [file_beside(obj.parent, name) for name in line.split()]
    if not files or None in files:
        missing = shortened(line) or "file named behind mtllib"
        raise InputError(f"{obj}: no {missing} beside it; put it there, or name the texture with --texture")
    return [file for file in files if file]


def _textures(file: Path) -> dict[str, tuple[str, str]]:
    """Of each material the place of its texture's line, for messages, and what stands behind `map_Kd`; "" = none."""
    found: dict[str, tuple[str, str]] = {}
    name = None
    for number, line in enumerate(as_text(read_bytes(file, LARGEST)).splitlines(), start=1):
        word, _, rest = line.strip().replace("\t", " ").partition(" ")
        place, rest = f"{file} line {number}", rest.strip()
        if word == "newmtl":
            name = rest
            found.setdefault(name, (place, ""))
        elif word.lower() == TEXTURE:
            if name is None or not rest:
                raise InputError(f"{place}: map_Kd " + ("names no file" if name is not None else "before any newmtl"))
            found[name] = (place, rest)
    if not found:
        raise InputError(f"{file}: no material (newmtl): not a library of materials")
    return found


def _image(folder: Path, place: str, text: str) -> Path:
    if MOVING & set(text.split()):
        raise InputError(f"{place}: the texture is moved or scaled ({shortened(text)}); export it without such options")
    image = file_beside(folder, text)
    if image is None:
        raise InputError(f"{place}: no {shortened(text)} beside the mesh; put it there, or name it with --texture")
    read_size(image)
    return image


def file_beside(folder: Path, text: str) -> Path | None:
    """The file that a line means: a name with blanks, behind options or not.

    Where the path leads nowhere (it is of the computer that exported it), the file of this name in the folder is meant,
    also one that differs in case.
    """
    for name in _names(text):
        last = PurePosixPath(name.replace("\\", "/")).name
        if found := find_file(folder, name) or (find_file(folder, last) if last else None):
            return found
        alike = [file for file in folder.iterdir() if file.name.casefold() == last.casefold() and file.is_file()]
        if len(alike) == 1:
            return alike[0]
    return None


def _names(text: str) -> Iterator[str]:
    """What can be the name: all of it, or, behind options, each of its ends."""
    words = text.split(" ")
    for start in range(len(words) if text.startswith("-") else 1):
        if name := " ".join(words[start:]).strip().strip('"'):
            yield name
