"""The settings of a run: each with its unit, range and effect; what was asked, and what it resolves to; presets."""

import dataclasses
import typing
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from rtl_tf.exceptions import InputError
from rtl_tf.limits import AUTO, check_range, check_word, flag_name
from rtl_tf.methods import METHODS, Method
from rtl_tf.presets import PRESETS


def _setting(text: str, default: Any = None, choices: Collection[str] | None = None) -> Any:
    """A field with its help; `default` is that of all presets, None where presets, source or data set decide."""
    return field(metadata={"help": text, "default": default, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """What a run does: every setting is decided, none is None.

    Those that are foreign to the method, and those that say by being empty what nobody decided (the published weights,
    all images, a saved encoder's own stride), are the empty value of their type: 0, False or "". JSON has null there.
    """

    method: str = _setting("method of the paper", default="rtl-eo", choices=METHODS)
    preset: str = _setting(
        "defaults of all other settings: quick = the paper's methods in minutes on two cores, paper = the paper's "
        "protocol, detector = the most accurate detector for few labels",
        default="quick",
        choices=("quick", "paper", "detector"),
    )
    reg_weight: float | str = _setting(
        "weight of the regularizers, >= 0 (Eq. 3; paper: 0.002; always 0 without regularizer); auto = train with each "
        "of Fig. 10 and keep the one of the lowest validation error, before the test part is opened",
        default=0.002,
    )
    data: str = _setting("a folder or file with images and landmarks, or `synthetic`, `synthetic:subjects=200,scans=2`")
    schema: str = _setting("landmarks: fas14, fas12, ibug68 or a .toml file [as the data set has it]")
    source: str = _setting(
        "source network: dlib, face_mesh, vggface2, imagenet, efficientnet_lite0, random, random-resnet50, keras:NAME, "
        "hub:NAME (a DINOv2, DINOv3 or ViT of KerasHub), or the path of a run or pretrained source"
    )
    source_weights: str = _setting("weights file of the source, instead of the published one")
    source_decoder: bool = _setting("go on from the decoder of --source RUN, too, of the same landmarks", default=False)
    encoder_stride: int = _setting("input px per encoder output px: 16 or 32 [as the source has it]")
    width: float = _setting("factor on the channels of a network that starts from random weights, > 0")
    decoder: str = _setting(
        "what follows a source's encoder: deconvolution = the paper's simple baseline, pyramid = a feature pyramid, "
        "which joins the maps of all strides",
        default="deconvolution",
        choices=("deconvolution", "pyramid"),
    )
    decoder_filters: int = _setting("filters of each layer of the decoder behind a source's encoder, >= 1")
    skip_connections: bool = _setting("join encoder maps to the decoder (Table IV)", default=False)
    image_size: int = _setting("side of the network's input, px, a multiple of 32")
    crop_margin: float = _setting("border around the landmarks, share of their extent, >= 0", default=0.4)
    crop_jitter: float = _setting("random shift and zoom of training crops, share of the side, 0 to 0.5")
    augment: str = _setting(
        "changes of training images: paper = flip, and scale 0.8, each for half of them; strong = flip, turn by up to "
        "11 degrees, scale 0.89 to 1.16, shift by up to 6 % of the side, light, colour, blur, noise and an occluder; "
        "--crop-jitter comes on top of either",
        default="paper",
        choices=("paper", "strong"),
    )
    aligned: bool = _setting("look at each face upright, in the square that its Face Mesh finds", default=False)
    label_shift: bool = _setting(
        "learn how far all labels lie to the right in the image, which mirrored or flipped views contradict; taken "
        "from training labels, given back to predictions"
    )
    views: int = _setting(
        "views averaged when predicting, 1 to 6; every second is flipped, with --no-flips for the mesh alone", default=1
    )
    calibrated: bool = _setting("average with the Face Mesh's points, corrected by training images", default=False)
    mesh_share: float | str = _setting(
        "the mesh's share in the answer, 0 to 1; auto = what serves the validation part, or --folds, best", default=AUTO
    )
    parts: bool = _setting(
        "look again, by a second network, at eye, mouth, chin, ear (the schema's parts) in the photographs' own pixels",
        default=False,
    )
    flips: bool = _setting("mirror every second training image, which then shows the other half", default=True)
    face_boxes: str = _setting(
        "the square that is looked at: given = the data's own, or that around the labels; found = the face finder's",
        default="given",
        choices=("given", "found"),
    )
    box_jitter: float = _setting("error of boxes given to --calibrated runs, share of a side, 0 to 0.5", default=0.05)
    flip_swap: bool = _setting("swap mirrored landmarks when an image is flipped", default=True)
    sigma: float = _setting("standard deviation of the heatmap Gaussians, heatmap px, > 0 and <= 100", default=1.5)
    epochs: int = _setting("passes over the training part, >= 1")
    batch_size: int = _setting("images a step, >= 1")
    learning_rate: float = _setting("initial rate of Adam, > 0", default=1e-3)
    final_learning_rate: float = _setting("rate at the end of the linear decay, >= 0", default=0.0)
    weight_decay: float = _setting("strength of the weight decay, >= 0", default=1e-4)
    weight_decay_mode: str = _setting(
        "decoupled = AdamW; l2 = penalty weight_decay * sum(w^2) in the loss; kernels of all layers, no biases",
        default="decoupled",
        choices=("decoupled", "l2"),
    )
    batch_norm: str = _setting(
        "statistics of a trained encoder's BatchNorm: batch = of each batch, frozen = the source's",
        default="batch",
        choices=("batch", "frozen"),
    )
    heatmap_loss: str = _setting("mean over map entries, or Eq. 2's sum", default="mean", choices=("mean", "sum"))
    temperature: float = _setting("mu of RTL-CO (Eq. 4) from sources that give class scores, > 0", default=2.0)
    mixed_precision: bool = _setting(
        "compute in bfloat16 (float16 on NVIDIA GPUs before Ampere), keep weights, heads and losses in float32",
        default=False,
    )
    jit_compile: bool = _setting("compile the training step with XLA", default=False)
    steps_per_execution: int = _setting("steps that TensorFlow makes without returning to Python, >= 1", default=1)
    classifier_distance: str = _setting(
        "how RTL-CO compares class distributions: l2 = Eq. 4, cross-entropy = what the paper found worse",
        default="l2",
        choices=("l2", "cross-entropy"),
    )
    source_frame: str = _setting(
        "how the frozen source that RTL-EO, -SAM and -CAM compare with pads its maps: zeros = as the trained network "
        "does, which leaves a frame on the right and below; edge = it repeats their edges, and there is no frame",
        default="zeros",
        choices=("zeros", "edge"),
    )
    include_faces: bool = _setting(
        "keep crops of eight test faces with the run, for its pictures; of built-in faces they always are",
        default=False,
    )
    memory_gb: float = _setting(
        "decoded images kept in memory, GiB a part of the split, >= 0; more go to a file in the cache folder",
        default=4.0,
    )
    cache_gb: float = _setting(
        "limit of all kept answers of source networks, GiB, >= 0; used with --augment paper and crop jitter 0",
        default=4.0,
    )
    split_by: str = _setting(
        "what no two parts of the split share: subject, or only the scan",
        default="subject",
        choices=("subject", "scan"),
    )
    split_seed: int = _setting("seed of the split into 70 % training, 10 % validation, 20 % test", default=0)
    test_part: bool = _setting("hold out a test part; else all people train, and --folds tell the errors", default=True)
    subjects_as_written: bool = _setting(
        "codes of people that differ in no more than case, zeros or blanks are different people's", default=False
    )
    train_fraction: float = _setting(
        "share of the training images that is used, in (0, 1]; an epoch makes as many steps as with all of them",
        default=1.0,
    )
    epoch_images: int = _setting("training images an epoch shows at least; fewer are shown several times", default=0)
    train_images: int = _setting("number of training images; --train-fraction is a share of them [all]")
    validation_images: int = _setting("number of validation images used [all]")
    folds: int = _setting("cross-validation: one more network without the people of each of so many", default=0)
    fold: int = _setting("train without the people of this one of --folds, who are tested; 0 = with all", default=0)
    seed: int = _setting("seed of weights and augmentation", default=0)
    output: str = _setting("run folder [runs/<data>/<method>/seed<seed>]")

    def known(self) -> dict[str, Any]:
        """The settings that the method has and that somebody decided, by their names."""
        foreign = METHODS[self.method].foreign
        values = {name: getattr(self, name) for name in KINDS if name not in foreign}
        return {name: value for name, value in values.items() if value or name not in LEFT_OPEN}


@dataclass(init=False)
class Asked:
    """What the command line or a caller gives: any of the fields of `Settings`; None counts as not given.

    As an attribute, a setting that was not given is None. Method, preset and seed are always there.

    Attributes:
        given: name -> value, in the order of the fields.
    """

    given: dict[str, Any]

    def __init__(self, **given: Any):
        """InputError for a value that its setting, or the method, cannot have."""
        if unknown := given.keys() - KINDS.keys():
            raise TypeError(f"no setting is called {', '.join(sorted(unknown))}")
        given = {name: COMMON[name] for name in ALWAYS} | {k: v for k, v in given.items() if v is not None}
        self.given = {name: given[name] for name in KINDS if name in given}
        for setting in dataclasses.fields(Settings):
            if setting.name in given:
                check_word(setting.name, given[setting.name], setting.metadata["choices"])
        for name, value in self.given.items():
            check_range(name, value)
        if self.image_size is not None and self.image_size % 32:
            raise InputError(f"--image-size {self.image_size}: not a multiple of 32")
        if self.encoder_stride not in (None, 16, 32):
            raise InputError(f"--encoder-stride {self.encoder_stride}: use 16 or 32")
        for name, reason in METHODS[self.method].foreign.items():
            if (value := given.get(name)) is not None:
                flag = flag_name(name, value) + ("" if isinstance(value, bool) else f" {value}")
                raise InputError(f"{flag}: method {self.method} {reason}, leave the flag out")

    def __getattr__(self, name: str) -> Any:
        if name not in KINDS:
            raise AttributeError(name)
        return self.given.get(name)

    def but(self, **changes: Any) -> "Asked":
        """The same with other values; None takes a setting back."""
        return Asked(**self.given | changes)

    def resolved(self, **decisions: Any) -> Settings:
        """All that was asked, then `decisions` (of the source, the data set), then what is usual: the one place.

        InputError for a lambda of a method without regularizer.
        """
        method = METHODS[self.method]
        if self.reg_weight and not method.regularizers:
            raise InputError(f"--lambda {self.reg_weight}: method {method.name} has no regularizer, leave the flag out")
        layers = (self.given, decisions, usual(self.preset, method))

        def decided(name: str) -> Any:
            values = (layer[name] for layer in layers if layer.get(name) is not None and name not in method.foreign)
            return next(values, KINDS[name]())

        return Settings(**{name: decided(name) for name in KINDS})


# Name -> bool, int, float or str; those of CHOSEN are float, or AUTO.
KINDS: dict[str, type] = {
    name: (typing.get_args(hint) or (hint,))[0] for name, hint in typing.get_type_hints(Settings).items()
}
ALWAYS = ("method", "preset", "seed")  # told of every run, asked for or not
COMMON: dict[str, Any] = {
    setting.name: setting.metadata["default"]
    for setting in dataclasses.fields(Settings)
    if setting.metadata["default"] is not None
}
# Decided by the data set, the source or the run's place, or by nobody.
LEFT_OPEN = KINDS.keys() - COMMON.keys() - PRESETS["quick"].keys()


def usual(preset: str, method: Method) -> dict[str, Any]:
    """The defaults of a preset for a method; lambda is 0 without regularizer.

    Where the preset gives a value per method and lacks this one, the paper preset's applies.
    """
    paper = PRESETS["paper"]
    own = {
        name: value.get(method.name, paper[name]) if isinstance(value, dict) else value
        for name, value in PRESETS[preset].items()
    }
    return COMMON | own | ({} if method.regularizers else {"reg_weight": 0.0})
