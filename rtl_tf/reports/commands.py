"""The commands that train what a table lacks."""

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from rtl_tf.config import Asked
from rtl_tf.limits import flag_name
from rtl_tf.runs import layout
from rtl_tf.runs.naming import configuration_name, free_folder, unlike_preset
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Row, Selection
from rtl_tf.runs.settings import ALIGNED, applies, defaults, setting

PRETRAIN = "python -m rtl_tf.cli.pretrain --task alignment --data youtube_faces_keypoints"
PRETRAINED = "youtube_faces_keypoints-alignment-"  # how that command names its folder, the architecture behind it
NOTHING: Mapping[str, object] = MappingProxyType({})
ALWAYS_ASKED = Asked().given


@dataclass(frozen=True)
class Shared:
    """What all training commands of a table have in common.

    Attributes:
        like: a run of the same data, whose typed flags the commands repeat.
        condition: the settings that all runs of the table share.
        varied: the settings that tell its rows apart.
        root: of the run folders.
        aligned: the folder of the paper's alignment network.
    """

    like: Run
    condition: dict[str, object]
    varied: tuple[str, ...]
    root: Path
    aligned: str

    def source(self, row: Row) -> object:
        """The source network of a row's runs; None where its method has none."""
        named = row.settings.get("source", self.condition.get("source"))
        return named if applies("source", row.settings["method"]) else None


def missing_text(
    selection: Selection, varied: tuple[str, ...], like: Run, root: Path, where: Mapping[str, object] = NOTHING
) -> str:
    """What each row lacks, a command a line; empty if nothing. Wanted: the seeds that a third of the trained rows have.

    Args:
        like: a run of the same data: what is repeated where no run is in the table yet.
        where: what runs were chosen by; rows that it excludes lack nothing.
    """
    counts = Counter(run.seed for runs in selection.runs for run in runs)
    trained = sum(map(bool, selection.runs))
    seeds = sorted(seed for seed, count in counts.items() if 3 * count >= trained) or [like.seed]
    aligned = [run.asked["source"] for run in selection.all_runs if setting(run, "source") == ALIGNED]
    usual = str(root / layout.SOURCES / f"{PRETRAINED}resnet50")
    condition = {**dict(selection.condition), **where}
    shared = Shared(selection.example or like, condition, varied, root, (aligned or [usual])[0])
    pretraining = [] if Path(shared.aligned).exists() else [pretraining_command(shared.aligned)]
    commands: list[str] = []
    for row, runs, unfinished in zip(selection.rows, selection.runs, selection.unfinished, strict=True):
        if any(row.settings.get(name, value) != value for name, value in where.items()):
            continue
        missing = set(seeds) - {run.seed for run in runs}
        begun = [run for run in unfinished if run.seed in missing]
        fresh = sorted(missing - {run.seed for run in begun})
        if missing and shared.source(row) == ALIGNED:
            commands, pretraining = commands + pretraining, []
        commands += [resume_command(run) for run in begun]
        commands += [training_command(row, fresh, replace(shared, like=runs[0]) if runs else shared)] if fresh else []
    return "\n".join(["To train what is missing:", *(f"    {command}" for command in commands)]) if commands else ""


def pretraining_command(folder: str) -> str:
    """Trains the paper's alignment network into `folder`, whose name ends with the architecture."""
    network = folder.rsplit("-", 1)[-1]
    has_own_place = folder != f"runs/{layout.SOURCES}/{PRETRAINED}{network}"
    return f"{PRETRAIN} --network {network}" + (f" --output {shlex.quote(folder)}" if has_own_place else "")


def resume_command(run: Run) -> str:
    """Goes on with a run that was begun, in its folder."""
    asked = run.asked | {"output": str(run.folder)}
    return " ".join(["python train.py", *_flags(asked, keep=asked.keys()), "--resume"])


def training_command(row: Row, seeds: list[int], shared: Shared) -> str:
    """Trains a row so that it can stand in one table with the run `shared.like`; a shell loop where seeds are several.

    It repeats the flags typed for that run, except those that tell rows or runs apart.
    """
    method, like = row.settings["method"], shared.like
    preset = like.asked.get("preset", "quick")
    own = unlike_preset(row.settings, preset)
    typed = {
        name: value
        for name, value in like.asked.items()
        if name not in {"method", "seed", "output", "lambda", *shared.varied} and applies(name, method)
    }
    reg_weight = shared.condition.get("lambda")
    if applies("lambda", method) and reg_weight not in (None, defaults(preset, method)["lambda"]):
        typed["lambda"] = reg_weight
    if own.get("source") == ALIGNED:
        own["source"] = shared.aligned
    words = ["python train.py --method", method, *_flags(typed | own)]
    name = configuration_name(row.settings, preset, row.title)
    folder = free_folder(shared.root / like.resolved["data_name"], name, seeds)
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
        if name in keep or value != ALWAYS_ASKED.get(name)
    ]
