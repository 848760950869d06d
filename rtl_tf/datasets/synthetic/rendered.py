"""The rendered data set on disk: one folder for each choice of settings, resumed when a render was interrupted.

<cache>/synthetic/<hash of the settings>/
    settings.json
    images/s0042_0.png
    rendered.jsonl      a line for each finished subject, written after its images
    landmarks.csv       the table, written last: the folder is complete where it exists
"""

import hashlib
import json
import os
from pathlib import Path

from rtl_tf.datasets.synthetic.crew import render_subjects
from rtl_tf.datasets.synthetic.landmark_table import read_samples, write_table
from rtl_tf.documents import Node, parse_json, read_json, read_text
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample
from rtl_tf.system.atomic import replacing
from rtl_tf.system.cache import cache_folder
from rtl_tf.system.progress import progress

RENDERER_VERSION = 4  # raise it whenever a picture or a point changes
_ROWS, _TABLE, _SETTINGS = "rendered.jsonl", "landmarks.csv", "settings.json"
_SMALLEST, _LARGEST = 32, 2048  # px


def samples(
    subjects: int = 100, scans: int = 3, size: int = 128, seed: int = 0, cache: str | Path | None = None
) -> list[Sample]:
    """The built-in faces, rendered now or taken from the cache, in the order of subject and scan.

    Args:
        subjects: number of people; the first n are the same for every n.
        scans: pictures of each.
        size: side of the square pictures, px.
        seed: of the people and of everything about their pictures.
        cache: folder for rendered data sets; None = the environment's RTL_TF_CACHE, else ~/.cache/rtl_tf.

    Returns:
        subjects * scans samples with points of schema fas14, the whole image as box, the true scale in the plane of
        the face, and the attributes `age_group, sex, age, skin_tone, smooth_philtrum, thin_upper_lip,
        short_palpebral_fissure, yaw, side`.

    Raises:
        InputError: a number is out of range, or the cache folder cannot be written.
    """
    check_settings(subjects, scans, size, seed)
    settings = recipe(subjects, scans, size, seed)
    folder = _folder(settings, cache)
    try:
        _complete_or_render(settings, folder)
    except OSError as problem:
        reason = problem.strerror or problem
        raise InputError(f"cache {folder}: {reason}; set RTL_TF_CACHE to another folder") from problem
    return read_samples(folder / _TABLE, size)


def write(
    folder: Path, subjects: int, scans: int, size: int, seed: int = 0, photographs: bool = False, meshes: bool = False
) -> tuple[Path, int]:
    """Renders pictures into a folder of the user's, as data of one's own that `load` reads; goes on with a begun one.

    Photographs show the head smaller than the frame, off its middle and tilted: their faces must be found. Their table
    has no box, but the column `mirrored`. With meshes the pictures are textures of scans, two faces on each, with OBJ,
    MTL and the landmarks in space beside them.

    Returns:
        The table, and how many pictures it has.

    Raises:
        InputError: a number is out of range; the folder holds something else, or cannot be written.
    """
    check_settings(subjects, scans, size, seed)
    settings = recipe(subjects, scans, size, seed) | {
        name: 1 for name, asked in (("photographs", photographs), ("meshes", meshes)) if asked
    }
    try:
        if folder.is_dir() and any(folder.iterdir()) and _settings(folder) != settings:
            raise InputError(f"{folder}: holds other files or pictures of other settings; name an empty folder")
        _complete_or_render(settings, folder)
    except OSError as problem:
        raise InputError(f"{folder}: {problem.strerror or problem}; name another folder") from problem
    return folder / _TABLE, subjects * scans


def recipe(subjects: int = 100, scans: int = 3, size: int = 128, seed: int = 0) -> dict[str, int]:
    """All that the faces depend on, but for the last bits of a processor's arithmetic."""
    return {"renderer": RENDERER_VERSION, "subjects": subjects, "scans": scans, "size": size, "seed": seed}


def check_settings(subjects: int, scans: int, size: int, seed: int) -> None:
    """Raises InputError for a number that is out of range."""
    for name, value, low, high in (
        ("subjects", subjects, 1, 100_000),
        ("scans", scans, 1, 1000),
        ("size", size, _SMALLEST, _LARGEST),
        ("seed", seed, 0, 2**63),
    ):
        if not low <= value <= high:
            raise InputError(f"synthetic faces: {name} {value} is not between {low} and {high}")


def _folder(settings: dict[str, int], cache: str | Path | None) -> Path:
    root = Path(cache).expanduser() / "synthetic" if cache else cache_folder("synthetic")
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return root / digest[:16]


def _complete_or_render(settings: dict[str, int], folder: Path) -> None:
    """Renders what is missing: the table, or an image that a finished subject should have."""
    if not ((folder / _TABLE).is_file() and len(_finished(folder)) == _settings(folder).get("subjects")):
        _render(settings, folder)


def _render(settings: dict[str, int], folder: Path) -> None:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    with replacing(folder / _SETTINGS) as unfinished:
        unfinished.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    finished = _finished(folder)
    missing = [subject for subject in range(settings["subjects"]) if subject not in finished]
    with open(folder / _ROWS, "a", encoding="utf-8") as log:
        log.write("\n")  # ends a line that an interruption may have cut
        rendered = render_subjects(missing, settings, folder)
        for subject, rows in progress(rendered, len(missing), f"rendering people, {settings['scans']} faces each"):
            log.write(json.dumps({"subject": subject, "rows": rows}) + "\n")
            log.flush()
            finished[subject] = rows
    write_table(folder / _TABLE, [row for subject in sorted(finished) for row in finished[subject]])


def _finished(folder: Path) -> dict[int, list[dict[str, str]]]:
    """Rows of the subjects whose line is whole and whose images are all there."""
    if not (folder / _ROWS).is_file():
        return {}
    images = {f"images/{name}" for name in os.listdir(folder / "images")}
    finished = {}
    for number, line in enumerate(read_text(folder / _ROWS).splitlines(), start=1):
        try:
            subject, rows = _entry(parse_json(line, f"{folder / _ROWS}, line {number}"))
        except InputError:
            continue  # cut short by an interruption
        if images.issuperset(row["image"] for row in rows):
            finished[subject] = rows
    return finished


def _entry(entry: Node) -> tuple[int, list[dict[str, str]]]:
    for row in entry["rows"].elements():
        for name in ("image", *row.object()):
            row[name].text()
    return entry["subject"].whole(0), entry["rows"].value


def _settings(folder: Path) -> dict[str, int]:
    """What the folder is for; empty where that is missing or damaged, and a folder of the cache is made again."""
    try:
        settings = read_json(folder / _SETTINGS)
        return {name: settings[name].whole(0) for name in settings.object()}
    except InputError:
        return {}
