"""The loop around the model: validation, best weights, and a state that a killed run resumes from."""

import math
import time
from contextlib import closing
from pathlib import Path

import keras
import numpy as np

from rtl_tf.config import Settings
from rtl_tf.exceptions import InputError
from rtl_tf.networks import saved
from rtl_tf.pipeline import Crops, Preparation, evaluation_batches, steps_an_epoch, training_batches
from rtl_tf.runs import layout
from rtl_tf.runs.history import read_history, write_history
from rtl_tf.schema import Schema
from rtl_tf.system.progress import clock, say
from rtl_tf.training.epoch_bar import EpochBar, epoch_label
from rtl_tf.training.model import RegularizedDetector, inference_network
from rtl_tf.training.optimizer import make_optimizer
from rtl_tf.training.state import last_state, restore_state, saved_states, write_state

STATE_INTERVAL = 30.0  # seconds of training that a killed run loses, if neither its epochs nor its saves take longer
LONG_SAVE = 1.5  # seconds: what takes longer is saved less often in proportion, for about 5 % of the time


def fit(
    detector: RegularizedDetector,
    training: Crops,
    validation: Crops | None,
    schema: Schema,
    settings: Settings,
    folder: Path,
    *,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
    source_answers: tuple[np.ndarray, ...] = (),
    images_an_epoch: int | None = None,
) -> list[dict[str, float]]:
    """Train as `settings` (resolved) say, going on after the last epoch that `folder` holds.

    Writes history.csv after every epoch and, every STATE_INTERVAL seconds (less often where that takes long),
    best.keras and state-<epoch>.npz (weights, optimizer and random seeds) into `folder`. best.keras is the epoch of the
    lowest validation mean radial error; without `validation` it is the last. The state goes when the training is
    complete. A resumed training gives the weights of an uninterrupted one. `source_answers` of
    `source_cache.source_answers` spare asking the source network; `images_an_epoch` is given where it is not the number
    of training images.

    Returns:
        The rows of history.csv.
    """
    steps = steps_an_epoch(images_an_epoch or len(training.images), settings.batch_size)
    detector.prepare = Preparation(
        training.size,
        settings.sigma,
        settings.crop_jitter,
        schema.mirror_permutation if settings.flip_swap else None,
        settings.augment,
    )
    detector.compile(
        make_optimizer(detector, settings, steps * settings.epochs),
        jit_compile=settings.jit_compile,
        steps_per_execution=settings.steps_per_execution,
    )
    detector.optimizer.build(detector.trainable_variables)  # with float16, Keras wraps another one around it
    recorder = Recorder(folder, settings.epochs)
    first_epoch = recorder.restore(detector)
    if first_epoch < settings.epochs:
        batches = training_batches(
            training,
            batch_size=settings.batch_size,
            seed=settings.seed,
            epoch=lambda: recorder.epoch,
            images_an_epoch=images_an_epoch,
            source_answers=source_answers,
            augmentation=settings.augment,
            flips=settings.flips,
        )
        with closing(EpochBar(settings.epochs, steps, lambda: float(detector.trackers["loss"].result()))) as bar:
            detector.fit(
                batches,
                validation_data=None if validation is None else evaluation_batches(validation),
                epochs=settings.epochs,
                initial_epoch=first_epoch,
                callbacks=[bar, recorder, *callbacks],
                shuffle=False,
                verbose=0,
            )
    recorder.discard_state()
    return recorder.rows


class Recorder(keras.callbacks.Callback):
    """Keeps a run's history, best weights and resumable state, and says a line of each epoch."""

    def __init__(self, folder: Path, epochs: int):
        super().__init__()
        self.folder, self.epochs = folder, epochs
        self.rows = read_history(folder / layout.HISTORY)
        self.best = None  # weights that are better than those of best.keras

    def restore(self, detector: keras.Model) -> int:
        """Load the last saved state; the number of epochs done until then. What was recorded later is made again."""
        if len(self.rows) == self.epochs:
            return self.epochs
        done, state = last_state(self.folder, len(self.rows))
        del self.rows[done:]
        if state is not None:
            restore_state(state, detector)
        return done

    def discard_state(self) -> None:
        for state in saved_states(self.folder).values():
            state.unlink()

    def on_train_begin(self, logs=None):
        self.started = self.saved = time.perf_counter()
        self.interval = STATE_INTERVAL
        self.done_before = len(self.rows)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.epoch_started = epoch, time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        validated = "val_error" in logs
        best = min((row["val_error"] for row in self.rows), default=float("inf"))
        row = {
            "epoch": epoch + 1,
            "loss": float(logs["loss"]),
            "heatmap_loss": float(logs["heatmap_loss"]),
            "regularizer": float(logs["regularizer"]),
            "val_loss": float(logs["val_heatmap_loss"]) if validated else math.nan,
            "val_error": float(logs["val_error"]) if validated else math.nan,
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": round(time.perf_counter() - self.epoch_started, 3),
        }
        if not math.isfinite(row["loss"]) or (validated and not math.isfinite(row["val_loss"])):
            raise InputError(f"epoch {epoch + 1}: the loss is not finite any more; lower --learning-rate or --lambda")
        if row["val_error"] < best or not validated:
            self.best = self.model.get_weights()
        older = saved_states(self.folder)
        save = epoch + 1 == self.epochs or time.perf_counter() - self.saved > self.interval
        if save:
            self._save(epoch + 1)
        self.rows.append(row)
        write_history(self.folder / layout.HISTORY, self.rows)
        if save:
            for other in older.keys() - {epoch + 1}:
                older[other].unlink()
        say(self._summary(row, min(best, row["val_error"])))

    def _save(self, epoch: int) -> None:
        """Write best.keras, if there is a better one than the file's, and, unless it was the last epoch, the state."""
        started = time.perf_counter()
        if self.best is not None:
            current = self.model.get_weights()
            self.model.set_weights(self.best)
            saved.write(inference_network(self.model), self.folder / layout.NETWORK)
            self.model.set_weights(current)
            self.best = None
        if epoch < self.epochs:
            write_state(self.folder, epoch, self.model)
        self.saved = time.perf_counter()
        self.interval = STATE_INTERVAL * max(1.0, (self.saved - started) / LONG_SAVE)

    def _summary(self, row, best) -> str:
        done = len(self.rows) - self.done_before
        left = (time.perf_counter() - self.started) / done * (self.epochs - row["epoch"])
        regularizer = f"  regularizer {row['regularizer']:.2e}" if row["regularizer"] else ""
        error = row["val_error"]
        validation = "" if math.isnan(error) else f"  validation {error:.3f} heatmap px (best {best:.3f})"
        return (
            f"{epoch_label(row['epoch'], self.epochs)}  landmark loss {row['heatmap_loss']:.2e}{regularizer}"
            f"{validation}  {row['seconds']:.1f} s, {clock(left)} left"
        )
