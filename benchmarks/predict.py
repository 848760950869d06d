"""Frames a second from one crop to its landmarks, by engine and precision, and what int8 costs in error.

    python benchmarks/predict.py [--run RUN] [--image-size 256] [--rounds 40] [--json FILE]

With a trained run: its detector, exported anew and calibrated on its training images, and the change of the error over
its test part. Without: ResNet-50 at full width with random weights, speed alone.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from measure import RESULTS, in_turns, machine, print_table, write_json

from rtl_tf.cli import start_tensorflow
from rtl_tf.exceptions import InputError

LANDMARKS = 14
PRECISIONS = ("fp32", "int8")
PACKAGES = ("tensorflow", "keras", "onnxruntime", "openvino", "nncf", "ai-edge-litert")


def main() -> None:
    options = parse()
    start_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        run = options.run or random_run(Path(folder) / "run", options.image_size)
        variants, changes = detectors(run, Path(folder)), {}
        crop = noise(variants["tensorflow fp32"].image_size, 1)
        calls = {name: lambda detector=detector: detector.locate(crop) for name, detector in variants.items()}
        seconds = in_turns(calls, options.rounds, warmup=5)
        print_table(seconds, 1, "tensorflow fp32")
        if options.run:
            changes = error_changes(run, variants)
    report(options, seconds, changes)


def report(options: argparse.Namespace, seconds: dict, changes: dict) -> None:
    fps = {name: 1 / float(np.median(values)) for name, values in seconds.items()}
    best = {p: max((name for name in fps if name.endswith(p)), key=fps.get, default=None) for p in PRECISIONS}
    figures = {"fps_tensorflow": fps["tensorflow fp32"], "fps_best_fp32": fps[best["fp32"]]}
    if best["int8"]:
        figures["fps_int8"] = fps[best["int8"]]
    if changes and best["int8"]:
        figures["int8_error_change_heatmap_px"] = changes[best["int8"]]["paper"]["mean"]
    print("\n".join(f"{name}: {value:.4g}" for name, value in figures.items()))
    details = {
        "best": best,
        "fps_over_tensorflow": {name: value / fps["tensorflow fp32"] for name, value in fps.items()},
        "error_change_heatmap_px": changes,
        "run": str(options.run and options.run.name),
        "machine": machine(PACKAGES),
        "seconds": seconds,
    }
    write_json(options.json, figures, details)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, help="folder of a trained run")
    parser.add_argument("--image-size", type=int, default=256, help="without --run")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path, default=RESULTS / "predict.json")
    return parser.parse_args()


def random_run(folder: Path, image_size: int) -> Path:
    """What a run folder needs for a detector, its weights random: speed does not depend on them."""
    from rtl_tf.networks import resnet50
    from rtl_tf.networks.sources import SOURCES, SourceNetwork
    from rtl_tf.schema import schema_text
    from rtl_tf.training.model import build_network

    start = SourceNetwork(SOURCES["vggface2"], resnet50.encoder(image_size), None)
    folder.mkdir()
    build_network(start, LANDMARKS, skip=False, seed=0, with_classifier=False).save(folder / "best.keras")
    resolved = {"method": "ft", "image_size": image_size, "sigma": 1.5, "crop_margin": 0.4}
    (folder / "config.json").write_text(json.dumps({"asked": {}, "resolved": resolved}))
    (folder / "schema.toml").write_text(schema_text("fas14"))
    return folder


def noise(image_size: int, count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, image_size, image_size, 3)).astype(np.uint8)


def detectors(run: Path, folder: Path) -> dict:
    """The Keras model, and every exported form of it that this machine can make and run."""
    from rtl_tf.experiments.run_export import calibration_crops
    from rtl_tf.inference.detector import Detector
    from rtl_tf.inference.exported import ENGINES, ExportedDetector
    from rtl_tf.inference.exporting import export

    found = {"tensorflow fp32": Detector.load(run)}
    is_trained = (run / "split.csv").exists()
    calibration = calibration_crops(run) if is_trained else [noise(found["tensorflow fp32"].image_size, 10)]
    for engine, known in ENGINES.items():
        for precision in PRECISIONS:
            print(f"exporting: {engine} {precision}", flush=True)
            file = folder / f"{engine}-{precision}{known.suffix}"
            try:
                export(run, file, engine, *(calibration if precision == "int8" else ()))
                found[f"{engine} {precision}"] = ExportedDetector.load(file)
            except InputError as problem:
                print(f"left out: {engine} {precision}: {problem}", flush=True)
    return found


def error_changes(run: Path, variants: dict) -> dict:
    """For each exported form: mean radial error on the test part minus the Keras model's, paired, with its interval.

    heatmap px; "paper": argmax against the rounded truth; "clinical": sub-pixel. Intervals are for other people.
    """
    from rtl_tf import datasets
    from rtl_tf.coordinates import input_to_heatmap, round_to_grid
    from rtl_tf.evaluation.statistics import estimate, interval
    from rtl_tf.pipeline import load_crops
    from rtl_tf.runs.config_file import read_config
    from rtl_tf.runs.parts import read_split
    from rtl_tf.schema import load_schema

    config, schema = read_config(run / "config.json")["resolved"], run / "schema.toml"
    size, margin = config["image_size"], config["crop_margin"]
    samples = datasets.load(config["data"], str(schema), size=size)
    test = [samples[index] for index in read_split(run / "split.csv", samples).test]
    crops = load_crops(test, load_schema(schema), size=size, margin=margin, label="reading test images")
    truth, people = input_to_heatmap(crops.points), [sample.subject for sample in test]

    def errors(detector) -> dict[str, np.ndarray]:
        located = detector.locate(crops.plain)
        distances = {
            "paper": located.heatmap_points - round_to_grid(truth),
            "clinical": input_to_heatmap(located.points) - truth,
        }
        return {name: np.nanmean(np.linalg.norm(values, axis=-1), axis=1) for name, values in distances.items()}

    exact = errors(variants["tensorflow fp32"])
    print(f"Keras model, {len(test)} test images: " + ", ".join(f"{k} {v.mean():.4f}" for k, v in exact.items()))
    changes = {}
    for name, detector in variants.items():
        changes[name] = {}
        for protocol, values in errors(detector).items():
            change = values - exact[protocol]
            low, high = (float(end[0]) for end in interval(estimate(change[:, None], people)))
            changes[name][protocol] = {"mean": float(change.mean()), "interval": [low, high]}
            print(f"{name:16} {protocol:9} {change.mean():+.4f} ({low:+.4f} to {high:+.4f}) heatmap px")
    return changes


if __name__ == "__main__":
    main()
