"""What a person should look at, an entry each, and the table of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtl_tf.csv_rows import write_rows
from rtl_tf.datasets.table_cells import image_cell
from rtl_tf.records import Sample

EARLIER = ("image", "place", "subject", "landmark", "what", "px", "deviations", "reason", "advice")
COLUMNS = ("image", "face", *EARLIER[1:])
CERTAIN = 1000.0  # rank of what is no matter of degree


@dataclass(frozen=True)
class Suspect:
    """One finding about one sample.

    Attributes:
        index: of the sample.
        what: its kind, in a few words.
        reason: what is likely the case.
        advice: what to do.
        deviations: how far off, in robust standard deviations of the data set; NaN = no matter of degree.
        landmark: its position in the schema; None = the whole image.
        px: how far from where it is expected, px of the image; NaN where that has no meaning.
    """

    index: int
    what: str
    reason: str
    advice: str
    deviations: float = float("nan")
    landmark: int | None = None
    px: float = float("nan")

    @property
    def rank(self) -> float:
        """The higher, the more suspicious."""
        return CERTAIN if self.deviations != self.deviations else self.deviations


def sorted_suspects(suspects: Sequence[Suspect]) -> list[Suspect]:
    """By images, the most suspicious one first, and in an image the whole before its landmarks."""
    worst: dict[int, float] = {}
    for suspect in suspects:
        worst[suspect.index] = max(worst.get(suspect.index, 0.0), suspect.rank)
    return sorted(suspects, key=lambda one: (-worst[one.index], one.index, one.landmark is not None, -one.rank))


def write_suspects(path: Path, suspects: Sequence[Suspect], samples: Sequence[Sample], names: Sequence[str]) -> None:
    """The table, whole or not at all; `names` are those of the landmarks. Images are called as they lie from it."""
    write_rows(
        path,
        COLUMNS,
        (
            (
                image_cell(samples[one.index].image, path.parent),
                samples[one.index].face,
                samples[one.index].place,
                samples[one.index].subject,
                "" if one.landmark is None else names[one.landmark],
                one.what,
                _number(one.px),
                _number(one.deviations),
                one.reason,
                one.advice,
            )
            for one in suspects
        ),
        encoding="utf-8-sig",
    )


def _number(value: float) -> str:
    return "" if value != value else f"{value:.1f}"
