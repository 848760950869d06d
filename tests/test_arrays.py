"""Arrays of .npz files: whole ones come back, hostile ones are one line and take no memory."""

import io
import zipfile

import numpy as np
import pytest

from rtl_tf.arrays import read_arrays
from rtl_tf.exceptions import InputError


def header(shape, dtype="<f4") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_was_saved_comes_back(tmp_path, save):
    arrays = {"numbers": np.arange(6.0).reshape(2, 3), "names": np.array(["a", "ü"]), "none": np.zeros((0, 3))}
    save(tmp_path / "a.npz", other=np.ones(1), **arrays)
    found = read_arrays(tmp_path / "a.npz", arrays)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (header((2**40,)), "does not have its size"),
        (header((-1, 4)) + b"1234", "an array of type"),
        (header((10**400,)), ""),
        (header((2,)) + b"1234", "does not have its size"),
        (header((1,), "|O") + b"1234", "an array of type object"),
        (b"no array", "magic"),
        (b"", "magic"),
    ],
)
def test_an_array_that_is_not_what_it_says(tmp_path, member, words):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", member)
    with pytest.raises(InputError, match=f"a.npz: damaged, or no such arrays .*{words}") as caught:
        read_arrays(tmp_path / "a.npz", ["a"])
    assert "\n" not in str(caught.value)


def test_an_archive_that_is_cut_lacks_an_array_or_unpacks_to_gigabytes(tmp_path):
    file = tmp_path / "a.npz"
    np.savez(file, a=np.ones(100))
    with pytest.raises(InputError, match="There is no item named 'b.npy'"):
        read_arrays(file, ["b"])
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(InputError, match="not a zip file"):
        read_arrays(file, ["a"])
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as member:
        for _ in range(1025):
            member.write(bytes(2**20))
    assert file.stat().st_size < 2**21
    with pytest.raises(InputError, match="more than 1 GiB of arrays"):
        read_arrays(file, ["a"])
    with pytest.raises(InputError, match="no such file"):
        read_arrays(tmp_path / "b.npz", ["a"])
