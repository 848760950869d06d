"""Random collections of faces on a few images of many sizes, which are made once: for tests that write and read."""

from pathlib import Path

import numpy as np
from PIL import Image

from rtl_tf.datasets.collection import Collection
from rtl_tf.records import Sample, Samples
from rtl_tf.schema import load_schema

SIZES = ((40, 30), (31, 57), (640, 480), (4000, 3001), (1, 9), (2048, 2048))


def write_images(folder: Path) -> list[tuple[Path, tuple[int, int]]]:
    """Images of one colour with their (width, height), some in folders, with names that are awkward."""
    names = ("a.png", "b c.png", "visit1/a.png", "visit2/é.png", "d.tif.png", "e_7.png")
    images = []
    for name, size in zip(names, SIZES, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("1", size).save(folder / name)
        images.append((folder / name, size))
    return images


def collection(
    seed: int, images: list[tuple[Path, tuple[int, int]]], schema: str = "", faces: bool = True
) -> Collection:
    """One to three images, one to three faces each (`faces`), points anywhere on the image, some of them missing."""
    rng = np.random.default_rng(seed)
    name = schema or ("ibug68" if seed % 20 == 0 else "fas14" if seed % 2 else "fas12")
    landmarks = len(load_schema(name))
    samples = Samples()
    for chosen in rng.permutation(len(images))[: rng.integers(1, 4)]:
        image, size = images[chosen]
        count = int(rng.integers(2, 4)) if faces and rng.random() < 0.3 else 1
        for face in range(1, count + 1):
            points = _points(rng, landmarks, size)
            scale = float(rng.uniform(0.01, 2))
            samples.append(
                Sample(image, points, f"p{rng.integers(1, 100)}", mm_per_px=scale, face=str(face) if count > 1 else "")
            )
    return Collection(samples, load_schema(name))


def _points(rng: np.random.Generator, landmarks: int, size: tuple[int, int]) -> np.ndarray:
    points = rng.uniform(-0.5, np.asarray(size) - 0.5, (landmarks, 2)).astype(np.float32)
    points[0] = rng.choice([-0.5, 0.0, 0.25], 2)  # at the corner, where programs differ by half a pixel
    points[1] = np.asarray(size) - 0.5
    points[2 + rng.permutation(landmarks - 2)[: rng.integers(0, landmarks // 3)]] = np.nan
    if (points[0] == 0).all():
        points[0] = 0.25
    return points


def told_nowhere(faces: Collection) -> bool:
    """Whether some landmark is missing on every face."""
    return bool(np.isnan([sample.points for sample in faces.samples]).any(axis=-1).all(axis=0).any())


def by_face(samples: list[Sample]) -> dict[tuple[bytes, tuple[int, int], str], Sample]:
    """Samples by their image's size, of which no two images have the same, and their face, "1" without a name."""
    found = {}
    for sample in samples:
        with Image.open(sample.image) as image:
            found[image.size, sample.face or "1"] = sample
    assert len(found) == len(samples)
    return found
