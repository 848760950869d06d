"""The networks of an experiment: loaded or made, joined, frozen, ready to be trained."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from rtl_tf.config import COMMON, Settings
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.source_decoder import take_decoder
from rtl_tf.methods import Method
from rtl_tf.networks import architecture
from rtl_tf.networks.catalogue import Source
from rtl_tf.networks.edge_padding import pads
from rtl_tf.networks.sources import SourceNetwork, load_source
from rtl_tf.training.model import RegularizedDetector, build_network, build_source, freeze, last_convolution

# The source network twice: one to be trained, one to stay as it is.
Pair = tuple[SourceNetwork, SourceNetwork]


def compares_logits(settings: Settings, method: Method) -> bool:
    """Whether the run needs classification branches: at lambda 0 not even RTL-CO does."""
    return method.uses_classifier and float(settings.reg_weight) > 0


def network_of(method: Method) -> Callable:
    """What builds the network (image_size, landmarks, width, seed) of a method that starts from random weights."""
    assert method.network is not None
    return architecture(method.network).network


def load_networks(settings: Settings, method: Method) -> Pair | None:
    """The source network that a method starts from; None where it starts from random weights."""
    if method.network:
        return None

    def load() -> SourceNetwork:
        return load_source(
            settings.source,
            settings.image_size,
            weights=settings.source_weights or None,
            encoder_stride=settings.encoder_stride or None,
            classifier=compares_logits(settings, method),
            seed=settings.seed,
        )

    start, frozen = load(), load()
    pyramid = settings.decoder == "pyramid"
    if len(start.encoder.outputs) == 1 and (pyramid or settings.skip_connections):
        flag = "--decoder pyramid" if pyramid else "--skip-connections"
        raise InputError(f"{flag}: --source {settings.source} has one map only")
    if pyramid and settings.skip_connections:
        raise InputError("--skip-connections: a pyramid joins the maps of all strides as it is, leave the flag out")
    if method.trains == "last-convolution" and not last_convolution(start.encoder):
        raise InputError(f"--method {method.name}: --source {settings.source} has no convolution that could be trained")
    if method.uses_classifier and frozen.source.without_softmax:
        _require_no_softmax(settings, frozen.source)
    return start, _framed(frozen, settings)


def _require_no_softmax(settings: Settings, source: Source) -> None:
    """InputError where a setting is of the softmax that RTL-CO's class scores go through: the source gives none."""
    flag = None
    if settings.classifier_distance == "cross-entropy":
        flag = "--classifier-distance cross-entropy"
    elif settings.temperature != COMMON["temperature"]:
        flag = f"--temperature {settings.temperature:g}"
    if flag:
        given = "points" if source.classifier == "points" else "a descriptor"
        raise InputError(f"{flag}: --source {settings.source} gives {given}, no class scores")


def _framed(frozen: SourceNetwork, settings: Settings) -> SourceNetwork:
    """The frozen source as --source-frame has it. InputError where there is nothing that it could pad otherwise."""
    if settings.source_frame != "edge":
        return frozen
    if not pads(frozen.encoder):
        raise InputError(
            f"--source-frame edge: the encoder of --source {settings.source} pads nothing, leave the flag out"
        )
    return frozen.edge_padded()


def build(
    settings: Settings, method: Method, networks: Pair | None, crops: np.ndarray, landmarks: int
) -> tuple[RegularizedDetector, keras.Model | None]:
    """The detector to be trained, and the frozen source network beside it, for a method that has one.

    Args:
        networks: of `load_networks`.
        crops: uint8 (N, S, S, 3), training images.
        landmarks: K.
    """
    if networks is None:
        network = network_of(method)(settings.image_size, landmarks, settings.width, settings.seed)
        source, logit_options = None, {}
    else:
        network, source = build_transfer(settings, method, networks, crops, landmarks)
        logit_options = _logit_options(settings, networks[1].source)
    detector = RegularizedDetector(
        network,
        source=source,
        method=method,
        reg_weight=float(settings.reg_weight),
        logit_options=logit_options,
        reduction=settings.heatmap_loss,
        l2=settings.weight_decay if settings.weight_decay_mode == "l2" else 0.0,
    )
    return detector, source


def _logit_options(settings: Settings, source: Source) -> dict[str, Any]:
    """How RTL-CO compares what the source's branch gives: class scores softened, a descriptor or points as they are."""
    if source.classifier == "points":
        return {"temperature": None, "average": True}
    return {"temperature": None if source.without_softmax else settings.temperature}


def build_transfer(
    settings: Settings, method: Method, networks: Pair, crops: np.ndarray, landmarks: int
) -> tuple[keras.Model, keras.Model]:
    """The target network, frozen where the method does not train it, and the source network."""
    start, frozen = networks
    if start.source.needs_calibration:
        start.calibrate(crops)
    network = build_network(
        start,
        landmarks,
        filters=settings.decoder_filters,
        skip=settings.skip_connections,
        seed=settings.seed,
        with_classifier=compares_logits(settings, method),
        pyramid=settings.decoder == "pyramid",
    )
    if settings.source_decoder:
        take_decoder(network, settings)
    freeze(network, method.trains, settings.batch_norm)
    return network, build_source(frozen, compares_logits(settings, method))


def stride_of(detector: keras.Model, image_size: int) -> int:
    """Input px per encoder output px: what a saved source decides by itself."""
    return image_size // detector.output["features"].shape[1]
