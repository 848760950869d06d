"""Training steps to be timed: the model's own train function, on random images and a ResNet-50 of random weights.

Speed does not depend on the weights. A step is what it is in a training: uint8 crops come from a data set, and
augmentation, heatmaps, networks and optimizer are one graph.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf
from device import step_flops

from rtl_tf.augment import DRAWS, context_px
from rtl_tf.methods import METHODS
from rtl_tf.networks import resnet50
from rtl_tf.networks.precision import computing_in
from rtl_tf.networks.sources import SOURCES, SourceNetwork
from rtl_tf.pipeline import Preparation
from rtl_tf.training.model import RegularizedDetector, build_network, build_source
from rtl_tf.training.optimizer import Adam

LANDMARKS = 14
REG_WEIGHT = 0.002


@dataclass(frozen=True)
class TimedSteps:
    """Steps of several methods that share their networks.

    Attributes:
        size, batch_size: S, and images a step.
        count: steps a call makes; they are one graph, and the loss is read after the last.
        mixed: whether layers compute in 16 bits.
        jit_compile: whether XLA compiles the step.
        width: factor on the channels of ResNet-50.
        landmarks: K.
    """

    size: int
    batch_size: int
    count: int = 1
    mixed: bool = False
    jit_compile: bool = False
    width: float = 1.0
    landmarks: int = LANDMARKS

    @property
    def network(self) -> keras.Model:
        """The target network of FT."""
        return self._target(with_classifier=False)

    def flops(self) -> float:
        """Of a step of FT, for one image."""
        return step_flops(self.network)

    def call(self, name: str, cached: bool = True) -> Callable[[], float]:
        """A call that makes `count` steps of a method and returns the last loss.

        Args:
            cached: whether the source network's answers come with the batch, as from the second epoch on.
        """
        detector = self.detector(name)
        batch = self.batch()
        if detector.regularized and cached:
            answers = detector.source_answers(detector.prepare(batch)[0])
            halves = [term.half for term in detector.objective.terms]
            types = [tf.float16 if half else tf.float32 for half in halves]
            batch["source"] = tuple(tf.cast(answer, dtype) for answer, dtype in zip(answers, types, strict=True))
        with tf.device("CPU:0"):
            batches = iter(tf.data.Dataset.from_tensors(batch).repeat().prefetch(4))
        detector.make_train_function()
        return lambda: float(detector.train_function(batches)["loss"])

    def detector(self, name: str) -> RegularizedDetector:
        """Compiled, its optimizer built; the weights are those of all detectors with the same outputs."""
        tf.get_logger().setLevel("ERROR")  # it warns of retracing, and here several models trace one method
        method = METHODS[name]
        with computing_in(self.mixed):
            detector = RegularizedDetector(
                self._target(method.uses_classifier),
                source=self._source if method.regularizers else None,
                method=method,
                reg_weight=REG_WEIGHT if method.regularizers else 0.0,
            )
            detector.prepare = Preparation(self.size, sigma=1.5)
            optimizer = Adam(1e-5, epsilon=1e-8)
            detector.compile(optimizer, jit_compile=self.jit_compile, steps_per_execution=self.count)
            detector.optimizer.build(detector.trainable_variables)
        return detector

    def batch(self, seed: int = 0) -> dict:
        """What `pipeline.training_batches` gives, of noise."""
        rng, side = np.random.default_rng(seed), self.size + 2 * context_px(self.size)
        low, high = 0.1 * self.size, 0.9 * self.size
        with tf.device("CPU:0"):
            return {
                "crops": tf.constant(rng.integers(0, 256, (self.batch_size, side, side, 3)), tf.uint8),
                "points": tf.constant(rng.uniform(low, high, (self.batch_size, self.landmarks, 2)), tf.float32),
                "draws": tf.constant(rng.uniform(size=(self.batch_size, DRAWS)), tf.float32),
            }

    @cached_property
    def _built(self) -> dict[bool, keras.Model]:
        return {}

    def _target(self, with_classifier: bool) -> keras.Model:
        if with_classifier not in self._built:
            with computing_in(self.mixed):
                network = build_network(
                    self.start(), self.landmarks, skip=False, seed=0, with_classifier=with_classifier
                )
            self._built[with_classifier] = network
        return self._built[with_classifier]

    @cached_property
    def _source(self) -> keras.Model:
        with computing_in(self.mixed):
            return build_source(self.start(), with_classifier=True)

    def start(self) -> SourceNetwork:
        encoder = resnet50.encoder(self.size, width=self.width)
        return SourceNetwork(SOURCES["vggface2"], encoder, resnet50.classifier(encoder, width=self.width))
