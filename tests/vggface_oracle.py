"""The unmodified keras-vggface package under tf_keras: random weights and what the network makes of random images.

Run in a process of its own (`python vggface_oracle.py FOLDER`), because it puts tf_keras in the place of keras.
Writes `weights.h5`, `images_224.npy`, `probabilities_224.npy`, `images_256.npy` and `features_256.npy`.
"""

import sys
import types
from pathlib import Path

import numpy as np
import tf_keras
from tf_keras.src.utils import layer_utils
from tf_keras.utils import get_file, get_source_inputs


def install_aliases() -> None:
    """The modules of Keras 2 that keras-vggface and keras-applications import."""
    layer_utils.get_source_inputs = get_source_inputs
    for name, module in {
        "keras": tf_keras,
        "keras.backend": tf_keras.backend,
        "keras.layers": tf_keras.layers,
        "keras.models": tf_keras.models,
        "keras.utils": tf_keras.utils,
        "keras.utils.layer_utils": layer_utils,
        "keras.utils.data_utils": types.SimpleNamespace(get_file=get_file),
        "keras.engine": types.ModuleType("keras.engine"),
        "keras.engine.topology": types.SimpleNamespace(get_source_inputs=get_source_inputs),
    }.items():
        sys.modules[name] = module
    tf_keras.utils.layer_utils = layer_utils


def randomise(model, rng: np.random.Generator) -> None:
    """Weights all different, so that any exchange of two shows, and small enough not to saturate the softmax."""
    for layer in model.layers:
        values = []
        for weight in layer.weights:
            name, shape = weight.name.split("/")[-1], weight.shape.as_list()
            if "kernel" in name:
                values.append(rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape))
            elif "gamma" in name:
                values.append(rng.uniform(0.2, 0.6, shape))
            elif "variance" in name:
                values.append(rng.uniform(0.5, 1.5, shape))
            else:
                values.append(rng.normal(0, 0.3, shape))
        layer.set_weights(values)


def main(folder: Path) -> None:
    install_aliases()
    from keras_vggface import models, utils

    rng = np.random.default_rng(0)
    model = models.RESNET50(weights=None, input_shape=(224, 224, 3))
    randomise(model, rng)
    model.save_weights(folder / "weights.h5")
    images = rng.uniform(0, 255, (2, 224, 224, 3)).astype(np.float32)
    np.save(folder / "images_224.npy", images)
    prepared = utils.preprocess_input(images, version=2)
    np.save(folder / "probabilities_224.npy", model.predict(prepared, verbose=0))

    trunk = models.RESNET50(weights=None, include_top=False, input_shape=(256, 256, 3))
    trunk.set_weights(model.get_weights()[:-2])
    images = rng.uniform(0, 255, (1, 256, 256, 3)).astype(np.float32)
    np.save(folder / "images_256.npy", images)
    before_pool = tf_keras.Model(trunk.input, trunk.get_layer("avg_pool").input)
    np.save(folder / "features_256.npy", before_pool.predict(utils.preprocess_input(images, version=2), verbose=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
