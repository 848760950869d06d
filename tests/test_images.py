import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from rtl_tf import images
from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError

COLOURS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [255, 255, 255], [128, 64, 32]]], np.uint8)


def save(path, pixels, **options):
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(path, **options)
    return path


def blob(width, height, x, y, sigma):
    """A bright Gaussian spot at (x, y) on black, uint8 (height, width, 3)."""
    columns, rows = np.arange(width), np.arange(height)[:, None]
    spot = 250 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return np.repeat(np.round(spot).astype(np.uint8)[..., None], 3, axis=-1)


def centroid(image):
    weight = image[..., 0].astype(float)
    rows, columns = np.indices(weight.shape)
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


def test_rgb_is_read_as_it_is(tmp_path):
    path = save(tmp_path / "a.png", COLOURS)
    np.testing.assert_array_equal(images.read_image(path), COLOURS)
    assert images.read_size(path) == (3, 2)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied_once(tmp_path, suffix, orientation):
    pixels = np.kron(COLOURS, np.ones((16, 16, 1), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / f"a.{suffix}", pixels, exif=exif, quality=95)
    image = images.read_image(path)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    np.testing.assert_array_equal(image, upright)
    assert images.read_size(path) == (image.shape[1], image.shape[0]) == ((48, 32) if orientation < 5 else (32, 48))


def test_transparency_is_laid_over_white(tmp_path):
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, :3] = (200, 100, 0)
    rgba[0, :, 3] = (255, 0, 51)  # opaque, clear, a fifth
    image = images.read_image(save(tmp_path / "a.png", rgba))
    np.testing.assert_allclose(image[0], [[200, 100, 0], [255, 255, 255], [244, 224, 204]], atol=1)


def test_rgba_png_under_the_name_jpg(tmp_path):
    rgba = np.dstack([COLOURS, np.full((2, 3), 255, np.uint8)])
    np.testing.assert_array_equal(images.read_image(save(tmp_path / "a.jpg", rgba, format="PNG")), COLOURS)


def test_grey_with_alpha_and_palette_with_a_clear_colour(tmp_path):
    la = save(tmp_path / "la.png", Image.fromarray(np.array([[[80, 255], [80, 0]]], np.uint8), "LA"))
    np.testing.assert_array_equal(images.read_image(la)[0], [[80] * 3, [255] * 3])
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    path = save(tmp_path / "p.png", palette, transparency=1)
    np.testing.assert_array_equal(images.read_image(path)[0], [[10, 20, 30], [255, 255, 255]])


@pytest.mark.parametrize("suffix, dtype", [("png", np.uint16), ("tif", np.uint16), ("tif", np.int32)])
def test_16_bit_grey_is_scaled_to_8(tmp_path, suffix, dtype):
    grey = np.array([[0, 257, 32768, 65535]], dtype)
    image = images.read_image(save(tmp_path / f"a.{suffix}", grey))
    np.testing.assert_array_equal(image[0], np.repeat([[0], [1], [128], [255]], 3, axis=1))


@pytest.mark.parametrize("mode, suffix", [("L", "jpg"), ("1", "png"), ("CMYK", "jpg"), ("CMYK", "tif"), ("P", "gif")])
def test_other_modes_are_converted(tmp_path, mode, suffix):
    ramp = Image.fromarray(
        np.repeat(np.kron(np.array([[0, 255]], np.uint8), np.ones((16, 16), np.uint8))[..., None], 3, axis=-1)
    )
    image = images.read_image(save(tmp_path / f"a.{suffix}", ramp.convert(mode)))
    assert image.dtype == np.uint8 and image.shape == (16, 32, 3)
    np.testing.assert_allclose(image[8, [4, 28]], [[0] * 3, [255] * 3], atol=2)


@pytest.mark.parametrize("pixels", [np.array([[0.0, 1.0]], np.float32), np.array([[0, 70000]], np.int32)])
def test_values_of_unknown_range_are_refused(tmp_path, pixels):
    path = save(tmp_path / "a.tif", pixels)
    with pytest.raises(InputError, match=r"a\.tif.*8 or 16 bits"):
        images.read_image(path)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_truncated_files_are_refused(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, format={"jpg": "JPEG", "png": "PNG"}[suffix])
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    for read in (images.read_image, images.image_hash, lambda p: images.read_crop(p, Crop(0, 0, 8, 8))):
        with pytest.raises(InputError, match=rf"cut\.{suffix}") as error:
            read(path)
        assert "\n" not in str(error.value)


def test_missing_foreign_and_empty_files_are_refused(tmp_path):
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "folder.jpg").mkdir()
    for name in ("missing", "text", "empty", "folder"):
        for read in (images.read_image, images.read_size):
            with pytest.raises(InputError, match=rf"{name}\.jpg"):
                read(tmp_path / f"{name}.jpg")


