"""A study from its data to its last run. The networks are trained in other processes; this one needs no TensorFlow."""

import os
import shlex
import shutil
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from rtl_tf.exceptions import InputError
from rtl_tf.experiments.resolving import require_judges
from rtl_tf.limits import AUTO, json_name
from rtl_tf.runs import layout
from rtl_tf.runs.designs import Study
from rtl_tf.runs.finding import read_runs
from rtl_tf.runs.run import read_run
from rtl_tf.runs.search import read_chosen
from rtl_tf.runs.settings import COMPARED, IMMATERIAL, SOURCE_HASH, applies, in_order, setting
from rtl_tf.studies.display import StudyProgress
from rtl_tf.studies.jobs import Job, make_execute
from rtl_tf.studies.planning import Plan, Task, make_plan
from rtl_tf.studies.workers import work_through
from rtl_tf.system.notes import warn

# Environment of processes that share a machine.
SIDE_BY_SIDE = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # else the first process takes all memory of a GPU
}
HASHES = ("images_hash", SOURCE_HASH)


def run_study(
    study: Study,
    typed: dict[str, Any],
    seeds: int,
    root: Path,
    jobs: int = 1,
    *,
    tensorboard: bool = False,
    validation_only: bool = False,
) -> int:
    """Train what a study lacks, with one line a run, and say how to see the outcome.

    Args:
        typed: fields of `Settings` for all runs, as far as they apply to a method.
        seeds: the seeds 0 to seeds - 1 of each configuration.
        root: folder of all runs.
        jobs: processes side by side; above 1, each has one thread.
        validation_only: leave the test part closed whatever the study says.
    Returns:
        Exit status: 1 if a run failed.
    Raises:
        InputError: before anything is trained, see `make_plan`.
    """
    closed = validation_only and study.judged_on == "test"  # another never opens it
    if closed:
        study = replace(study, judged_on="validation")
    plan = make_plan(study, typed, seeds, root)
    if study.judged_on == "test":
        for task in plan.tasks:
            require_judges(task.asked)
    if plan.tasks:
        _require_writable(root)
    for warning in plan.warnings:
        warn(f"left out: {warning}")
    print(_opening(study, plan, seeds), flush=True)
    failed = _train(plan, jobs, tensorboard, study.judged_on == "validation")
    for title, reason in failed:
        print(f"failed: {title}: {reason}", file=sys.stderr)
    if closed:
        print("The test part is unopened: the same command without --validation-only opens it")
    else:
        print(f"To see the outcome: {show_command(study, typed, plan, root)}")
    return 1 if failed else 0


def _require_writable(root: Path) -> None:
    """InputError where no run could have its folder: said once, not by each."""
    there = next(place for place in (root.absolute(), *root.absolute().parents) if place.exists())
    if not there.is_dir():
        raise InputError(f"--runs {root}: {there} is no folder")
    if not os.access(there, os.W_OK):
        raise InputError(f"--runs {root}: {there} cannot be written")


def show_command(study: Study, typed: dict[str, Any], plan: Plan, root: Path) -> str:
    """The `evaluate.py` that shows these runs, where others lie beside them with which they cannot share a table.

    So do runs of other data, splits or crops, and those that lack a setting that was typed for this study.
    """
    words = ["python evaluate.py", f"--{study.kind} {study.name}"]
    if root != Path("runs"):
        words.append(f"--runs {shlex.quote(str(root))}")
    runs, data = read_runs(root)[0], plan.wanted[0].resolved["data_name"]
    if any(run.resolved["data_name"] != data for run in runs):
        words.append(f"--data {shlex.quote(data)}")
    others = [run for run in runs if run.resolved["data_name"] == data]
    for name in sorted({*map(json_name, typed), *COMPARED, SOURCE_HASH} - (IMMATERIAL - {"method"})):
        values = {setting(run, name) for run in plan.wanted if applies(name, run.method)}
        is_one = len(values) == 1 and None not in values
        there = {setting(run, name) for run in others if applies(name, run.method)}
        if name in HASHES:  # which an older run does not tell
            there.discard(None)
        if is_one and there - values:
            words.append(f"--where {shlex.quote(f'{name}={in_order(values)[0]}')}")
    return " ".join(words)


def _opening(study: Study, plan: Plan, seeds: int) -> str:
    begun = sum(task.resume for task in plan.tasks)
    numbers = f"seeds 0 to {seeds - 1}" if seeds > 1 else "seed 0"
    lines = [
        f"{study.title}: {len(plan.tasks) + len(plan.done)} runs ({numbers}), {len(plan.done)} finished, "
        f"{len(plan.tasks)} to train" + (f", {begun} of them begun" if begun else "")
    ]
    if study.judged_on == "validation":
        lines.append("Judged on the validation part: the test part stays closed.")
    return "\n".join(lines)


def _train(plan: Plan, processes: int, tensorboard: bool, validation_only: bool) -> list[tuple[str, str]]:
    """Title and reason of each run that failed."""
    failed = []
    with (
        tempfile.TemporaryDirectory(prefix="rtl_tf-") as logs,
        closing(StudyProgress(plan.tasks, len(plan.done))) as shown,
    ):
        jobs = [
            Job(task.asked, task.run, tensorboard, validation_only, Path(logs) / f"{number}.log")
            for number, task in enumerate(plan.tasks)
        ]
        environment = SIDE_BY_SIDE if processes > 1 else {}
        for number, kind, value in work_through(jobs, make_execute, jobs=processes, environment=environment):
            task = plan.tasks[number]
            if kind == "begun":
                shown.begin(number)
            elif kind == "progress":
                shown.advance(number, value)
            elif kind == "done":
                shown.end(number, _outcome(task))
            else:
                reason = value + _keep_log(jobs[number].log, Path(task.asked.output))
                failed.append((task.title, reason))
                shown.end(number, "failed", failed=True)
    return failed


def _outcome(task: Task) -> str:
    """The errors of a finished run."""
    run = read_run(task.asked.output)
    words = [f"validation {min(row['val_error'] for row in run.history):.3f}"]
    if run.ended and (error := run.metrics.get("paper.heatmap_px.mre.mean")) is not None:
        words.append(f"{'folds' if run.cross_validated else 'test'} {error:.3f}")
    if task.asked.reg_weight == AUTO:
        chosen = read_chosen(run.folder / layout.SEARCH)
        words.insert(0, f"lambda {chosen:g} chosen")
    return ", ".join(words) + " heatmap px"


def _keep_log(log: Path, folder: Path) -> str:
    """Move what a failed run said beside its files, if it got so far as to have a folder."""
    if not (folder.is_dir() and log.exists() and log.stat().st_size):
        return ""
    try:
        shutil.move(log, folder / layout.LOG)
    except OSError:  # a full disk, as it may be what the run failed by
        return ""
    return f" (see {folder / layout.LOG})"
