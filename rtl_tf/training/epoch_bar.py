"""How far an epoch is, while it goes on."""

from collections.abc import Callable

import keras

from rtl_tf.system.progress import QUIET, Bar


class EpochBar(keras.callbacks.Callback):
    """A bar for the steps of each epoch; comes before callbacks that say something at an epoch's end.

    `close` it after the training, which may have ended within an epoch.
    """

    def __init__(self, epochs: int, steps: int, loss: Callable[[], float] | None = None):
        """
        Args:
            loss: reads the loss so far, from the device: asked when the bar is drawn on a terminal, and for no log.
        """
        super().__init__()
        self.epochs, self.steps, self.loss, self.bar = epochs, steps, loss, None

    def on_epoch_begin(self, epoch, logs=None):
        """The first epoch's bar is there at once: its first step waits for the graph to be built."""
        delay = QUIET if self.bar else 0.0
        self.bar = Bar(self.steps, epoch_label(epoch + 1, self.epochs), self._note, delay)

    def on_train_batch_begin(self, batch, logs=None):
        """Not `on_train_batch_end`, for which Keras would fetch the loss of every step: to read it is to wait."""
        self.bar.reach(batch)

    def on_epoch_end(self, epoch, logs=None):
        self.close()

    def close(self) -> None:
        if self.bar:
            self.bar.close()

    def _note(self, bar: Bar, live: bool) -> str:
        loss = f", loss {self.loss():.3g}" if live and self.loss and bar.n else ""
        return bar.counted() + loss


def epoch_label(epoch: int, epochs: int) -> str:
    """`epoch  3/40`, of one width in a training."""
    return f"epoch {epoch:{len(str(epochs))}d}/{epochs}"
