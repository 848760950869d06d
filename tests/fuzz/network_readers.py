"""How trained, exported and published networks are read: functions as in `readers`."""

from functools import cache
from pathlib import Path

from .readers import command, each

_once = cache(lambda make: make())  # networks that are filled again and again


def exported(suffix: str, folder: Path, output: Path) -> None:
    """A file for one of the engines, and what it answers."""
    import numpy as np

    from rtl_tf.inference.exported import ExportedDetector

    ExportedDetector.load(folder / f"detector{suffix}").predict([np.zeros((40, 40, 3), np.uint8)], [(0.0, 0.0, 32.0)])


def predict(folder: Path, output: Path) -> None:
    """`predict.py` with an exported detector: on a folder, and on a table with boxes."""
    from rtl_tf.cli.predict import main

    for number, photographs in enumerate(([str(folder / "photos")], ["--table", str(folder / "photos" / "boxes.csv")])):
        results = ["--output", str(output / f"found{number}.csv"), "--pictures", str(output / f"pictures{number}")]
        command(main, [str(folder / "detector.onnx"), *photographs, *results])


def resume(folder: Path, output: Path) -> None:
    """`train.py --resume` of a run that had all but predicted its test part."""
    from rtl_tf.experiments.experiment import run_experiment

    from .seed_networks import settings_of

    run_experiment(settings_of(folder), resume=True)


def detector(folder: Path, output: Path) -> None:
    import numpy as np

    from rtl_tf.inference.detector import Detector

    Detector.load(folder).predict([np.zeros((40, 40, 3), np.uint8)])


def saved_source(folder: Path, output: Path) -> None:
    from rtl_tf.networks import saved

    saved.load(folder / "source.keras", 32, classifier=True)


def state(folder: Path, output: Path) -> None:
    """As a resumed training does."""
    from rtl_tf.training.fit import Recorder

    from .seed_networks import trainable

    Recorder(folder, epochs=3).restore(_once(trainable))


def vggface(folder: Path, output: Path) -> None:
    from rtl_tf.networks.vggface_weights import holds_classifier, load_keras_vggface

    from .seed_networks import recognition

    holds_classifier(folder / "weights.h5")
    load_keras_vggface(_once(recognition), folder / "weights.h5")


def dlib(folder: Path, output: Path) -> None:
    from rtl_tf.networks.dlib_weights import read

    read(folder / "weights.dat")


def tflite_weights(folder: Path, output: Path) -> None:
    """Every operator of a network with its constants, and those towards each output."""
    from rtl_tf.networks.tflite_weights import read

    network = read(folder / "detector.tflite")
    each(network.outputs, network.towards)


def source_weights(folder: Path, output: Path) -> None:
    """`--source-weights`, with the source's whole network: slow."""
    from rtl_tf.networks.sources import load_source

    each(("vggface2", "imagenet"), lambda name: load_source(name, 32, weights=folder / "weights.h5"))
