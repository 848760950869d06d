"""Source networks, built and loaded: what transfer learning starts from and what the regularizers compare with."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.networks import (
    architecture,
    dlib_resnet,
    dlib_weights,
    efficientnet_lite,
    face_mesh,
    hub_backbone,
    keras_backbone,
    keras_resnet50,
    resnet50,
    saved,
    weight_files,
)
from rtl_tf.networks.calibration import calibrate
from rtl_tf.networks.catalogue import SOURCES, Source
from rtl_tf.networks.edge_padding import edge_padded
from rtl_tf.networks.families import find_source
from rtl_tf.networks.layers import head_kind
from rtl_tf.networks.precision import in_float32
from rtl_tf.networks.vggface_weights import holds_classifier, load_keras_vggface

__all__ = ["SOURCES", "Source", "SourceNetwork", "load_keras_vggface", "load_source"]


@dataclass(frozen=True)
class SourceNetwork:
    """A source's network with its weights, built anew by every `load_source`.

    Attributes:
        source: what it is.
        encoder: "encoder", RGB images (N, S, S, 3) in 0..255 -> list of maps from stride 4 to the encoder output.
        classifier: "classifier", encoder output (N, H, W, B) -> (N, C) logits, descriptor or points; None = not asked
            for.
    """

    source: Source
    encoder: keras.Model
    classifier: keras.Model | None = None

    def maps(self, images) -> list:
        """The encoder's maps (N, H, W, B) of images, the last of them its output: also where there is only one."""
        maps = self.encoder(images)
        return maps if isinstance(maps, list) else [maps]

    @property
    def stride(self) -> int:
        """Input px per px of the encoder output."""
        return self.encoder.input_shape[1] // self.encoder.outputs[-1].shape[1]

    def logits(self, features):
        """(N, C) logits, descriptor or points of an encoder output (N, H, W, B); ValueError without a classifier."""
        if self.classifier is None:
            raise ValueError(f"{self.source.name}: loaded without its classification branch")
        return self.classifier(features)

    def edge_padded(self) -> "SourceNetwork":
        """A copy in which no map has a frame of zeros: see `edge_padding`."""
        classifier = self.classifier and edge_padded(self.classifier)
        return replace(self, encoder=edge_padded(self.encoder), classifier=classifier)

    def calibrate(self, images: np.ndarray, batch_size: int = 16) -> None:
        """`calibration.calibrate` of both parts on uint8 (N, S, S, 3) crops; inference is unchanged."""
        calibrate(self.encoder, images, batch_size)
        if self.classifier is not None:
            features = in_float32(self.encoder).predict(images, batch_size=batch_size, verbose=0)[-1]
            calibrate(self.classifier, features, batch_size)


def load_source(
    name_or_path: str | Path,
    image_size: int,
    weights: str | Path | None = None,
    encoder_stride: int | None = None,
    classifier: bool = False,
    seed: int = 0,
) -> SourceNetwork:
    """Builds a source network with its weights. Two calls give two separate networks with equal weights.

    Args:
        name_or_path: a name for `find_source`, a `.keras` file, or the folder of a run or of a pretrained source.
        image_size: input px, a multiple of 32.
        weights: one's own copy of the named source's weights file.
        encoder_stride: where the encoder ends; default: the source's. What follows in the published network is the
            classification branch.
        classifier: also give the classification branch (RTL-CO needs it).
        seed: of the weights, for the random sources.

    Raises:
        InputError: unknown name, weights missing or of another architecture, a stride or size that the network cannot
            have, or a classifier asked of a source without one.
    """
    source = find_source(name_or_path)
    if source is None:
        loaded = _load_saved(Path(name_or_path), image_size, weights, encoder_stride, classifier)
    else:
        if source.name == "youtube_faces":
            raise InputError(
                "--source youtube_faces: pretrain it once with `python -m rtl_tf.cli.pretrain --task alignment "
                "--data FOLDER`, then give its folder to --source"
            )
        if classifier and source.classifier is None:
            raise InputError(_no_classifier(source.name))
        if classifier and source.classifier_size not in (None, image_size):
            size = source.classifier_size
            raise InputError(
                f"--image-size {image_size}: the points of --source {source.name}, which RTL-CO compares, are those of "
                f"{size}x{size} images; use --image-size {size}"
            )
        if weights is not None and source.weights is None:
            raise InputError(f"--source-weights: --source {source.name} has random weights and takes no file")
        source = replace(source, encoder_stride=encoder_stride or source.encoder_stride)
        loaded = SourceNetwork(source, *_builder(source)(source, image_size, weights, seed))
        loaded = replace(loaded, source=replace(source, encoder_stride=loaded.stride))
    if not classifier:
        return replace(loaded, classifier=None)
    if loaded.classifier is None:
        raise InputError(_no_classifier(name_or_path))
    return loaded


