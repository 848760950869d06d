"""Images that belong to a file by its name: face.jpg beside face.pts, or beside face_1.pts and face_2.pts."""

import re
from collections.abc import Mapping
from pathlib import Path

from rtl_tf.exceptions import InputError

FACE = re.compile(r"(.+)_(\d+)")  # 1051618982_1.pts: the first face of a photograph

Images = Mapping[tuple[Path, str], list[Path]]  # by folder and stem


def image_beside(file: Path, stem: str, images: Images) -> Path | None:
    """The image of the stem that `file` has, or of the stem without the number of a face.

    Raises:
        InputError: there are several of one stem.
    """
    several = FACE.fullmatch(stem)
    for name in (stem, *(several.groups()[:1] if several else ())):
        found = images.get((file.parent, name), [])
        if len(found) > 1:
            raise InputError(f"{file}: {found[0].name} and {found[1].name} lie beside it; keep the one it belongs to")
        if found:
            return found[0]
    return None
