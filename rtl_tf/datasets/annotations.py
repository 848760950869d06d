"""What all readers ask of an annotation: that it fits a schema, lies in its image, and lets a crop be placed."""

import unicodedata
from collections.abc import Collection, Sequence
from itertools import islice

import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.schema import Schema, available_schemas, load_schema
from rtl_tf.system.notes import NAMED, did_you_mean, first_of

MM_PER_PX = (1e-3, 100)  # from a pore of the skin over the whole image to a face of two pixels
EMPTY = "leave cells empty where not labelled"
HINTED = 500  # names that are compared with those of a schema: each takes a while


def landmark_name(label: str) -> str:
    """A label as a schema has it: without blanks around it, in Unicode's composed form."""
    return unicodedata.normalize("NFC", label.strip())


def shipped_landmarks() -> set[str]:
    """Names of all landmarks of all schemas that come with the package."""
    return {name for schema in available_schemas() for name in load_schema(schema).names}


def fitting_schema(
    names: Collection[str], schema: str | None, unlabelled: str = EMPTY, only_placed: bool = False
) -> Schema:
    """The schema that landmarks called `names` are read with.

    Args:
        names: landmarks that the data set has.
        schema: name or .toml file; None = the largest shipped schema of which every landmark is there (fas14 before
            fas12). A schema that is asked for may leave out landmarks which another shipped schema knows.
        unlabelled: how landmarks stand in the file that are nowhere labelled, for a message.
        only_placed: they cannot stand there; those of a schema that is asked for may be missing.
    Raises:
        InputError: a landmark of the schema is missing, or one of the data set is unknown.
    """
    if schema is None:
        shipped = [load_schema(name) for name in available_schemas()]
        fitting = max((s for s in shipped if set(s.names) <= set(names)), key=len, default=None)
        if fitting is None:
            nearest = min(shipped, key=lambda s: len(set(s.names) - set(names)))
            named = f"; give --schema {nearest.name} if nobody has placed them" if only_placed else f" ({unlabelled})"
            known, advice = shipped_landmarks(), "or name another schema"
            hint = _hint(nearest, names)
            own = [] if hint else [name for name in names if name not in known]
            if own:
                advice = f"no schema here has {first_of(own, NAMED)}: describe yours in a file, --schema FILE.toml"
            problem = "" if own and not set(names) & known else f"{hint or _missing(nearest, names, named)}; "
            raise InputError(problem + advice)
        known = set(fitting.names)
    else:
        fitting = load_schema(schema)
        if not only_placed and not set(fitting.names) <= set(names):
            raise InputError(_hint(fitting, names) or _missing(fitting, names, f" ({unlabelled})"))
        known = shipped_landmarks() | set(fitting.names)
    for name in names:
        if name not in known:
            raise InputError(_unknown(name, fitting))
    return fitting


def _missing(schema: Schema, names: Collection[str], advice: str) -> str:
    missing = [name for name in schema.names if name not in names]
    return f"missing landmarks of schema {schema.name}: {', '.join(missing)}{advice}"


def _hint(schema: Schema, names: Collection[str]) -> str:
    """What is said of the first of the names that looks like one of the schema's; "" where none does."""
    near = (name for name in islice(names, HINTED) if name not in schema.names and did_you_mean(name, schema.names))
    return next((_unknown(name, schema) for name in near), "")


def _unknown(name: str, schema: Schema) -> str:
    return f"unknown landmark '{name}' for schema {schema.name}: {hint_for(name, schema.names)}"


def hint_for(name: str, names: Sequence[str]) -> str:
    """What may be meant by a name that is none of a schema's."""
    return did_you_mean(name, names) or f"it has {', '.join(names)}"


