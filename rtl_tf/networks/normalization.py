"""Layers that Keras trains otherwise: batch normalisation as one fused kernel, dropout that can be frozen."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="rtl_tf")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer over the last axis of (N, H, W, C) maps, with the same arguments, weights and numbers.

    Keras 3 composes the training case from elementwise operations, each of which goes through the whole map; here
    TensorFlow's fused kernel does it, a fifth of a training step less on a CPU (benchmarks/README.md). Statistics are
    float32 in mixed precision too. Inference is Keras's own: converters fold it into the convolution before.
    """

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=tf.cast(inputs, self.compute_dtype),
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel divides by n - 1; Keras keeps the variance that normalised the batch, which divides by n.
        count = tf.cast(tf.size(inputs) // inputs.shape[-1], variance.dtype)
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance * (count - 1) / count)):
            moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        return outputs


@keras.saving.register_keras_serializable(package="rtl_tf")
class Dropout(keras.layers.Dropout):
    """Keras's layer, which goes on dropping where it is frozen; this one drops nothing then, as a frozen batch
    normalisation is the one of inference: a frozen encoder gives in training what it gives in use."""

    def call(self, inputs, training=False):
        return super().call(inputs, training=training and self.trainable)


OURS: dict[type, type[keras.layers.Layer]] = {
    keras.layers.BatchNormalization: BatchNormalization,
    keras.layers.Dropout: Dropout,
}


def fused(network: keras.Model) -> keras.Model:
    """A copy of a functional network, weights included, in which Keras's layers are this module's."""
    copy = keras.models.clone_model(network, clone_function=_fused_layer)
    copy.set_weights(network.get_weights())
    return copy


def _fused_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
    return OURS.get(type(layer), type(layer)).from_config(layer.get_config())
