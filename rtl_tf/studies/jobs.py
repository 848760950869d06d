"""What a study's processes do: one run after another, on data that they read once."""

import os
import traceback
from pathlib import Path
from typing import NamedTuple

from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.limits import AUTO
from rtl_tf.runs import layout
from rtl_tf.runs.designs import lambda_grid
from rtl_tf.runs.run import Run, read_run
from rtl_tf.studies.planning import is_same
from rtl_tf.studies.workers import Execute, Report
from rtl_tf.system import console
from rtl_tf.system.redirection import redirected


class Job(NamedTuple):
    """A run as it is sent to a process.

    Attributes:
        asked, tensorboard, validation_only: arguments of `run_experiment`.
        run: what its config.json shall say.
        log: the file for all that it says.
    """

    asked: Asked
    run: Run
    tensorboard: bool
    validation_only: bool
    log: Path


def make_execute() -> Execute:
    """Start TensorFlow; gives the function that trains one run and reports the share of it that is done, 0 to 1."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    console.forgive()
    loader = None

    def execute(job: Job, report: Report) -> None:
        nonlocal loader
        begun, finished = state_of(job)
        if finished:
            return
        with redirected(job.log, 1, 2):  # all that libraries say too
            try:
                import keras

                from rtl_tf.experiments.data import DataLoader
                from rtl_tf.experiments.experiment import run_experiment

                loader = loader or DataLoader()
                keras.backend.clear_session()
                run_experiment(
                    job.asked,
                    resume=begun,
                    tensorboard=job.tensorboard,
                    validation_only=job.validation_only,
                    loader=loader,
                    callbacks=(_share_callback(job.asked, report),),
                )
            except (InputError, OSError):
                raise
            except Exception:
                traceback.print_exc()
                raise

    return execute


def state_of(job: Job) -> tuple[bool, bool]:
    """Whether the run is begun, and finished: by now another study may have trained it."""
    folder = Path(job.asked.output)
    if not layout.is_begun(folder):
        return False, False
    run = read_run(folder)
    if not is_same(run, job.run):
        return False, False  # the run refuses a folder that is not free
    return True, run.judged("validation") if job.validation_only else run.ended


def _share_callback(asked: Asked, report: Report):
    import keras

    class ShareCallback(keras.callbacks.Callback):
        """Reports after each epoch which share of the run's trainings is done."""

        def __init__(self):
            super().__init__()
            self.trainings, self.begun = len(lambda_grid()) if asked.reg_weight == AUTO else 1, -1

        def on_train_begin(self, logs=None):
            self.begun, self.first = self.begun + 1, None

        def on_epoch_begin(self, epoch, logs=None):
            self.first = epoch if self.first is None else self.first

        def on_epoch_end(self, epoch, logs=None):
            of_training = (epoch + 1 - self.first) / (self.params["epochs"] - self.first)
            report((self.begun + of_training) / self.trainings)

    return ShareCallback()
