"""Everything about one run as text: both protocols over images, thresholds, landmarks."""

from rtl_tf.documents import Node
from rtl_tf.evaluation.metrics import summarize
from rtl_tf.methods import METHODS
from rtl_tf.reports.grid import Grid, as_text
from rtl_tf.reports.texts import MISSING, UNITS
from rtl_tf.runs import layout
from rtl_tf.runs.run import Run
from rtl_tf.schema import UNLABELLED


def run_text(run: Run) -> str:
    """Three tables for a terminal. Units are in every header or row."""
    settings = run.resolved
    title = f"{run.folder}: {METHODS[run.method].title} on {settings['data_name']}"
    details = f"{settings['image_size']}x{settings['image_size']} input px, seed {settings['seed']}"
    if run.cross_validated:
        details += "; training images, by its folds"
    if settings.get("lambda"):
        details = f"lambda {settings['lambda']}, {details}"
    summary = summarize(run.predictions)
    grids = [_overall_grid(f"{title} ({details})", summary), _threshold_grid(summary), _landmark_grid(run, summary)]
    return "\n\n".join(map(as_text, grids))


def _kinds(summary: dict) -> list[tuple[str, str]]:
    """(protocol, unit) pairs that the summary holds, in order."""
    return [tuple(key.split(".")[:2]) for key in summary if key.endswith(".mre.mean")]


def _number(value: float | None, template: str = "{:.2f}") -> str:
    return MISSING if value is None else template.format(value)


def _overall_grid(caption: str, summary: dict) -> Grid:
    rows = []
    for protocol, unit in _kinds(summary):
        value = {name: summary[f"{protocol}.{unit}.mre.{name}"] for name in ("mean", "std", "median", "p95")}
        images = summary[f"{protocol}.{unit}.images"]
        rows.append([protocol, UNITS[unit], str(images), *(_number(number) for number in value.values())])
    notes = [
        "paper: on the heatmap's grid, truth rounded, answer by argmax, or rounded where it is more than one heatmap's "
        "(shift of labels, several looks). clinical: neither rounded.",
        "Statistics are over the mean radial errors of images; P95: 95 % of images are below it.",
    ]
    return Grid(caption, ["Protocol", "Unit", "Images", "Mean", "Std", "Median", "P95"], rows, 2, notes=notes)


def _threshold_grid(summary: dict) -> Grid:
    rows = []
    for protocol, unit in _kinds(summary):
        prefix = f"{protocol}.{unit}."
        for key, rate in summary.items():
            if key.startswith(f"{prefix}fr@"):
                limit = key.split("@")[1]
                area = summary[f"{prefix}auc@{limit}"]
                rows.append([protocol, f"{limit} {UNITS[unit]}", _number(rate, "{:.2%}"), _number(area)])
    caption = "Failure rate (share of images above the threshold) and area under the CED up to it"
    return Grid(caption, ["Protocol", "Threshold", "Failure rate", "AUC"], rows, 2)


def _landmark_grid(run: Run, summary: dict) -> Grid:
    kinds = _kinds(summary)
    rows = []
    for index, name in enumerate(run.predictions.landmarks):
        cells = []
        for protocol, unit in kinds:
            value = [summary[f"{protocol}.{unit}.landmark.{name}.{part}"] for part in ("mean", "std")]
            cells.append("±".join(map(_number, value)) if None not in value else MISSING)
        rows.append([name, *cells, f"{run.predictions.peaks[:, index].mean():.2f}"])
    header = ["Landmark", *(f"{protocol}, {UNITS[unit]}" for protocol, unit in kinds), "Heatmap peak"]
    never = _never_labelled(run)
    notes = [f"In no training image, so that nothing is predicted for it: {', '.join(never)}."] if never else []
    return Grid("Radial error of each landmark, mean±std over images", header, rows, notes=notes)


def _never_labelled(run: Run) -> list[str]:
    names = Node(run.resolved, str(run.folder / layout.CONFIG), "resolved").get(UNLABELLED)
    return [name.text() for name in names.elements()] if names else []
