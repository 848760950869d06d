"""The detection network and its training step: the method's loss plus lambda times the regularizers (Eq. 3)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from rtl_tf import losses
from rtl_tf.coordinates import round_to_grid
from rtl_tf.heatmaps import grid_points
from rtl_tf.methods import Method
from rtl_tf.networks import feature_pyramid, simple_baseline
from rtl_tf.networks.precision import in_float32
from rtl_tf.networks.sources import SourceNetwork
from rtl_tf.training.determinism import on_gpu
from rtl_tf.training.objective import objective_of
from rtl_tf.training.several_steps import compiled_steps, several_steps

# Metrics of a training step, and of a validation step.
OF_TRAINING = ("loss", "heatmap_loss", "regularizer")
OF_VALIDATION = ("heatmap_loss", "error")


def build_network(
    start: SourceNetwork,
    landmarks: int,
    *,
    filters: int = simple_baseline.FILTERS,
    skip: bool,
    seed: int,
    with_classifier: bool,
    pyramid: bool = False,
) -> keras.Model:
    """The target network of transfer learning: encoder of `start`, decoder, and on demand the classification branch.

    Returns:
        Functional model: RGB (N, S, S, 3) in 0..255 -> {"heatmaps": (N, S/4, S/4, K), "features": encoder output
        (N, H, W, B)[, "logits": (N, C)]}. Its layers are named "encoder", "decoder" and "classifier".
    """
    image = keras.Input(start.encoder.input_shape[1:], name="image")
    maps = start.maps(image)
    if pyramid:
        decoder = feature_pyramid.decoder(maps, landmarks, filters, seed)
    else:
        decoder = simple_baseline.decoder(maps, landmarks, skip, filters, seed, stride=start.stride)
    outputs = {"heatmaps": decoder(maps), "features": maps[-1]}
    if with_classifier:
        outputs["logits"] = start.logits(maps[-1])
    return keras.Model(image, outputs, name="detector")


def build_source(source: SourceNetwork, with_classifier: bool) -> keras.Model:
    """The frozen source network, giving what the regularizers compare: {"features"[, "logits"]}."""
    image = keras.Input(source.encoder.input_shape[1:], name="image")
    features = source.maps(image)[-1]
    outputs = {"features": features}
    if with_classifier:
        outputs["logits"] = source.logits(features)
    network = keras.Model(image, outputs, name="source")
    network.trainable = False
    return network


def freeze(network: keras.Model, trains: str, batch_norm: str) -> None:
    """Set which layers of a `build_network` are trained: see `Method.trains`; whatever they were set to before.

    A frozen BatchNorm normalises by its moving statistics and does not update them, a frozen dropout drops nothing;
    with batch_norm="frozen" the BatchNorms of a trained encoder, and of the classification branch behind it, do so too.
    """
    network.trainable = True
    encoder = network.get_layer("encoder")
    last = last_convolution(encoder)
    for layer in encoder.layers:
        if trains == "decoder" or (trains == "last-convolution" and layer not in last):
            layer.trainable = False
    if batch_norm == "frozen":
        for part in network.layers:
            if part.name in ("encoder", "classifier"):
                for layer in part.layers:
                    if isinstance(layer, keras.layers.BatchNormalization):
                        layer.trainable = False


def last_convolution(encoder: keras.Model) -> list[keras.layers.Layer]:
    """The last convolution of an encoder that joins channels, and those of single channels behind it, if any.

    Of a depthwise and a pointwise convolution, which together do what a usual one does, it is the pointwise one, where
    nearly all weights are. Empty for an encoder that has none, such as a transformer.
    """
    layers = keras.layers
    kinds = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
    found = [layer for layer in encoder.layers if isinstance(layer, kinds) or _is_pointwise(layer)]
    joining = [index for index, layer in enumerate(found) if _joins_channels(layer)]
    return found[joining[-1] :] if joining else []


def _is_pointwise(layer: keras.layers.Layer) -> bool:
    """Whether it is a dense layer at each place of a map, as ConvNeXt has them."""
    return isinstance(layer, keras.layers.Dense) and len(layer.output.shape) == 4


def _joins_channels(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, keras.layers.Conv2D):
        return layer.groups == 1 or layer.kernel.shape[-2] > 1
    return not isinstance(layer, keras.layers.DepthwiseConv2D)


class RegularizedDetector(keras.Model):
    """A functional detection model whose `train_step` adds the regularizers.

    Args:
        network: of `build_network`, or the method's own.
        source: of `build_source`, or None where nothing is regularized.
        method: names the loss and the regularizers.
        reg_weight: lambda; at 0 the source is not even asked, so a step is FT's, bit for bit.
        logit_options: arguments of the regularizer that compares logits; None = its defaults.
        reduction: of the heatmap loss, "mean" or "sum"; of no meaning where the method has another loss.
        l2: weight of the penalty sum(w^2) over `decayed_kernels` (0 = none).

    Attributes:
        prepare: what a batch of a data set goes through first, inside the graph of a step: `pipeline.Preparation`.
            As long as none is given, batches are (image, targets) themselves.
    """

    def __init__(
        self,
        network: keras.Model,
        *,
        source: keras.Model | None = None,
        method: Method,
        reg_weight: float = 0.0,
        logit_options: dict[str, Any] | None = None,
        reduction: str = "mean",
        l2: float = 0.0,
    ):
        super().__init__(network.input, network.output, name=network.name)
        self.objective, self.reg_weight = objective_of(method), reg_weight
        self.logit_options = logit_options or {}
        self.reduction, self.l2 = reduction, l2
        self.source_outputs = _asker(source)
        self.prepare = lambda batch: keras.utils.unpack_x_y_sample_weight(batch)[:2]
        self.trackers = {name: keras.metrics.Mean(name) for name in ("loss", "heatmap_loss", "regularizer", "error")}

    @property
    def metrics(self):
        return list(self.trackers.values())

    @property
    def regularized(self) -> bool:
        return self.reg_weight > 0 and bool(self.objective.terms)

    def source_answers(self, images) -> tuple:
        """What each of the method's regularizers needs of the source network for (N, S, S, 3) images; float32."""
        outputs = self.source_outputs(images)
        return tuple(term.answer(ops.cast(outputs[term.compares], "float32")) for term in self.objective.terms)

    def regularizer(self, source_answers: tuple, target: dict):
        """Sum of the method's regularizers, mean over the batch; in float32, whatever the networks compute in."""
        total = 0.0
        for term, answer in zip(self.objective.terms, source_answers, strict=True):
            options = self.logit_options if term.compares == "logits" else {}
            answer, output = (ops.cast(part, "float32") for part in (answer, target[term.compares]))
            total += ops.mean(term.from_answer(answer, output, **options))
        return total

    def train_step(self, batch):
        images, truth = self.prepare(batch)
        answers = ()
        if self.regularized:
            answers = truth["source"] if "source" in truth else self.source_answers(images)
        with tf.GradientTape() as tape:
            target = self(images, training=True)
            heatmap_loss = self.objective.loss(truth, target, self.reduction)
            loss, regularizer = heatmap_loss, 0.0
            if self.regularized:
                regularizer = self.regularizer(answers, target)
                loss += self.reg_weight * regularizer
            if self.l2:
                loss += self.l2 * sum(ops.sum(ops.square(kernel)) for kernel in self.decayed_kernels())
            scaled = self.optimizer.scale_loss(loss)  # by 1, but with float16
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(scaled, variables), variables)
        self.trackers["loss"].update_state(loss)
        self.trackers["heatmap_loss"].update_state(heatmap_loss)
        self.trackers["regularizer"].update_state(regularizer)
        return self._results(*OF_TRAINING)

    def test_step(self, batch):
        """The method's loss, and the mean radial error in heatmap px (paper protocol: truth and answer on the grid)."""
        images, truth = self.prepare(batch)
        outputs = self(images, training=False)
        errors = losses.radial_errors(round_to_grid(truth["points"]), grid_points(outputs))
        present = ops.logical_not(ops.isnan(errors))
        per_image = ops.sum(ops.where(present, errors, 0.0), axis=-1) / ops.sum(ops.cast(present, "float32"), axis=-1)
        self.trackers["heatmap_loss"].update_state(
            self.objective.loss(truth, outputs, self.reduction), sample_weight=ops.shape(images)[0]
        )
        self.trackers["error"].update_state(per_image)
        return self._results(*OF_VALIDATION)

    def make_train_function(self, force=False):
        if self.steps_per_execution == 1 or self.run_eagerly:
            return super().make_train_function(force)
        if self.train_function is None or force:
            together = self.jit_compile and on_gpu()  # on a processor XLA's loops use one core
            self.train_function = self._several(self.train_step, OF_TRAINING, together)
        return self.train_function

    def make_test_function(self, force=False):
        if self.steps_per_execution == 1 or self.run_eagerly:
            return super().make_test_function(force)
        if self.test_function is None or force:
            self.test_function = self._several(self.test_step, OF_VALIDATION)
        return self.test_function

    def _several(self, step: Callable, names: tuple[str, ...], together: bool = False) -> Callable:
        make = compiled_steps if together else partial(several_steps, jit_compile=self.jit_compile)
        return make(step, lambda: self._results(*names), self.steps_per_execution)

    def _results(self, *names: str) -> dict:
        return {name: self.trackers[name].result() for name in names}

    def decayed_kernels(self):
        """Of trained convolutions, both of a separable one, and dense layers: what decays (no biases, no norms)."""
        return [variable for variable in self.trainable_variables if variable.name.endswith("kernel")]


def _asker(source: keras.Model | None) -> Callable:
    """Images -> the source's outputs. A closure, so that Keras takes the source neither for a part of the model that
    asks nor into its weights file. ValueError where there is none to ask."""

    def ask(images):
        if source is None:
            raise ValueError("regularizers need the source network, and none was given")
        return source(images, training=False)

    return ask


def inference_network(detector: keras.Model) -> keras.Model:
    """The functional part alone, without the custom step, in float32: what is saved, loaded and exported."""
    return in_float32(keras.Model(detector.input, detector.output, name="detector"))
