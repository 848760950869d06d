"""A private data set of three landmarks on disk, and the commands that train on it."""

import csv
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("exocanthion", "endocanthion", "nasion")


def write_table(folder: Path, samples, names=NAMES) -> None:
    """A private data set of three landmarks, with its schema."""
    folder.mkdir(exist_ok=True)
    header = ["image", "subject", "site", "mm_per_px", *(f"{name}_{axis}" for name in names for axis in "xy")]
    with open(folder / "landmarks.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for sample in samples:
            writer.writerow([sample.image.name, sample.subject, "here", 0.5, *sample.points.ravel()])
    (folder / "toy.toml").write_text(
        'name = "toy"\nsource = "made up"\nmirrored_pairs = [["exocanthion", "endocanthion"]]\n'
        + "".join(f'[[landmarks]]\nname = "{name}"\nlabel = "{name[0]}"\nanatomy = "a spot"\n' for name in names)
    )


def toy_source_beside(table: Path) -> Path:
    """`toys.toy_source` as a saved source network: a run from it takes a third of the time of one from dlib's."""
    file = table / "source.keras"
    if not file.exists():
        import keras
        from toys import toy_source

        toy = toy_source()
        keras.Model(toy.encoder.input, toy.classifier(toy.encoder(toy.encoder.input)[-1])).save(file)
    return file


def flags(table, output, *more, epochs=2):
    """Of `train.py`: a short run on a table, from the toy source unless `more` says otherwise."""
    source = [] if {"hg", "unet", "dsnt"} & set(more) else ["--source", str(toy_source_beside(table))]
    return [
        "--method", "rtl-sam", "--data", str(table), "--schema", str(table / "toy.toml"), "--image-size", "64",
        "--batch-size", "4", "--epochs", str(epochs), "--output", str(output), *source, *more,
    ]  # fmt: skip


def refused(arguments, message, output=None):
    """The whole command: one line, status 2, no traceback, nothing written."""
    answer = subprocess.run(
        [sys.executable, str(ROOT / "train.py"), *arguments], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2, answer.stderr
    assert answer.stderr.startswith("error: ") and message in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    if output is not None:
        assert not Path(output).exists()
