"""The data set's table, in the package's format for data of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rtl_tf.csv_rows import Row, read_own_rows, write_rows
from rtl_tf.records import Sample
from rtl_tf.schema import load_schema

if TYPE_CHECKING:
    from rtl_tf.datasets.synthetic.people import Subject
    from rtl_tf.datasets.synthetic.render import Rendering
    from rtl_tf.datasets.synthetic.scans import Scan

SCHEMA = load_schema("fas14")
TEXT_ATTRIBUTES = ("site", "age_group", "sex", "side")
NUMBER_ATTRIBUTES = ("age", "skin_tone", "smooth_philtrum", "thin_upper_lip", "short_palpebral_fissure", "yaw")


def row_of(
    image: str, rendering: "Rendering", subject: "Subject", scan: "Scan", photograph: bool = False
) -> dict[str, str]:
    """The cells of one picture. `yaw` is in degrees, `side` the side of the subject that is seen.

    A crop has itself as box; a photograph has none, and tells where the right side is seen that its crops shall be
    mirrored.
    """
    size = len(rendering.image)
    box = {"box_left": "-0.5", "box_top": "-0.5", "box_side": str(size)}
    row = {
        "image": image,
        "subject": subject.name,
        "site": "synthetic",
        "mm_per_px": f"{rendering.mm_per_px:.5f}",
        **({"mirrored": "true" if scan.mirrored else "false"} if photograph else box),
        "age_group": subject.age_group,
        "sex": subject.sex,
        "side": "right" if scan.mirrored else "left",
        "yaw": f"{rendering.pose.yaw:g}",
    }
    for name in NUMBER_ATTRIBUTES[:-1]:
        row[name] = f"{getattr(subject, name):g}"
    for name, (x, y) in zip(SCHEMA.names, rendering.points, strict=True):
        row[f"{name}_x"], row[f"{name}_y"] = ("", "") if np.isnan(x) else (f"{x:.3f}", f"{y:.3f}")
    return row


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    """All rows as CSV with a header, whole or not at all."""
    header = list(rows[0])
    write_rows(path, header, ([row[name] for name in header] for row in rows))


def read_samples(path: Path, size: int) -> list[Sample]:
    """The samples of a table that `write_table` wrote; InputError for a damaged one: remove its folder."""
    points = [f"{name}_{axis}" for name in SCHEMA.names for axis in "xy"]
    needed = ("image", "subject", "mm_per_px", *points, *TEXT_ATTRIBUTES, *NUMBER_ATTRIBUTES)
    return [_sample(path.parent, row, size) for row in read_own_rows(path, needed)]


def _sample(folder: Path, row: Row, size: int) -> Sample:
    points = [[row.number(f"{name}_{axis}") for axis in "xy"] for name in SCHEMA.names]
    return Sample(
        image=folder / row.cells["image"],
        points=np.array(points, np.float32),
        subject=row.cells["subject"],
        box=(-0.5, -0.5, float(size)),
        mm_per_px=row.number("mm_per_px"),
        attributes={name: row.cells[name] for name in (*TEXT_ATTRIBUTES, *NUMBER_ATTRIBUTES)},
    )
