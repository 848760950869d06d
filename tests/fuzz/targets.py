"""All that is read from outside, one line a kind of input."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from . import network_readers as networks
from . import readers, seed_data, seed_runs
from . import seed_networks as seeds
from .child import READ, REFUSED


class Target(NamedTuple):
    """A reader under attack.

    Attributes:
        name: for `--target`.
        make: writes a valid input into a folder.
        read: (input folder, output folder): reads it as the package does.
        damaged: patterns of the files that are damaged.
        share: of the cases, relative to 1; less for what is slow.
        tensorflow: whether reading imports TensorFlow, `makes_with`: whether making the seed does.
        writes: whether reading may change the input (a cache that is mended).
        valid: what becomes of the valid input: REFUSED where it is whole, but too small for what it is read for.
    """

    name: str
    make: Callable[[Path], None]
    read: Callable[[Path, Path], None]
    damaged: tuple[str, ...] = ("*",)
    share: float = 1.0
    tensorflow: bool = False
    makes_with: bool = False
    writes: bool = False
    valid: str = READ


fas12 = partial(readers.data_set, schema="fas12")
LABELS = ("*.csv", "*.json", "*.pts", "*.tps", "*.txt")  # of data sets; images have targets of their own

TARGETS = (
    Target("table", seed_data.table, readers.data_set, LABELS, 2.0),
    Target("table images", seed_data.table, readers.data_set, ("*.png",), 0.2),
    Target("coco", seed_data.coco, readers.data_set, LABELS, 2.0),
    Target("cvat", seed_data.cvat, readers.data_set, LABELS, 0.5),
    Target("pts", seed_data.pts, readers.data_set, LABELS),
    Target("youtube faces", seed_data.youtube_faces, readers.data_set, LABELS, 0.5),
    Target("labelme", seed_data.labelme, fas12, LABELS),
    Target("label studio", seed_data.label_studio, fas12, LABELS),
    Target("deeplabcut", seed_data.deeplabcut, fas12, LABELS),
    Target("tps", seed_data.tps, fas12, LABELS),
    Target("morphoj", seed_data.morphoj, fas12, LABELS),
    Target("slicer", seed_data.slicer, fas12, LABELS),
    Target("predictions to convert", seed_data.predictions, readers.converted, LABELS),
    Target("measured", seed_data.measured, readers.measured, LABELS),
    Target("films", seed_data.films, readers.films, share=0.5),
    Target("films measured", seed_data.filmed, readers.filmed, LABELS),
    Target("lifted", seed_data.scan, readers.lifted, ("*.obj", "*.mtl", "*.csv")),
    Target("schema", seed_data.schema, readers.schema),
    Target("boxes", seed_data.boxes, readers.boxes, LABELS),
    Target("photographs", seed_data.boxes, readers.folder_of_photographs, ("*.png",), 0.2),
    *(Target(kind, partial(seed_data.pictures, kind), readers.images, share=0.5) for kind in seed_data.PICTURES),
    Target("run config", seed_runs.run, readers.run_settings, ("*config.json",), 2.0),
    *(
        Target(f"run {name.split('.')[0]}", seed_runs.run, readers.run_files, (f"*/{name}",), 0.7)
        for name in (
            "metrics.json", "history.csv", "predictions.csv", "validation-predictions.csv", "split.csv", "test.csv",
            "examples.npz", "environment.json", "lambda_search.json",
        )
    ),
    Target("split", seed_runs.with_data, readers.split, ("split.csv",), 0.7),
    Target("evaluate", seed_runs.several, readers.evaluate, ("*",), 0.5),
    Target("pack", seed_runs.packed, readers.pack, ("*.gz",), 0.2),
    Target("pack content", seed_runs.pack_content, readers.pack_content),
    Target("study", seed_runs.study, readers.study),
    Target("rendered faces", seed_runs.rendered, readers.rendered, ("*.json", "*.jsonl", "*.csv"), 0.3, writes=True),
    *(
        Target(name, partial(seeds.exported, name), partial(networks.exported, end), share=0.5, makes_with=True)
        for name, end in {"onnx": ".onnx", "openvino": ".xml", "litert": ".tflite"}.items()
    ),
    Target("predict", seeds.with_photographs, networks.predict, ("photos/*",), 0.5, makes_with=True),
    Target(
        "resume", seeds.interrupted, networks.resume, ("run/*", "data/*.csv"), 0.1, tensorflow=True, writes=True
    ),
    Target("detector", seeds.detector, networks.detector, tensorflow=True),
    Target("source", seeds.source, networks.saved_source, tensorflow=True),
    Target("state", seeds.state, networks.state, tensorflow=True),
    Target("vggface", seeds.vggface, networks.vggface, tensorflow=True),
    Target("dlib", seeds.dlib, networks.dlib, tensorflow=True),
    Target("tflite weights", partial(seeds.exported, "litert"), networks.tflite_weights, makes_with=True),
    Target("source weights", seeds.vggface, networks.source_weights, share=0.01, tensorflow=True, valid=REFUSED),
)  # fmt: skip
