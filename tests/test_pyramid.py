"""A photograph at several sizes: squares that are seen small come from small ones, and are where they were."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations
from threading import Barrier

import numpy as np
import pytest
from PIL import Image

from rtl_tf import pyramid
from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError
from rtl_tf.images import crop_image, read_header, read_image
from rtl_tf.pyramid import Pyramid, crop_of

LARGE = Crop(40.3, 25.6, 560, 32, angle=0.2)  # 17.5 px for one


def waves(width=805, height=603) -> np.ndarray:
    """Red from left to right, green from top to bottom: a shift by a pixel changes them by 2.4 levels on average."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    red, green = (128 + 120 * np.sin(2 * np.pi * along / 200) for along in (x, y))
    return np.stack([red, green, np.full_like(red, 128)], axis=-1).round().astype(np.uint8)


def jpeg(path, pixels, orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, quality=100, subsampling=0, exif=exif)
    return path


def levels_apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).mean(axis=(0, 1)).max())


def test_a_square_without_pixels_to_spare_is_cropped_from_the_original():
    image = np.random.default_rng(0).integers(0, 256, (90, 110, 3)).astype(np.uint8)
    crop = Crop(7.2, 3.1, 79, 20, mirrored=True, angle=0.3)
    np.testing.assert_array_equal(Pyramid.of(image).crop(crop), crop_image(image, crop))
    smaller = replace(crop, size=19)  # 4.2 px for one: a half of the image has enough
    assert (Pyramid.of(image).crop(smaller) != crop_image(image, smaller)).any()


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("side", [140, 300, 560])
def test_a_large_square_lies_where_it_lay(tmp_path, side, mirrored):
    crop = replace(LARGE, side=side, mirrored=mirrored)
    expected = crop_image(waves(), crop)
    assert levels_apart(expected, crop_image(waves(), replace(crop, left=crop.left + 1))) > 1.5
    assert levels_apart(Pyramid.of(waves()).crop(crop), expected) < 1
    assert levels_apart(Pyramid.of_file(jpeg(tmp_path / "waves.jpg", waves())).crop(crop), expected) < 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(800, 600), (805, 603)])
def test_turned_photographs_lie_where_they_lay(tmp_path, orientation, size):
    """A reduced JPEG has its odd pixels on the right and below, before it is turned."""
    file = jpeg(tmp_path / "turned.jpg", waves(*size), orientation)
    image, photograph = read_image(file), Pyramid.of_file(file)
    assert photograph.shape == image.shape
    assert read_header(file).reduces(8) == (orientation == 1 or size == (800, 600))
    assert levels_apart(photograph.crop(LARGE), crop_image(image, LARGE)) < 1


def test_a_photograph_is_decoded_as_large_as_its_squares_need_it(tmp_path, monkeypatch):
    decoded = []
    monkeypatch.setattr(
        pyramid, "read_image", lambda path, reduction=1: decoded.append(reduction) or read_image(path, reduction)
    )
    photograph = Pyramid.of_file(jpeg(tmp_path / "waves.jpg", waves()))
    assert decoded == []
    photograph.crop(LARGE)
    photograph.crop(replace(LARGE, size=30))
    assert decoded == [8]
    photograph.crop(replace(LARGE, size=140))
    assert decoded == [8, 2]
    photograph.crop(replace(LARGE, size=64))  # from the half that is there
    assert decoded == [8, 2] and photograph.full.shape == (603, 805, 3)
    assert decoded == [8, 2, 1]


def test_other_files_are_decoded_once(tmp_path, monkeypatch):
    Image.fromarray(waves()).save(tmp_path / "waves.png")
    decoded = []
    monkeypatch.setattr(
        pyramid, "read_image", lambda path, reduction=1: decoded.append(reduction) or read_image(path, reduction)
    )
    photograph = Pyramid.of_file(tmp_path / "waves.png")
    for size in (32, 140, 600):
        expected = crop_image(waves(), replace(LARGE, size=size))
        assert levels_apart(photograph.crop(replace(LARGE, size=size)), expected) < 1
    assert decoded == [1]


def test_what_was_seen_is_not_cropped_again(monkeypatch):
    cropped = []
    monkeypatch.setattr(
        pyramid, "crop_image", lambda *arguments: cropped.append(arguments[1]) or crop_image(*arguments)
    )
    photograph = Pyramid.of(waves())
    plain, mirrored = photograph.crop(LARGE), photograph.crop(replace(LARGE, mirrored=True))
    np.testing.assert_array_equal(photograph.crop(LARGE), plain)
    np.testing.assert_array_equal(mirrored, plain[:, ::-1])
    assert len(cropped) == 1
    photograph.crop(replace(LARGE, angle=0.21))
    assert len(cropped) == 2


def test_several_threads_may_look(tmp_path):
    crops = [replace(LARGE, left=20 + left, size=size) for left in range(20) for size in (30, 80, 140)]
    photograph = Pyramid.of_file(jpeg(tmp_path / "waves.jpg", waves()))
    with ThreadPoolExecutor(8) as pool:
        for seen, crop in zip(pool.map(photograph.crop, crops), crops, strict=True):
            assert levels_apart(seen, crop_image(waves(), crop)) < 1


def test_a_size_is_made_once_whoever_asks():
    """Eight threads ask at once, while a size is being made."""
    made, threads = [], 8
    together = Barrier(threads)

    def read(reduction):
        made.append(reduction)
        time.sleep(0.05)
        return waves()[::reduction, ::reduction]

    photograph = Pyramid((603, 805, 3), read)

    def look(number):
        together.wait()
        return photograph.crop(replace(LARGE, left=20 + number))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(look, range(threads)))
    assert made == [8]


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_prepared_sizes_give_equal_pixels_in_any_order(tmp_path, suffix):
    """Of a photograph that is not prepared, the smaller size is made from the larger one where that comes first."""
    noise = np.random.default_rng(0).integers(0, 256, (603, 805, 3)).astype(np.uint8)
    file = tmp_path / f"noise.{suffix}"
    Image.fromarray(noise).save(file)
    crops = [replace(LARGE, size=size) for size in (30, 64, 140)]

    def seen(order, prepared=True):
        photograph = Pyramid.of_file(file)
        if prepared:
            photograph.prepare(order)
        pixels = {crop: photograph.crop(crop) for crop in order}
        return np.concatenate([pixels[crop].ravel() for crop in crops])

    expected = seen(crops)
    for order in permutations(crops):
        np.testing.assert_array_equal(seen(order), expected)
    assert (seen(crops[::-1], prepared=False) != expected).any()


def test_what_cannot_be_cropped_is_said_of_either(tmp_path):
    beside, nothing = replace(LARGE, left=900), replace(LARGE, side=0)
    for image, name in ((waves(), "image"), (Pyramid.of(waves(), "face.jpg"), "face.jpg")):
        with pytest.raises(InputError, match=f"{name}: the square to crop lies outside the image; check its box"):
            crop_of(image, beside)
        with pytest.raises(InputError, match=f"{name}: cannot crop a square of side 0 px"):
            crop_of(image, nothing)
    with pytest.raises(InputError, match="no such image"):
        Pyramid.of_file(tmp_path / "missing.jpg")
    file = jpeg(tmp_path / "cut.jpg", waves())
    file.write_bytes(file.read_bytes()[:5000])
    for look in (lambda photograph: photograph.crop(LARGE), lambda photograph: photograph.full):
        with pytest.raises(InputError, match=r"cut\.jpg: damaged or unreadable image"):
            look(Pyramid.of_file(file))
