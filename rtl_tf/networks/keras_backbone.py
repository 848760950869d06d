"""Any network of `keras.applications` as a source: "keras:MobileNetV3Large". Its own preprocessing, its own weights."""

import difflib
import inspect
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.networks import weight_files
from rtl_tf.networks.last_maps import bottlenecks, last_maps
from rtl_tf.networks.layers import Preprocess, image_input
from rtl_tf.networks.normalization import fused

ENCODER_STRIDES = (16, 32)
FRAMED = "framed"  # the layer that puts zeros around the last map
SMALLEST = 64  # px; at 32 a map of stride 32 could not be told from one that was averaged
USUAL_SIZE = 224  # px, which VGG's dense layers are for
# Of the EfficientNets before V2 Keras puts a part of the preprocessing into the network only together with their
# published weights: the rest of a division by the deviations, of which the network takes the roots.
EFFICIENTNET_MEAN = np.array([0.485, 0.456, 0.406])
EFFICIENTNET_DEVIATION = np.array([0.229, 0.224, 0.225])


def names() -> list[str]:
    """The networks that Keras has."""
    return [name for name, function in vars(keras.applications).items() if inspect.isfunction(function)]


def load(source: str, image_size: int, weights: str | Path | None = None) -> keras.Model:
    """A network with its weights: RGB images (N, S, S, 3) in 0..255 -> (N, 1000) logits, or its last map.

    Args:
        source: "keras:" and a name of `names`.
        image_size: S, input px, a multiple of 32.
        weights: one's own .h5 file, with or without the classification layers; default: Keras's own download.

    Raises:
        InputError: no such network, an image size that it cannot have, no connection, or another network's file.
    """
    constructor = _constructor(source)
    network = build(source, image_size)
    if weights is None:
        published = _published(source, constructor, top=_has_logits(network))
    else:
        published = _from_file(constructor, image_size, Path(weights), top=_has_logits(network))
        if _has_logits(network) and not _has_logits(published):
            network = build(source, image_size, top=False)
    network.set_weights(published.get_weights())
    return fused(network)


def build(source: str, image_size: int, top: bool = True) -> keras.Model:
    """The network with random weights; `top` where it shall have, and at this size can have, its logits."""
    constructor = _constructor(source)
    if image_size < SMALLEST:
        raise InputError(f"--image-size {image_size}: --source {source} needs at least {SMALLEST}")
    image = Preprocess(**preprocessing(constructor), name="preprocess")(image_input(image_size))
    try:
        if top:
            network = constructor(weights=None, input_tensor=image, classifier_activation=None)
            if image_size == USUAL_SIZE or not _depends_on_size(network):
                return network
        return constructor(weights=None, input_tensor=image, include_top=False)
    except ValueError as problem:
        reason = in_one_line(problem)
        raise InputError(f"--image-size {image_size}: --source {source} cannot have it ({reason})") from problem


def _has_logits(network: keras.Model) -> bool:
    return len(network.output.shape) == 2


def _from_file(constructor: Callable, image_size: int, path: Path, top: bool) -> keras.Model:
    """Keras's own network, to which a file's layers correspond one to one, with or without `top`."""
    weight_files.require_given(path)
    shape = (image_size, image_size, 3)
    network = constructor(weights=None, input_shape=shape, include_top=top)
    try:
        weight_files.load_into(network, path)
    except InputError:
        if not top:
            raise
        network = constructor(weights=None, input_shape=shape, include_top=False)
        weight_files.load_into(network, path)
    return network


def _constructor(source: str) -> Callable:
    name = source.partition(":")[2]
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=3, cutoff=0.3) or names()[:3]
        raise InputError(f"--source {source}: keras.applications has no {name}; it has for example {', '.join(near)}")
    return getattr(keras.applications, name)


