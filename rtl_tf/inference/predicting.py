"""Predicting: from photographs to a table of landmarks and pictures of them. TensorFlow only where it is the engine."""

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

from rtl_tf.datasets.files import composed
from rtl_tf.datasets.photographs import Photograph
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_image
from rtl_tf.inference.doubt import Doubt
from rtl_tf.inference.exported import ENGINES, ExportedDetector, exported_file, files_of, parts_file
from rtl_tf.inference.found_table import FoundTable
from rtl_tf.inference.looked_at import Outcome
from rtl_tf.inference.overlay import draw_landmarks, is_drawn
from rtl_tf.inference.predictor import Predictor
from rtl_tf.runs import layout
from rtl_tf.system.atomic import UNFINISHED
from rtl_tf.system.progress import progress

LEFT = re.compile(UNFINISHED + r"\d+-(.+)", re.DOTALL)  # the name of a file of `replacing` that was never finished


def load_predictor(
    model: Path, engine: str | None, precision: str | None, start_tensorflow: Callable[[], None]
) -> Predictor:
    """The detector of an exported file, or of a run folder for one of the engines.

    Raises:
        InputError: nothing there, or engine or precision that contradict the file.
    """
    if model.suffix in {known.suffix for known in ENGINES.values()}:
        detector = ExportedDetector.load(model)
        if engine not in (None, *(name for name, known in ENGINES.items() if known.suffix == model.suffix)):
            raise InputError(f"--engine {engine}: {model} is for another engine; leave the flag out")
        if precision not in (None, detector.metadata["precision"]):
            raise InputError(f"--precision {precision}: {model} is {detector.metadata['precision']}")
        return detector
    if not model.is_dir():
        raise InputError(f"{model}: no run folder, no exported detector")
    engine, precision = engine or "tensorflow", precision or "fp32"
    if engine != "tensorflow":
        file = exported_file(model, engine, precision)
        if not file.is_file():
            command = f"python -m rtl_tf.cli.export {model} --engine {engine} --precision {precision}"
            raise InputError(f"{file}: not there yet; make it with: {command}")
        return ExportedDetector.load(file)
    if precision != "fp32":
        raise InputError(f"--precision {precision}: TensorFlow runs fp32; add --engine {', '.join(ENGINES)}")
    start_tensorflow()
    from rtl_tf.inference.detector import Detector

    return Detector.load(model)


def detector_hash(model: Path, engine: str | None, precision: str | None, with_parts: bool) -> str:
    """The beginning of the SHA-256 of the files that `load_predictor` reads, one after the other.

    with_parts: whether it looks at parts of the face; a network for these that was left behind is not read.
    """
    if model.is_dir() and engine in (None, "tensorflow"):
        needed = [model / layout.NETWORK]
        others = [
            model / layout.RECIPE,
            model / layout.FACE_SQUARE,
            model / layout.FAMILIAR,
            model / layout.CONFIDENCE,
            *[model / layout.FACE_PARTS / layout.NETWORK] * with_parts,
        ]
    else:
        exported = exported_file(model, engine, precision or "fp32") if model.is_dir() and engine else model
        needed, others = files_of(exported), files_of(parts_file(exported)) * with_parts
    digest = hashlib.sha256()
    for file in (*needed, *(file for file in others if file.is_file())):
        digest.update(file.read_bytes())
    return f"sha256:{digest.hexdigest()[:16]}"


def predict_photographs(
    predictor: Predictor,
    photographs: Sequence[Photograph],
    table: FoundTable,
    pictures: Path | None,
    resume: bool = False,
) -> None:
    """Write the table and, into the folder `pictures`, each photograph with its landmarks, as they come.

    A photograph that cannot be read is a row in error; the others go on. `table.summary` tells of them.

    Args:
        resume: take over the rows that the table's file has, and go on with the photographs that it lacks. Those that
            have a row and lack a picture are looked at once more, to be drawn.
    Raises:
        InputError: a file or folder that cannot be written, found before the first image is worked on.
    """
    faces = list(numbered_faces(photographs))
    with table:
        if not resume:
            table.require_free()
        if pictures:
            _require_free_pictures(faces, pictures)
        prepare_folders(table.output, pictures)
        if resume:
            table.resume()
        waiting = []
        for photograph, face in faces:
            picture = _picture(pictures, photograph, face) if pictures else None
            lacks = table.lacks(photograph, face)
            if lacks or (picture and not picture.exists() and table.has_found(photograph, face)):
                waiting.append((photograph, face, picture, lacks))
        outcomes = outcomes_of(predictor, [photograph for photograph, *_ in waiting])
        for outcome, (photograph, face, picture, lacks) in zip(
            progress(outcomes, len(waiting), "predicting"), waiting, strict=True
        ):  # the picture first: what has a row has its picture
            outcome = _drawn(photograph, outcome, picture, table.doubt) if picture else outcome
            if lacks:
                table.append(photograph, face, outcome)
        table.complete()