def inside_image(points: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    """bool (K,): whether points (K, 2) lie within an image of (width, height), its outermost pixels included.

    False for missing points.
    """
    return np.all((points >= -0.5) & (points <= np.asarray(size) - 0.5), axis=-1)


def require_size(name: str, told: tuple[int, int], size: tuple[int, int]) -> None:
    """Raises InputError unless the image, labelled at `told` (width, height), has this size as displayed.

    Else the points are of other pixels.
    """
    if told != size:
        advice = (
            "EXIF? It was labelled as stored, not as displayed; turn its pixels and drop the tag, or turn the points"
            if told == size[::-1]
            else "it was labelled at another size; scale the points, or put the images that were labelled there"
        )
        sizes = f"{told[0]} x {told[1]} px in the JSON file, {size[0]} x {size[1]} px as displayed"
        raise InputError(f"image {name}: {sizes}: {advice}")


def require_usable(
    points: np.ndarray,
    size: tuple[int, int],
    names: Sequence[str],
    box: tuple[float, float, float] | None = None,
) -> None:
    """Raises InputError unless points (K, 2) of an image of (width, height) can be trained on.

    Each has both coordinates or none, and was placed, within the image; their crop can be placed too. The points are
    float64: a file can hold 1e300.
    """
    _require_both_coordinates(points, names)
    require_placed(points, names)
    _require_inside(points, size, names)
    require_crop(points, box)


def _require_both_coordinates(points: np.ndarray, names: Sequence[str]) -> None:
    """Raises InputError for a landmark with one coordinate."""
    for name, missing in zip(names, np.isnan(points), strict=True):
        if missing.sum() == 1:
            raise InputError(f"landmark {name} has only one coordinate; give both or none")


def _require_inside(points: np.ndarray, size: tuple[int, int], names: Collection[str]) -> None:
    """Raises InputError that names the first labelled landmark outside an image of (width, height)."""
    outside = ~inside_image(points, size) & ~np.isnan(points).any(axis=-1)
    for name, (x, y), wrong in zip(names, points, outside, strict=True):
        if wrong:
            raise InputError(f"landmark {name} ({x:g}, {y:g}) lies outside its image of {size[0]} x {size[1]} px")


def require_placed(points: np.ndarray, names: Sequence[str]) -> None:
    """Raises InputError for a landmark at (0, 0): what many programs write for one that was never placed."""
    for name, place in zip(names, points, strict=True):
        if (place == 0).all():
            raise InputError(
                f"landmark {name} lies at exactly (0, 0): if it is not labelled, empty its cells (COCO: visibility 0); "
                "else give it a place beside the corner, as 0.01"
            )


def unlabelled(points: np.ndarray, names: Sequence[str]) -> list[str]:
    """Names of the landmarks that no image has: NaN in all of points (N, K, 2)."""
    return [name for name, missing in zip(names, np.isnan(points).any(axis=-1).all(axis=0), strict=True) if missing]


def outside_own_box(points: np.ndarray, box: tuple[float, float, float] | None) -> np.ndarray:
    """bool (K,): which labelled points (K, 2) lie outside the square that their crop shall show; none without a box."""
    if box is None:
        return np.zeros(len(points), bool)
    inside = ((points >= box[:2]) & (points <= np.add(box[:2], box[2]))).all(axis=-1)
    return ~inside & ~np.isnan(points).any(axis=-1)


def require_crop(points: np.ndarray, box: tuple[float, float, float] | None = None) -> None:
    """Raises InputError unless some landmark is labelled and lies in the box; without a box, two must span a square."""
    labelled = points[~np.isnan(points).any(axis=-1)]
    if not len(labelled):
        raise InputError("no landmark is labelled; remove the image or label it")
    if box is None:
        if not np.ptp(labelled, axis=0).any():
            raise InputError(
                "its labelled landmarks lie on one spot, so no crop can be placed around them: give its square in the "
                "columns box_left, box_top, box_side of a table, or label more"
            )
    elif outside_own_box(labelled, box).all():
        raise InputError(f"its box (left {box[0]:g}, top {box[1]:g}, side {box[2]:g} px) holds no labelled landmark")
