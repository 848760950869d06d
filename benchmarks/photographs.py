"""From photographs to points, one at a time: the whole way by engine and precision, stage by stage, and what it costs.

    python benchmarks/photographs.py --run RUN [--part validation] [--images 40] [--megapixels 12] [--exports FOLDER]

Each photograph's face is found, looked at and answered as `predict.py` does it, without a box; which side of the face
it shows is told. Every engine has a process of its own, of which only TensorFlow's knows TensorFlow; they take turns
photograph by photograph. Points are compared with TensorFlow's, px of the network's input, and with the labels, heatmap
px of a crop of 128 px around them. `--megapixels` enlarges the photographs to the size of a camera's; `--exports` keeps
the exported files, and takes them from there the next time.
"""

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from measure import RESULTS, machine, write_json

from rtl_tf import cli

TENSORFLOW = "tensorflow fp32"
WHOLE, NETWORK = "all", "network"
PRECISIONS = ("fp32", "int8")
WARM_UP = 3  # photographs
SIZE, HEATMAP_STRIDE = 128, 4  # px, of the crops that errors are told in
PAUSE = 0.02  # seconds, in which other engines' threads come to rest
PACKAGES = ("numpy", "pillow", "onnxruntime", "openvino", "ai-edge-litert")
STAGES = {  # name -> (module, function): with their crops, but without reading, which is done when it is needed
    "reading": [("rtl_tf.pyramid", "read_header"), ("rtl_tf.pyramid", "read_image")],
    "finding": [("rtl_tf.inference.predictor", "square_to_look_at")],
    "meshes": [("rtl_tf.inference.recipe", "find_mesh"), ("rtl_tf.inference.recipe", "mesh_views")],
}


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    with TemporaryDirectory() as folder:
        files = exported(options.run, options.exports or Path(folder))
        samples, margin, size = judged(options.run, options.part, options.images)
        images = [sample.image for sample in samples]
        if options.megapixels:
            images = enlarged(images, options.megapixels, Path(folder))
        outcomes, memory = all_in_turns(
            {TENSORFLOW: options.run, **files}, images, [sample.mirrored for sample in samples]
        )
        judge = Judge(samples, images, margin)
    report(options, judge, outcomes, memory, size)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser(prog="python benchmarks/photographs.py", description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="folder of a trained run")
    parser.add_argument("--part", choices=("test", "validation"), default="validation", help="[validation]")
    parser.add_argument("--images", type=int, default=40, help="evenly chosen photographs of that part [40]")
    parser.add_argument("--megapixels", type=float, help="enlarge them to so many")
    parser.add_argument("--exports", type=Path, help="folder of the exported files [made anew]")
    parser.add_argument("--json", type=Path, default=RESULTS / "photographs.json")
    return parser.parse_args(arguments)


def exported(run: Path, folder: Path) -> dict[str, Path]:
    """The run's detector as each engine has it, by name; those that are there already are taken."""
    from rtl_tf.inference.exported import ENGINES

    files = {
        f"{engine} {precision}": folder / f"{engine}-{precision}{known.suffix}"
        for engine, known in ENGINES.items()
        for precision in PRECISIONS
    }
    if not all(file.exists() for file in files.values()):
        cli.start_tensorflow()
        from rtl_tf.experiments.run_export import calibration_crops
        from rtl_tf.inference.exporting import export

        calibration = calibration_crops(run)
        for name, file in files.items():
            print(f"exporting: {name}", flush=True)
            export(run, file, name.split()[0], *(calibration if name.endswith("int8") else ()))
    return files


def judged(run: Path, part: str, count: int) -> tuple[list, float, int]:
    """Samples of a part, evenly chosen; the margin of their crops, and the network's input px."""
    from rtl_tf import datasets
    from rtl_tf.records import evenly
    from rtl_tf.runs.config_file import read_config
    from rtl_tf.runs.parts import read_split

    config = read_config(run / "config.json")["resolved"]
    samples = datasets.load(config["data"], str(run / "schema.toml"), size=config["image_size"])
    indices = read_split(run / "split.csv", samples).parts[part]
    chosen = [samples[index] for index in evenly(indices, count)]
    return chosen, config["crop_margin"], config["image_size"]


def enlarged(images: Sequence[Path], megapixels: float, folder: Path) -> list[Path]:
    """The photographs as JPEG of so many megapixels."""
    from PIL import Image

    files = []
    for image in images:
        with Image.open(image) as photograph:
            factor = (1e6 * megapixels / (photograph.width * photograph.height)) ** 0.5
            size = round(photograph.width * factor), round(photograph.height * factor)
            files.append(folder / f"{image.stem}-{megapixels:g}.jpg")
            photograph.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(files[-1], quality=92)
    return files


