"""metrics.json: what a run came to, name -> number. Written last: a folder with it holds a run that has ended."""

from collections.abc import Mapping
from pathlib import Path

from rtl_tf.documents import File, read_json, write_json

Metrics = dict[str, float | int | None]  # None = undefined


def write_metrics(path: Path, metrics: Mapping[str, float | int | None]) -> None:
    write_json(path, dict(metrics))


def read_metrics(path: File) -> Metrics:
    """InputError where the file is missing or damaged."""
    metrics = read_json(path)
    for name in metrics.object():
        if (value := metrics.get(name)) is not None:
            value.number()
    return metrics.value
