"""Small films, written with the package that reads them."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

UPRIGHT = (1, 0, 0, 1)


def write_film(
    path: Path, images: Sequence[np.ndarray], times_ms: Sequence[int] | None = None, codec: str = "libx264",
    aspect: Fraction | None = None, **options: str,
) -> Path:  # fmt: skip
    """A film of images (H, W, 3), a tenth of a second each unless their times are given; its index stands first."""
    import av

    with av.open(str(path), "w", options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as film:
        stream = film.add_stream(codec, rate=10, options={"crf": "10", "preset": "ultrafast"} | options)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt, stream.codec_context.time_base = "yuv420p", Fraction(1, 1000)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = times_ms[index] if times_ms else 100 * index, Fraction(1, 1000)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """A film file without a picture."""
    import av

    with av.open(str(path), "w") as film:
        stream = film.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.rate, frame.pts = 16000, 0
        film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path


def turn_film(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Give an MP4 file the matrix (a, b, c, d) by which players show it: x to ax + cy, y to bx + dy."""
    content = bytearray(path.read_bytes())
    a, b, c, d = (65536 * number for number in matrix)
    start = content.index(b"tkhd") + 44
    assert struct.unpack_from(">9i", content, start)[8] == 1 << 30
    struct.pack_into(">9i", content, start, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)


def numbered(count: int, size: tuple[int, int] = (64, 48)) -> list[np.ndarray]:
    """Images (width, height) that grow lighter, the left third red, the upper third darker."""
    images = []
    for index in range(count):
        image = np.full((size[1], size[0], 3), 60 + 6 * index, np.uint8)
        image[:, : size[0] // 3] = (200, 30, 30)
        image[: size[1] // 3] //= 2
        images.append(image)
    return images


def number_of(pixels: np.ndarray) -> int:
    """Which of `numbered` a frame shows, by its lower right corner."""
    return round((float(pixels[-6:-2, -6:-2].mean()) - 60) / 6)
