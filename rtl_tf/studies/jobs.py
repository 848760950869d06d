"""What a study's processes do: one run after another, on data that they read once."""

import os
import traceback
from pathlib import Path
from typing import NamedTuple

from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.runs import layout
from rtl_tf.runs.run import Run, read_run
from rtl_tf.studies.epochs import epochs_left
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
        left = epochs_left(Path(job.asked.output), job.run.resolved)
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
                    callbacks=(share_callback(left, report),),
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


def share_callback(epochs: int, report: Report):
    """Reports after each epoch, of whichever of the run's trainings, the share that is done of so many.

    After a run was killed some are made once more; the share ends at 1 all the same.
    """
    import keras

    class ShareCallback(keras.callbacks.Callback):
        made = 0

        def on_epoch_end(self, epoch, logs=None):
            self.made += 1
            report(min(1.0, self.made / max(1, epochs)))

    return ShareCallback()
