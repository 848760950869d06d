"""Detectors in exchange formats: ONNX, OpenVINO, LiteRT. Needs no TensorFlow, only the engine's own package."""

import os
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np

from rtl_tf.documents import parse_json
from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.inference.engines import METADATA_KEY, Reserve, import_quietly
from rtl_tf.inference.face_square import FaceSquare
from rtl_tf.inference.predictor import Located, Predictor
from rtl_tf.inference.recipe import Recipe
from rtl_tf.inference.unlabelled import unlabelled_of
from rtl_tf.runs import layout
from rtl_tf.runs.confidence import Confidence
from rtl_tf.runs.familiar_faces import FamiliarFaces
from rtl_tf.schema import Schema, parse_schema
from rtl_tf.system.guarded import require_readable

OUTPUTS = [field.name for field in fields(Located)]
# A LiteRT file carries other files as a zip archive at its end.
LITERT_METADATA = "rtl_tf.json"
# In the metadata:
VERSION = "rtl_tf_version"  # of the package that wrote it
FACE_SQUARE = "face_square"  # see `FaceSquare.to_json`; null where the run has none
CONFIDENCE = "confidence"  # see `Confidence.to_json`; null where the run has none
FAMILIAR = "familiar_faces"  # see `FamiliarFaces.to_json`; null where the run has none
RECIPE = "recipe"  # see `Recipe.to_json`
# OpenVINO would take bfloat16 for float32 where the processor has it.
OPENVINO_OPTIONS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}

LARGEST_IMAGE = 8192  # px
ENGINE_MEMORY = 8 * 2**30  # bytes of addresses, of which an engine's threads take many and use few

Locate = Callable[[np.ndarray], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Engine:
    """What runs an exported file.

    Attributes:
        package: to import.
        suffix: of its files.
        load: (package, file) -> a call from uint8 crops to the outputs by name, and the text under METADATA_KEY
            or None.
    """

    package: str
    suffix: str
    load: Callable[[ModuleType, Path], tuple[Locate, str | None]]


def _onnx(onnxruntime: ModuleType, file: Path) -> tuple[Locate, str | None]:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])

    def locate(crops):
        return dict(zip(OUTPUTS, session.run(OUTPUTS, {"crops": crops}), strict=True))

    return locate, session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)


def _openvino(openvino: ModuleType, file: Path) -> tuple[Locate, str | None]:
    model = openvino.Core().read_model(file)
    compiled = openvino.compile_model(model, "CPU", OPENVINO_OPTIONS)

    def locate(crops):
        answers = compiled(crops)
        return {name: answers[name] for name in OUTPUTS}

    return locate, model.get_rt_info([METADATA_KEY]).astype(str) if model.has_rt_info([METADATA_KEY]) else None


def _litert(litert: ModuleType, file: Path) -> tuple[Locate, str | None]:
    def runner(threads: int | None):
        return litert.Interpreter(str(file), num_threads=threads).get_signature_runner()

    alone, several, pool = runner(os.cpu_count()), Reserve(partial(runner, 1)), ThreadPoolExecutor(os.cpu_count())

    def one_of_several(crop):
        with several.one() as look:
            return look(crops=crop)

    def locate(crops):  # such files take one image: on all cores, or each of several on one
        if len(crops) == 1:
            return alone(crops=crops)
        answers = list(pool.map(one_of_several, np.split(crops, len(crops))))
        return {name: np.concatenate([answer[name] for answer in answers]) for name in OUTPUTS}

    if not zipfile.is_zipfile(file):
        return locate, None
    with zipfile.ZipFile(file) as appended:
        return locate, appended.read(LITERT_METADATA).decode()


ENGINES = {
    "onnx": Engine("onnxruntime", ".onnx", _onnx),
    "openvino": Engine("openvino", ".xml", _openvino),
    "litert": Engine("ai_edge_litert.interpreter", ".tflite", _litert),
}


def engine_of(file: Path) -> Engine:
    """The engine for a file, by its suffix; InputError for another suffix."""
    for engine in ENGINES.values():
        if engine.suffix == file.suffix:
            return engine
    suffixes = ", ".join(engine.suffix for engine in ENGINES.values())
    raise InputError(f"{file}: not an exported detector, their files end in {suffixes}")


