"""Blocks that several networks share: input and preprocessing, convolutions, heads, dlib's padded sum, seeds."""

import zlib

import keras

from rtl_tf.exceptions import InputError
from rtl_tf.networks.catalogue import VGGFACE2
from rtl_tf.networks.normalization import BatchNormalization

# Tiny on purpose: training starts from the all-zero heatmap's loss, not above it.
HEATMAP_STDDEV = 0.001
# For layers trained from random weights: within the few steps of a small data set the statistics must follow.
BATCH_NORM = {"momentum": 0.9, "epsilon": 1e-5}


def image_input(image_size: int) -> keras.KerasTensor:
    """The input of every encoder: RGB images (N, image_size, image_size, 3) in 0..255, uint8 or float, named "image".

    Raises:
        InputError: `image_size` is not a positive multiple of 32, so that the strides would not divide it.
    """
    if image_size < 32 or image_size % 32:
        raise InputError(f"--image-size {image_size}: not a multiple of 32, use for example {_nearest(image_size)}")
    return keras.Input((image_size, image_size, 3), name="image")


def _nearest(image_size: int) -> int:
    return max(32, 32 * round(image_size / 32))


def seed_for(seed: int, name: str) -> int:
    """The seed of one layer: a function of the run's seed and the layer's name, whatever else was built before it."""
    return zlib.crc32(f"{seed}/{name}".encode())


def he_normal(seed: int, name: str) -> keras.Initializer:
    """He initialisation (He et al. 2015) for a convolution that a ReLU follows."""
    return keras.initializers.HeNormal(seed=seed_for(seed, name))


