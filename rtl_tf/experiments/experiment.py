"""One experiment from data to figures: the whole way through the layers, in the order of the design's picture."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from rtl_tf.config import AUTO, Settings, read_config, to_json
from rtl_tf.datasets import splits
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import outputs
from rtl_tf.experiments.data import Data, DataLoader
from rtl_tf.experiments.lambda_search import GRID, choose_lambda
from rtl_tf.experiments.lineage import write_record
from rtl_tf.experiments.networks import build, load_networks, stride_of
from rtl_tf.experiments.resolving import found_out, images_an_epoch, resolve
from rtl_tf.inference.detector import Detector
from rtl_tf.lock import alone_in
from rtl_tf.methods import Method, get_method
from rtl_tf.networks.precision import computing_in
from rtl_tf.reports.runs import Run, read_run
from rtl_tf.reports.settings import IMMATERIAL, SOURCE_HASH, setting
from rtl_tf.schema import schema_text
from rtl_tf.training.fit import fit
from rtl_tf.training.history import read_history
from rtl_tf.training.model import RegularizedDetector
from rtl_tf.training.source_cache import source_answers

MAY_CHANGE = IMMATERIAL - {"method", "seed"}  # between begin and end; the data are known by their content


@dataclass(frozen=True)
class PreparedRun:
    """A run that has its folder, with all it takes to train: networks built, data read.

    Attributes:
        asked, settings: what was asked for and what it resolved to.
        detector: to be trained.
        source: the frozen source network; None for a method that starts from random weights.
    """

    asked: Settings
    settings: Settings
    method: Method
    data: Data
    detector: RegularizedDetector
    source: keras.Model | None

    @property
    def folder(self) -> Path:
        return Path(self.settings.output)


def run_experiment(
    asked: Settings,
    *,
    resume: bool = False,
    tensorboard: bool = False,
    validation_only: bool = False,
    loader: DataLoader | None = None,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
) -> Path:
    """Train, predict the test part once, judge, draw. What can be wrong is found before anything is written.

    Args:
        resume: go on with the run that the folder holds, wherever it stopped.
        validation_only: end before the test part is predicted; the run can be resumed without it later.
        loader: of an earlier run in this process, to share what it has read.
        callbacks: for the training.
    Returns:
        The run folder.
    Raises:
        InputError: bad data, flags, weights, or a run folder that is not free.
    """
    with alone_in(resolve(asked).output):
        return _run(asked, resume, tensorboard, validation_only, loader or DataLoader(), callbacks)


def _run(
    asked: Settings,
    resume: bool,
    tensorboard: bool,
    validation_only: bool,
    loader: DataLoader,
    callbacks: tuple[keras.callbacks.Callback, ...],
) -> Path:
    more_callbacks = tensorboard_callbacks() if tensorboard else ()
    run = prepare(asked, resume, loader)
    print(outputs.describe(run.settings, run.data.training, run.data.validation, run.data.test))
    if run.settings.reg_weight == AUTO:

        def train_with(reg_weight: float, folder: Path) -> None:
            candidate = dataclasses.replace(asked, reg_weight=reg_weight, output=str(folder))
            begun = (folder / "config.json").exists()
            options = {"tensorboard": tensorboard, "loader": loader, "callbacks": callbacks}
            run_experiment(candidate, resume=begun, validation_only=True, **options)

        choose_lambda(run.folder, train_with)
    else:
        train(run, (*callbacks, *more_callbacks))
    trained = Detector.load(run.folder)
    outputs.write_validation(run.folder, trained, unseen(run.data, "validation"))
    if not validation_only:
        history = read_history(run.folder / "history.csv")
        outputs.write_results(run.folder, run.method.title, trained, run.source, unseen(run.data, "test"), history)
        print(outputs.summary(run.folder))
    return run.folder


def prepare(asked: Settings, resume: bool, loader: DataLoader) -> PreparedRun:
    """Everything up to the first training step: settings, networks, data; the folder with what the run starts from."""
    method = get_method(asked.method, asked.classifier_distance)
    settings = resolve(asked)
    make_deterministic(settings.seed, settings.jit_compile)
    check_folder(Path(settings.output), settings, resume)
    # Where lambda is still to be chosen, the networks are those of the largest: with all that a regularizer needs.
    largest = dataclasses.replace(settings, reg_weight=max(GRID)) if settings.reg_weight == AUTO else settings
    with computing_in(settings.mixed_precision):
        networks = load_networks(largest, method)
        data = loader.load(settings)
        detector, source = build(largest, method, networks, data.training.plain, len(data.schema))
    if source is not None:
        settings = dataclasses.replace(settings, encoder_stride=stride_of(detector, settings.image_size))
    run = PreparedRun(asked, settings, method, data, detector, source)
    try:
        run.folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(f"--output {run.folder}: {problem.strerror}") from problem
    if resume:
        require_same_inputs(run.folder, found_out(settings, data.dataset))
        for leftover in run.folder.glob("unfinished-*"):  # of files that a killed process was writing
            leftover.unlink()
    else:
        write_inputs(run)
    return run


def train(run: PreparedRun, callbacks: tuple[keras.callbacks.Callback, ...]) -> None:
    """Fit the detector, on the source network's kept answers where that is possible."""
    settings, data = run.settings, run.data
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.TensorBoard):
            callback.log_dir = str(run.folder / "tensorboard")
    answers, decision = source_answers(
        run.detector,
        data.training,
        run.source,
        jitter=settings.crop_jitter,
        epochs=settings.epochs,
        limit_gb=settings.cache_gb,
    )
    if decision:
        print(decision)
    fit(
        run.detector,
        data.training,
        data.validation,
        data.schema,
        settings,
        run.folder,
        callbacks,
        answers,
        images_an_epoch(data.dataset, settings),
    )


