"""The commands that train what a table lacks."""

import shlex
from dataclasses import fields
from pathlib import Path

from rtl_tf.config import Settings, flag_name
from rtl_tf.reports.naming import configuration_name, free_folder, unlike_preset
from rtl_tf.reports.runs import SOURCES, Run
from rtl_tf.reports.selection import Selection
from rtl_tf.reports.settings import applies, defaults, setting
from rtl_tf.reports.tables import Row

ALIGNMENT = f"runs/{SOURCES}/youtube_faces_keypoints-alignment-resnet50"
PRETRAIN = "python -m rtl_tf.cli.pretrain --task alignment --data youtube_faces_keypoints"
ASKED_DEFAULTS = {field.name: field.default for field in fields(Settings)}


def missing_text(selection: Selection, varied: tuple[str, ...], like: Run, root: Path) -> str:
    """What each row lacks, a command a line; empty if nothing.

    Wanted are the seeds that any row has. `like` is a run of the same data, whose typed flags the commands repeat.
    """
    seeds = sorted({run.seed for run in selection.all_runs}) or [like.seed]
    like = selection.example or like
    aligned = [run.asked["source"] for run in selection.all_runs if setting(run, "source") == "youtube_faces"]
    pretrained = (aligned or [ALIGNMENT])[0]
    commands = []
    for row, runs, unfinished in zip(selection.rows, selection.runs, selection.unfinished, strict=True):
        missing = [seed for seed in seeds if seed not in {run.seed for run in runs}]
        begun = [run for run in unfinished if run.seed in missing]
        commands += [resume_command(run) for run in begun]
        missing = [seed for seed in missing if seed not in {run.seed for run in begun}]
        if missing:
            commands.append(training_command(row, missing, like, dict(selection.condition), varied, root, pretrained))
    first = next((index for index, command in enumerate(commands) if pretrained in command), None)
    if first is not None and not Path(pretrained).exists():
        commands.insert(first, f"{PRETRAIN} --network {pretrained.rsplit('-', 1)[-1]}")  # as the folder's name ends
    return "\n".join(["To train what is missing:", *(f"    {command}" for command in commands)]) if commands else ""


def resume_command(run: Run) -> str:
    """Goes on with a run that was begun, in its folder."""
    asked = run.asked | {"output": str(run.folder)}
    return " ".join(["python train.py", *_flags(asked, keep=asked.keys()), "--resume"])


def training_command(
    row: Row,
    seeds: list[int],
    like: Run,
    condition: dict[str, object],
    varied: tuple[str, ...],
    root: Path,
    pretrained: str,
) -> str:
    """Trains a row so that it can stand in one table with the run `like`; a shell loop where seeds are several.

    It repeats the flags typed for `like`, except those that tell rows or runs apart. `pretrained`: the folder of the
    paper's alignment network.
    """
    method = row.settings["method"]
    preset = like.asked.get("preset", "quick")
    own = unlike_preset(row.settings, preset)
    typed = {
        name: value
        for name, value in like.asked.items()
        if name not in {"method", "seed", "output", "lambda", *varied} and applies(name, method)
    }
    reg_weight = condition.get("lambda")
    if applies("lambda", method) and reg_weight not in (None, defaults(preset, method)["lambda"]):
        typed["lambda"] = reg_weight
    if own.get("source") == "youtube_faces":
        own["source"] = pretrained
    words = ["python train.py --method", method, *_flags(typed | own)]
    folder = free_folder(root / like.resolved["data_name"], configuration_name(row.settings, preset), seeds)
    if len(seeds) == 1:
        seed, loop, end = str(seeds[0]), "", ""
    else:
        seed, loop, end = "$seed", f"for seed in {' '.join(map(str, seeds))}; do ", "; done"
    if seed != "0":
        words.append(f"--seed {seed}")
    if folder != Path("runs") / like.resolved["data_name"] / method:
        words.append(f"--output {shlex.quote(str(folder))}/seed{seed}")
    return loop + " ".join(words) + end


def _flags(settings: dict[str, object], keep=()) -> list[str]:
    return [
        flag_name(name, value) if isinstance(value, bool) else f"{flag_name(name)} {shlex.quote(str(value))}"
        for name, value in settings.items()
        if name in keep or value != ASKED_DEFAULTS.get(name)
    ]
