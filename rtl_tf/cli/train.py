"""`train.py`, `rtl-train`: one run of one method, or all that a table or a figure needs."""

import argparse
import contextlib
import dataclasses
import threading
from pathlib import Path

from rtl_tf.cli import Parser, run, start_tensorflow
from rtl_tf.config import COMMON, KINDS, PRESETS, Asked, Settings
from rtl_tf.exceptions import InputError
from rtl_tf.limits import AUTO, CHOSEN, flag_name

EPILOG = """A run goes to runs/<data>/<method>/seed<seed>/: settings, environment, split, history.csv, best.keras,
trained_on.csv, predictions.csv, validation-predictions.csv, test.csv, metrics.json, MODEL_CARD.md and figures;
examples.npz, which shows faces, of built-in ones or with `--include-faces`. `evaluate.py` reads runs. With `--lambda
auto`, lambda_search.json tells the choice and every score."""
STUDY = """Trains, with every other flag given here, whatever runs the table or figure still lacks, told apart by their
settings; goes on with interrupted ones. A run that fails is named at the end, with exit status 1."""
STUDY_FLAGS = ("seeds", "jobs", "runs")


def main(arguments: list[str]) -> int:
    options = vars(make_parser().parse_args(arguments))
    kind = next((kind for kind in ("table", "figure") if options[kind] is not None), None)
    typed = {name: options[name] for name in KINDS if options[name] is not None}
    switches = {name: options[name] for name in ("tensorboard", "validation_only")}
    if kind:
        return _study(kind, options, typed, switches)
    for name in STUDY_FLAGS:
        if options[name] is not None:
            raise InputError(f"--{name}: goes with --table or --figure")

    from rtl_tf.experiments.resolving import resolve

    asked = Asked(**typed)
    rendering = threading.Thread(target=render, args=(resolve(asked),), daemon=True)
    rendering.start()
    start_tensorflow()  # only now: --help must not wait for it
    from rtl_tf.experiments.experiment import run_experiment

    rendering.join()
    folder = run_experiment(asked, resume=options["resume"], **switches)
    if options["validation_only"]:
        print(f"Written to {folder}/. The test part is unopened: --resume without --validation-only opens it")
    return 0


def render(settings: Settings) -> None:
    """Render the built-in faces, if the run is about them and they are not there yet, while TensorFlow loads.

    Other processes do it. What goes wrong here goes wrong again where the data are read, and is told there.
    """
    from rtl_tf import datasets

    if datasets.is_synthetic(settings.data):
        with contextlib.suppress(Exception):
            datasets.load(settings.data, settings.schema, size=settings.image_size)


def _study(kind: str, options: dict, typed: dict, switches: dict) -> int:
    from rtl_tf.runs.designs import load_study

    study = load_study(kind, options[kind])
    if options["resume"]:
        raise InputError(f"--resume: --{kind} goes on by itself, leave the flag out")
    for name, instead in (("output", "--runs DIR"), ("seed", "--seeds N")):
        if options[name] is not None:
            raise InputError(f"--{name}: is for one run; with --{kind} use {instead}")
    for name in ("seeds", "jobs"):
        if options[name] is not None and options[name] < 1:
            raise InputError(f"--{name} {options[name]}: must be at least 1")

    from rtl_tf.studies.study import run_study

    root = Path(options["runs"] or "runs")
    return run_study(study, typed, options["seeds"] or study.seeds, root, options["jobs"] or 1, **switches)


def make_parser() -> argparse.ArgumentParser:
    """One flag for every field of Settings, and those that are no settings of a result."""
    parser = Parser(
        prog="train.py",
        description="Train a facial landmark detector by (regularized) transfer learning.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    for setting in dataclasses.fields(Settings):
        _add_flag(parser, setting)
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run of the same settings")
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs into the run folder")
    parser.add_argument(
        "--validation-only", action="store_true", help="stop before the test part is predicted; --resume opens it later"
    )
    study = parser.add_argument_group("studies", STUDY)
    what = study.add_mutually_exclusive_group()
    what.add_argument("--table", metavar="NAME", help="1, 2, 3, 4, samples, robustness or detector, see evaluate.py")
    what.add_argument(
        "--figure", metavar="N", help="10: lambda, 11: sigma; judged on the validation part, the test part stays closed"
    )
    study.add_argument("--seeds", type=int, metavar="N", help="seeds 0 to N - 1 of each configuration [the study's]")
    study.add_argument(
        "--jobs", type=int, metavar="N", help="runs side by side, each in a process of one thread [1, of all threads]"
    )
    study.add_argument("--runs", metavar="DIR", help="folder of all runs [runs]")
    return parser


def _add_flag(parser: argparse.ArgumentParser, setting: dataclasses.Field) -> None:
    text = f"{setting.metadata['help']}{_default_text(setting)}".replace("%", "%%")
    kind = KINDS[setting.name]
    if kind is bool:
        parser.add_argument(flag_name(setting.name), action=argparse.BooleanOptionalAction, default=None, help=text)
    else:
        choices = setting.metadata["choices"]
        metavar = None if choices else kind.__name__.upper() if kind is not str else "NAME"
        parse = _number_or_auto if setting.name in CHOSEN else kind
        parser.add_argument(
            flag_name(setting.name), dest=setting.name, type=parse, choices=choices, metavar=metavar, help=text
        )


def _number_or_auto(text: str) -> float | str:
    try:
        return text if text == AUTO else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is neither a number nor {AUTO}") from None


def _default_text(setting: dataclasses.Field) -> str:
    quick, *others = (PRESETS[name].get(setting.name, COMMON.get(setting.name)) for name in PRESETS)
    if quick is None:
        return ""
    different = {name: _shown(value) for name, value in zip(list(PRESETS)[1:], others, strict=True) if value != quick}
    return "; preset ".join([f" [{_shown(quick)}", *(f"{name}: {value}" for name, value in different.items())]) + "]"


def _shown(value) -> str:
    """A default as the help shows it; where methods differ, by method."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{method} {own}" for method, own in value.items())
    return str(value)


def entry() -> None:
    """`rtl-train`."""
    run(main)


if __name__ == "__main__":
    entry()
