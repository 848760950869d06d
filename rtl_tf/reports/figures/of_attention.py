"""Attention maps from runs: of methods (Fig. 4) and of source networks (Fig. 9), and how far they have drifted."""

from collections.abc import Mapping

import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.records import evenly
from rtl_tf.reports.figures.attention_panels import Panel, attention_figure
from rtl_tf.reports.figures.faces import Examples, common_images
from rtl_tf.reports.figures.of_runs import Drawing, good, of_rows
from rtl_tf.runs import layout
from rtl_tf.runs.examples import ATTENTION, read_examples
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Selection

NOTE = (
    "attention (Eq. 6), share of each map's maximum; drift: squared distance (Eq. 7) of the map from the source's,\n"
    "mean over all test images and seeds, 0 = the same, 2 = nothing in common"
)


def of_methods(selection: Selection) -> Drawing:
    """A row a face; columns: the face, the source's map, the methods' maps. Fig. 4."""
    warnings: list[str] = []
    kept = _same_faces(selection, 3, warnings)
    drifts, lines = _drifts(selection, warnings)
    first = next(iter(kept.values()))
    rows = [
        [
            Panel("face", crop, None),
            Panel("source", crop, first["source_attention"][face]),
            *(Panel(_titled(title, drifts), crop, own["target_attention"][face]) for title, own in kept.items()),
        ]
        for face, crop in enumerate(first["crops"])
    ]
    rows[1:] = [[panel._replace(title="") for panel in row] for row in rows[1:]]
    return Drawing(attention_figure(rows, [""] * len(rows), NOTE), lines, warnings)


def of_sources(selection: Selection) -> Drawing:
    """A row a source network; for each of two faces its own map and those of the methods trained from it. Fig. 9."""
    warnings: list[str] = []
    kept = _same_faces(selection, 2, warnings)
    drifts, lines = _drifts(selection, warnings)
    title_of = {(row.settings["source"], row.settings["method"]): " ".join(row.labels) for row in selection.rows}
    rows: dict[str, list[Panel | None]] = {}
    methods = dict.fromkeys(method for _, method in title_of)
    for source in dict.fromkeys(source for source, _ in title_of):
        titles = {method: title_of.get((source, method), "") for method in methods}
        trained = [kept[title] for title in titles.values() if title in kept]
        if not trained:
            continue
        rows[source] = []
        for face, crop in enumerate(trained[0]["crops"]):
            rows[source].append(Panel("source", crop, trained[0]["source_attention"][face]))
            for method, title in titles.items():
                own, name = kept.get(title), method.upper()
                heading = _titled(name, {name: drifts[title]} if title in drifts else {})
                rows[source].append(Panel(heading, crop, own["target_attention"][face]) if own else None)
    return Drawing(attention_figure(list(rows.values()), list(rows), NOTE), lines, warnings)


def _same_faces(selection: Selection, count: int, warnings: list[str]) -> dict[str, Examples]:
    """Row -> attention of its first run that kept some, cut to `count` faces, the same for all rows."""

    def read(run: Run) -> Examples:
        return read_examples(run, ATTENTION)

    kept = {title: first for title, (first,) in of_rows(selection, read, warnings, at_most=1).items()}
    names = common_images(kept)
    chosen = evenly(names, count)
    cut: dict[str, Examples] = {}
    for title, examples in kept.items():
        there = [str(name) for name in examples["image_names"]]
        where = [there.index(name) for name in chosen]
        cut[title] = {name: array[where] for name, array in examples.items()}
    return cut


def _drifts(selection: Selection, warnings: list[str]) -> tuple[dict[str, float], list[str]]:
    """Row -> its drift from the source, mean over test images and seeds; and a line a row with spreads."""
    drifts, lines = {}, []
    for row, runs in zip(selection.rows, selection.runs, strict=True):
        values = np.array(good(_drift, runs, warnings))
        if len(values):
            title = " ".join(row.labels)
            mean, std = values.mean(axis=0)
            drifts[title] = mean
            seeds = " ".join(f"{value:.4f}" for value in values[:, 0])
            lines.append(f"{title}: attention drift from the source {mean:.4f}±{std:.4f} over images; seeds {seeds}")
    return drifts, lines


def _drift(run: Run) -> tuple[float, float]:
    """Mean and standard deviation over test images, as `train.py` measured them."""
    mean, std = (run.metrics.get(f"attention.drift.{part}") for part in ("mean", "std"))
    if mean is None or std is None:
        path = run.folder / layout.METRICS
        raise InputError(f"{path} has no attention drift: its run was trained before runs measured it; train it anew")
    return mean, std


def _titled(title: str, drifts: Mapping[str, float]) -> str:
    return f"{title}\ndrift {drifts[title]:.3f}" if title in drifts else title
