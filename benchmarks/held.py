"""Whether radii and intervals of a run hold on photographs alone, and what its flags find: on its test part.

    python benchmarks/held.py --run RUN [--boxes]

The face of each test photograph is looked for, which half of it has the labels is told, and the share of labels that
lie within their radii is counted, with a 95 % interval for other people; by view, too. So is the share of lengths in mm
whose intervals hold the labels' value, where the photographs have a scale. `--boxes` judges the predictions that the
run wrote instead, in squares around labels, whose places the detector heeds. A run of train.py --folds.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from measure import RESULTS, machine, write_json

from rtl_tf import cli

COVERAGES = (0.8, 0.9, 0.95)


def main(arguments: list[str]) -> None:
    parser = cli.Parser(prog="python benchmarks/held.py", description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="folder of a run with folds that has been tested")
    parser.add_argument("--boxes", action="store_true", help="as the run was tested, in squares around labels")
    parser.add_argument("--json", type=Path, default=RESULTS / "held.json")
    options = parser.parse_args(arguments)
    from rtl_tf.evaluation.coverage import judge_confidence
    from rtl_tf.runs.run import read_run

    predictions = read_run(options.run).predictions
    cli.start_tensorflow()
    from rtl_tf.inference.detector import Detector

    detector = Detector.load(options.run)
    if not options.boxes:
        predictions = from_photographs(options.run, detector, predictions)
    there = np.isfinite(predictions.points).all(axis=(1, 2))
    predictions = kept(predictions, there)
    judged = judge_confidence(predictions, detector.confidence, COVERAGES)
    figures = show(judged, predictions, int((~there).sum())) | show_flags(judged, predictions, detector.confidence)
    figures |= show_intervals(options.run, predictions, detector.schema)
    write_json(options.json, figures, {"machine": machine(("tensorflow", "keras", "numpy"))})


def from_photographs(run: Path, detector, tested):
    """The predictions of a run's test part, with what is found on the photographs alone; NaN where no face is."""
    from photographs import judged

    from rtl_tf.inference.looked_at import Found
    from rtl_tf.runs.predictions import Predictions
    from rtl_tf.system.progress import progress

    samples, _, _ = judged(run, "test", len(tested.images))
    images, halves = [one.image for one in samples], [one.mirrored for one in samples]
    outcomes = progress(detector.outcomes(images, [None] * len(images), halves), len(images), "predicting")
    columns = {name: np.full_like(tested.peaks, np.nan) for name in ("peaks", "spread", "rivals")}
    columns |= {name: np.full(len(samples), np.nan, np.float32) for name in ("unlikeness", "yaw", "mirrored")}
    columns["points"] = np.full_like(tested.points, np.nan)
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, Found):
            for name, values in columns.items():
                values[index] = getattr(outcome.prediction, name)
    found: Predictions = replace(tested, **columns)
    return found


def kept(predictions, which: np.ndarray):
    """Predictions for some of the images."""
    from dataclasses import fields

    told = {}
    for field in fields(predictions):
        values = getattr(predictions, field.name)
        if field.name == "landmarks" or values is None:
            continue
        every = zip(values, which, strict=True)
        told[field.name] = tuple(v for v, one in every if one) if isinstance(values, tuple) else values[which]
    return replace(predictions, **told)