def preprocessing(constructor: Callable) -> dict:
    """Arguments of `Preprocess` that do what the network's `preprocess_input` does, found by asking it.

    All of Keras's are (x - mean) * scale for each channel, some after turning RGB into BGR.
    """
    prepare = sys.modules[constructor.__module__].preprocess_input
    black = prepare(np.zeros((1, 1, 1, 3)))[0, 0, 0]
    # (what each pure colour adds to each channel)
    added = np.stack([prepare(255.0 * np.eye(3)[channel].reshape(1, 1, 1, 3))[0, 0, 0] - black for channel in range(3)])
    order = np.abs(added).argmax(axis=0)
    scale = added[order, range(3)] / 255
    mean = -black / scale
    if constructor.__name__.startswith("EfficientNetB"):
        scale = 1 / np.sqrt(EFFICIENTNET_DEVIATION)
        mean = 255 * EFFICIENTNET_MEAN * (1 - np.sqrt(EFFICIENTNET_DEVIATION))
    return {"mean": mean.tolist(), "scale": scale.tolist(), "channel_order": "bgr" if order[0] == 2 else "rgb"}


def _depends_on_size(network: keras.Model) -> bool:
    """Whether a dense layer takes whole maps, as VGG's does."""
    flat = [layer for layer in network.layers if isinstance(layer, keras.layers.Flatten)]
    return any(layer.input.shape[1] > 1 for layer in flat)


def _published(source: str, constructor: Callable, top: bool) -> keras.Model:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`input_shape` is undefined")
            return constructor(weights="imagenet", include_top=top)
    except Exception as problem:  # whatever a download ends with; Keras raises a bare Exception
        raise weight_files.not_downloaded(source, problem) from problem


def split(network: keras.Model, stride: int, source: str) -> tuple[keras.Model, keras.Model | None]:
    """Encoder and classifier, which share the network's weights.

    The encoder's map of a stride is the one of `last_maps`, with zeros around it where it is smaller than S / stride
    since convolutions of the network leave out borders (Inception's, Xception's): as many on each side, so that its
    cells stay where they look. The classifier takes the zeros off again.

    Returns:
        encoder: RGB images (N, S, S, 3) in 0..255 -> list of maps (N, S/stride, S/stride, B), strides 4, 8, 16(, 32).
        classifier: the last map -> (N, 1000) logits; None where the network ends with a map, or needs others, too.

    Raises:
        InputError: another stride, or a network that has no map of some stride at this image size.
    """
    if stride not in ENCODER_STRIDES:
        raise InputError(f"--encoder-stride {stride}: the encoder of --source {source} ends at stride 16 or 32")
    size, found = network.input_shape[1], last_maps(network)
    wanted = [4, 8, 16, 32][: 3 if stride == 16 else 4]
    if missing := [str(at) for at in wanted if at not in found]:
        raise InputError(
            f"--image-size {size}: --source {source} has no map of stride {' or '.join(missing)} there; "
            "use a larger one, or another network, as keras:MobileNetV3Large"
        )
    has_classifier = _has_logits(network) and found[stride] in bottlenecks(network)
    if any(_frame(found[stride].output, size // stride)):
        network = _framed(network, found[stride], size // stride)
        found = {at: network.get_layer(found[at].name) for at in wanted[:-1]} | {stride: network.get_layer(FRAMED)}
    maps = [_in_frame(found[at].output, size // at, f"stride{at}") for at in wanted]
    encoder = keras.Model(network.inputs[0], maps, name="encoder")
    return encoder, keras.Model(maps[-1], network.output, name="classifier") if has_classifier else None


def _in_frame(maps: keras.KerasTensor, side: int, name: str) -> keras.KerasTensor:
    """Maps (N, H, W, B) with zeros around them, (N, side, side, B); as they are where nothing is missing."""
    frame = _frame(maps, side)
    return keras.layers.ZeroPadding2D((frame, frame), name=name)(maps) if any(frame) else maps


def _frame(maps: keras.KerasTensor, side: int) -> tuple[int, int]:
    """The px that are missing before and after; the odd one after."""
    missing = side - maps.shape[1]
    return missing // 2, missing - missing // 2


def _framed(network: keras.Model, last: keras.layers.Layer, side: int) -> keras.Model:
    """A copy, weights included, in which a layer's map gets its zeros from the layer FRAMED, and loses them at once."""
    frame = _frame(last.output, side)

    def called(layer, *inputs, **options):
        maps = layer(*inputs, **options)
        if layer.name != last.name:
            return maps
        return keras.layers.Cropping2D((frame, frame), name="unframed")(_in_frame(maps, side, FRAMED))

    copy = keras.models.clone_model(network, call_function=called)
    for layer in network.layers:  # by name: with layers in between, the order of the weights may be another one
        if layer.weights:
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy
