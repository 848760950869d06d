"""Adam as the paper has it, in one kernel for each variable."""

import keras
import tensorflow as tf

from rtl_tf.config import Settings
from rtl_tf.training.model import RegularizedDetector


@keras.saving.register_keras_serializable(package="rtl_tf")
class Adam(keras.optimizers.Adam):
    """Keras's Adam (Kingma and Ba 2015), with the same arguments, state and numbers, and no AMSGrad.

    Keras composes the update from some ten operations that each go through all weights; TensorFlow's fused kernel goes
    through them once: a third of the time (benchmarks/README.md).
    """

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        steps = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, variable.dtype), steps),
            beta2_power=tf.pow(tf.cast(self.beta_2, variable.dtype), steps),
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )


def make_optimizer(detector: RegularizedDetector, settings: Settings, steps: int) -> Adam:
    """Adam (0.9, 0.999, 1e-8) with linear decay over `steps`; decoupled weight decay on kernels only."""
    rate = keras.optimizers.schedules.PolynomialDecay(
        settings.learning_rate, steps, end_learning_rate=settings.final_learning_rate, power=1.0
    )
    decoupled = settings.weight_decay if settings.weight_decay_mode == "decoupled" else None
    optimizer = Adam(rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=decoupled)
    if decoupled:
        decayed = {id(kernel) for kernel in detector.decayed_kernels()}
        optimizer.exclude_from_weight_decay(
            var_list=[variable for variable in detector.trainable_variables if id(variable) not in decayed]
        )
    optimizer.build(detector.trainable_variables)
    return optimizer
