"""How far off a detector's landmarks are once they are lifted to the surface: built-in heads as scans, in mm.

    python -m rtl_tf.datasets.synthetic --meshes --output scans --subjects 15 --scans 1 --size 1200 --seed 77
    python benchmarks/lift.py --run RUN --scans scans

What `rtl-lift OBJ --run RUN --all-faces --errors RUN` finds is held against the heads' own landmarks in space: the mean
distance of a landmark, the mean and the standard deviation of each length's error, and how often intervals hold.
"""

from pathlib import Path

import numpy as np
from measure import RESULTS, machine, write_json

from rtl_tf import cli

UNIT = "mm"


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    from rtl_tf.clinic.lifted import Lifting
    from rtl_tf.clinic.measured import Yardsticks
    from rtl_tf.measuring.landmark_covariance import errors_in, out_of_fold_errors
    from rtl_tf.runs.run import read_run
    from rtl_tf.system.progress import progress

    run = read_run(options.run)
    yardsticks = Yardsticks(out_of_fold_errors(run.folder) or errors_in(run.predictions, run.folder))
    scans = sorted((options.scans / "images").glob("*.obj"))
    if not scans:
        raise cli.InputError(f"--scans {options.scans}: no images/*.obj in it")
    how = Lifting(options.reach)
    lifted = [of_scan(obj, options.run, yardsticks, how) for obj in progress(scans, len(scans), "lifting")]
    rows = outcome([one for one in lifted if one is not None])
    figures = show(rows, len(scans))
    write_json(options.json, figures, {"rows": rows, "machine": machine(("tensorflow", "keras", "numpy"))})


def parse(arguments: list[str]):
    parser = cli.Parser(prog="python benchmarks/lift.py", description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="run folder of a detector of whole photographs")
    parser.add_argument("--scans", type=Path, required=True, help="folder of built-in heads as scans")
    parser.add_argument("--reach", type=float, default=2.0, help="as of rtl-lift, px [2]")
    parser.add_argument("--json", type=Path, default=RESULTS / "lift.json", help="[%(default)s]")
    return parser.parse_args(arguments)


def of_scan(obj: Path, run: Path, yardsticks, how):
    """Positions (K, 3) that are lifted and those of the head, and the measurements; None where no face was found.

    The heads' landmarks are those of the half that is not mirrored; the other half, where it is found, is left aside.
    """
    from rtl_tf.clinic.lifted import lift
    from rtl_tf.clinic.lifted_measured import face_of_half, measure_half
    from rtl_tf.clinic.texture_views import views_of_detector
    from rtl_tf.datasets.meshes.obj import read_obj
    from rtl_tf.exceptions import InputError

    mesh = read_obj(obj)
    try:
        schema, views, _ = views_of_detector(mesh, run, True, cli.start_tensorflow)
    except InputError as problem:
        print(problem)
        return None
    halves = lift(mesh, views, schema, how)
    half = halves[0]
    if half.mirrored:
        print(f"{obj}: only the other half was found")
        return None
    measured = measure_half(half, face_of_half(obj, mesh, half, how, None), mesh, schema, how, yardsticks)
    return half.positions, truth(obj, schema.names), measured, schema


def truth(obj: Path, names) -> np.ndarray:
    """(K, 3): the head's own landmarks."""
    from rtl_tf.documents import read_json

    (markup,) = read_json(obj.with_name(f"{obj.stem}_truth.mrk.json"))["markups"].elements()
    places = {point["label"].text(): point["position"].array((3,)) for point in markup["controlPoints"].elements()}
    return np.array([places[name] for name in names])


def outcome(lifted) -> dict:
    from rtl_tf.measuring.quantities import measure

    positions, own = (np.array([one[which] for one in lifted]) for which in (0, 1))
    schema = lifted[0][3]
    away = np.linalg.norm(positions - own, axis=-1)
    lengths, held = {}, []
    for length in (one for one in schema.measurements if one.unit == UNIT):
        rows = [next(row for row in one[2] if row.measurement == length) for one in lifted]
        value, low, high = (np.array([getattr(row, name) for row in rows]) for name in ("value", "low", "high"))
        true = measure(length, own, schema.names, 1.0)
        off, told = (value - true)[np.isfinite(value)], np.isfinite(low)
        inside = ((low <= true) & (true <= high))[told].tolist()
        lengths[length.name] = {"mean": off.mean(), "sd": off.std(ddof=1), "scans": len(off), "held": sum(inside)}
        held += inside
    return {
        "scans": len(lifted),
        "mean": float(np.nanmean(away)),
        "median": float(np.nanmedian(away)),
        "missing": int(np.isnan(away).sum()),
        "landmarks": dict(zip(schema.names, np.nanmean(away, axis=0).round(3).tolist(), strict=True)),
        "lengths": lengths,
        "held": float(np.mean(held)) if held else float("nan"),
        "intervals": len(held),
    }


def show(rows: dict, scans: int) -> dict[str, float]:
    print(f"{rows['scans']} of {scans} scans; a landmark is {rows['mean']:.3f} mm off (median {rows['median']:.3f}), "
          f"{rows['missing']} landmarks nowhere")  # fmt: skip
    for name, off in rows["landmarks"].items():
        print(f"  {name:20}  {off:.2f}")
    print("\nerror of each length, mm: mean, standard deviation; how many intervals hold")
    for name, length in rows["lengths"].items():
        print(f"  {name:26}  {length['mean']:+.2f} {length['sd']:.2f}  {length['held']} of {length['scans']}")
    print(f"\n95 % intervals hold {rows['held']:.1%} of {rows['intervals']} lengths")
    fissure = rows["lengths"]["palpebral_fissure_length"]
    return {
        "mean error of a landmark, mm": rows["mean"],
        "sd of the fissure's error, mm": fissure["sd"],
        "lengths within their intervals": rows["held"],
    }


if __name__ == "__main__":
    cli.run(main)
