"""The paper's numbers as it prints them, typed from it; failure rates as shares from 0 to 1.

Which rows a table has, its study says (rtl_tf/studies): a line here has the settings of its row.

Where the paper contradicts itself, the numbers stay as printed, and tests hold each case: Table II's rows of RTL-CO-CAM
average to 0.84, its last line says 0.86; RTL-EO is ±0.25 in Table I and ±0.24 in Table II; the text's gain of RTL-SAM
over FT in the failure rate at 1.0 (11.29 %) is the one over RTL-CO, over FT it is 10.64 %. The failure rates that
Table II's caption announces are not printed.
"""

from functools import cache
from importlib import resources

from rtl_tf.csv_rows import lines_of


@cache
def published(name: str) -> tuple[dict[str, str], ...]:
    """Rows of table "1", "2", "3" or "4"."""
    file = resources.files("rtl_tf.reports") / "published" / f"table{name}.csv"
    (_, header), *lines = lines_of(file.read_text(encoding="utf-8"), str(file))
    return tuple(dict(zip(header, cells, strict=True)) for _, cells in lines)


def landmark_labels() -> dict[str, str]:
    """Landmark -> the label of Fig. 2 (L1 to L14), in the order of Table II."""
    return {row["landmark"]: row["label"] for row in published("2") if row["landmark"]}
