"""Label Studio: a JSON export, whole or in its short form (JSON-MIN)."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from rtl_tf.datasets.annotations import landmark_name, require_size
from rtl_tf.datasets.json_files import is_label_studio, json_files
from rtl_tf.datasets.label_studio_images import image_name, image_of, without_code
from rtl_tf.datasets.named_points import Face, samples_of, schema_of
from rtl_tf.documents import Node, read_json
from rtl_tf.exceptions import InputError, shortened
from rtl_tf.images import read_size
from rtl_tf.records import Sample
from rtl_tf.system.faults import set_aside
from rtl_tf.system.notes import tell_left_out

KEYPOINTS = "keypointlabels"
MODEL = "rtl_tf"  # of predictions, and the detector behind it
NO_LABELS = ("predictions", "drafts")

Points = dict[str, tuple[float, float]]


def recognises(path: Path) -> bool:
    """Whether `path` is a `.json` file with a list, or a folder with exactly one `.json` file, and that is one."""
    files = json_files(path)
    return len(files) == 1 and is_label_studio(files[0])


def default_schema(path: Path) -> str:
    """The largest shipped schema of which the labels have every landmark."""
    return schema_of(path, _labelled(path), None, only_placed=True).name


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every task of the export that has keypoints; the other tasks, and regions of other kinds, are left
    out, with an InputWarning.

    Of a task's annotations the cancelled ones do not count, nor do predictions (which nobody has looked at, see
    `label_studio_predictions`) and drafts; of several by one person the last one that was saved does, and where two
    persons differ, the export is refused. The image is the one value of the task's `data` that is called like an image,
    found by `find_image`; the code that an upload puts before its name (`/data/upload/1/3f2a-face.jpg`) may be there or
    not, and a local file's path (`/data/local-files/?d=...`) may begin in any folder above the export. The subject is
    `subject` of the task's `data`, else the image's name without suffix, if no image of another folder or upload has
    it.

    Coordinates are percent of the image's width and height, and become px as Label Studio's manual does it,
    x / 100 * width; they are taken with pixel centres on integers, as its COCO export's are. (Its canvas measures from
    the edge of the first pixel, so that a careful click may be meant half a pixel less.)

    Raises:
        InputError: the file is malformed, an image is missing, turned by hand or of another size than labelled, a
            label stands twice in a task, or a landmark lies outside; names the file and the place.
    """
    return samples_of(path, _labelled(path), schema, "a 'subject' in the data of its task", only_placed=True)


def _labelled(path: Path) -> list[Face]:
    faces = faces_of(path, labels_of)
    if not faces and is_only_predicted(path):
        raise InputError(
            f"{path}: no point is labelled here: there are only predictions, which nobody has looked at; correct them "
            "in Label Studio, or have rtl-convert read them"
        )
    return faces


def faces_of(path: Path, regions_of: Callable[[Node], list[Node]]) -> list[Face]:
    """A face for every task of which some region is a keypoint, see `read`; `regions_of`: what counts of a task."""
    faces = []
    unlabelled: list[str] = []
    regions: list[str] = []
    for task in tasks_of(path):
        found = _points(regions_of(task), regions)
        if not found:
            unlabelled.append(task.place)
            continue
        points, sizes = found
        data = task.get("data") or task
        name = image_name(data)
        with set_aside():
            try:
                image = image_of(Path(task.origin), name, data)
                width, height = read_size(image)
                for size in sizes:
                    require_size(image.name, size, (width, height))
            except InputError as problem:
                raise task.error(str(problem)) from problem
            pixels = {label: (x / 100 * width, y / 100 * height) for label, (x, y) in points.items()}
            called = PurePosixPath(without_code(name).replace("\\", "/")).stem
            faces.append(Face(f"{task.origin}: {task.place}", image, pixels, _subject(data), called=called))
    tell_left_out(path, "regions that are no keypoints", regions)
    tell_left_out(path, "tasks without keypoints", unlabelled)
    return faces


def labels_of(task: Node) -> list[Node]:
    """The regions of the annotation that counts; none where nobody has labelled it."""
    return _chosen(task) if task.get("annotations") else _short_form(task)


def prediction_of(task: Node) -> Node | None:
    """What a program guessed, of several guesses the last; None where none has a region."""
    told = task.get("predictions")
    guesses = told.elements() if told else ()
    usable = [guess for guess in guesses if isinstance(guess.value, dict) and guess.value.get("result")]
    return max(usable, key=_saved, default=None)


def is_only_predicted(path: Path) -> bool:
    """Whether some of the tasks have predictions, and none has an annotation."""
    tasks = list(tasks_of(path))
    return any(map(prediction_of, tasks)) and not any(
        task.object().get("annotations") or labels_of(task) for task in tasks
    )


def tasks_of(path: Path) -> Iterator[Node]:
    """The tasks of the one file that `path` is, or has in it."""
    files = json_files(path)
    if len(files) != 1:
        raise InputError(f"{path}: expected one .json file")
    return read_json(files[0]).elements()


def _chosen(task: Node) -> list[Node]:
    """The regions of the annotation that counts."""
    annotations = [
        annotation
        for annotation in task["annotations"].elements()
        if not ((cancelled := annotation.get("was_cancelled")) and cancelled.flag())
    ]
    if not annotations:
        return []
    persons = {str(annotation.object().get("completed_by")) for annotation in annotations}
    if len(persons) > 1 and any(_content(one) != _content(annotations[0]) for one in annotations):
        raise task["annotations"].error(
            f"{len(persons)} persons labelled it, and differ; keep the annotation that counts"
        )
    return list(max(annotations, key=_saved)["result"].elements())


def _saved(annotation: Node) -> tuple[str, int]:
    """When it was saved, as text that sorts, and its number, which grows."""
    times, number = (annotation.get("updated_at"), annotation.get("created_at")), annotation.get("id")
    return next((time.text() for time in times if time), ""), number.whole() if number else 0


def _content(annotation: Node) -> Points:
    found = _points(annotation["result"].elements(), [])
    return found[0] if found else {}


def _short_form(task: Node) -> list[Node]:
    """JSON-MIN: the regions stand in the task itself, below the name that the labels have in the interface."""
    keys = [key for key, value in task.object().items() if isinstance(value, list) and key not in NO_LABELS]
    lists = [task[key] for key in keys]
    return [region for node in lists for region in node.elements() if isinstance(region.value, dict)]


def _points(regions: Iterable[Node], left_out: list[str]) -> tuple[Points, set[tuple[int, int]]] | None:
    """The points in percent and the sizes of the image that they speak of, which another program's predictions need
    not tell; None where there are none."""
    points, sizes = {}, set()
    for region in regions:
        value = region.get("value") or region
        labels = value.get(KEYPOINTS)
        if labels is None:
            left_out.append(region.place)
            continue
        names = [landmark_name(label.text()) for label in labels.elements()]
        if len(names) != 1:
            raise labels.error("expected one label")
        if names[0] in points:
            raise region.error(f"'{shortened(names[0])}' is labelled twice; keep one face an image")
        rotation = region.get("image_rotation")
        if rotation and rotation.number() != 0:
            raise rotation.error("the image was turned by hand; turn it back, or turn the file")
        points[names[0]] = value["x"].number(), value["y"].number()
        if {"original_width", "original_height"} & region.object().keys():
            sizes.add((region["original_width"].whole(1), region["original_height"].whole(1)))
    return (points, sizes) if points else None


def _subject(data: Node) -> str:
    subject = data.get("subject")
    return subject.code().strip() if subject else ""
