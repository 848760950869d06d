import pytest

from rtl_tf.exceptions import InputError
from rtl_tf.runs.attributes import read_attributes, write_attributes

IMAGES = ("a.png", "b, c.png")


@pytest.fixture
def written(tmp_path):
    rows = [{"site": "north", "age": "007", "plate": "12E3"}, {"site": "south", "age": ""}]
    write_attributes(tmp_path / "test.csv", IMAGES, rows)
    return tmp_path / "test.csv"


def test_cells_come_back_as_they_were_written(written):
    assert read_attributes(written, IMAGES) == {"site": ("north", "south"), "age": ("007", ""), "plate": ("12E3", "")}


def test_images_without_attributes(tmp_path):
    write_attributes(tmp_path / "test.csv", IMAGES, [{}, {}])
    assert read_attributes(tmp_path / "test.csv", IMAGES) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing column image"),
        (b"\xff\xfe", "not UTF-8"),
        (b"\n", "missing column image"),
        (b"image,site\na.png,north\n", "its images are not those"),
        (b"image,site\nb.png,north\na.png,north\n", "its images are not those"),
        (b"image,site\na.png,north\nb.png\n", "row 3: 1 cells instead of 2"),
    ],
)
def test_damage_is_named(written, content, message):
    written.write_bytes(content)
    with pytest.raises(InputError, match=f"test.csv.* {message}"):
        read_attributes(written, IMAGES)


def test_runs_from_before(tmp_path):
    with pytest.raises(InputError, match="before runs kept attributes"):
        read_attributes(tmp_path / "test.csv", IMAGES)