def face_input(image_size: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Input and first tensor of a network that starts from random weights: `image_input`, and of it
    (pixel - mean of VGGFace2's faces) / 64, which is near zero mean and unit deviation."""
    image = image_input(image_size)
    return image, Preprocess(VGGFACE2.mean, 1 / 64, VGGFACE2.channel_order, name="preprocess")(image)


def channels(count: int, width: float) -> int:
    """A published channel count times the width of a narrower (or wider) network."""
    return max(1, round(count * width))


def convolution(x, filters: int, size: int, name: str, seed: int, strides: int = 1) -> keras.KerasTensor:
    """Convolution without bias, batch normalisation, ReLU: layers `name`, `name`_bn and `name`_relu."""
    x = keras.layers.Conv2D(
        filters, size, strides, padding="same", use_bias=False, kernel_initializer=he_normal(seed, name), name=name
    )(x)
    return norm_relu(x, name)


def deconvolution(x, filters: int, name: str, seed: int) -> keras.KerasTensor:
    """4x4 deconvolution of stride 2, batch normalisation, ReLU: layers `name`, `name`_bn and `name`_relu."""
    # He et al. 2015: of a 4x4 kernel with stride 2, four taps meet in each output. The simple baseline's code has 0.001
    # here, under which the first epochs are spent on growing out of the BatchNorm's epsilon (results/README.md).
    initializer = _normal((2 / (4 * x.shape[-1])) ** 0.5, seed, name)
    x = keras.layers.Conv2DTranspose(
        filters, 4, 2, padding="same", use_bias=False, kernel_initializer=initializer, name=name
    )(x)
    return norm_relu(x, name)


def padded(x, like: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """An encoder's map as large as another one: where it is smaller (63 for 64, after an unpadded pool), with zeros at
    its end."""
    missing = [(0, want - have) for want, have in zip(like.shape[1:3], x.shape[1:3], strict=True)]
    return keras.layers.ZeroPadding2D(missing, name=name)(x) if any(after for _, after in missing) else x


def norm_relu(x, name: str) -> keras.KerasTensor:
    """Batch normalisation and ReLU: layers `name`_bn and `name`_relu."""
    x = BatchNormalization(**BATCH_NORM, name=f"{name}_bn")(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def heatmap_head(x, landmarks: int, seed: int, name: str = "heatmaps") -> keras.KerasTensor:
    """1x1 convolution without activation: (N, h, w, B) -> (N, h, w, K) float32."""
    initializer = _normal(HEATMAP_STDDEV, seed, name)
    return keras.layers.Conv2D(landmarks, 1, kernel_initializer=initializer, dtype="float32", name=name)(x)


def _normal(stddev: float, seed: int, name: str) -> keras.Initializer:
    return keras.initializers.RandomNormal(stddev=stddev, seed=seed_for(seed, name))


@keras.saving.register_keras_serializable(package="rtl_tf")
class Preprocess(keras.layers.Layer):
    """RGB in 0..255 -> what the source network was trained on: (x - mean) * scale.

    Args:
        mean: three numbers in 0..255, in the order of `channel_order`.
        scale: factor after the subtraction, or three in the order of `channel_order`.
        channel_order: "rgb", or "bgr" to reverse the channels first.
    """

    def __init__(self, mean, scale=1.0, channel_order: str = "rgb", **kwargs):
        # float32 until the mean is gone: half precision would round pixels of 200 and more to eighths
        super().__init__(autocast=False, **kwargs)
        if channel_order not in ("rgb", "bgr"):
            raise ValueError(f"channel_order is 'rgb' or 'bgr', not {channel_order!r}")
        self.mean = tuple(float(value) for value in mean)
        self.scale = [float(value) for value in scale] if isinstance(scale, list | tuple) else float(scale)
        self.channel_order = channel_order

    def call(self, images):
        images = keras.ops.cast(images, "float32")
        if self.channel_order == "bgr":
            images = images[..., ::-1]
        return keras.ops.cast((images - keras.ops.array(self.mean)) * self.scale, self.compute_dtype)

    def compute_output_spec(self, images):
        return keras.KerasTensor(images.shape, self.compute_dtype)

    def get_config(self):
        own = {"mean": list(self.mean), "scale": self.scale, "channel_order": self.channel_order}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="rtl_tf")
class ZeroPaddedAdd(keras.layers.Layer):
    """Sum of two feature maps; the smaller is padded with zeros at the bottom, the right and the last channels.

    This is dlib's `add_prev`: its shortcuts have no projection, so the maps that meet may differ in every axis.
    """

    def call(self, maps):
        target = self._target(maps)
        first, second = (self._pad(tensor, target) for tensor in maps)
        return first + second

    def compute_output_spec(self, maps):
        return keras.KerasTensor((maps[0].shape[0], *self._target(maps)), self.compute_dtype)

    @staticmethod
    def _target(maps) -> tuple[int, ...]:
        return tuple(max(sizes) for sizes in zip(*(tensor.shape[1:] for tensor in maps), strict=True))

    @staticmethod
    def _pad(tensor, target):
        missing = [size - have for size, have in zip(target, tensor.shape[1:], strict=True)]
        return keras.ops.pad(tensor, [(0, 0), *((0, count) for count in missing)]) if any(missing) else tensor


# kind of an output branch -> name of its last layer
HEADS = {"softmax": "logits", "descriptor": "descriptor", "points": "points"}


def head_kind(classifier: keras.Model) -> str:
    """The kind of a saved branch, of which nothing else is told: what its builder was asked for."""
    kinds = {name: kind for kind, name in HEADS.items()}
    return kinds.get(classifier.layers[-1].name, "softmax")


def classification_head(features: keras.KerasTensor, size: int, kind: str, seed: int = 0) -> keras.KerasTensor:
    """(N, H, W, B) -> (N, size): global average, then a dense layer named after what it gives.

    Args:
        size: number of classes, or of the descriptor's components.
        kind: "softmax" gives class `logits` (no softmax: Eq. 4 softens them first); "descriptor" gives a
            metric-learning `descriptor`, without bias.
    """
    name = HEADS[kind]
    pooled = keras.layers.GlobalAveragePooling2D(name="average_pool")(features)
    initializer = keras.initializers.GlorotUniform(seed=seed_for(seed, name))
    dense = keras.layers.Dense(
        size, use_bias=kind == "softmax", kernel_initializer=initializer, dtype="float32", name=name
    )
    return dense(pooled)