def exported_file(run: Path, engine: str, precision: str) -> Path:
    """Where the exported detector of a run folder lies, if it was made."""
    return run / layout.EXPORT / f"detector-{precision}{ENGINES[engine].suffix}"


def files_of(file: Path) -> list[Path]:
    """The files of one exported network, itself first: OpenVINO keeps the weights in a second one, .bin."""
    return [file, file.with_suffix(".bin")] if file.suffix == ENGINES["openvino"].suffix else [file]


def parts_file(file: Path) -> Path:
    """Where the network lies that looks at parts of the face, beside the exported detector that needs it."""
    return file.with_name(f"{file.stem}-parts{file.suffix}")


def is_exported(file: Path) -> bool:
    """Whether a file says of itself that it was exported; no engine reads it."""
    return file.is_file() and VERSION.encode() in file.read_bytes()


@dataclass(frozen=True)
class ExportedDetector(Predictor):
    """Finds landmarks with a file of `python -m rtl_tf.cli.export`.

    Attributes:
        answer: uint8 crops (N, S, S, 3) -> the arrays of `Located`, by name.
        schema, image_size, unlabelled, recipe, face_square, parts, familiar, confidence: see `Predictor`.
        metadata: all that the file says of itself.
    """

    answer: Locate
    schema: Schema
    image_size: int
    metadata: dict
    unlabelled: tuple[str, ...] = ()
    recipe: Recipe = Recipe()
    face_square: FaceSquare | None = None
    parts: "ExportedDetector | None" = None
    familiar: FamiliarFaces | None = None
    confidence: Confidence | None = None

    @classmethod
    def load(cls, file: str | Path) -> "ExportedDetector":
        """With the file beside it that it needs where its recipe has parts.

        Raises InputError for a missing or foreign file, or a missing engine.
        """
        detector = cls.load_one(Path(file))
        return replace(detector, parts=cls.load_one(parts_file(Path(file)))) if detector.recipe.parts else detector

    @classmethod
    def load_one(cls, file: Path) -> "ExportedDetector":
        """As `load`, of one network alone."""
        engine = engine_of(file)
        if not file.is_file():
            raise InputError(f"{file}: no such file; make it with python -m rtl_tf.cli.export")
        try:
            package = import_quietly(engine.package)
        except ImportError:
            raise InputError(f"{file}: needs {engine.package}; python -m pip install -e '.[export]'") from None
        require_readable("rtl_tf.inference.exported_check", file, ENGINE_MEMORY, files_of(file)[1:])
        return cls.open(file, engine, package)

    @classmethod
    def open(cls, file: Path, engine: Engine, package: ModuleType) -> "ExportedDetector":
        """As `load`, of a file that is known to harm no engine."""
        try:
            answer, text = engine.load(package, file)
        except Exception as problem:  # each engine has its own kinds
            words = in_one_line(problem, without="Exception from ")  # places in OpenVINO's own source text
            raise InputError(f"{file}: damaged, or not for this {engine.package}: {words}") from problem
        if text is None:
            raise InputError(f"{file}: no detector of rtl_tf; make one with python -m rtl_tf.cli.export")
        metadata = parse_json(text, f"{file}: {METADATA_KEY}")
        described = metadata.object()
        if FAMILIAR not in described:  # whose graph does not give all of `Located`
            raise InputError(f"{file}: of an earlier version; make it anew with python -m rtl_tf.cli.export")
        toml, size = metadata["schema"].text(), metadata["image_size"].whole(1, LARGEST_IMAGE)
        schema = parse_schema(toml, str(file))
        unlabelled = unlabelled_of(described, schema, str(file))
        return cls(
            answer,
            schema,
            size,
            described,
            unlabelled,
            recipe=Recipe.from_json(metadata[RECIPE], len(schema)),
            face_square=metadata.optional(FACE_SQUARE, FaceSquare.from_json),
            confidence=metadata.optional(CONFIDENCE, Confidence.from_json, len(schema)),
            familiar=metadata.optional(FAMILIAR, FamiliarFaces.from_json),
        )

    def locate(self, pixels: np.ndarray) -> Located:
        return Located(**self.answer(pixels))
