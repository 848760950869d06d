"""lambda_search.json: every value that `--lambda auto` tried with its score, and the choice."""

from pathlib import Path
from typing import Any

from rtl_tf.documents import File, read_json, write_json

MEASURE = "mean radial error of the validation part at the best epoch, heatmap px (paper protocol)"


def write_search(path: Path, chosen: float, candidates: list[dict[str, Any]]) -> None:
    """`candidates` have "lambda", "validation_error" (heatmap px, of the best epoch) and that "epoch"."""
    write_json(path, {"chosen": chosen, "measure": MEASURE, "candidates": candidates})


def read_chosen(path: File) -> float:
    """The lambda that was kept; InputError where the file is missing or damaged."""
    return read_json(path)["chosen"].number()
