"""Tiny photographs with three coloured spots as landmarks: quick to make, quick to learn."""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from rtl_tf.records import Sample
from rtl_tf.schema import Landmark, Schema

SCHEMA = Schema(
    name="toy",
    source="made up",
    landmarks=(Landmark("left", "A", "red"), Landmark("right", "B", "green"), Landmark("middle", "C", "blue")),
    mirrored_pairs=(("left", "right"),),
)


def toy_samples(folder: Path, count: int = 12, size: int = 48, seed: int = 0) -> list[Sample]:
    """`count` PNG images of `size` px, two of each subject, red, green and blue spots at the landmarks."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size]
    samples = []
    for index in range(count):
        points = rng.uniform(0.25 * size, 0.75 * size, (3, 2)).astype(np.float32)
        image = rng.uniform(60, 90, (size, size, 3))
        for channel, (px, py) in enumerate(points):
            image[..., channel] += 160 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 12)
        path = folder / f"{index:03d}.png"
        Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).save(path)
        box = (-0.5, -0.5, float(size))
        samples.append(Sample(path, points, subject=f"s{index // 2}", box=box, mm_per_px=0.5))
    return samples


def write_network(path: Path, value: float = 0.0) -> None:
    """A `.keras` archive of no layers and one array, `value`: whole, and quick to write."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file["value"] = np.full(300, value)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", weights.getvalue())


def toy_source(size: int = 64, seed: int = 0):
    """A SourceNetwork of three convolutions, maps of stride 4, 8 and 16, and a classification branch of 5 logits."""
    import keras

    from rtl_tf.networks.layers import Preprocess, image_input
    from rtl_tf.networks.normalization import BatchNormalization
    from rtl_tf.networks.sources import Source, SourceNetwork

    image = image_input(size)
    x, maps = Preprocess((90, 80, 70), 1 / 64, name="preprocess")(image), []
    for number, (filters, strides) in enumerate([(8, 4), (16, 2), (16, 2)], start=1):
        initializer = keras.initializers.HeNormal(seed + number)
        x = keras.layers.Conv2D(
            filters, 5, strides, "same", use_bias=False, kernel_initializer=initializer, name=f"conv{number}"
        )(x)
        x = BatchNormalization(momentum=0.9, name=f"norm{number}")(x)
        x = keras.layers.ReLU(name=f"relu{number}")(x)
        maps.append(x)
    features = keras.Input(maps[-1].shape[1:], name="features")
    pooled = keras.layers.GlobalAveragePooling2D(name="average_pool")(features)
    initializer = keras.initializers.GlorotUniform(seed)
    logits = keras.layers.Dense(5, kernel_initializer=initializer, dtype="float32", name="logits")(pooled)
    source = Source(name="toy", network="toy", task="none", classifier="softmax", classes=5, encoder_stride=16)
    return SourceNetwork(
        source, keras.Model(image, maps, name="encoder"), keras.Model(features, logits, name="classifier")
    )
