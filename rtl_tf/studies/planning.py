"""What of a study is still to be trained: its configurations against the runs that exist. Needs no TensorFlow."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.lineage import with_unseen_test
from rtl_tf.experiments.resolving import (
    Dataset,
    dataset_key,
    found_out,
    images_an_epoch,
    read_dataset,
    resolve,
    thinned,
)
from rtl_tf.limits import flag_name, json_name
from rtl_tf.runs import layout
from rtl_tf.runs.config_file import asked_to_json, from_json, to_json
from rtl_tf.runs.designs import Study
from rtl_tf.runs.finding import read_runs, readable, without_predictions
from rtl_tf.runs.naming import configuration_name, free_folder, unlike_preset
from rtl_tf.runs.run import Run
from rtl_tf.runs.settings import ALIGNED, ALIGNMENT_SOURCE, COMPARED, SOURCE_HASH, agree, applies, condition_of
from rtl_tf.studies.epochs import epochs_left, epochs_of
from rtl_tf.system.lock import is_taken


@dataclass(frozen=True)
class Task:
    """A run that a study lacks.

    Attributes:
        title: what sets it apart from the study's others.
        asked: its settings, the folder among them.
        resume: whether the folder holds it, begun.
        work: what it takes, in images that pass through a network; training counts three times what prediction does,
            a fold or a look at parts as much as the whole.
        run: what its config.json shall say.
    """

    title: str
    asked: Asked
    resume: bool
    work: float
    run: Run


@dataclass(frozen=True)
class Plan:
    """What there is of a study, and what is missing.

    Attributes:
        tasks: to be trained, seed by seed, so that an interrupted study has whole pairs.
        done: the runs that are there.
        warnings: a line for each run that cannot be used.
        wanted: all runs of the study, there or not.
    """

    tasks: tuple[Task, ...]
    done: tuple[Run, ...]
    warnings: tuple[str, ...]
    wanted: tuple[Run, ...]


@dataclass(frozen=True)
class Wanted:
    """A run of a study, there or not: `run` is what its config.json says, but for the folder."""

    name: str
    title: str
    asked: Asked
    run: Run
    work: float


def make_plan(study: Study, typed: dict[str, Any], seeds: int, root: Path) -> Plan:
    """Compare a study with the runs below `root`, by their settings wherever they lie. Reads the data, trains nothing.

    Args:
        typed: fields of `Settings` that all runs shall have, as far as they apply to a method.
        seeds: each configuration is wanted with the seeds 0 to seeds - 1.
    Raises:
        InputError: a setting that the study varies by itself, a bad value, no such source, bad data.
    """
    wanted = _wanted_runs(study, typed, seeds, root)
    existing, warnings = read_runs(root)
    tasks, done, new, bare = [], [], defaultdict(list), []
    for one in wanted:
        same = [run for run in existing if is_same(run, one.run)]
        ended = [run for run in same if run.ended]
        validated = [run for run in same if run.validated]
        complete, damaged = readable(ended if study.judged_on == "test" else validated, study.judged_on)
        begun = [run for run in same if run.begun]
        warnings += damaged
        bare += [run for run in same if run.packed_without]
        if complete:
            done.append(complete[0])
        elif begun and is_taken(str(begun[0].folder)):
            warnings.append(f"{begun[0].folder} is being trained by another process")
        elif begun:
            left = epochs_left(Path(begun[0]), one.run.resolved) / epochs_of(one.run.resolved)
            tasks.append(Task(one.title, _gone_on(begun[0], one), True, one.work * left, one.run))
        else:
            new[one.name].append(one)
    warnings += without_predictions(bare)
    tasks += [task for name, ones in new.items() for task in _begun_anew(name, ones, root)]
    tasks.sort(key=lambda task: task.asked.seed)
    return Plan(tuple(tasks), tuple(done), tuple(warnings), tuple(one.run for one in wanted))


def _begun_anew(name: str, ones: list[Wanted], root: Path) -> list[Task]:
    """The seeds of a configuration that nobody began, beside one another in a folder that holds none of them."""
    folder = free_folder(root / ones[0].run.resolved["data_name"], name, [one.asked.seed for one in ones])
    return [
        Task(one.title, one.asked.but(output=str(folder / f"seed{one.asked.seed}")), False, one.work, one.run)
        for one in ones
    ]


def is_same(run: Run, wanted: Run) -> bool:
    """Whether a run has the method, the seed, the data and all settings that matter of another.

    Sources are compared by content where both runs tell it: an older run does not, and nobody can of an alignment
    network that is no longer there. Else by name.
    """
    varied = [SOURCE_HASH]
    if wanted.resolved["encoder_stride"] is None:  # a saved source decides it by itself: only the run knows it
        varied.append("encoder_stride")
    hashes = [one.resolved.get(SOURCE_HASH) for one in (run, wanted)]
    if None not in hashes:
        varied += ["source", "source_weights"]
        if hashes[0] != hashes[1]:
            return False
    return (
        (run.method, run.seed) == (wanted.method, wanted.seed)
        and all(agree(run, wanted, name) for name in COMPARED)
        and condition_of(run, varied) == condition_of(wanted, varied)
    )


def _gone_on(begun: Run, wanted: Wanted) -> Asked:
    """What was asked of a run that was begun, with its data, landmarks and source where they are now."""
    now = {name: getattr(wanted.asked, name) for name in ("data", "schema")}
    if SOURCE_HASH in wanted.run.resolved and SOURCE_HASH in begun.resolved:
        now |= {name: getattr(wanted.asked, name) for name in ("source", "source_weights")}
    return from_json(begun.asked).but(**now, output=str(begun.folder))


def _wanted_runs(study: Study, typed: dict[str, Any], seeds: int, root: Path) -> list[Wanted]:
    """All runs of a study."""
    typed = {json_name(name): value for name, value in typed.items()}
    # The rows of a table have their methods; a figure of one setting can be of any.
    for name in (*study.varied, *(["method"] if study.kind == "table" else [])):
        if name in typed:
            flag = flag_name(name, typed[name])
            reason = "varies it" if name in study.varied else "is of its own method"
            raise InputError(f"{flag}: {study.label} {reason}, leave the flag out")
    read, wanted = cache(read_dataset), []
    for own, named in zip(study.configurations, study.titles, strict=True):
        own = own | {name: value for name, value in typed.items() if name in own}
        for name in own:
            if not applies(name, own["method"]):
                raise InputError(f"--method {own['method']}: {study.label} varies {name}, which it does not have")
        preset = typed.get("preset", "quick")
        name = configuration_name(own, preset, named)
        values = {name: value for name, value in typed.items() if applies(name, own["method"])}
        values |= {"method": own["method"]} | unlike_preset(own, preset)
        if values.get("source") == ALIGNED:
            values["source"] = _pretrained(root)
        for seed in range(seeds):
            asked = from_json(values | {"seed": seed})
            apart = [named] if named else [own["method"], *_told_apart(own, study.varied)]
            title = ", ".join([*apart, f"seed {seed}"])
            wanted.append(Wanted(name, title, asked, *_resolved(asked, read)))
    return wanted


def _resolved(asked: Asked, read: Callable[..., Dataset]) -> tuple[Run, float]:
    """What the run's config.json would say, and its work."""
    settings = resolve(asked)
    dataset = with_unseen_test(settings, read(*dataset_key(settings)))
    validation = len(thinned(dataset, settings).validation)
    resolved = to_json(settings) | found_out(settings, dataset)
    work = epochs_of(resolved) * (3 * images_an_epoch(dataset, settings) + validation)
    return Run(Path(settings.output), asked_to_json(asked), resolved), work


def _pretrained(root: Path) -> str:
    """The folder of the paper's alignment network, pretrained by the user; its bare name if there is none."""
    for folder in sorted((root / layout.SOURCES).glob("*")):
        if re.match(ALIGNMENT_SOURCE, folder.name) and layout.is_ended(folder):
            return str(folder)
    return ALIGNED


def _told_apart(configuration: dict[str, Any], varied: tuple[str, ...]) -> list[str]:
    return [f"{name} {configuration[name]}" for name in varied if name in configuration and name != "method"]