def show(judged, predictions, lost: int) -> dict[str, float]:
    """Print it all; figures by name."""
    from rtl_tf.evaluation.coverage import observed
    from rtl_tf.measurement import VIEWS, view_of

    people = np.array(predictions.subjects)
    views = np.array([view_of(float(yaw)) for yaw in predictions.yaw])
    figures = {"images": float(len(people)), "without a face": float(lost)}
    for coverage in COVERAGES:
        held, low, high = observed([judged.hits[coverage]], people)
        figures[f"held at {coverage:.0%}, %"] = 100 * held
        print(f"{coverage:.0%} asked: {percent(held, low, high)} held", end="")
        for view in VIEWS:
            mine = views == view
            if len(set(people[mine])) > 2 and np.isfinite(judged.hits[coverage][mine]).any():
                print(f", {view} {100 * np.nanmean(judged.hits[coverage][mine]):.1f}", end="")
                figures[f"held at {coverage:.0%}, {view}, %"] = 100 * float(np.nanmean(judged.hits[coverage][mine]))
        print(f"; median radius {np.nanmedian(judged.radii[coverage]):.2f} input px")
    flagged = judged.flagged
    figures["flagged, %"] = 100 * float(flagged.mean())
    print(f"flagged: {100 * flagged.mean():.1f} % of {len(people)} images", end="")
    if 0 < flagged.sum() < len(flagged):
        ratio = float(judged.errors[flagged].mean() / judged.errors[~flagged].mean())
        figures["flagged ones' error over the others'"] = ratio
        print(f", whose error is {ratio:.2f} times the others'", end="")
    print()
    print(f"without a face: {lost}; mean radial error {judged.errors.mean():.3f} input px")
    return figures


def percent(share: float, low: float, high: float) -> str:
    """With its 95 % interval for other people, where enough of them differ for one."""
    return f"{100 * share:.1f}" + ("" if np.isnan(low) else f" ({100 * low:.1f} to {100 * high:.1f})")


def show_flags(judged, predictions, confidence) -> dict[str, float]:
    """Of each flag: how many images have it, and their mean error beside that of the others."""
    from rtl_tf.runs.confidence import KINDS
    from rtl_tf.runs.signs import Signs

    told, figures = confidence.flags(Signs.of(predictions)), {}
    for kind in KINDS:
        marked = np.array([kind in flags for flags in told])
        if marked.any():
            own, others = judged.errors[marked].mean(), judged.errors[~marked].mean()
            print(f"{kind}: {100 * marked.mean():.1f} %, {own:.2f} input px, the others {others:.2f}")
            figures |= {f"{kind}, %": 100 * float(marked.mean()), f"{kind}, input px": float(own)}
    return figures


def show_intervals(run: Path, predictions, schema) -> dict[str, float]:
    """Of each length of the schema: its error's standard deviation, and how often its 95 % interval holds the truth."""
    from rtl_tf.evaluation.coverage import observed
    from rtl_tf.measuring.intervals import intervals
    from rtl_tf.measuring.landmark_covariance import out_of_fold_errors
    from rtl_tf.measuring.quantities import measure

    lengths = [one for one in schema.measurements if one.unit == "mm"]
    scale, names = predictions.mm_per_px.astype(np.float64), schema.names
    errors = out_of_fold_errors(run)
    if not lengths or np.isnan(scale).all() or errors is None:
        return {}
    turned = {"mirrored": predictions.mirrored == 1, "order": schema.mirror_permutation}
    low, high = intervals(lengths, predictions.points, errors, names, scale, **turned)
    found, true = (
        np.stack([measure(one, points, names, scale) for one in lengths], axis=1)
        for points in (predictions.points, predictions.truth)
    )
    hits = np.where(np.isnan(found - true), np.nan, (low <= true) & (true <= high))
    held, below, above = observed([hits], predictions.subjects)
    print(f"intervals of lengths: {percent(held, below, above)} % hold the truth")
    figures = {"intervals that hold, %": 100 * held}
    for column, one in enumerate(lengths):
        sd, share = float(np.nanstd(found[:, column] - true[:, column], ddof=1)), float(np.nanmean(hits[:, column]))
        half = float(np.nanmedian(high[:, column] - low[:, column]) / 2)
        print(f"  {one.name}: sd of the error {sd:.2f} mm, interval ± {half:.2f} mm holds {100 * share:.0f} %")
        figures |= {f"{one.name}, sd, mm": sd, f"{one.name}, held, %": 100 * share}
    return figures


if __name__ == "__main__":
    cli.run(main)
