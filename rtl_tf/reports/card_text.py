"""A model card as Markdown."""

from collections.abc import Sequence
from typing import Any

from rtl_tf.evaluation.coverage import BOXES_HEEDED
from rtl_tf.reports.card import FEWEST
from rtl_tf.runs.fitted import fitted_text


def card_text(card: dict[str, Any]) -> str:
    """A card of `card.make_card` for people, as Markdown."""
    detector, data = card["detector"], card["data"]
    errors = [
        [unit, found["protocol"], *_with_interval(found), *(_number(found.get(name)) for name in ("median", "p95"))]
        for unit, found in card["metrics"].items()
    ]
    never = ", ".join(detector["never_labelled"])
    landmarks = [[name, *_with_interval(found)] for name, found in card["landmarks"].items()]
    lines = [
        f"# Model card: {detector['method']} from {detector['source']}",
        f"Finds {len(detector['landmarks'])} landmarks: {', '.join(detector['landmarks'])}.",
        *([f"Labelled in no training image, and never found: {never}."] if never else []),
        *([f"Beside its network: {fitted}."] if (fitted := fitted_text(detector["fitted"])) else []),
        "## Intended use",
        card["intended_use"],
        "## Limits",
        *_bullets(card["limits"]),
        "## Data",
        _table(["part", "images", "people"], [[name, *part.values()] for name, part in data["parts"].items()]),
        f"Test images of known scale: {data['test_images_with_scale']}.",
        f"## Errors on the {card['judged_on']}",
        "Mean radial error over images with its 95 % interval for other people, median, 95th percentile.",
        _table(["unit", "protocol", "mean", "95 %", "median", "P95"], errors),
        _table(["landmark", "input px", "95 %"], landmarks),
        "## Radii",
        _radii(card["coverage"], detector["heeds_boxes"]),
        "## Subgroups",
        _groups(card["subgroups"]),
        "## Protocol",
        ", ".join(f"{name} {value}" for name, value in card["protocol"].items()),
        "## Versions and content",
        ", ".join(f"{name} {value}" for name, value in card["versions"].items() if value),
        *_bullets([f"{name}: `{value}`" for name, value in card["hashes"].items()]),
    ]
    return "\n\n".join(lines) + "\n"


def _bullets(lines: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {line}" for line in lines)]


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _with_interval(found: dict[str, Any]) -> list[str]:
    ends = (found["low"], found["high"])
    return [_number(found["mean"]), "–" if None in ends else " to ".join(map(_number, ends))]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _radii(coverage: Sequence[dict[str, Any]], heeds_boxes: bool) -> str:
    if not coverage:
        return "None: it was trained without folds (`--folds`), and does not know how far its landmarks may be off."
    rows = [[one["asked"], *_with_interval(one["held"]), _number(one["mean_radius_input_px"])] for one in coverage]
    note = "How often test labels lay within the radius that the detector gave; – where nobody was held out to tell."
    is_judged = any(one["held"]["mean"] is not None for one in coverage)
    notes = [note, BOXES_HEEDED] if heeds_boxes and is_judged else [note]
    return "\n\n".join([_table(["asked", "held", "95 %", "mean radius, input px"], rows), *notes])


def _groups(groups: Sequence[dict[str, Any]]) -> str:
    if not groups:
        return f"The data tell no groups of at least {FEWEST} people."
    rows = [[one["column"], one["group"], one["images"], one["people"], *_with_interval(one)] for one in groups]
    note = f"Clinical, input px. Groups of fewer than {FEWEST} people are left out."
    return _table(["column", "group", "images", "people", "mean", "95 %"], rows) + f"\n\n{note}"