def test_size_limit(tmp_path, monkeypatch):
    path = save(tmp_path / "bomb.png", COLOURS)
    monkeypatch.setattr(images, "MAX_PIXELS", 5)
    with pytest.raises(InputError, match=r"bomb\.png: 3 x 2 px is too large"):
        images.read_image(path)
    with pytest.raises(InputError, match=r"bomb\.png"):
        images.read_size(path)


def test_crop_of_whole_pixels_is_a_copy(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    path = save(tmp_path / "a.png", pixels)
    plain = images.read_crop(path, Crop(3.5, 1.5, 8, 8))
    np.testing.assert_array_equal(plain, pixels[2:10, 4:12])
    mirrored = images.read_crop(path, Crop(3.5, 1.5, 8, 8, mirrored=True))
    np.testing.assert_array_equal(mirrored, plain[:, ::-1])


def test_crop_repeats_the_edge_beyond_the_image(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (6, 5, 3), np.uint8)
    crop = images.read_crop(save(tmp_path / "a.png", pixels), Crop(-3.5, -2.5, 12, 12))
    np.testing.assert_array_equal(crop, np.pad(pixels, ((2, 4), (3, 4), (0, 0)), mode="edge"))


def test_shrinking_is_antialiased(tmp_path):
    checkers = np.repeat((np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None], 3, axis=-1)
    crop = images.read_crop(save(tmp_path / "a.png", checkers), Crop(-0.5, -0.5, 64, 16))
    assert np.abs(crop.astype(int) - 128).max() <= 8


@pytest.mark.parametrize("side, size", [(37.25, 8), (20.5, 32)])
def test_pixels_around_the_square_count_at_its_border(tmp_path, side, size):
    noise = np.random.default_rng(0).integers(0, 255, (80, 90, 3), np.uint8)
    crop = images.read_crop(save(tmp_path / "a.png", noise), Crop(20.25, 17.5, side, size))
    box = (20.75, 18.0, 20.75 + side, 18.0 + side)
    whole = Image.fromarray(noise).resize((size, size), Image.Resampling.BILINEAR, box=box)
    np.testing.assert_allclose(crop, np.asarray(whole), atol=1)


@settings(max_examples=40, deadline=None)
@given(
    x=st.floats(-20, 220),
    y=st.floats(-20, 170),
    side=st.floats(16, 300),
    size=st.sampled_from([32, 64, 128]),
    mirrored=st.booleans(),
    where=st.tuples(st.floats(0.3, 0.7), st.floats(0.3, 0.7)),
)
def test_a_point_is_seen_where_the_crop_says(tmp_path_factory, x, y, side, size, mirrored, where):
    """A spot is drawn at a point of the image; the crop may shrink, enlarge, mirror and leave the image."""
    x, y = np.clip(x, 12, 188), np.clip(y, 12, 138)
    side = max(side, 3 * 8)  # the spot, cut off at its edge, would move its own centroid
    spot = min(max(1.5, 1.2 * side / size), side / 16, 3.0)
    path = save(tmp_path_factory.mktemp("crop") / "a.png", blob(200, 150, x, y, spot))
    crop = Crop(x - where[0] * side, y - where[1] * side, side, size, mirrored)
    np.testing.assert_allclose(centroid(images.read_crop(path, crop)), crop.to_input(np.array([x, y])), atol=0.05)


@pytest.mark.parametrize("side", [0.0, -3.0, float("nan"), 1e6])
def test_impossible_crops_are_refused(tmp_path, side):
    path = save(tmp_path / "a.png", COLOURS)
    with pytest.raises(InputError, match=r"a\.png: cannot crop"):
        images.read_crop(path, Crop(0, 0, side, 8))


def test_a_square_outside_the_image_is_refused(tmp_path):
    path = save(tmp_path / "a.png", COLOURS)
    for left, top in ((-30, 0), (30, 0), (0, -30), (0, 30)):
        with pytest.raises(InputError, match=r"a\.png: the square to crop lies outside"):
            images.read_crop(path, Crop(left, top, 8, 8))


def test_hash_is_of_the_pixels(tmp_path):
    png = save(tmp_path / "a.png", COLOURS)
    other = COLOURS.copy()
    other[0, 0, 0] -= 1
    assert images.image_hash(png) == images.image_hash(save(tmp_path / "a.bmp", COLOURS))
    assert images.image_hash(png) != images.image_hash(save(tmp_path / "b.png", other))
    assert images.image_hash(png) != images.image_hash(save(tmp_path / "c.png", COLOURS.reshape(3, 2, 3)))