def _no_classifier(name: str | Path) -> str:
    return f"--source {name}: has no classification branch, which RTL-CO needs; use --source dlib or vggface2"


def _builder(source: Source) -> Callable:
    """The function (source, image_size, weights, seed) -> (encoder, classifier or None) for the source's weights."""
    weights_format = source.weights.format if source.weights else None
    return {
        "keras-vggface": _build_vggface2,
        "keras-applications": _build_imagenet,
        "dlib": _build_dlib,
        "tflite": _build_face_mesh,
        "torch": _build_efficientnet,
        "keras": _build_of_keras,
        "hub": _build_of_hub,
        None: _build_random,
    }[weights_format]


def _build_vggface2(source: Source, image_size: int, weights: str | Path | None, seed: int):
    encoder = resnet50.encoder(image_size, source.encoder_stride, source.preprocess, seed=seed)
    path = weight_files.locate(source, weights)
    if holds_classifier(path):
        classifier = resnet50.classifier(encoder, *source.head, seed=seed)
        load_keras_vggface(_joined(encoder, classifier), path)
        return encoder, classifier
    complete = resnet50.encoder(image_size, 32, source.preprocess, seed=seed)
    load_keras_vggface(complete, path)
    return keras.Model(complete.input, complete.outputs[: len(encoder.outputs)], name="encoder"), None


def _build_imagenet(source: Source, image_size: int, weights: str | Path | None, seed: int):
    network = keras_resnet50.build(image_size)
    parts = keras_resnet50.split(network, source.encoder_stride)
    path = weight_files.locate(source, weights)
    try:
        weight_files.load_into(network, path)
    except InputError as problem:
        raise InputError(f"{problem}; needs Keras's ResNet-50 weights with the classification layer") from problem
    return parts


def _build_dlib(source: Source, image_size: int, weights: str | Path | None, seed: int):
    encoder = dlib_resnet.encoder(image_size, source.encoder_stride, source.preprocess, seed=seed)
    classifier = dlib_resnet.classifier(encoder, *source.head, seed=seed)
    dlib_weights.load(_joined(encoder, classifier), weight_files.locate(source, weights))
    return encoder, classifier


def _build_face_mesh(source: Source, image_size: int, weights: str | Path | None, seed: int):
    own_size = source.classifier_size or image_size
    own = face_mesh.encoder(own_size, source.encoder_stride, source.preprocess, seed=seed)
    classifier = face_mesh.classifier(own, *source.head, seed=seed)
    face_mesh.load(_joined(own, classifier), weight_files.locate(source, weights))
    if image_size == own_size:
        return own, classifier
    encoder = face_mesh.encoder(image_size, source.encoder_stride, source.preprocess, seed=seed)
    encoder.set_weights(own.get_weights())
    return encoder, None


def _build_efficientnet(source: Source, image_size: int, weights: str | Path | None, seed: int):
    encoder = efficientnet_lite.encoder(image_size, source.encoder_stride, source.preprocess, seed=seed)
    classifier = efficientnet_lite.classifier(encoder, *source.head, seed=seed)
    efficientnet_lite.load(_joined(encoder, classifier), weight_files.locate(source, weights))
    return encoder, classifier


def _build_of_keras(source: Source, image_size: int, weights: str | Path | None, seed: int):
    network = keras_backbone.load(source.name, image_size, weights)
    return keras_backbone.split(network, source.encoder_stride, source.name)


def _build_of_hub(source: Source, image_size: int, weights: str | Path | None, seed: int):
    return hub_backbone.encoder(source.name, image_size, source.encoder_stride, weights), None


def _build_random(source: Source, image_size: int, weights: str | Path | None, seed: int):
    encoder = architecture(source.network).encoder
    return encoder(image_size, source.encoder_stride, source.preprocess, seed=seed), None


def _joined(encoder: keras.Model, classifier: keras.Model) -> keras.Model:
    return keras.Model(encoder.input, classifier(encoder.outputs[-1]))


def _load_saved(
    path: Path, image_size: int, weights: str | Path | None, encoder_stride: int | None, with_classifier: bool
) -> SourceNetwork:
    if weights is not None:
        raise InputError("--source-weights: goes with a named source, a saved network has its own")
    encoder, classifier = saved.load(path, image_size, with_classifier)
    stride = image_size // encoder.outputs[-1].shape[1]
    if encoder_stride not in (None, stride):
        raise InputError(f"--encoder-stride {encoder_stride}: the encoder of {path} ends at stride {stride}")
    source = Source(name=str(path), network="saved", task="as saved", encoder_stride=stride)
    if classifier is not None:
        source = replace(source, classifier=head_kind(classifier), classes=classifier.outputs[0].shape[-1])
    return SourceNetwork(source, encoder, classifier)
