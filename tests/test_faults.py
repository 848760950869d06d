"""Everything that is wrong with a data set, told at once: each reader goes on behind what it cannot read."""

import warnings
from pathlib import Path

import pytest
from PIL import Image
from test_datasets import face68, write_youtube

from rtl_tf import datasets
from rtl_tf.datasets.collection import Collection
from rtl_tf.datasets.converting import WRITERS, convert
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, Samples
from rtl_tf.schema import load_schema
from rtl_tf.system.faults import Faults, each_read, every_fault


def half_of(number: int) -> str:
    if number % 2:
        raise InputError(f"{number} is odd")
    return str(number // 2)


def test_what_cannot_be_read_is_set_aside():
    with pytest.raises(InputError, match=r"^1 is odd$"):
        each_read(half_of, range(4))
    found = []
    with pytest.raises(Faults, match=r"^1 is odd \(and 1 more\)$") as raised, every_fault():
        found += each_read(half_of, [0, 1, 2, 3, 4, 1])
    assert found == ["0", "1", "2"]
    assert list(map(str, raised.value.problems)) == ["1 is odd", "3 is odd"]  # each once
    with pytest.raises(InputError, match=r"^1 is odd$"):
        each_read(half_of, range(4))


def test_a_single_fault_is_as_it_was():
    with pytest.raises(InputError, match=r"^3 is odd$") as raised, every_fault():
        each_read(half_of, [3, 4])
    assert not isinstance(raised.value, Faults)
    with pytest.raises(InputError, match="no such file"), every_fault():
        raise InputError("no such file")
    with every_fault():
        assert each_read(half_of, [4]) == ["2"]


def test_what_follows_from_a_fault_is_not_told():
    with pytest.raises(Faults) as raised, every_fault():
        if not each_read(half_of, [1, 3]):
            raise InputError("there is nothing")
    assert list(map(str, raised.value.problems)) == ["1 is odd", "3 is odd"]


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_every_format_tells_all_images_that_are_no_images(kind, tmp_path):
    """Five images, two of which are spoilt once they are written."""
    schema = load_schema("ibug68" if kind == "pts" else "fas12")
    for number in range(5):
        Image.new("RGB", (60, 50), (40 * number,) * 3).save(tmp_path / f"{number}.png")
    samples = [Sample(tmp_path / f"{number}.png", face68()[: len(schema)], f"p{number}") for number in range(5)]
    output = tmp_path / "out" / f"written{WRITERS[kind].suffix}"
    output.parent.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        convert(Collection(Samples(samples), schema), kind, output)
        assert len(datasets.load(output, schema.name)) == 5
        images = [path for path in tmp_path.rglob("*.png")]
        for path in images:
            if path.stem in ("1", "3"):
                path.write_bytes(b"spoilt")
        with pytest.raises(InputError, match="not an image that can be read") as first:
            datasets.load(output, schema.name)
        with pytest.raises(Faults) as raised, every_fault():
            datasets.load(output, schema.name)
    told = list(map(str, raised.value.problems))
    assert len(told) == 2 and told[0] == str(first.value)
    assert [any(f"{number}.png" in each for each in told) for number in range(5)] == [False, True, False, True, False]


def test_youtube_frames_that_are_missing_are_all_told(tmp_path: Path):
    write_youtube(tmp_path)
    for name in ("Ann_B_10.jpg", "Carl_20.jpg"):
        (tmp_path / "training" / name).unlink()
    with pytest.raises(Faults) as raised, every_fault():
        datasets.load(tmp_path)
    rows = [str(problem).split("csv ")[1].split(":")[0] for problem in raised.value.problems]
    assert rows == ["row 2", "row 4"]


def test_rows_of_each_kind_of_fault(tmp_path: Path):
    """A row of too many cells, one of no person, one of a point outside, one that is there twice, a face unnamed."""
    names = load_schema("fas12").names
    header = ["image", "subject", "face", *(f"{name}_{axis}" for name in names for axis in "xy")]
    rows = []
    for number in range(6):
        Image.new("RGB", (60, 50)).save(tmp_path / f"{number}.png")
        rows.append([f"{number}.png", f"p{number}", "", *map(str, face68()[:12].ravel())])
    rows[0].append("more")
    rows[1][1] = ""
    rows[2][3] = "600"
    rows.append(rows[3])
    rows.append([*rows[4][:2], "2", *rows[4][3:]])
    (tmp_path / "landmarks.csv").write_text("\n".join(map(",".join, [header, *rows])) + "\n", encoding="utf-8")
    with pytest.raises(Faults) as raised, every_fault():
        datasets.load(tmp_path)
    told = [str(problem).split("landmarks.csv ")[1] for problem in raised.value.problems]
    assert told == [
        "row 2: 28 cells, but the header has 27",
        "row 3: column subject is empty, or shows nothing",
        f"row 4: landmark {names[0]} (600, {face68()[0, 1]:g}) lies outside its image of 60 x 50 px",
        "row 8: 3.png is already in row 5; remove one, or tell its faces apart in a column 'face'",
        "row 6: 4.png is also in row 9; fill in 'face'",
    ]
