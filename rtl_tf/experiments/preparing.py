"""All that comes before the first training step: settings decided, networks built, data read, the folder begun."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import keras

from rtl_tf.config import Asked, Settings
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import outputs
from rtl_tf.experiments.building import build, load_networks, stride_of
from rtl_tf.experiments.data import Data, DataLoader
from rtl_tf.experiments.lambda_search import GRID, searching_run
from rtl_tf.experiments.lineage import write_record
from rtl_tf.experiments.part_training import require_network
from rtl_tf.experiments.resolving import found_out, resolve
from rtl_tf.experiments.resuming import (
    check_folder,
    clear_leftovers,
    note_versions,
    require_recipe,
    require_same_inputs,
    require_whole,
)
from rtl_tf.experiments.source_decoder import require_same_landmarks
from rtl_tf.inference.recipe import write_recipe
from rtl_tf.limits import AUTO
from rtl_tf.methods import Method, get_method
from rtl_tf.networks.precision import computing_in
from rtl_tf.runs import layout
from rtl_tf.runs.config_file import asked_to_json, to_json, write_config
from rtl_tf.runs.environment import write_environment
from rtl_tf.runs.parts import write_split
from rtl_tf.schema import schema_text
from rtl_tf.system.atomic import write_bytes
from rtl_tf.training.determinism import make_deterministic
from rtl_tf.training.model import RegularizedDetector


@dataclass(frozen=True)
class PreparedRun:
    """A run that has its folder, with all it takes to train: networks built, data read.

    Attributes:
        asked, settings: what was asked for and what it resolved to.
        detector: to be trained.
        source: the frozen source network; None for a method that starts from random weights.
    """

    asked: Asked
    settings: Settings
    method: Method
    data: Data
    detector: RegularizedDetector
    source: keras.Model | None

    @property
    def folder(self) -> Path:
        return Path(self.settings.output)


def prepare(asked: Asked, resume: bool, loader: DataLoader) -> PreparedRun:
    """Everything up to the first training step: settings, networks, data; the folder with what the run starts from."""
    method = get_method(asked.method, asked.classifier_distance)
    settings = resolve(asked)
    require_same_landmarks(settings)
    make_deterministic(settings.seed, settings.jit_compile)
    folder = Path(settings.output)
    check_folder(folder, settings, resume)
    # Where lambda is still to be chosen, the networks are those of the largest: with all that a regularizer needs.
    largest = dataclasses.replace(settings, reg_weight=max(GRID)) if settings.reg_weight == AUTO else settings
    with computing_in(settings.mixed_precision):
        networks = load_networks(largest, method)
        data = loader.load(settings)
        if resume:
            require_same_inputs(folder, found_out(settings, data.dataset))
            require_whole(folder, data.dataset.samples, data.split, settings.epochs)
            require_recipe(folder, data.recipe, data.schema)
        detector, source = build(largest, method, networks, data.training.plain, len(data.schema))
    if source is not None:
        settings = dataclasses.replace(settings, encoder_stride=stride_of(detector, settings.image_size))
    if searching_run(folder) == folder:  # else the run that it is trained for has asked
        require_network(dataclasses.replace(settings, reg_weight=largest.reg_weight), method, data)
    run = PreparedRun(asked, settings, method, data, detector, source)
    try:
        run.folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(f"--output {run.folder}: {problem.strerror}") from problem
    clear_leftovers(run.folder)
    if resume:
        note_versions(run.folder)
    else:
        write_inputs(run)
    return run


def write_inputs(run: PreparedRun) -> None:
    """What the run starts from. config.json comes last: a folder without it holds no run."""
    folder, dataset = run.folder, run.data.dataset
    write_environment(folder / layout.ENVIRONMENT, outputs.environment())
    write_bytes(folder / layout.SCHEMA, schema_text(run.settings.schema).encode())
    write_split(folder / layout.SPLIT, dataset.samples, run.data.split)
    used = (*run.data.split.training, *run.data.split.validation)
    if not run.data.recipe.plain:
        write_recipe(folder / layout.RECIPE, run.data.recipe)
    write_record(folder, run.settings.source, dataset.hashes["dataset_hash"], dataset.samples, used)
    resolved = to_json(run.settings) | found_out(run.settings, dataset)
    write_config(folder / layout.CONFIG, asked_to_json(run.asked), resolved)