def all_in_turns(
    models: dict[str, Path], images: Sequence[Path], mirrored: Sequence[bool]
) -> tuple[dict[str, list[dict]], dict[str, float]]:
    """Of each model what `looked_at` says of each image, and the most memory that its process took, MiB."""
    context, workers = get_context("spawn"), {}
    for name, model in models.items():
        here, there = context.Pipe()
        process = context.Process(target=serve, args=(there, model), daemon=True)
        process.start()
        workers[name] = here
        here.recv()  # it is ready
    outcomes = defaultdict(list)
    photographs = list(zip(images, mirrored, strict=True))
    for number, photograph in enumerate([*photographs[:WARM_UP], *photographs]):
        for name, worker in workers.items():
            time.sleep(PAUSE)
            worker.send(photograph)
            outcome = worker.recv()
            if number >= WARM_UP:
                outcomes[name].append(outcome)
        print(f"\rphotograph {number + 1}/{WARM_UP + len(images)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    memory = {}
    for name, worker in workers.items():
        worker.send(None)
        memory[name] = worker.recv()
    return outcomes, memory


def serve(parent: Connection, model: Path) -> None:
    """Answer for each image and flag that come; at None say how much memory it took."""
    from rtl_tf.inference.predicting import load_predictor

    detector = load_predictor(model, None, None, cli.start_tensorflow)
    stages = Stages()
    stages.time_all(detector)
    parent.send(None)
    while photograph := parent.recv():
        parent.send(looked_at(detector, *photograph, stages))
    if model.is_file() and "tensorflow" in sys.modules:
        raise SystemExit(f"{model}: TensorFlow was loaded")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    parent.send(int(peak) / 1024)


class Stages:
    """Seconds of each stage of one photograph: on the clock, and of the processor's cores together."""

    def __init__(self) -> None:
        self.seconds: dict[str, np.ndarray] = {}
        self._within = np.zeros(2)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Without what is timed within it, but for the whole."""
        before, self._within = self._within, np.zeros(2)
        started = now()
        yield
        spent = now() - started
        self.seconds[name] = self.seconds.get(name, 0) + spent - (0 if name == WHOLE else self._within)
        self._within = before + spent

    def time_all(self, detector) -> None:
        """From now on the package's functions of STAGES, and the networks, are timed."""
        for name, functions in STAGES.items():
            for module, function in functions:
                self._time(sys.modules[module], function, name)
        self._time(type(detector), "locate", NETWORK)

    def _time(self, owner, function: str, stage: str) -> None:
        original = getattr(owner, function)

        def timed(*arguments, **named):
            with self.timed(stage):
                return original(*arguments, **named)

        setattr(owner, function, timed)


def now() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def looked_at(detector, image: Path, mirrored: bool, stages: Stages) -> dict:
    """The points (K, 2), original px, or None where there is no face; seconds (wall, processor) by stage."""
    stages.seconds = {}
    with stages.timed(WHOLE):
        (outcome,) = detector.outcomes([os.fspath(image)], [None], [mirrored])
    found = None if isinstance(outcome, Exception) else outcome.prediction.points
    return {"points": found, "seconds": {name: values.tolist() for name, values in stages.seconds.items()}}


class Judge:
    """Tells points on photographs, perhaps enlarged, in the units of crops around the labels."""

    def __init__(self, samples: Sequence, images: Sequence[Path], margin: float) -> None:
        from rtl_tf.coordinates import sample_crop
        from rtl_tf.images import read_size

        self.truth = np.stack([sample.points for sample in samples])
        widths = [
            [read_size(file)[0] for file in (image, sample.image)]
            for image, sample in zip(images, samples, strict=True)
        ]
        self.enlargement = np.array([enlarged / width for enlarged, width in widths])[:, None, None]
        self.scale = np.array([sample_crop(sample, 1, margin).input_px_per_px for sample in samples])[:, None]

    def apart(self, points: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(N, K), shares of the crops' sides, of points (N, K, 2) on the photographs as the samples have them."""
        return np.linalg.norm(points - others, axis=-1) * self.scale

    def in_samples(self, answers: Sequence[dict]) -> np.ndarray:
        """(N, K, 2): where an enlarged photograph's points are on the sample's; NaN where no face was found."""
        nothing = np.full_like(self.truth[0], np.nan)
        points = np.stack([nothing if each["points"] is None else each["points"] for each in answers])
        return (points + 0.5) / self.enlargement - 0.5


def report(options: argparse.Namespace, judge: Judge, outcomes: dict, memory: dict, size: int) -> None:
    stages = [WHOLE, *STAGES, NETWORK]
    print(f"{len(judge.truth)} photographs, ms (median; processor time in brackets)")
    print(f"{'':16} " + " ".join(f"{name:>13}" for name in stages) + "   MiB  from TensorFlow's, px  error")
    rows, exact = {}, judge.in_samples(outcomes[TENSORFLOW])
    for name, answers in outcomes.items():
        points = judge.in_samples(answers)
        apart = judge.apart(points, exact) * size
        row = {
            "seconds": {
                stage: np.median([spent(each, stage) for each in answers], axis=0).tolist() for stage in stages
            },
            "mib": memory[name],
            "from_tensorflow_px": {"median": float(np.nanmedian(apart)), "largest": float(np.nanmax(apart))},
            "error_heatmap_px": float(np.nanmean(judge.apart(points, judge.truth))) * SIZE / HEATMAP_STRIDE,
            "photographs": int(np.isfinite(points).any(axis=(1, 2)).sum()),
        }
        times = " ".join(f"{1e3 * wall:5.1f} ({1e3 * cpu:5.1f})" for wall, cpu in row["seconds"].values())
        away = "{median:.4f} to {largest:.4f}".format(**row["from_tensorflow_px"])
        print(f"{name:16} {times} {memory[name]:5.0f}  {away:20} {row['error_heatmap_px']:.4f}")
        rows[name] = row
    figures = {f"ms, {name}": 1e3 * row["seconds"][WHOLE][0] for name, row in rows.items()}
    details = {
        "run": options.run.name,
        "part": options.part,
        "megapixels": options.megapixels,
        "engines": rows,
        "machine": machine(PACKAGES),
    }
    write_json(options.json, figures, details)


def spent(answer: dict, stage: str) -> tuple[float, float]:
    return answer["seconds"].get(stage, (0.0, 0.0))


if __name__ == "__main__":
    cli.run(main)
