"""One experiment from data to figures: the whole way through the layers, in the order of the design's picture."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from rtl_tf import datasets
from rtl_tf.augment import context_px
from rtl_tf.config import Settings, read_config, to_json
from rtl_tf.datasets import splits
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import outputs
from rtl_tf.experiments.networks import build, load_networks, stride_of
from rtl_tf.inference.detector import Detector
from rtl_tf.methods import Method, get_method
from rtl_tf.networks.precision import computing_in
from rtl_tf.networks.sources import SOURCES
from rtl_tf.pipeline import Crops, load_crops
from rtl_tf.records import Sample
from rtl_tf.schema import Schema, load_schema, schema_text
from rtl_tf.training.fit import fit
from rtl_tf.training.source_cache import source_answers


@dataclass(frozen=True)
class Data:
    """A data set, split; the crops of each part in memory."""

    samples: list[Sample]
    split: splits.Split
    schema: Schema
    training: Crops
    validation: Crops
    test: Crops

    def part(self, name: str) -> list[Sample]:
        return [self.samples[index] for index in self.split.parts[name]]


def run_experiment(asked: Settings, *, resume: bool = False, tensorboard: bool = False) -> Path:
    """Train, predict the test part once, judge, draw. What can be wrong is found before anything is written.

    Returns:
        The run folder.
    Raises:
        InputError: bad data, flags, weights, or a run folder that is not free.
    """
    callbacks = tensorboard_callbacks() if tensorboard else ()
    method = get_method(asked.method, asked.classifier_distance)
    settings = resolve(asked, method)
    make_deterministic(settings.seed, settings.jit_compile)
    folder = Path(settings.output)
    check_folder(folder, settings, resume)
    with computing_in(settings.mixed_precision):
        networks = load_networks(settings, method)
        data = load_data(settings)
        detector, source = build(settings, method, networks, data.training.plain, len(data.schema))
    if source is not None:
        settings = dataclasses.replace(settings, encoder_stride=stride_of(detector, settings.image_size))

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(f"--output {folder}: {problem.strerror}") from problem
    found_out = {"data_name": datasets.dataset_name(settings.data), "dataset_hash": datasets.fingerprint(data.samples)}
    if resume:
        require_same_data(folder, found_out["dataset_hash"])
    else:
        write_inputs(folder, asked, settings, found_out, data)
    print(outputs.describe(settings, data.training, data.validation, data.test))
    for callback in callbacks:
        callback.log_dir = str(folder / "tensorboard")
    answers, decision = source_answers(
        detector,
        data.training,
        source,
        jitter=settings.crop_jitter,
        epochs=settings.epochs,
        limit_gb=settings.cache_gb,
    )
    if decision:
        print(decision)
    history = fit(detector, data.training, data.validation, data.schema, settings, folder, callbacks, answers)

    trained = Detector.load(folder)
    validation, test = unseen_images(data, "validation"), unseen_images(data, "test")
    outputs.write_results(folder, method.title, trained, source, validation, test, history)
    print(outputs.summary(folder))
    return folder


def unseen_images(data: Data, part: str) -> outputs.UnseenImages:
    """The validation or test part, with its images' names."""
    names = splits.image_names(data.samples)
    return outputs.UnseenImages(
        [names[index] for index in data.split.parts[part]], data.part(part), getattr(data, part)
    )


def make_deterministic(seed: int, jit_compile: bool = False) -> None:
    """Seed everything; on a CPU also order every sum, so that a run can be repeated bit for bit.

    Not with XLA, which TensorFlow refuses then (on a CPU it orders its sums by itself).
    """
    keras.utils.set_random_seed(seed)
    if not (jit_compile or tf.config.list_physical_devices("GPU")):
        tf.config.experimental.enable_op_determinism()


def resolve(asked: Settings, method: Method) -> Settings:
    """Every setting decided: by the caller, the method, the data set, the source, the preset, in this order."""
    if not method.regularizers and asked.reg_weight:
        raise InputError(f"--lambda {asked.reg_weight}: method {method.name} has no regularizer, leave the flag out")
    decisions = {} if method.regularizers else {"reg_weight": 0.0}
    if asked.schema is None:
        decisions["schema"] = datasets.default_schema(asked.resolved().data)
    settings = asked.resolved(**decisions)
    decisions = {"output": f"runs/{datasets.dataset_name(settings.data)}/{method.name}/seed{settings.seed}"}
    if settings.source in SOURCES:
        decisions["encoder_stride"] = SOURCES[settings.source].encoder_stride
    return settings.resolved(**decisions)


def check_folder(folder: Path, settings: Settings, resume: bool) -> None:
    """A new run wants a free folder; a resumed one the folder of an unfinished run with the same settings."""
    if (folder / "metrics.json").exists():
        raise InputError(f"{folder} holds a finished run: give another --output or --seed, or remove the folder")
    if not (folder / "config.json").exists():
        if resume:
            raise InputError(f"--resume: {folder} holds no run that could go on")
        return
    if not resume:
        raise InputError(f"{folder} holds an unfinished run: go on with --resume, or give another --output")
    before = read_config(folder / "config.json")["resolved"]
    for name, value in to_json(settings).items():
        if value is not None and before.get(name) != value:
            raise InputError(f"--resume: the run in {folder} has {name} = {before.get(name)}, now it is {value}")


def require_same_data(folder: Path, dataset_hash: str) -> None:
    """A run that goes on must go on with the data it began with."""
    if read_config(folder / "config.json")["resolved"].get("dataset_hash") != dataset_hash:
        raise InputError(f"--resume: the data are not those that the run in {folder} began with; start it anew")


def write_inputs(folder: Path, asked: Settings, settings: Settings, found_out: dict, data: Data) -> None:
    """What the run starts from. config.json comes last: a folder without it holds no run."""
    outputs.write_json(folder / "environment.json", outputs.environment())
    (folder / "schema.toml").write_text(schema_text(settings.schema), encoding="utf-8")
    splits.write_split(folder / "split.csv", data.samples, data.split)
    outputs.write_json(folder / "config.json", {"asked": asked.asked(), "resolved": to_json(settings) | found_out})


def load_data(settings: Settings) -> Data:
    """Read, split, audit and crop; training crops carry the border that augmentation looks into."""
    samples = datasets.load(settings.data, settings.schema, size=settings.image_size, seed=0)
    split = splits.split(samples, by=settings.split_by, seed=settings.split_seed)
    splits.audit(samples, split, settings.split_by)
    split = splits.subset(
        split,
        samples,
        images=settings.train_images,
        fraction=None if settings.train_images else settings.train_fraction,
        validation_images=settings.validation_images,
        seed=settings.split_seed,
    )
    schema = load_schema(settings.schema)

    def crops(part: str, context: int = 0) -> Crops:
        return load_crops(
            [samples[index] for index in split.parts[part]],
            schema,
            size=settings.image_size,
            margin=settings.crop_margin,
            context=context,
            label=f"reading {part} images",
            memory_gb=settings.memory_gb,
        )

    training = crops("training", context_px(settings.image_size))
    return Data(samples, split, schema, training, crops("validation"), crops("test"))


def tensorboard_callbacks() -> tuple[keras.callbacks.Callback, ...]:
    try:
        import tensorboard  # noqa: F401
    except ImportError as problem:
        raise InputError('--tensorboard: not installed, type: pip install -e ".[tensorboard]"') from problem
    callback = keras.callbacks.TensorBoard(update_freq="epoch")
    callback.async_safe = True  # it writes when an epoch ends; no step need wait for it
    return (callback,)
