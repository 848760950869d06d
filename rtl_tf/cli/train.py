"""`train.py`: one run of one method."""

import argparse
import contextlib
import dataclasses
import threading
import types
import typing

from rtl_tf.cli import Parser, start_tensorflow
from rtl_tf.config import COMMON, PRESETS, Settings, flag_name

EPILOG = """The run goes to runs/<data>/<method>/seed<seed>/: settings, environment, split, history.csv, best.keras,
predictions.csv, test.csv, metrics.json, examples.npz and figures. `evaluate.py` reads runs."""


def main(arguments: list[str]) -> int:
    parser = make_parser()
    values = vars(parser.parse_args(arguments))
    resume, tensorboard = values.pop("resume"), values.pop("tensorboard")
    settings = Settings(**{name: value for name, value in values.items() if value is not None})

    rendering = threading.Thread(target=render, args=(settings.resolved(),), daemon=True)
    rendering.start()
    start_tensorflow()  # only now: --help must not wait for it
    from rtl_tf.experiments.experiment import run_experiment

    rendering.join()
    run_experiment(settings, resume=resume, tensorboard=tensorboard)
    return 0


def render(settings: Settings) -> None:
    """Render the built-in faces, if the run is about them and they are not there yet, while TensorFlow loads.

    Other processes do it. What goes wrong here goes wrong again where the data are read, and is told there.
    """
    from rtl_tf import datasets

    if datasets.is_synthetic(settings.data):
        with contextlib.suppress(Exception):
            datasets.load(settings.data, settings.schema, size=settings.image_size)


def make_parser() -> argparse.ArgumentParser:
    """One flag for every field of Settings."""
    parser = Parser(
        prog="train.py",
        description="Train a facial landmark detector by (regularized) transfer learning.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    types_of = typing.get_type_hints(Settings)
    for setting in dataclasses.fields(Settings):
        _add_flag(parser, setting, types_of[setting.name])
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run of the same settings")
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs into the run folder")
    return parser


def _add_flag(parser: argparse.ArgumentParser, setting: dataclasses.Field, type_hint) -> None:
    text = f"{setting.metadata['help']}{_default_text(setting)}".replace("%", "%%")
    kind = next(t for t in typing.get_args(type_hint) or (type_hint,) if t is not types.NoneType)
    if kind is bool:
        other = not COMMON[setting.name]
        parser.add_argument(
            flag_name(setting.name, other),
            dest=setting.name,
            action="store_true" if other else "store_false",
            default=None,
            help=text if other else f"do not {text}",
        )
    else:
        choices = setting.metadata["choices"]
        metavar = None if choices else kind.__name__.upper() if kind is not str else "NAME"
        parser.add_argument(
            flag_name(setting.name), dest=setting.name, type=kind, choices=choices, metavar=metavar, help=text
        )


def _default_text(setting: dataclasses.Field) -> str:
    if isinstance(COMMON.get(setting.name), bool):
        return ""
    if setting.default is not None:
        return f" [{setting.default}]"
    if setting.name in COMMON:
        return f" [{COMMON[setting.name]}]"
    quick, paper = (_by_method(PRESETS[name].get(setting.name)) for name in ("quick", "paper"))
    return f" [{quick}; preset paper: {paper}]" if quick is not None else ""


def _by_method(value):
    return ", ".join(f"{method} {own}" for method, own in value.items()) if isinstance(value, dict) else value
