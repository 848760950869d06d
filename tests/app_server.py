"""The page's server as tests need it: of a guesser whose answers are known, at an address that a restart keeps.

`python tests/app_server.py FOLDER PORT [label] [faces] [recursive] [only] [facts]` serves the photographs of a folder
until it is killed; `faces` with two on each; `only` those of the table only.csv beside it; `facts` with facts.csv, and
norms.csv, beside it.
"""

import socket
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import uvicorn
from PIL import Image

from rtl_tf.app.folder import Folder
from rtl_tf.app.guesses import Guess, Guesses
from rtl_tf.app.journal import NAME, writing
from rtl_tf.app.labels import AllLabels
from rtl_tf.app.pictures import Pictures
from rtl_tf.app.security import Access
from rtl_tf.app.server import application
from rtl_tf.app.session import Session
from rtl_tf.app.told_facts import Known
from rtl_tf.clinic.facts import read_facts
from rtl_tf.clinic.sights import Sight
from rtl_tf.coordinates import Crop
from rtl_tf.measuring.landmark_covariance import LandmarkCovariance
from rtl_tf.measuring.norms import read_norms
from rtl_tf.schema import load_schema

TOKEN = "t" * 43
POINTS = {"exocanthion": (20.0, 30.0), "endocanthion": (50.0, 30.0), "nasion": (70.0, 25.0), "gnathion": (60.0, 80.0)}
ERRORS = LandmarkCovariance.of_blocks(tuple(POINTS), np.tile([[4e-4, 1e-4], [1e-4, 1e-4]], (4, 1, 1)))
ODD = "b.png"  # the photograph that is flagged


class KnownGuesser:
    """Four landmarks, everywhere the same."""

    name, ahead = "detector toy", True
    errors, no_errors = ERRORS, ""

    def guess(self, photo, pixels) -> Guess:
        flags = ("low peak: gnathion",) if photo.name == ODD else ()
        radius = dict.fromkeys(POINTS, 6.0)
        sight = Sight("oblique", 40.0) if photo.name == ODD else Sight("frontal", 2.0)
        return Guess(dict(POINTS), self.name, flags, radius, crop=Crop(-0.5, -0.5, 90, 90), sight=sight)

    def heatmap(self, guess, pixels, landmark):
        heatmap = np.zeros((90, 90))
        heatmap[25:36, 15:26] = 1
        return heatmap, guess.crop


class TwoFaces(KnownGuesser):
    """On every photograph a second, smaller face, 40 px to the right."""

    def guess(self, photo, pixels) -> Guess:
        points = {name: (x + 40, y) for name, (x, y) in POINTS.items()}
        crop, sight = Crop(39.5, -0.5, 80, 90, True), Sight("lateral", 80.0)
        other = Guess(points, self.name, ("odd",), crop=crop, sight=sight, centre=(95.0, 50.0))
        return replace(super().guess(photo, pixels), centre=(45.5, 50.0), others=(other,))


class KnownMesh(KnownGuesser):
    """The same, as labelling from nothing begins."""

    name, ahead = "face mesh", False
    errors, no_errors = None, "nobody has looked"


def write_photographs(folder: Path, names: str = "abc", size: tuple[int, int] = (120, 90)) -> None:
    """Small photographs of different content: a.png, b.png, ..."""
    folder.mkdir(exist_ok=True)
    for index, name in enumerate(names):
        pixels = np.full((size[1], size[0], 3), 90 + index, np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")


def make_session(
    folder: Path, journal, guesser=KnownGuesser, labelling: bool = False, facts=None, **of_folder
) -> Session:
    labels, photographs, pictures = AllLabels(journal.entries), Folder(folder, **of_folder), Pictures()
    photographs.adopt(labels)
    file = folder.parent / "norms.csv"
    norms = [read_norms(file)] if file.exists() else []
    known = Known.of(photographs, read_facts(facts), norms) if facts else Known()
    guesses = Guesses(guesser, photographs.shown, pictures)
    return Session(photographs, journal.schema, journal, labels, guesses, pictures, "tester", labelling, known)


def serve(
    folder: Path,
    listening: socket.socket,
    labelling: bool = False,
    guesser=KnownGuesser,
    bare: bool = False,
    **of_folder,
) -> None:
    """bare: landmarks alone, no measurements."""
    schema = load_schema("fas14")
    schema = replace(schema, measurements=()) if bare else schema
    with writing(folder / NAME, schema) as journal:
        access = Access("127.0.0.1", listening.getsockname()[1], TOKEN)
        guesser = KnownMesh if labelling else guesser
        app = application(make_session(folder, journal, guesser, labelling, **of_folder), access)
        settings = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", ws="none")
        uvicorn.Server(settings).run(sockets=[listening])


def listening_at(port: int = 0) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    return listening


if __name__ == "__main__":
    folder, more = Path(sys.argv[1]), sys.argv[3:]
    only = folder.parent / "only.csv" if "only" in more else None
    facts = folder.parent / "facts.csv" if "facts" in more else None
    of_folder = {"recursive": "recursive" in more, "only": only, "facts": facts}
    guesser = TwoFaces if "faces" in more else KnownGuesser
    serve(folder, listening_at(int(sys.argv[2])), "label" in more, guesser, "bare" in more, **of_folder)
