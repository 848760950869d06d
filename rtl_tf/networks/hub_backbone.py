"""Vision transformers of KerasHub as sources: "hub:dinov2_small". KerasHub is imported where one is asked for.

A vision transformer has one map: its patches' tokens. Images are resized so that it lies at stride 16 of the input.
"""

from pathlib import Path
from typing import Any

import keras

from rtl_tf.documents import Node, read_json
from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.networks import weight_files
from rtl_tf.networks.layers import Preprocess, image_input
from rtl_tf.networks.weight_check import require_whole

STRIDE = 16
BACKBONES = ("DINOV2Backbone", "DINOV3Backbone", "ViTBackbone")
CONFIG, CONVERTER, WEIGHTS = "config.json", "image_converter.json", "model.weights.h5"
NOT_OPTIONS = ("name", "trainable", "dtype", "image_shape")


def keras_hub() -> Any:
    """The package; InputError where it is not installed."""
    try:
        import keras_hub
    except ImportError as problem:
        raise InputError(
            'a source of KerasHub needs a package that is not installed: pip install -e ".[hub]"'
        ) from problem
    return keras_hub


@keras.saving.register_keras_serializable(package="rtl_tf")
class PatchTokens(keras.layers.Layer):
    """Prepared images (N, S, S, 3) -> the tokens of their patches (N, S/16, S/16, B).

    Args:
        backbone: one of `BACKBONES`.
        options: its arguments, but for the image's shape.
    """

    def __init__(self, backbone: str, options: dict, **kwargs):
        super().__init__(**kwargs)
        if backbone not in BACKBONES:
            raise ValueError(f"backbone is one of {', '.join(BACKBONES)}, not {backbone!r}")
        self.backbone, self.options = backbone, dict(options)

    def build(self, shape):
        self.side = shape[1] // STRIDE
        patch = self.options["patch_size"]  # px, or of ViTBackbone two of them
        self.px = self.side * (patch if isinstance(patch, int) else patch[0])
        kind = getattr(keras_hub().models, self.backbone)
        self.network = kind(**self.options, image_shape=(self.px, self.px, 3), dtype=self.dtype_policy)
        self.built = True

    def call(self, images, training=None):
        if self.px != images.shape[1]:
            images = keras.ops.image.resize(images, (self.px, self.px), interpolation="bilinear", antialias=True)
        named = self.network.input  # by the one name that a backbone has for it, or without
        inputs = dict.fromkeys(named, images) if isinstance(named, dict) else images
        tokens = self.network(inputs, training=training)
        # before the patches come the class token and registers
        patches = tokens[:, tokens.shape[1] - self.side**2 :]
        return keras.ops.reshape(patches, (-1, self.side, self.side, tokens.shape[2]))

    def compute_output_shape(self, shape):
        side = shape[1] // STRIDE
        return shape[0], side, side, self.options["hidden_dim"]

    def get_config(self):
        return {**super().get_config(), "backbone": self.backbone, "options": self.options}


def encoder(source: str, image_size: int, stride: int, weights: str | Path | None = None) -> keras.Model:
    """A vision transformer with its weights: RGB images (N, S, S, 3) in 0..255 -> a list of one map, stride 16.

    Args:
        source: "hub:" and the name of a preset.
        image_size: S, input px, a multiple of 32.
        stride: 16, or 0 for the only one there is.
        weights: the `model.weights.h5` of a preset's folder, with the configurations beside it; default: KerasHub's
            own download.

    Raises:
        InputError: KerasHub is not installed, no such preset or connection, another kind of network, another stride.
    """
    if stride not in (0, STRIDE):
        raise InputError(f"--encoder-stride {stride}: the encoder of --source {source} ends at stride 16")
    image = image_input(image_size)
    hub = keras_hub()
    preset = source.partition(":")[2] if weights is None else str(_folder(Path(weights)))
    try:
        bare = hub.models.Backbone.from_preset(preset, load_weights=False)
        converter = hub.layers.ImageConverter.from_preset(preset)
    except Exception as problem:  # an unknown name, a download, a file: each ends in another exception
        raise _not_loaded(source, weights, problem) from problem
    if (kind := type(bare).__name__) not in BACKBONES:
        raise InputError(
            f"--source {source}: a {kind}, not a {' or '.join(BACKBONES)}; use one of those, or keras:NAME"
        )
    options = {name: value for name, value in bare.get_config().items() if name not in NOT_OPTIONS}
    layer = PatchTokens(kind, options, name="patch_tokens")
    tokens = layer(Preprocess(**_preprocessing(converter), name="preprocess")(image))
    try:
        published = hub.models.Backbone.from_preset(preset, image_shape=(layer.px, layer.px, 3))
        layer.network.set_weights(published.get_weights())
    except Exception as problem:  # ViTBackbone has one place embedding for each patch of its own image size
        raise _not_loaded(source, weights, problem) from problem
    return keras.Model(image, [tokens], name="encoder")


def _folder(weights: Path) -> Path:
    """The preset's folder, after a look at all that KerasHub will read of it."""
    weight_files.require_given(weights)
    if weights.name != WEIGHTS:
        raise InputError(f"--source-weights {weights}: give the {WEIGHTS} of a KerasHub preset's folder")
    require_whole(weights)
    for name, kinds in (
        (CONFIG, BACKBONES),
        (CONVERTER, [kind.replace("Backbone", "ImageConverter") for kind in BACKBONES]),
    ):
        document = read_json(weights.parent / name)
        registered = document["registered_name"]
        if registered.text() not in [f"keras_hub>{kind}" for kind in kinds]:
            raise registered.error(f"expected one of {', '.join(kinds)} of keras_hub")
        _require_plain(document["config"])
    return weights.parent


def _require_plain(config: Node) -> None:
    """InputError where a configuration holds objects, but for the precision."""
    for key, value in config.object().items():
        if key != "dtype" and isinstance(value, dict):
            raise config[key].error("expected a number, a text or a list")


def _preprocessing(converter) -> dict:
    """x * scale + offset, of the preset's converter, as arguments of `Preprocess`."""

    def three(value, usual):
        return [
            float(one)
            for one in (value if isinstance(value, list | tuple) else [usual if value is None else value] * 3)
        ]

    scale, offset = three(converter.scale, 1.0), three(converter.offset, 0.0)
    return {"mean": [-o / s for o, s in zip(offset, scale, strict=True)], "scale": scale}


def _not_loaded(source: str, weights, problem: Exception) -> InputError:
    if weights is None:
        return weight_files.not_downloaded(source, problem)
    return InputError(f"--source-weights {weights}: not a KerasHub preset for this image size ({in_one_line(problem)})")
