"""Tiny networks on disk: saved, exported, as weight files. All but `dlib` import TensorFlow when they are called."""

import json
import tempfile
from pathlib import Path

import numpy as np

from .seed_data import boxes, table

SIZE = 32  # input px
SCHEMA = 'name = "toy"\nsource = "toys"\nmirrored_pairs = [["a", "b"]]\n' + "".join(
    f'[[landmarks]]\nname = "{name}"\nlabel = "{name.upper()}"\nanatomy = "a spot"\n' for name in "abc"
)


def detector(folder: Path) -> None:
    """A run folder with best.keras, config.json and schema.toml."""
    resolved = {"method": "ft", "image_size": SIZE, "sigma": 1.5, "crop_margin": 0.4}
    (folder / "config.json").write_text(json.dumps({"asked": {}, "resolved": resolved}))
    (folder / "schema.toml").write_text(SCHEMA)
    _network().save(folder / "best.keras")


def exported(engine: str, folder: Path) -> None:
    """The detector for an engine: `detector` with its suffix."""
    from rtl_tf.inference.exported import ENGINES
    from rtl_tf.inference.exporting import export

    with tempfile.TemporaryDirectory() as run:
        detector(Path(run))
        export(Path(run), folder / f"detector{ENGINES[engine].suffix}", engine)


def with_photographs(folder: Path) -> None:
    """What `predict.py` takes: an exported detector, photographs, and a table of their boxes."""
    exported("onnx", folder)
    (folder / "photos").mkdir()
    boxes(folder / "photos")


def settings_of(folder: Path):
    """Of the smallest training: a U-Net of a few channels, one epoch."""
    from rtl_tf.config import Asked

    places = {"data": str(folder / "data"), "output": str(folder / "run")}
    return Asked(method="unet", width=0.05, image_size=SIZE, epochs=1, batch_size=4, **places)


def interrupted(folder: Path) -> None:
    """A run that was stopped after its last epoch, and its data."""
    from rtl_tf.experiments.experiment import run_experiment

    table(folder / "data", people=6)
    run_experiment(settings_of(folder), validation_only=True)


def source(folder: Path) -> None:
    """source.keras with the layers "encoder" and "classifier"."""
    import keras
    from toys import toy_source

    parts = toy_source(SIZE)
    image = keras.Input((SIZE, SIZE, 3))
    maps = parts.encoder(image)
    keras.Model(image, [*maps, parts.classifier(maps[-1])]).save(folder / "source.keras")


def state(folder: Path) -> None:
    """What a killed training leaves: history.csv and the weights with the optimizer's moments."""
    from rtl_tf.runs.history import COLUMNS, write_history

    write_history(folder / "history.csv", [dict.fromkeys(COLUMNS, 1)])
    trainable().save_weights(folder / "state-0001.weights.h5")


def trainable():
    """A compiled network whose optimizer has its variables."""
    import keras

    network = _network()
    network.compile(keras.optimizers.AdamW(), loss="mse")
    network.optimizer.build(network.trainable_variables)
    return network


def vggface(folder: Path) -> None:
    """Weights of `recognition` in Keras 2's format, as keras-vggface publishes them."""
    import h5py

    layers = {"conv1/7x7_s2": {"kernel": (3, 3, 3, 4)}, "classifier": {"kernel": (4, 5), "bias": (5,)}}
    with h5py.File(folder / "weights.h5", "w") as file:
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.2.4"
        for layer, shapes in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in shapes]
            for name, shape in shapes.items():
                group.create_dataset(f"{layer}/{name}:0", data=np.ones(shape, np.float32))


def recognition():
    """A network that has the layers of `vggface`."""
    import keras

    image = keras.Input((SIZE, SIZE, 3))
    features = keras.layers.Conv2D(4, 3, use_bias=False, name="conv1__7x7_s2")(image)
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(image, keras.layers.Dense(5, name="logits")(pooled))


def dlib(folder: Path) -> None:
    """A file in dlib's format with as many layers as its recognition network, of one filter each."""
    kernel, affine = _dlib_tensor(1, 1, 1, 2), _dlib_tensor(1, 1, 1, 2)
    after = b"".join(map(_dlib_integer, (1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1)))  # sizes, then the filters' shape
    layer = b"\x01\x05con_4" + kernel + after + b"\x01\x07affine_" + affine
    dense = b"\x01\x04fc_2" + _dlib_integer(2) + _dlib_integer(0) + _dlib_tensor(3, 2, 1, 1)
    (folder / "weights.dat").write_bytes(b"head" + 29 * layer + dense)


def _network():
    import keras

    image = keras.Input((SIZE, SIZE, 3))
    features = keras.layers.Conv2D(4, 4, 4, activation="relu", name="pool")(image)
    maps = keras.layers.Conv2D(3, 1, name="heatmaps")(features)
    return keras.Model(image, {"heatmaps": maps, "features": features})


def _dlib_integer(value: int) -> bytes:
    return bytes([1, value])


def _dlib_tensor(*shape: int) -> bytes:
    head = b"".join(map(_dlib_integer, (2, *shape)))
    return head + np.ones(shape, "<f4").tobytes()
