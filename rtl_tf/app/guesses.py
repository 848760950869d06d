"""What programs make of the photographs, worked out in the background; the page shows photographs meanwhile.

A guess never becomes a correction by itself: people accept it, and then it is theirs.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from rtl_tf.app.entries import DECIMALS
from rtl_tf.app.folder import Photo
from rtl_tf.app.pictures import Pictures
from rtl_tf.clinic.sights import Sight, sight_on
from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import in_one_line
from rtl_tf.images import read_image
from rtl_tf.inference.face_finder import Face
from rtl_tf.measuring.landmark_covariance import LandmarkCovariance
from rtl_tf.system.hashing import State, state_of

NO_FACE, UNREADABLE = "no face", "cannot be read"
MOST_FACES = 9  # of a photograph


@dataclass(frozen=True)
class Guess:
    """Of one photograph.

    Attributes:
        points: landmark -> (x, y), original px; what is not known is not in it.
        source: of whom, as people read it.
        flags: why somebody should look at it; none = nothing is odd.
        radius: landmark -> original px within which it lies, where that is known.
        crop: what a network saw.
        sight: the view of the head.
        centre: of the face, original px, inside the photograph; None = not told.
        others: those of the photograph's other faces, which are smaller.
    """

    points: dict[str, tuple[float, float]]
    source: str
    flags: tuple[str, ...] = ()
    radius: dict[str, float] | None = None
    crop: Crop | None = None
    sight: Sight = sight_on(None)
    centre: tuple[float, float] | None = None
    others: tuple["Guess", ...] = ()

    def to_json(self) -> dict:
        told = {"points": self.points, "source": self.source, "flags": list(self.flags)}
        return told if self.radius is None else told | {"radius": self.radius}

    @property
    def faces(self) -> list[tuple[float, float]]:
        """The centres of the faces, the largest first; empty where there are not several."""
        return [one.centre for one in (self, *self.others) if one.centre] if self.others else []

    def at(self, place: object) -> "Guess":
        """Of the face whose centre is nearest to (x, y), original px; of the largest for what is no place."""
        if not isinstance(place, tuple):
            return self
        known = [(math.dist(one.centre, place), one) for one in (self, *self.others) if one.centre]
        return min(known, key=lambda pair: pair[0])[1] if known else self

    @property
    def mirrored(self) -> bool:
        """Whether a network saw the photograph mirrored."""
        return self.crop is not None and self.crop.mirrored


def centre_of(face: Face, pixels: np.ndarray) -> tuple[float, float]:
    """The centre of a face, or the place of the photograph that is nearest to it, original px."""
    height, width = pixels.shape[:2]
    x, y = np.clip(face.centre, 0, (width - 1, height - 1)).tolist()
    return round(x, DECIMALS), round(y, DECIMALS)


def places_of(names: Sequence[str], points: np.ndarray, known: np.ndarray) -> dict[str, tuple[float, float]]:
    """`Guess.points` of landmarks (K, 2), original px, those that are `known`, bool (K,)."""
    return {
        name: (round(float(x), DECIMALS), round(float(y), DECIMALS))
        for name, (x, y), there in zip(names, points, known, strict=True)
        if there
    }


class Guesser(Protocol):
    """Attributes:
    name: as people read it.
    ahead: whether it shall look at all photographs, for their flags, before somebody opens them.
    errors: of its landmarks, for the intervals of measurements; None = not known.
    no_errors: why they are not known, in a few words; "" where they are.
    """

    name: str
    ahead: bool
    errors: LandmarkCovariance | None
    no_errors: str

    def guess(self, photo: Photo, pixels: np.ndarray) -> Guess: ...

    def heatmap(self, guess: Guess, pixels: np.ndarray, landmark: int) -> tuple[np.ndarray, Crop] | None:
        """float (h, w) and the square that it lies over, where the guesser has such; `landmark` is its place."""


@dataclass(frozen=True)
class _Done:
    """A guess, what the file was then, and how often the guesser had been taught before."""

    guess: Guess
    state: State | None
    taught: int


@dataclass
class _Work:
    """What is to be looked at: first what somebody has open, the last asked first."""

    asked: deque[int] = field(default_factory=deque)
    ahead: deque[int] = field(default_factory=deque)


class Guesses:
    """The guesses for the photographs of a folder, by a thread of its own, in which the guesser is loaded too.

    Attributes:
        problem: why there is no guesser; "" where there is, or is still being loaded.
    """

    def __init__(self, load: Callable[[], Guesser], photos: Sequence[Photo], pictures: Pictures):
        self._load, self._photos, self._pictures = load, photos, pictures
        self._done: dict[int, _Done] = {}
        self._taught = 0  # how often
        self._work = _Work()
        self._changed = threading.Condition()
        self._ended = False
        self.guesser: Guesser | None = None
        self.problem = ""
        self._thread = threading.Thread(target=self._run, name="guesses", daemon=True)
        self._thread.start()

    def done(self, index: int) -> Guess | None:
        """What is known by now of a photograph whose file was not replaced since, were it by what the guesser knew
        then; this looks at the file."""
        known, now = self._done.get(index), state_of(self._photos[index].path)
        return known.guess if known and now in (known.state, None) else None  # None: a share that went away

    def heard(self, index: int) -> Guess | None:
        """What was known last, without a look at the file."""
        known = self._done.get(index)
        return known.guess if known else None

    def wait_for(self, index: int, seconds: float) -> Guess | None:
        """The guess by what the guesser knows now, before those of all others; None where it takes longer, or there is
        no guesser."""
        is_of_this_file = self.done(index) is not None
        with self._changed:
            if not is_of_this_file:
                self._done.pop(index, None)
            taught = self._taught
            if not self._knows(index, taught):
                self._work.asked.appendleft(index)
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._knows(index, taught) or self.problem or self._ended, seconds)
            return self.heard(index) if self._knows(index, taught) else None

    def teach(self) -> None:
        """The guesser knows more of every photograph: each shall be looked at anew when it is opened again. Until then
        what was known holds."""
        with self._changed:
            self._taught += 1

    def _knows(self, index: int, taught: int) -> bool:
        """Whether there is a guess of a guesser that had been taught as often."""
        return index in self._done and self._done[index].taught >= taught

    @property
    def status(self) -> str:
        """A line for people."""
        if self.problem:
            return self.problem
        if self.guesser is None:
            return "loading what guesses the landmarks"
        left = len(self._work.ahead)
        return f"{self.guesser.name}: {left} photographs to look at" if left else self.guesser.name

    def close(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            self.guesser = self._load()
            self._work.ahead.extend(range(len(self._photos)) if self.guesser.ahead else ())
        except Exception as problem:  # the page goes on without: nobody's corrections wait for a detector
            self.problem = f"no guesses: {in_one_line(problem)}"
        while self.guesser is not None and (index := self._next()) is not None:
            state, taught = state_of(self._photos[index].path), self._taught
            guess = self._guess(self.guesser, self._photos[index])
            with self._changed:
                self._done[index] = _Done(guess, state, taught)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _next(self) -> int | None:
        """Which photograph is next; waits where there is none. None at the end."""
        with self._changed:
            while not self._ended:
                for waiting in (self._work.asked, self._work.ahead):
                    while waiting:
                        index = waiting.popleft()
                        if not self._knows(index, self._taught):
                            return index
                self._changed.wait()
        return None

    def _guess(self, guesser: Guesser, photo: Photo) -> Guess:
        if photo.problem:
            return Guess({}, guesser.name, (UNREADABLE,))
        try:
            pixels = self._pictures.kept(photo.path)
            return guesser.guess(photo, read_image(photo.path) if pixels is None else pixels)
        except Exception as problem:  # a photograph that some library dies of; the others go on
            return Guess({}, guesser.name, (f"error: {in_one_line(problem)}",))