def unseen(data: Data, part: str) -> outputs.UnseenImages:
    """The validation or the test part, to be predicted."""
    return outputs.UnseenImages(*data.part(part), getattr(data, part))


def make_deterministic(seed: int, jit_compile: bool = False) -> None:
    """Seed everything; on a CPU also order every sum, so that a run can be repeated bit for bit.

    Not with XLA, which TensorFlow refuses then (on a CPU it orders its sums by itself).
    """
    keras.utils.set_random_seed(seed)
    if not (jit_compile or tf.config.list_physical_devices("GPU")):
        tf.config.experimental.enable_op_determinism()


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
    begun, now = read_run(folder), Run(folder, {}, to_json(settings))
    for name, value in now.resolved.items():
        if name not in MAY_CHANGE and value is not None and (before := setting(begun, name)) != setting(now, name):
            raise InputError(f"--resume: the run in {folder} has {name} = {before}, now it is {value}")


def require_same_inputs(folder: Path, facts: dict[str, str]) -> None:
    """A run that goes on must go on with the data and the source network it began with."""
    before = read_config(folder / "config.json")["resolved"]
    for what, name in (("data", "dataset_hash"), ("weights of --source", SOURCE_HASH)):
        if before.get(name, facts.get(name)) != facts.get(name):
            raise InputError(f"--resume: the {what} are not those that the run in {folder} began with; start it anew")


def write_inputs(run: PreparedRun) -> None:
    """What the run starts from. config.json comes last: a folder without it holds no run."""
    folder, dataset = run.folder, run.data.dataset
    outputs.write_json(folder / "environment.json", outputs.environment())
    (folder / "schema.toml").write_text(schema_text(run.settings.schema), encoding="utf-8")
    splits.write_split(folder / "split.csv", dataset.samples, run.data.split)
    used = (*run.data.split.train, *run.data.split.validation)
    write_record(folder, run.settings.source, dataset.fingerprint, dataset.samples, used)
    config = {"asked": run.asked.asked(), "resolved": to_json(run.settings) | found_out(run.settings, dataset)}
    outputs.write_json(folder / "config.json", config)


def tensorboard_callbacks() -> tuple[keras.callbacks.Callback, ...]:
    try:
        import tensorboard  # noqa: F401
    except ImportError as problem:
        raise InputError('--tensorboard: not installed, type: pip install -e ".[tensorboard]"') from problem
    callback = keras.callbacks.TensorBoard(update_freq="epoch")
    callback.async_safe = True  # it writes when an epoch ends; no step need wait for it
    return (callback,)