def numbered_faces(photographs: Sequence[Photograph]) -> Iterator[tuple[Photograph, str]]:
    """Each photograph, and its face where that is told; else "1", "2", ... where its image comes several times, but for
    those that are told, or ""."""
    several = Counter(photograph.image for photograph in photographs)
    taken = {(photograph.image, photograph.face) for photograph in photographs}
    for photograph in photographs:
        image, face = photograph.image, photograph.face
        if not face and several[image] > 1:
            face = next(number for number in map(str, count(1)) if (image, number) not in taken)
            taken.add((image, face))
        yield photograph, face


def outcomes_of(predictor: Predictor, photographs: Sequence[Photograph]) -> Iterator[Outcome]:
    """One for each photograph, also for those with a problem."""
    usable = [photograph for photograph in photographs if not photograph.problem]
    arguments = ([getattr(photograph, name) for photograph in usable] for name in ("image", "box", "mirrored", "found"))
    found = predictor.outcomes(*arguments)
    for photograph in photographs:
        yield InputError(photograph.problem) if photograph.problem else next(found)


def _drawn(photograph: Photograph, outcome: Outcome, picture: Path, doubt: Doubt | None) -> Outcome:
    """Draw the picture of a photograph; the outcome, which is a problem if the image cannot be read a second time."""
    if isinstance(outcome, InputError):
        return outcome
    try:
        image = read_image(photograph.image)
    except InputError as problem:
        return problem
    picture.parent.mkdir(parents=True, exist_ok=True)
    draw_landmarks(image, outcome, doubt, picture)
    return outcome


def _require_free_pictures(faces: Sequence[tuple[Photograph, str]], folder: Path) -> None:
    """InputError where a picture would take the place of another one, of a photograph, or of any file not drawn here.

    Names that differ in case or Unicode form alone are one file to some systems.
    """
    folders = {folder / photograph.below for photograph, _ in faces}
    sources = {parent.resolve() for parent in {photograph.image.parent for photograph, _ in faces}}
    if any(each.resolve() in sources for each in folders):
        raise InputError(f"--pictures {folder}: photographs lie there and could be drawn over; name another folder")
    drawn_from: dict[str, Path] = {}
    for photograph, face in faces:
        picture = _picture(folder, photograph, face)
        if _folded(picture) in drawn_from:
            both = f"{drawn_from[_folded(picture)]} and {photograph.image}"
            raise InputError(f"--pictures: {both}: one would overwrite the other as {picture.name}; rename one")
        drawn_from[_folded(picture)] = photograph.image
    require_drawn(folders, lambda file: _folded(file) in drawn_from)


def require_drawn(folders: Iterable[Path], is_picture: Callable[[Path], bool]) -> None:
    """InputError where a file with the name of a picture was not drawn here. What a killed prediction was drawing
    goes."""
    for file in (file for each in folders if each.is_dir() for file in each.iterdir()):
        if is_picture(file) and not is_drawn(file):
            raise InputError(f"--pictures {file}: there already, and not drawn by predict.py; name another folder")
        if (left := LEFT.fullmatch(file.name)) and is_picture(file.with_name(left[1])):
            file.unlink(missing_ok=True)


def _picture(folder: Path, photograph: Photograph, face: str) -> Path:
    """Its image's name, in folders as its image; with the number of the face where an image has several. Without a
    square they are the same."""
    name = f"{photograph.image.stem}{f'_{face}' if face and photograph.box else ''}.png"
    return folder / photograph.below / name


def _folded(path: Path) -> str:
    return composed(str(path)).casefold()


def prepare_folders(output: Path, pictures: Path | None) -> None:
    """Make the folders that are written to; InputError where that cannot be."""
    for flag, folder in (("--output", output.absolute().parent), ("--pictures", pictures)):
        try:
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass  # the images take long: first see that there will be a place for what is found
        except OSError as problem:
            raise InputError(f"{flag} {folder}: {problem.strerror}") from problem
