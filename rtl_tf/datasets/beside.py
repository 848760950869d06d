"""Images that belong to a file by its name: face.jpg beside face.pts, or beside face_1.pts and face_2.pts."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rtl_tf.datasets.files import composed
from rtl_tf.exceptions import InputError
from rtl_tf.images import SUFFIXES

FACE = re.compile(r"(.+)_(\d+)")  # 1051618982_1.pts: the first face of a photograph

Images = Mapping[tuple[Path, str], list[Path]]  # by folder and stem, accents in Unicode's composed form


def images_among(files: Iterable[Path], called: Callable[[str], str] = str) -> Images:
    """The images among files, by their folders and by what `called` makes of their stems; hidden ones are another
    system's."""
    images = defaultdict(list)
    for file in files:
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file():
            images[file.parent, composed(called(file.stem))].append(file)
    return images


def number_of_face(stem: str) -> str:
    """The 2 of `face_2`, "" where there is none."""
    several = FACE.fullmatch(stem)
    return several[2] if several else ""


def image_beside(file: Path, stem: str, images: Images) -> Path | None:
    """The image of the stem that `file` has, or of the stem without the number of a face; accents may be written in
    either of Unicode's forms.

    Raises:
        InputError: there are several of one stem.
    """
    stem = composed(stem)
    several = FACE.fullmatch(stem)
    for name in (stem, *(several.groups()[:1] if several else ())):
        found = images.get((file.parent, name), [])
        if len(found) > 1:
            raise InputError(f"{file}: {found[0].name} and {found[1].name} lie beside it; keep the one it belongs to")
        if found:
            return found[0]
    return None
