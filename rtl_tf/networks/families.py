"""Sources by name: those of the catalogue, and those of which a library has many. Imports no TensorFlow."""

import re
from dataclasses import replace
from pathlib import Path

from rtl_tf.networks.catalogue import SOURCES, Source, WeightsFile

# "keras:MobileNetV3Large" is KERAS under that name.
KERAS = Source(
    name="keras",
    network="keras",
    task="object classification, 1000 classes (ImageNet)",
    images="1.28 million or more",
    weights=WeightsFile(format="keras", name="as keras.applications publishes them"),
    classifier="softmax",
    classes=1000,
    licence="as keras.applications states for each network",
)
HUB = Source(
    name="hub",
    network="hub",
    task="as its KerasHub preset says",
    weights=WeightsFile(format="hub", name="as KerasHub publishes them"),
    encoder_stride=0,
    licence="as KerasHub states for each preset",
)
FAMILIES = {"keras": KERAS, "hub": HUB}
OF_A_FAMILY = re.compile(r"(keras|hub):[A-Za-z0-9_.-]+")


def find_source(name: str | Path) -> Source | None:
    """The source of this name: of `SOURCES`, or of a family; None for what must be the path of a saved one.

    Examples:
        >>> find_source("keras:ConvNeXtTiny").classes
        1000
        >>> find_source("runs/mine") is None
        True
    """
    name = str(name)
    if OF_A_FAMILY.fullmatch(name):
        return replace(FAMILIES[name.partition(":")[0]], name=name)
    return SOURCES.get(name)
