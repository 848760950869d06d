"""Whether a .keras archive is what Keras writes, with layers that hold no code and read no files.

Keras has a safe mode of its own, which stays on; it had a way around it in almost every year (CVE-2025-1550 to
CVE-2026-12570). What a landmark detector or a source network is made of, is a short list. As the weights are, the
archive is looked at by a child process; this module is that child too.
"""

import zipfile
from dataclasses import replace
from pathlib import Path

from rtl_tf.documents import Node, parse_json
from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.networks.weight_check import MEMBER, read_all
from rtl_tf.system.guarded import require_readable, serve

CONFIG = "config.json"
MEMBERS = {"metadata.json", CONFIG, MEMBER}
LARGEST_CONFIG = 16 * 2**20  # bytes; that of the stacked hourglass is a third of a MiB
LARGEST_IMAGE = 2**13  # px, or channels of a map that goes in
SHAPES = ("batch_shape", "batch_input_shape", "position_embedding_shape", "num_layers")
STORED = ("filters", "units", "kernel_size", "depth_multiplier")  # sizes that the weights have too
OF_LAYERS = ("projection_dim", "hidden_dim", "intermediate_dim", "mlp_dim", "patch_size")  # of ConvNeXt, of KerasHub

LAYERS = (
    *("InputLayer", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Identity", "Dropout"),
    *("SpatialDropout2D", "Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D", "Dense"),
    *("BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization", "Rescaling"),
    *("MaxPooling2D", "AveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling2D", "UpSampling2D"),
    *("ZeroPadding2D", "Cropping2D", "Flatten", "Reshape", "Permute", "Resizing", "Normalization"),
    *("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
)
OWN = {
    "rtl_tf.networks.layers": ("Preprocess", "ZeroPaddedAdd"),
    "rtl_tf.networks.normalization": ("BatchNormalization", "Dropout"),
    "rtl_tf.networks.hub_backbone": ("PatchTokens",),
    "rtl_tf.networks.dsnt": ("SpatialSoftmax", "Expectation"),
}
ALLOWED = {
    "keras": ("Functional", "Sequential", "DTypePolicy"),
    "keras.models": ("Functional", "Sequential"),
    "keras.src.models.functional": ("Functional",),
    "keras.layers": LAYERS,
    "keras.src.ops.numpy": ("Add", "Multiply"),  # in MobileNetV3 and ConvNeXt
    "keras.src.applications.convnext": ("LayerScale", "StochasticDepth"),
    "keras.src.applications.inception_resnet_v2": ("CustomScaleLayer",),
    **OWN,
}
ANY_OF = ("keras.initializers", "keras.regularizers", "keras.constraints")  # numbers, and nothing else
TENSOR = "__keras_tensor__"


def require_safe(path: str | Path) -> None:
    """Raises InputError unless the file is a whole .keras archive of allowed layers whose weights can be read."""
    require_readable(__name__, path)


def read_archive(path: Path) -> None:
    """Read all of the archive: its members' checksums, its layers, its weights. Raises InputError."""
    try:
        with zipfile.ZipFile(path) as archive:
            config = _config(archive, path)
    except (InputError, MemoryError):
        raise
    except Exception as problem:  # zipfile meets damage with a dozen kinds
        raise InputError(f"{path}: not a readable Keras model (cut off? {in_one_line(problem)})") from problem
    _check_layers(config, read_all(path))


def _config(archive: zipfile.ZipFile, path: Path) -> Node:
    names = [member.filename for member in archive.infolist()]
    if len(names) != len(set(names)) or set(names) != MEMBERS:
        raise InputError(f"{path}: not a readable Keras model: holds {', '.join(names)[:200]}")
    if archive.getinfo(CONFIG).file_size > LARGEST_CONFIG:
        raise InputError(f"{path}: {CONFIG} is larger than {LARGEST_CONFIG / 2**20:.0f} MiB")
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_STORED:
            raise InputError(f"{path}: {member.filename} is compressed, which Keras does not do")
    if damaged := archive.testzip():
        raise InputError(f"{path}: not a readable Keras model ({damaged} is damaged)")
    try:
        text = archive.read(CONFIG).decode()
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: {CONFIG} is no text") from problem
    return parse_json(text, f"{path}: {CONFIG}")


def _check_layers(config: Node, stored: set[int]) -> None:
    """Look at every object of the configuration but for the optimizer's, which is not loaded.

    `stored` are the sizes of the weights' axes: a layer of another size would ask for memory that no file of this
    length can fill.
    """
    pending = [replace(config, value={k: v for k, v in config.object().items() if k != "compile_config"})]
    while pending:
        node = pending.pop()
        if isinstance(node.value, list):
            pending.extend(node.elements())
        elif isinstance(node.value, dict):
            if "class_name" in node.value:
                _check_class(node)
            for key in SHAPES:
                _sizes(node, key, LARGEST_IMAGE)
            for key in (*STORED, *OF_LAYERS):
                if not stored.issuperset(_sizes(node, key)):
                    raise node.error(f"{key} does not fit the weights")
            pending.extend(node[key] for key, value in node.value.items() if isinstance(value, list | dict))


def _check_class(node: Node) -> None:
    name, named = node["class_name"].text(), node.get("module")
    module = named.text() if named else ""
    if not ((name == TENSOR and not module) or module in ANY_OF or name in ALLOWED.get(module, ())):
        raise node.error(f"{module or 'no module'}: {name} is no layer that rtl_tf loads")


def _sizes(node: Node, key: str, largest: int | None = None) -> list[int]:
    """A whole number or a list of them; nothing where the key is missing or null."""
    value = node.get(key)
    if value is None:
        return []
    sizes = list(value.elements()) if isinstance(value.value, list) else [value]
    return [size.whole(1, largest) for size in sizes if size.value is not None]


if __name__ == "__main__":
    serve(read_archive)
