"""What the processes of tests/test_workers.py do instead of training."""

import os
import signal
import time

from rtl_tf.exceptions import InputError


def make_execute():
    """Tasks are (what, value)."""
    made = os.getpid()

    def execute(task, report):
        what, value = task
        if what == "double":
            report(0.5)
            return 2 * value
        if what == "process":
            return made
        if what == "variable":
            return os.environ.get(value)
        if what == "refuse":
            raise InputError(value)
        if what == "full":
            raise OSError(28, "No space left on device", value)
        if what == "raise":
            raise ZeroDivisionError(value)
        if what == "exit":
            os._exit(value)
        if what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "sleep":
            report(os.getpid())
            time.sleep(value)
        return None

    return execute


def make_nothing():
    raise ImportError("no such library")


def make_fake_training():
    """In place of `studies.jobs.make_execute`: a run's files without the run; RTL-SAM fails after its first epoch."""
    import json
    from pathlib import Path

    import numpy as np
    from fake_runs import add_history, make_predictions

    from rtl_tf.experiments.resolving import dataset_key, found_out, read_dataset, resolve
    from rtl_tf.limits import AUTO
    from rtl_tf.runs.config_file import asked_to_json, to_json
    from rtl_tf.runs.layout import VALIDATION
    from rtl_tf.runs.predictions import write_predictions

    def execute(job, report):
        job.log.write_text("what it said\n")
        settings, folder = resolve(job.asked), Path(job.asked.output)
        if settings.source == "refused":
            raise InputError("refused.keras: not a readable Keras model")
        dataset = read_dataset(*dataset_key(settings))
        folder.mkdir(parents=True, exist_ok=True)
        config = {"asked": asked_to_json(job.asked), "resolved": to_json(settings) | found_out(settings, dataset)}
        (folder / "config.json").write_text(json.dumps(config))
        fails = settings.method == "rtl-sam"
        add_history(folder, [0.75] * (1 if fails else settings.epochs))
        if settings.reg_weight == AUTO:
            (folder / "lambda_search.json").write_text(json.dumps({"chosen": 2e-4}))
        report(0.5)
        if fails:
            raise InputError("epoch 2: the loss is not finite any more")
        predictions = make_predictions(np.full((4, 3), 0.5), landmarks=("exocanthion", "endocanthion", "nasion"))
        write_predictions(folder / VALIDATION, predictions)
        if not job.validation_only:
            write_predictions(folder / "predictions.csv", predictions)
            (folder / "metrics.json").write_text(json.dumps({"paper.heatmap_px.mre.mean": 0.5}))

    return execute
