"""The settings of a run: each with its unit, range and effect; presets."""

import dataclasses
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from rtl_tf.exceptions import InputError
from rtl_tf.methods import METHODS

AUTO = "auto"  # stands for a lambda that the run chooses by itself, see rtl_tf.experiments.lambda_search


def _setting(default, text: str, flag: str | None = None, choices: Collection[str] | None = None):
    return field(default=default, metadata={"help": text, "flag": flag, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """What a run was asked to do. None = the preset, the source or the data set decides."""

    method: str = _setting("rtl-eo", "method of the paper", choices=METHODS)
    preset: str = _setting(
        "quick",
        "defaults of all other settings: quick = minutes on two cores, paper = the paper's protocol",
        choices=("quick", "paper"),
    )
    reg_weight: float | str | None = _setting(
        None,
        "weight of the regularizers, >= 0 (Eq. 3; paper: 0.002; always 0 without regularizer); auto = train with each "
        "of Fig. 10 and keep the one of the lowest validation error, before the test part is opened",
        flag="--lambda",
    )
    data: str | None = _setting(
        None, "a folder or file with images and landmarks, or `synthetic`, `synthetic:subjects=200,scans=2`"
    )
    schema: str | None = _setting(None, "landmarks: fas14, fas12, ibug68 or a .toml file [as the data set has it]")
    source: str | None = _setting(
        None, "source network: dlib, vggface2, imagenet, random, or the path of a run or pretrained source"
    )
    source_weights: str | None = _setting(None, "weights file of the source, instead of the published one")
    encoder_stride: int | None = _setting(None, "input px per encoder output px: 16 or 32 [as the source has it]")
    width: float | None = _setting(None, "factor on the channels of a network that starts from random weights, > 0")
    decoder_filters: int | None = _setting(None, "filters of each deconvolution behind a source's encoder, >= 1")
    skip_connections: bool | None = _setting(None, "join encoder maps to the decoder (Table IV)")
    image_size: int | None = _setting(None, "side of the network's input, px, a multiple of 32")
    crop_margin: float | None = _setting(None, "border around the landmarks, share of their extent, >= 0")
    crop_jitter: float | None = _setting(None, "random shift and zoom of training crops, share of the side, 0 to 0.5")
    flip_swap: bool | None = _setting(None, "swap mirrored landmarks when an image is flipped")
    sigma: float | None = _setting(None, "standard deviation of the heatmap Gaussians, heatmap px, > 0 and <= 100")
    epochs: int | None = _setting(None, "passes over the training part, >= 1")
    batch_size: int | None = _setting(None, "images a step, >= 1")
    learning_rate: float | None = _setting(None, "initial rate of Adam, > 0")
    final_learning_rate: float | None = _setting(None, "rate at the end of the linear decay, >= 0")
    weight_decay: float | None = _setting(None, "strength of the weight decay, >= 0")
    weight_decay_mode: str | None = _setting(
        None,
        "decoupled = AdamW; l2 = penalty weight_decay * sum(w^2) in the loss; kernels only, no biases",
        choices=("decoupled", "l2"),
    )
    batch_norm: str | None = _setting(
        None,
        "statistics of a trained encoder's BatchNorm: batch = of each batch, frozen = the source's",
        choices=("batch", "frozen"),
    )
    heatmap_loss: str | None = _setting(None, "mean over map entries, or Eq. 2's literal sum", choices=("mean", "sum"))
    temperature: float | None = _setting(None, "mu of RTL-CO (Eq. 4), > 0")
    mixed_precision: bool | None = _setting(
        None, "compute in bfloat16 (float16 on NVIDIA GPUs before Ampere), keep weights, heads and losses in float32"
    )
    jit_compile: bool | None = _setting(None, "compile the training step with XLA")
    steps_per_execution: int | None = _setting(None, "steps that TensorFlow makes without returning to Python, >= 1")
    classifier_distance: str | None = _setting(
        None,
        "how RTL-CO compares class distributions: l2 = Eq. 4, cross-entropy = what the paper found worse",
        choices=("l2", "cross-entropy"),
    )
    memory_gb: float | None = _setting(
        None, "decoded images kept in memory, GiB a part of the split, >= 0; more go to a file in the cache folder"
    )
    cache_gb: float | None = _setting(
        None, "limit of all answers of source networks kept beside the runs, GiB, >= 0; used where crop jitter is 0"
    )
    split_by: str | None = _setting(
        None, "what no two parts of the split share: subject, or only the scan", choices=("subject", "scan")
    )
    split_seed: int | None = _setting(None, "seed of the split into 70 % training, 10 % validation, 20 % test")
    subjects_as_written: bool | None = _setting(
        None, "codes of people that differ in no more than case, zeros or blanks are different people's"
    )
    train_fraction: float | None = _setting(
        None, "share of the training images that is used, in (0, 1]; an epoch makes as many steps as with all of them"
    )
    train_images: int | None = _setting(None, "number of training images; --train-fraction is a share of them [all]")
    validation_images: int | None = _setting(None, "number of validation images used [all]")
    seed: int = _setting(0, "seed of weights and augmentation")
    output: str | None = _setting(None, "run folder [runs/<data>/<method>/seed<seed>]")

    def __post_init__(self):
        _check_words(self)
        for name, (low, high, open_low) in RANGES.items():
            _check_range(name, getattr(self, name), low, high, open_low)
        if self.image_size is not None and self.image_size % 32:
            raise InputError(f"--image-size {self.image_size}: not a multiple of 32")
        if self.encoder_stride not in (None, 16, 32):
            raise InputError(f"--encoder-stride {self.encoder_stride}: use 16 or 32")
        for name, reason in METHODS[self.method].foreign.items():
            if (value := getattr(self, name)) is not None:
                flag = flag_name(name, value) + ("" if isinstance(value, bool) else f" {value}")
                raise InputError(f"{flag}: method {self.method} {reason}, leave the flag out")

    def asked(self) -> dict[str, Any]:
        """The settings that differ from 'decide for me', under their JSON names."""
        return {json_name(k): v for k, v in dataclasses.asdict(self).items() if v is not None}

    def resolved(self, **decisions) -> "Settings":
        """All that was asked, then `decisions` (of the source, the data set), then the preset's defaults.

        Settings that are foreign to the method stay None.
        """
        values = dataclasses.asdict(self)
        foreign = METHODS[self.method].foreign
        for defaults in (decisions, PRESETS[self.preset], COMMON):
            for name, value in defaults.items():
                if values[name] is None and name not in foreign:
                    values[name] = value[self.method] if isinstance(value, dict) else value
        return Settings(**values)


COMMON = {
    "reg_weight": 0.002,
    "skip_connections": False,
    "crop_margin": 0.4,
    "flip_swap": True,
    "sigma": 1.5,
    "learning_rate": 1e-3,
    "final_learning_rate": 0.0,
    "weight_decay": 1e-4,
    "weight_decay_mode": "decoupled",
    "batch_norm": "batch",
    "heatmap_loss": "mean",
    "temperature": 2.0,
    "mixed_precision": False,
    "jit_compile": False,
    "steps_per_execution": 1,
    "classifier_distance": "l2",
    "memory_gb": 4.0,
    "cache_gb": 4.0,
    "split_by": "subject",
    "split_seed": 0,
    "subjects_as_written": False,
    "train_fraction": 1.0,
}
PRESETS = {  # where methods differ, by method
    "quick": {
        "data": "synthetic",
        "source": "dlib",
        "decoder_filters": 128,
        "width": {"hg": 0.375, "unet": 0.25, "dsnt": 0.5},  # a step then costs about what one of FT does
        "image_size": 128,
        "epochs": 24,
        "batch_size": 8,
        "crop_jitter": 0.02,
    },
    "paper": {
        "data": "synthetic:subjects=517,scans=3",  # the paper's 1549 scans, and two
        "source": "vggface2",
        "decoder_filters": 256,
        "width": 1.0,
        "image_size": 256,
        "epochs": 150,
        "batch_size": 2,
        "crop_jitter": 0.0,
    },
}

# name: (lowest, highest, whether the lowest is excluded)
RANGES = {
    "reg_weight": (0, None, False),
    "image_size": (32, None, False),
    "width": (0, None, True),
    "decoder_filters": (1, None, False),
    "crop_margin": (0, None, False),
    "crop_jitter": (0, 0.5, False),
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
    "train_images": (1, None, False),
    "validation_images": (1, None, False),
    "seed": (0, 2**31 - 1, False),
    "split_seed": (0, 2**31 - 1, False),
}


def flag_name(name: str, value: Any = None) -> str:
    """`reg_weight` -> `--lambda`, `image_size` -> `--image-size`; `flip_swap`, False -> `--no-flip-swap`."""
    known = {f.name: f.metadata["flag"] for f in dataclasses.fields(Settings)}
    return known.get(name) or ("--no-" if value is False else "--") + name.replace("_", "-")


def json_name(name: str) -> str:
    """A field's name in JSON files: `lambda` for `reg_weight`."""
    return "lambda" if name == "reg_weight" else name


def _check_words(settings: Settings) -> None:
    for f in dataclasses.fields(settings):
        value, choices = getattr(settings, f.name), f.metadata["choices"]
        if value == "":  # of a variable of the shell that is not set: the folder would be the working directory
            raise InputError(f"{flag_name(f.name)}: nothing given; name one, or leave the flag out")
        if choices and value is not None and value not in choices:
            raise InputError(f"{flag_name(f.name)} {value}: use one of {', '.join(choices)}")


def _check_range(name: str, value, low, high, open_low: bool) -> None:
    if value is None or (name == "reg_weight" and value == AUTO):
        return
    too_low = value <= low if open_low else value < low
    if not math.isfinite(value) or too_low or (high is not None and value > high):
        bound = f"{'above' if open_low else 'at least'} {low}" + (f" and at most {high}" if high is not None else "")
        raise InputError(f"{flag_name(name)} {value}: must be a number {bound}")
