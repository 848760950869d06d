"""Adam as the paper has it, in one kernel for each variable."""

import keras
import tensorflow as tf

from rtl_tf.config import Settings
from rtl_tf.training.model import RegularizedDetector


@keras.saving.register_keras_serializable(package="rtl_tf")
class Adam(keras.optimizers.Adam):
    """Keras's Adam (Kingma and Ba 2015), with the same arguments, state and numbers, and no AMSGrad.

    Keras composes the update from some ten operations that each go through all weights; TensorFlow's fused kernel goes
    through them once: a third of the time (benchmarks/README.md). How Keras finds a variable's moments is its private
    API; tests/test_optimizer.py holds this class to Keras's own, update for update.
    """

    def apply(self, grads, trainable_variables=None):
        steps = tf.cast(self.iterations + 1, "float32")
        # Once a step: 170 variables are as many pairs of powers, each of them kernels that an accelerator waits for.
        self._powers = tuple(tf.pow(tf.cast(beta, "float32"), steps) for beta in (self.beta_1, self.beta_2))
        super().apply(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        beta1_power, beta2_power = (tf.cast(power, variable.dtype) for power in self._powers)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=beta1_power,
            beta2_power=beta2_power,
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )


def make_optimizer(detector: RegularizedDetector, settings: Settings, steps: int) -> Adam:
    """Adam (0.9, 0.999, 1e-8) with linear decay over `steps`; decoupled weight decay of `decayed_kernels` only."""
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
