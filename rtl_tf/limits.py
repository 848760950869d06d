"""How settings are called on the command line and in JSON, and which values they may have."""

import math
from collections.abc import Collection
from typing import Any

from rtl_tf.exceptions import InputError

AUTO = "auto"  # stands for what the run chooses by itself, see `lambda_search` and `blending` of rtl_tf.experiments
CHOSEN = ("reg_weight", "mesh_share")  # settings that may be it
# name: (lowest, highest, whether the lowest is excluded)
RANGES = {
    "reg_weight": (0, None, False),
    "image_size": (32, None, False),
    "width": (0, None, True),
    "decoder_filters": (1, None, False),
    "crop_margin": (0, None, False),
    "crop_jitter": (0, 0.5, False),
    "box_jitter": (0, 0.5, False),
    "views": (1, 6, False),
    "mesh_share": (0, 1, False),
    "sigma": (0, 100, True),  # more than the heatmaps of the largest images here are wide: no place any more
    "epochs": (1, None, False),
    "batch_size": (1, None, False),
    "learning_rate": (0, None, True),
    "final_learning_rate": (0, None, False),
    "weight_decay": (0, None, False),
    "temperature": (0, None, True),
    "steps_per_execution": (1, None, False),
    "memory_gb": (0, None, False),
    "cache_gb": (0, None, False),
    "train_fraction": (0, 1, True),
    "epoch_images": (0, None, False),
    "train_images": (1, None, False),
    "validation_images": (1, None, False),
    "folds": (0, None, False),
    "fold": (0, None, False),
    "seed": (0, 2**31 - 1, False),
    "split_seed": (0, 2**31 - 1, False),
}


def json_name(name: str) -> str:
    """A field's name in JSON files: `lambda` for `reg_weight`."""
    return "lambda" if name == "reg_weight" else name


def flag_name(name: str, value: Any = None) -> str:
    """`reg_weight` -> `--lambda`, `image_size` -> `--image-size`; `flip_swap`, False -> `--no-flip-swap`."""
    return ("--no-" if value is False else "--") + json_name(name).replace("_", "-")


def check_word(name: str, value: Any, choices: Collection[str] | None) -> None:
    """InputError for no text at all, or a value that is none of the choices."""
    if value == "":  # of a variable of the shell that is not set: the folder would be the working directory
        raise InputError(f"{flag_name(name)}: nothing given; name one, or leave the flag out")
    if choices is not None and value not in choices:
        raise InputError(f"{flag_name(name)} {value}: use one of {', '.join(choices)}")


def check_range(name: str, value: Any) -> None:
    """InputError for a number out of its range, and for text in its place other than AUTO where that may stand."""
    if name not in RANGES or (name in CHOSEN and value == AUTO):
        return
    low, high, open_low = RANGES[name]
    is_number = not isinstance(value, str) and math.isfinite(value)
    if not is_number or value < low or (open_low and value == low) or (high is not None and value > high):
        bound = f"{'above' if open_low else 'at least'} {low}" + (f" and at most {high}" if high is not None else "")
        raise InputError(f"{flag_name(name)} {value!r}: must be a number {bound}" + (f", or {AUTO}" * (name in CHOSEN)))
