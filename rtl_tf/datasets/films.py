"""The only film reading: frames one after the other, upright, each with its time. Needs the package av (PyAV)."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from rtl_tf.datasets.photographs import FILM_AGAIN, Listing, Photograph, listing_of, unmet
from rtl_tf.exceptions import InputError
from rtl_tf.images import MAX_PIXELS

INSTALL_VIDEO = 'pip install -e ".[video]"'
# Lists of films and streams, which could name other files or addresses, are none of these.
CONTAINERS = "mov,matroska,avi,mpegts,mpeg,asf,ogg,flv,dv"
READING = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
# Without `explode` what is damaged would be filled in from other frames, and measured.
DECODING = {"err_detect": "explode", "max_pixels": str(MAX_PIXELS)}
NO_FRAME = "damaged: no frame can be read"
WIDEST = 4  # width of a pixel over its height
SHORT = 1.0  # seconds that a whole film may lack of what its header says: sound can outlast the pictures


class Frame(NamedTuple):
    """A frame: its number in the film (0, 1, ...), seconds since the first one, uint8 (H, W, 3) RGB."""

    number: int
    time_s: float
    pixels: np.ndarray


@dataclass(frozen=True)
class Thinning:
    """Which frames are looked at: each `every`th, or the first in each 1 / `per_second` of a second (0 = all)."""

    every: int = 1
    per_second: float = 0.0

    def chooser(self) -> Callable[[int, float], bool]:
        """Tells of each frame of a film in turn, by number and time, whether it is looked at: always the same ones."""
        last = -1

        def chosen(number: int, time_s: float) -> bool:
            nonlocal last
            if not self.per_second:
                return number % self.every == 0
            before, last = last, max(last, int(time_s * self.per_second + 1e-6))
            return last > before

        return chosen

    def expected(self, frames: int, seconds: float) -> int:
        """About how many are looked at."""
        return round(seconds * self.per_second) if self.per_second else -(-frames // self.every)


class Film:
    """A film file.

    Attributes:
        damage: once its frames are read, what it lacks; "" = nothing.
        count: about how many frames there are, and `seconds` how long they take, by its header; 0 = it does not tell.
    Raises:
        InputError: no such file, not a film, one without pictures, or larger than MAX_PIXELS; no package av.
    """

    def __init__(self, path: Path):
        self.path, self.damage, self._broken = path, "", False
        with self._opened() as (container, stream):
            self._av = _library(path)
            told = stream.duration * stream.time_base if stream.duration else 0
            self.seconds = float(told or (container.duration or 0) / self._av.time_base)
            self.count = stream.frames or round(self.seconds * float(stream.average_rate or 0))

    def frames(self, chosen: Callable[[int, float], bool]) -> Iterator[Frame]:
        """The frames of which `chosen(number, time_s)` is true; all others are passed over quickly.

        What is damaged is left out, up to the next frame that needs no other one; `damage` tells of it afterwards.
        Turned and mirrored as players show it, and with square pixels.
        """
        count, first, time_s, longest, self._broken = 0, None, 0.0, 0.0, False
        with self._opened() as (container, stream):
            for number, picture in enumerate(self._pictures(container, stream)):
                count, known = number + 1, picture.pts is not None
                told = float(picture.pts * stream.time_base if known else number / (stream.average_rate or 1))
                first = told if first is None else first
                longest, time_s = max(longest, told - first - time_s), told - first
                if chosen(number, time_s):
                    try:
                        pixels = _upright(picture, stream.sample_aspect_ratio)
                    except self._av.FFmpegError:  # of a size or format that nobody films in
                        self._broken = True
                        continue
                    yield Frame(number, time_s, pixels)
        if not count:
            self.damage = NO_FRAME
        elif self._broken or self.seconds - time_s > max(SHORT, 2 * longest):
            length = f" of {self.seconds:.2f} s" if self.seconds else ""
            self.damage = f"damaged: {count} frame{'s' * (count != 1)} can be read, the last at {time_s:.2f} s{length}"

    def _pictures(self, container: Any, stream: Any) -> Iterator[Any]:
        """Decoded frames, in the order in which they are shown."""
        decoder, packets, lost = stream.codec_context, container.demux(stream), False
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                if lost and not packet.is_keyframe:
                    continue
                if packet.is_corrupt:
                    raise self._av.FFmpegError(0, "cut off")
                pictures, lost = packet.decode(), False
            except self._av.FFmpegError:
                pictures, lost, self._broken = self._waiting(decoder), True, True
            yield from (picture for picture in pictures if not picture.is_corrupt)

    def _waiting(self, decoder: Any) -> list[Any]:
        """What a decoder holds back of the whole frames before damage; it then begins anew."""
        try:
            return decoder.decode(None)
        except self._av.FFmpegError:
            return []
        finally:
            decoder.flush_buffers()

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, Any]]:
        """The file and its stream of pictures."""
        av, path = _library(self.path), self.path
        if not path.is_file():
            raise InputError(f"{path}: {'not a file' if path.exists() else 'no such film'}")
        if not path.stat().st_size:
            raise InputError(f"{path}: the file is empty")
        with open(path, "rb") as file:
            try:
                container = av.open(file, options=READING, metadata_errors="replace")
            except (av.FFmpegError, ValueError) as problem:
                advice = "a recording that was cut off may lack its index"
                raise InputError(f"{path}: not a film that can be read ({advice})") from problem
            with container:
                yield container, _stream(container, path)


def from_films(paths: Sequence[Path]) -> Listing:
    """Films as they are asked for, each once; those that cannot be opened have a problem. InputError where none can be,
    or the package is missing."""
    _library(paths[0])
    met: set[str] = set()
    films = [path for path in paths if unmet([path], met)]
    return listing_of([_film(path) for path in films], +Counter({FILM_AGAIN: len(paths) - len(films)}))


def _film(path: Path) -> Photograph:
    try:
        Film(path)
    except InputError as problem:
        return Photograph(path, problem=str(problem))
    return Photograph(path)


def _library(path: Path) -> ModuleType:
    try:
        import av
    except ImportError:
        raise InputError(f"{path}: a film; {INSTALL_VIDEO} reads them") from None
    return av


def _stream(container: Any, path: Path) -> Any:
    stream = next((each for each in container.streams.video if not _is_cover(each)), None)
    if stream is None:
        raise InputError(f"{path}: a file without moving pictures{', sound alone' if container.streams.audio else ''}")
    if stream.codec_context is None:
        raise InputError(f"{path}: a film of a kind that is not known; save it as H.264 (.mp4)")
    if stream.width * stream.height > MAX_PIXELS:
        raise InputError(f"{path}: {stream.width} x {stream.height} px is too large")
    stream.thread_type = "SLICE"  # threads by frame would tell of damage some frames later
    stream.codec_context.options = DECODING
    return stream


def _is_cover(stream: Any) -> bool:
    """Whether a stream is one picture that stands for a piece of music."""
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def _upright(picture: Any, aspect: Fraction | None) -> np.ndarray:
    """uint8 (H, W, 3) as players show a frame; `aspect`: width of a pixel over its height."""
    aspect = aspect if aspect and 1 / WIDEST <= aspect <= WIDEST else Fraction(1)
    width = round(picture.width * aspect)
    pixels = picture.to_ndarray(format="rgb24", width=width, height=picture.height)
    matrix = next((bytes(each) for each in picture.side_data if each.type.name == "DISPLAYMATRIX"), b"")
    if len(matrix) < 36:
        return pixels
    a, b, _, c, d = np.frombuffer(matrix, np.int32, 5).tolist()  # x to ax + cy, y to bx + dy
    if abs(b) + abs(c) > abs(a) + abs(d):
        pixels, a, d = pixels.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])
