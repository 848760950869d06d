"""Blocks that several networks share: image input, preprocessing, dlib's padded sum, the classification head, seeds."""

import zlib

import keras

from rtl_tf.exceptions import InputError


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


@keras.saving.register_keras_serializable(package="rtl_tf")
class Preprocess(keras.layers.Layer):
    """RGB in 0..255 -> what the source network was trained on: (x - mean) * scale.

    Args:
        mean: three numbers in 0..255, in the order of `channel_order`.
        scale: factor after the subtraction.
        channel_order: "rgb", or "bgr" to reverse the channels first.
    """

    def __init__(self, mean, scale: float = 1.0, channel_order: str = "rgb", **kwargs):
        # float32 until the mean is gone: half precision would round pixels of 200 and more to eighths
        super().__init__(autocast=False, **kwargs)
        if channel_order not in ("rgb", "bgr"):
            raise ValueError(f"channel_order is 'rgb' or 'bgr', not {channel_order!r}")
        self.mean = tuple(float(value) for value in mean)
        self.scale = float(scale)
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


def classification_head(features: keras.KerasTensor, size: int, kind: str, seed: int = 0) -> keras.KerasTensor:
    """(N, H, W, B) -> (N, size): global average, then a dense layer named after what it gives.

    Args:
        size: number of classes, or of the descriptor's components.
        kind: "softmax" gives class `logits` (no softmax: Eq. 4 softens them first); "descriptor" gives a
            metric-learning `descriptor`, without bias.
    """
    name = {"softmax": "logits", "descriptor": "descriptor"}[kind]
    pooled = keras.layers.GlobalAveragePooling2D(name="average_pool")(features)
    initializer = keras.initializers.GlorotUniform(seed=seed_for(seed, name))
    dense = keras.layers.Dense(
        size, use_bias=kind == "softmax", kernel_initializer=initializer, dtype="float32", name=name
    )
    return dense(pooled)
