"""How data, images and runs are read: functions (input folder, output folder), by the package's own public ways.

Imports are late: the process that reads decides what it needs.
"""

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from rtl_tf.exceptions import InputError


def data_set(folder: Path, output: Path, schema: str | None = None) -> None:
    """As `train.py --data` does: what lies there, its schema, its samples, its fingerprint."""
    from rtl_tf import datasets

    datasets.dataset_name(folder)
    datasets.default_schema(folder)
    datasets.fingerprint(folder, datasets.load(folder, schema))


def converted(folder: Path, output: Path) -> None:
    """What `rtl-convert` makes of a table of predictions, in every format but that of 68 points."""
    from rtl_tf.datasets.converting import WRITERS, collect, convert

    collection = collect(folder / "found.csv", None)
    for kind in sorted(WRITERS.keys() - {"pts"}):
        convert(collection, kind, output / kind / f"out{WRITERS[kind].suffix}")


def measured(folder: Path, output: Path) -> None:
    """As `rtl-measure` does, with everything of one's own."""
    from rtl_tf.cli.measure import main

    own = ["--norms", "norms.csv", "--norm", "Mine", "--criteria", "criteria.csv", "--criterion", "Mine"]
    flags = [str(folder / word) if word.endswith(".csv") else word for word in own]
    for errors in ("errors.csv", "errors.json"):
        where = ["--errors", str(folder / errors), "--output", str(output / "measurements.csv")]
        main([str(folder / "marked.csv"), *flags, *where])


def boxes(folder: Path, output: Path) -> None:
    from rtl_tf.datasets.photographs import from_table

    from_table(folder / "boxes.csv")


def folder_of_photographs(folder: Path, output: Path) -> None:
    from rtl_tf.datasets.photographs import from_files

    from_files([folder])


def images(folder: Path, output: Path) -> None:
    """Every image of the folder, as training reads them and as prediction does."""
    from rtl_tf.coordinates import Crop
    from rtl_tf.images import read_crop, read_image, read_size

    def read(path: Path) -> None:
        read_size(path)
        read_image(path)
        read_crop(path, Crop(-3.0, 2.0, 30.0, 32))

    each(sorted(folder.iterdir()), read)


def schema(folder: Path, output: Path) -> None:
    from rtl_tf.schema import load_schema

    read = load_schema(folder / "own.toml")
    _ = read.labels, read.mirror_permutation


def study(folder: Path, output: Path) -> None:
    from rtl_tf.documents import read_text
    from rtl_tf.runs.designs import parse_study

    _ = parse_study(read_text(folder / "table-9.toml"), "table", "9").varied


def run_settings(folder: Path, output: Path) -> None:
    """config.json: as reports, exporting and resuming read it."""
    from rtl_tf.runs.config_file import from_json
    from rtl_tf.runs.finding import find_runs
    from rtl_tf.runs.settings import condition_of

    run = _run(folder)
    condition_of(run)
    from_json(run.resolved)
    find_runs(folder)


def run_files(folder: Path, output: Path) -> None:
    """Everything beside config.json; InputError at the first file that is refused."""
    from rtl_tf.config import Asked
    from rtl_tf.limits import AUTO
    from rtl_tf.reports.single_run import run_text
    from rtl_tf.runs import layout
    from rtl_tf.runs.attributes import read_attributes
    from rtl_tf.runs.examples import ATTENTION, FACES, read_examples
    from rtl_tf.runs.history import read_history
    from rtl_tf.studies.study import _outcome  # the only reader of lambda_search.json

    run = _run(folder)
    each(
        (
            lambda: run_text(run),
            lambda: run.validation,
            lambda: run.history,
            lambda: run.metrics,
            lambda: run.training_images,
            lambda: read_examples(run, FACES),
            lambda: read_examples(run, ATTENTION),
            lambda: read_attributes(run.folder / layout.ATTRIBUTES, run.predictions.images),
            lambda: read_history(run.folder / "history.csv"),
            lambda: _outcome(SimpleNamespace(asked=Asked(reg_weight=AUTO, output=str(run.folder)), run=run)),
        ),
        lambda read: read(),
    )


def split(folder: Path, output: Path) -> None:
    from rtl_tf import datasets
    from rtl_tf.runs.parts import read_split

    read_split(folder / "split.csv", datasets.load(folder / "data"))


def evaluate(folder: Path, output: Path) -> None:
    """`evaluate.py` as a person calls it; which table or figure depends on the files, so that a case repeats."""
    import matplotlib.font_manager  # noqa: F401  (makes a cache of its own at the first import)

    from rtl_tf.cli.evaluate import main

    files = b"".join(
        path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file() and path.stat().st_size
    )
    run = sorted(folder.glob("*/*/seed0"))[0]
    commands = (
        *(("--table", name) for name in ("1", "2", "4", "samples", "robustness")),
        *(("--figure", name) for name in ("4", "6", "7", "8", "10", "12", "samples")),
        ("--table", "1", "--by", "site"),
        ("--table", "1", "--by", "age"),
    )
    chosen = commands[zlib.crc32(files) % len(commands)]
    command(main, ["--run", str(run)])
    command(main, [*chosen, "--runs", str(folder), "--output", str(output)])


def pack(folder: Path, output: Path) -> None:
    """All that a pack holds, read and packed once more."""
    from rtl_tf.cli.evaluate import main
    from rtl_tf.cli.pack import main as pack_again

    command(pack_again, [str(folder), "--output", str(output), "--predictions"])
    command(main, ["--table", "1", "--runs", str(folder), "--output", str(output)])


def pack_content(folder: Path, output: Path) -> None:
    (output / "pack").mkdir()
    for path in folder.iterdir():
        if path.is_file():
            (output / "pack" / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    pack(output / "pack", output)


def rendered(folder: Path, output: Path) -> None:
    from rtl_tf.datasets import synthetic

    synthetic.samples(subjects=1, scans=1, size=32, cache=folder)


def _run(folder: Path):
    from rtl_tf.runs.run import read_run

    return read_run(sorted(folder.glob("*/*/seed0"))[0])


def each(items, read: Callable) -> None:
    """Read all, also where some are refused; the first refusal in the end."""
    refused = []
    for item in items:
        try:
            read(item)
        except InputError as problem:
            refused.append(problem)
    if refused:
        raise refused[0]


def command(main: Callable, arguments: list[str]) -> None:
    """A command's main; what `rtl_tf.cli.run` turns into one line is a refusal, too."""
    try:
        main(arguments)
    except OSError as problem:
        raise InputError(f"{problem.filename or 'system'}: {problem.strerror or problem}") from problem
