"""How far off built-in heads' landmarks and measurements are, in mm: runs on `--photographs`, by their settings.

    python -m rtl_tf.datasets.synthetic --photographs --output heads --subjects 100 --scans 2 --size 1200 --seed 5
    python train.py --preset detector --data heads --train-images 100 --parts        # and other settings, several seeds
    python benchmarks/heads.py --run RUN [RUN ...]

Runs with equal settings are seeds of one row. Told are the test part's predictions as the runs wrote them: the mean
radial error of a landmark with its 95 % interval for other people and other trainings, and of each length of the schema
that the photograph shows, the mean and the standard deviation of its errors (found - true, both in the photograph).
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
from measure import RESULTS, machine, write_json

from rtl_tf import cli

UNIT = "mm"


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    from rtl_tf.runs import layout
    from rtl_tf.runs.run import read_run
    from rtl_tf.schema import load_schema

    runs = [read_run(folder) for folder in options.run]
    lengths = [one for one in load_schema(runs[0].folder / layout.SCHEMA).measurements if one.unit == UNIT]
    rows = {name: outcome(of_settings, lengths) for name, of_settings in by_settings(runs).items()}
    show(rows, [one.name for one in lengths])
    figures = {f"{name}, mean radial error, mm": row["mean"] for name, row in rows.items()}
    write_json(options.json, figures, {"rows": rows, "machine": machine(("tensorflow", "keras", "numpy"))})


def parse(arguments: list[str]):
    parser = cli.Parser(prog="python benchmarks/heads.py", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--run", type=Path, nargs="+", required=True, help="run folders that have predicted the test part"
    )
    parser.add_argument("--json", type=Path, default=RESULTS / "heads.json", help="[%(default)s]")
    return parser.parse_args(arguments)


def by_settings(runs) -> dict[str, list]:
    """Runs by what their settings tell: the network's input, and how photographs are looked at."""
    rows = defaultdict(list)
    for run in runs:
        settings = run.resolved
        passes = "two passes" if settings["aligned"] else "one pass"
        rows[f"{settings['image_size']} px, {passes}{', parts' if settings['parts'] else ''}"].append(run)
    return dict(rows)


def outcome(runs, lengths) -> dict:
    """Of the test part, by all runs of a row."""
    from rtl_tf.evaluation.errors import radial_errors
    from rtl_tf.evaluation.metrics import per_image
    from rtl_tf.evaluation.statistics import estimate, interval
    from rtl_tf.measuring.quantities import measure

    told = [run.predictions for run in runs]
    people, scale, names = told[0].subjects, told[0].mm_per_px, told[0].landmarks
    errors = np.stack([per_image(radial_errors(one.truth, one.points) * scale[:, None]) for one in told], axis=1)
    found = estimate(errors, people)
    low, high = interval(found)
    of_lengths = {}
    for length in lengths:
        off = np.stack(
            [measure(length, one.points, names, scale) - measure(length, one.truth, names, scale) for one in told]
        )
        of_lengths[length.name] = {"mean": float(np.nanmean(off)), "sd": float(np.nanstd(off, axis=1, ddof=1).mean())}
    landmarks = np.nanmean([radial_errors(one.truth, one.points) * scale[:, None] for one in told], axis=(0, 1))
    return {
        "seeds": len(runs),
        "images": len(people),
        "people": len(set(people)),
        "mean": float(found.mean[0]),
        "interval": [float(low[0]), float(high[0])],
        "median": float(np.nanmedian(errors)),
        "landmarks": dict(zip(names, landmarks.round(3).tolist(), strict=True)),
        "lengths": of_lengths,
    }


def show(rows: dict[str, dict], lengths: list[str]) -> None:
    width = max(map(len, rows))
    for name, row in rows.items():
        low, high = row["interval"]
        print(f"{name:{width}}  {row['mean']:.3f} mm ({low:.3f} to {high:.3f}), {row['seeds']} seeds, "
              f"{row['images']} photographs of {row['people']} people")  # fmt: skip
    print("\nerror of each length, mm: mean, standard deviation")
    wide = max(map(len, lengths))
    for length in lengths:
        cells = [f"{row['lengths'][length]['mean']:+.2f} {row['lengths'][length]['sd']:.2f}" for row in rows.values()]
        print(f"  {length:{wide}}  " + "   ".join(cells))


if __name__ == "__main__":
    cli.run(main)
