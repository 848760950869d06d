"""Where the faces of a table are to be seen: by this, and not by how it is written, two tables' rows are one face's."""

from pathlib import Path
from typing import NamedTuple

from rtl_tf.datasets.unnamed_people import is_made_up


class Picture(NamedTuple):
    """A face of a photograph, or of a frame of a film; see `MarkedFace`."""

    image: Path
    face: str = ""
    frame: str = ""

    def told(self, subject: str) -> str:
        """The subject where somebody has told it; "" where it is made up of the image's name."""
        return "" if is_made_up(subject, self.image, self.face) else subject
