"""One experiment from data to figures: the whole way through the layers, in the order of the design's picture."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import keras

from rtl_tf.config import Asked
from rtl_tf.datasets import is_synthetic
from rtl_tf.documents import write_json
from rtl_tf.experiments import outputs, results
from rtl_tf.experiments.blending import apart, choose_blend, with_blend
from rtl_tf.experiments.cross_validation import Fold, cross_validate
from rtl_tf.experiments.data import DataLoader
from rtl_tf.experiments.doubt_signs import with_familiar
from rtl_tf.experiments.lambda_search import choose_lambda, searching_run
from rtl_tf.experiments.part_training import train_parts
from rtl_tf.experiments.preparing import PreparedRun, prepare
from rtl_tf.experiments.resolving import images_an_epoch, require_judges, resolve
from rtl_tf.experiments.tensorboard_logs import require_tensorboard, tensorboard_callbacks
from rtl_tf.experiments.training_faces import learn_face_square
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.face_square import read_face_square
from rtl_tf.inference.recipe import write_recipe
from rtl_tf.limits import AUTO
from rtl_tf.runs import layout
from rtl_tf.runs.history import read_history
from rtl_tf.system.cache import source_cache
from rtl_tf.system.lock import alone_in
from rtl_tf.training.fit import fit
from rtl_tf.training.source_cache import source_answers


def run_experiment(
    asked: Asked,
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
        callbacks: for all trainings.
    Returns:
        The run folder.
    Raises:
        InputError: bad data, flags, weights, or a run folder that is not free.
    """
    loader = loader or DataLoader()

    def train_beside(candidate: Asked, folder: Path) -> None:
        run_experiment(
            candidate.but(output=str(folder)),
            resume=layout.is_begun(folder),
            tensorboard=tensorboard,
            validation_only=True,
            loader=loader,
            callbacks=callbacks,
        )

    with alone_in(resolve(asked).output):
        if tensorboard:
            require_tensorboard()
        if not validation_only:
            require_judges(asked)
        run = prepare(asked, resume, loader)
        print(outputs.describe(run.settings, run.data.training, run.data.validation, run.data.test))
        write_face_square(run)
        trained = train_all(run, train_beside, loader, tensorboard, callbacks)
        judge(run, trained, validation_only)
    return run.folder


def train_all(
    run: PreparedRun,
    train_beside: Callable[[Asked, Path], None],
    loader: DataLoader,
    tensorboard: bool,
    callbacks: tuple[keras.callbacks.Callback, ...],
) -> Detector:
    """Train the run's network, or choose it by lambda; then that of the parts, those of the folds, and the blend.

    Args:
        train_beside: (asked, folder): trains another run in that folder, without its test part, or goes on with it.
    """
    asked, settings = run.asked, run.settings
    chosen, margin = settings.reg_weight, settings.crop_margin
    if chosen == AUTO:
        tried = asked.but(parts=False, folds=asked.folds if asked.fold else 0)  # of a fold, without its people
        chosen = choose_lambda(run.folder, lambda value, folder: train_beside(tried.but(reg_weight=value), folder))
    else:
        train(run, (*callbacks, *(tensorboard_callbacks(run.folder) if tensorboard else ())))
    if run.data.recipe.parts:
        logs = tensorboard_callbacks(run.folder, layout.FACE_PARTS) if tensorboard else ()
        with_lambda = dataclasses.replace(settings, reg_weight=chosen)
        train_parts(run.folder, with_lambda, run.method, run.data, (*callbacks, *logs))
    trained = Detector.load(run.folder)
    if settings.folds:
        trained = with_familiar(trained, run.folder, run.data.training)
    if settings.folds and not settings.fold:
        known = asked.but(reg_weight=chosen) if run.method.regularizers else asked

        def without(fold: int, folder: Path) -> Fold:
            train_beside(known.but(fold=fold), folder)
            return Detector.load(folder), loader.load(resolve(known.but(fold=fold))).unseen("test", margin)

        trained = cross_validate(trained, run.folder, settings.folds, without, settings.mesh_share)
    elif trained.recipe.calibration and settings.mesh_share == AUTO:
        trained = with_blend(trained, choose_blend([apart(trained, run.data.unseen("validation", margin))]))
        write_recipe(run.folder / layout.RECIPE, trained.recipe)
    return trained


def judge(run: PreparedRun, trained: Detector, validation_only: bool) -> None:
    """Predict the validation part and, unless that alone is asked for, the test part; write and print the results."""
    settings, margin = run.settings, run.settings.crop_margin
    validation = run.data.unseen("validation", margin)
    results.write_validation(run.folder, trained, validation, run.data.recipe.fitted)
    if validation_only:
        return
    history = read_history(run.folder / layout.HISTORY)
    if settings.test_part or settings.fold:
        include_faces = settings.include_faces or is_synthetic(settings.data)
        test = run.data.unseen("test", margin)
        results.write_results(run.folder, run.method.title, trained, run.source, test, history, include_faces)
    else:
        training = run.data.part("training")
        results.write_cross_validated(run.folder, run.method.title, trained, run.source, training, validation, history)
    print(results.summary(run.folder))


def train(run: PreparedRun, callbacks: tuple[keras.callbacks.Callback, ...]) -> None:
    """Fit the detector, on the source network's kept answers where that is possible."""
    settings, data = run.settings, run.data
    answers, decision = source_answers(
        run.detector,
        data.training,
        run.source,
        source_cache(searching_run(run.folder), data.dataset.name),
        augmentation=settings.augment,
        jitter=settings.crop_jitter,
        flips=settings.flips,
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
        callbacks=callbacks,
        source_answers=answers,
        images_an_epoch=images_an_epoch(data.dataset, settings),
    )


def write_face_square(run: PreparedRun) -> None:
    """Where the network looks once a face is found, unless that is there; the runs of a search for lambda need none."""
    file = run.folder / layout.FACE_SQUARE
    if searching_run(run.folder) != run.folder or read_face_square(file):
        return
    found = run.data.boxes
    margin, one_sided = run.settings.crop_margin, run.data.schema.is_one_sided
    training = run.data.part("training")[1]
    learned = found.face_square if found else learn_face_square(training, margin, one_sided=one_sided)
    if learned:
        write_json(file, learned.to_json())
