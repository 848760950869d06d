import io
import os
import re
import struct
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo
from skimage.transform import AffineTransform, warp

from rtl_tf import images, pixel_values
from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError
from rtl_tf.inference.decoded import pixels_of
from rtl_tf.pixel_values import bit_depth
from rtl_tf.system import notes

COLOURS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [255, 255, 255], [128, 64, 32]]], np.uint8)


def save(path, pixels, **options):
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(path, **options)
    return path


def png16(path, values, significant=None, clear=None):
    """A PNG of uint16 (H, W, C) with, if asked, the chunks that tell significant bits and the clear colour."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width, channels = values.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
        + (chunk(b"sBIT", bytes([significant] * channels)) if significant else b"")
        + (chunk(b"tRNS", struct.pack(f">{len(clear)}H", *clear)) if clear else b"")
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return path


def tiff(path, content, width, bits):
    """A one-row grey TIFF of these bytes."""
    tags = (
        (256, width),
        (257, 1),
        (258, bits[0]),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, 1),
        (279, len(content)),
    )
    entries = b"".join(struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, value) for tag, value in tags)
    start = 8 + len(content)
    path.write_bytes(b"II*\0" + struct.pack("<I", start) + content + struct.pack("<H", len(tags)) + entries + bytes(4))
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


def test_damaged_tiffs_are_refused_in_silence(tmp_path, capfd):
    """libtiff would write to the terminal past Python, Pillow would log."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    content = save(tmp_path / "a.tif", noise, compression="tiff_adobe_deflate").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[:400] + b"\xff" * 40 + content[440:])
    (tmp_path / "b.tif").write_bytes(
        content.replace(struct.pack("<HHII", 277, 3, 1, 3), struct.pack("<HHII", 277, 3, 1, 99))
    )
    for name in "ab":
        with pytest.raises(InputError, match=rf"{name}\.tif: "):
            images.read_image(tmp_path / f"{name}.tif")
    assert capfd.readouterr() == ("", "")


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


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("angle", "side", "size"), [(0.35, 60, 60), (-1.2, 40, 96), (2.8, 100, 64), (0.35, 105, 40)])
def test_a_turned_crop_is_that_of_an_independent_warp(angle, side, size, mirrored):
    """scikit-image's bilinear one, by the affine map of three points; where the crop shrinks, it blurs a little too."""
    y, x = np.mgrid[0:160, 0:200]
    waves = [np.sin(x / 14 + phase) * np.cos(y / 17 - phase) for phase in (0, 1, 2)]
    image = (127 + 120 * np.stack(waves, axis=-1)).astype(np.uint8)
    crop = Crop(100 - side / 2, 70 - side / 2, side, size, mirrored, angle)
    last = size - 1
    origin, right, below = crop.to_original(np.array([[0, 0], [last, 0], [0, last]])).astype(float)
    matrix = np.eye(3)
    matrix[:2] = np.stack([(right - origin) / last, (below - origin) / last, origin], axis=1)
    expected = warp(image.astype(float), AffineTransform(matrix), output_shape=(size, size), order=1, mode="edge")
    difference = np.abs(images.crop_image(image, crop).astype(float) - expected)
    assert difference.mean() < 1 and difference.max() < 4


@pytest.mark.parametrize("angle", [0.0, 0.2, -0.7])
@pytest.mark.parametrize("context", [1, 4, 11])
def test_a_wider_crop_has_the_same_pixels_in_its_middle(angle, context):
    """So a network is asked of crops like those it was trained on, whose border is for augmentation."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    crop = Crop(40.3, 55.8, 97.0, 64, True, angle)
    wide = images.crop_image(noise, crop.widened(context)).astype(int)
    plain = images.crop_image(noise, crop).astype(int)
    np.testing.assert_allclose(wide[context:-context, context:-context], plain, atol=1)


@pytest.mark.parametrize("side", [0.0, -3.0, float("nan"), 1e6])
def test_impossible_crops_are_refused(tmp_path, side):
    path = save(tmp_path / "a.png", COLOURS)
    with pytest.raises(InputError, match=r"a\.png: cannot crop"):
        images.read_crop(path, Crop(0, 0, side, 8))


def test_squares_that_follow_from_a_persons_may_be_larger(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 100)
    wide = Crop(0, 0, 16, 8).widened(1)  # of 20 px
    images.require_sensible(wide, times=images.DERIVED)
    assert images.crop_image(np.zeros((9, 9, 3), np.uint8), wide).shape == (10, 10, 3)
    for crop, times in ((Crop(0, 0, 10.1, 8), 1), (Crop(0, 0, 20.1, 8), images.DERIVED)):
        with pytest.raises(InputError, match="a.png: cannot crop a square of side"):
            images.require_sensible(crop, "a.png", times)


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


def test_an_image_is_hashed_once_as_long_as_it_stays_the_same(tmp_path, monkeypatch):
    decoded, read = [], images.read_image
    monkeypatch.setattr(images, "read_image", lambda path: decoded.append(path) or read(path))
    png = save(tmp_path / "a.png", COLOURS)
    first = images.image_hash(png)
    assert images.image_hash(str(png)) == first and len(decoded) == 1
    save(png, np.zeros((40, 40, 3), np.uint8))
    assert images.image_hash(png) != first and len(decoded) == 2


def test_a_bit_depth_is_guessed_only_where_the_image_would_be_black():
    def depth(*values, stated=None, stored=16):
        return bit_depth([np.array([value], np.uint16) for value in values], stated, stored)

    assert [depth(1, top) for top in (200, 256, 1023, 1024, 4095)] == [8, 10, 10, 12, 12]
    assert [depth(1, top) for top in (4096, 15000, 65535)] == [16, 16, 16]  # dark perhaps, and left as it is
    assert depth(1, 16383) == 14
    assert depth(0, 257, 15 * 257) == depth(0, 256, 15 * 256) == depth(0) == 16  # 8-bit values spread over 16 bits
    assert depth(1, 3000, stated=16) == 16 and depth(1, 900, stated=12) == 12 and depth(1, 9000, stated=14) == 14
    assert depth(1, 9000, stated=12) == 16  # what the file says is not so
    assert depth(1, 20000, stored=15) == 15


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.filterwarnings("ignore::rtl_tf.system.notes.InputWarning")
def test_fewer_bits_in_a_16_bit_file_have_the_brightness_of_8(tmp_path, suffix, bits, colour):
    values = np.arange(2**bits - 1, -1, -1, dtype=np.uint16)[None]  # to the largest value: 14 bits are known by it
    path = tmp_path / f"a.{suffix}"
    if colour:
        values = np.repeat(values[..., None], 3, axis=-1)
        png16(path, values) if suffix == "png" else tifffile.imwrite(path, values, photometric="rgb")
    else:
        save(path, values)
    image = images.read_image(path)
    np.testing.assert_array_equal(image[0, :, 0], np.arange(2**bits)[::-1] >> (bits - 8))
    assert (image == image[..., :1]).all()


def test_bits_in_use_are_said_once_and_with_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(notes, "_told", set())
    paths = [save(tmp_path / f"{name}.png", np.array([[5, 4001]], np.uint16)) for name in "ab"]
    with pytest.warns(notes.InputWarning) as said:
        for path in paths:
            images.read_image(path)
    (warning,) = said
    assert re.search(r"a\.png: a file of 16 bits with values below 4096, taken for 12-bit data", str(warning.message))


def test_what_the_file_states_of_its_depth_counts(tmp_path):
    dark = np.array([[5, 1001, 3003]], np.uint16)
    for stated, bits in ((16, 16), (14, 14), (12, 12), (10, 12)):  # 3003 has more than 10 bits
        shift = bits - 8
        np.testing.assert_array_equal(
            images.read_image(png16(tmp_path / "a.png", dark[..., None], stated))[0, :, 0], dark[0] >> shift
        )
        for tag in (281, 341):
            path = save(tmp_path / "a.tif", dark, tiffinfo={tag: 2**stated - 1})
            np.testing.assert_array_equal(images.read_image(path)[0, :, 0], dark[0] >> shift)


def test_12_packed_bits(tmp_path):
    packed = bytes([0x00, 0x08, 0x01, 0xFF, 0xF1, 0x00])  # 0x000 0x801 0xFFF 0x100
    path = tiff(tmp_path / "a.tif", packed, width=4, bits=(12,))
    np.testing.assert_array_equal(images.read_image(path)[0, :, 0], [0, 0x80, 0xFF, 0x10])


@pytest.mark.parametrize("dtype, bits", [(np.uint8, 8), (np.uint16, 12), (np.uint16, 16)])
def test_white_may_be_zero(tmp_path, dtype, bits):
    ramp = np.linspace(0, 2**bits - 1, 64).astype(dtype)[None]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp, photometric="miniswhite")
    np.testing.assert_array_equal(images.read_image(path)[0, :, 0], 255 - (ramp[0] >> (bits - 8)))


@pytest.mark.parametrize("photometric, first", [("minisblack", 0), ("miniswhite", 255)])
def test_one_bit_images(tmp_path, photometric, first):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.array([[False, True]]), photometric=photometric)
    np.testing.assert_array_equal(images.read_image(path)[0], [[first] * 3, [255 - first] * 3])


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_16_bit_colours_of_a_tiff(tmp_path, monkeypatch, byteorder, compression):
    monkeypatch.setattr(pixel_values, "_STRIP", 15)  # two rows at once, and one
    options = {"photometric": "rgb", "byteorder": byteorder, "compression": compression}
    values = np.random.default_rng(0).integers(0, 65536, (5, 7, 3)).astype(np.uint16)
    for shift, name in ((0, "full"), (4, "twelve")):
        tifffile.imwrite(tmp_path / f"{name}.tif", values >> shift, **options)
        np.testing.assert_array_equal(images.read_image(tmp_path / f"{name}.tif"), values >> 8)


def test_16_bit_colours_with_transparency(tmp_path):
    opaque, clear = [4095, 2048, 0, 4095], [1, 2, 3, 0]
    image = images.read_image(png16(tmp_path / "a.png", np.array([[opaque, clear]], np.uint16)))
    np.testing.assert_array_equal(image[0], [[255, 128, 0], [255, 255, 255]])
    grey = np.array([[[40000, 65535], [9, 0]]], np.uint16)
    np.testing.assert_array_equal(images.read_image(png16(tmp_path / "b.png", grey))[0, :, 0], [156, 255])
    with pytest.raises(InputError, match=r"c\.png: .*values below 4096 in a file of 16 bits; save it with 8 bits"):
        images.read_image(png16(tmp_path / "c.png", grey // 16))


def test_a_clear_value_of_16_bits_is_white(tmp_path):
    rgb = png16(tmp_path / "rgb.png", np.array([[[300, 600, 900], [60000, 0, 256]]], np.uint16), clear=(300, 600, 900))
    np.testing.assert_array_equal(images.read_image(rgb)[0], [[255, 255, 255], [234, 0, 1]])
    grey = png16(tmp_path / "grey.png", np.array([[[300], [60000]]], np.uint16), clear=(300,))
    np.testing.assert_array_equal(images.read_image(grey)[0, :, 0], [255, 234])


@pytest.mark.parametrize("values", [np.array([[-5, 100]], np.int8), np.array([[-5, 100]], np.int16)])
def test_negative_values_are_refused(tmp_path, values):
    tifffile.imwrite(tmp_path / "a.tif", values)
    with pytest.raises(InputError, match=r"a\.tif: .*negative values; save it with 8 or 16 bits"):
        images.read_image(tmp_path / "a.tif")


def test_signed_values_have_15_bits(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0, 16384, 32767]], np.int16))
    np.testing.assert_array_equal(images.read_image(tmp_path / "a.tif")[0, :, 0], [0, 128, 255])


def test_16_bit_planes_are_refused_rather_than_mixed_up(tmp_path):
    values = np.full((3, 8, 8), 30000, np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", planarconfig="separate")
    with pytest.raises(InputError, match=r"a\.tif: .*separate planes; save it with 8 bits"):
        images.read_image(tmp_path / "a.tif")


def test_colour_spaces(tmp_path):
    """Values of sRGB's red and of a grey in CIELAB (D50), YCbCr and CMYK."""
    lab = np.array([[[54.29, 80.81, 69.89], [50, 0, 0]]])
    stored = np.round(lab * [255 / 100, 1, 1]).astype(np.int16).astype(np.uint8)
    tifffile.imwrite(tmp_path / "lab.tif", stored, photometric="cielab")
    np.testing.assert_allclose(images.read_image(tmp_path / "lab.tif")[0], [[255, 0, 0], [119] * 3], atol=6)
    ycbcr = save(tmp_path / "ycbcr.tif", Image.new("YCbCr", (2, 2), (76, 85, 255)))
    np.testing.assert_allclose(images.read_image(ycbcr)[0, 0], [254, 0, 0], atol=2)
    for suffix in ("tif", "jpg"):  # of JPEGs Adobe's programs, and Pillow, store the complement and say so
        cmyk = save(tmp_path / f"cmyk.{suffix}", Image.new("CMYK", (16, 16), (0, 255, 255, 0)))
        np.testing.assert_allclose(images.read_image(cmyk)[0, 0], [255, 0, 0], atol=2)


# --- Formats and files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix, format", [("jpe", "JPEG"), ("JFIF", "JPEG"), ("webp", "WEBP"), ("heic", "HEIF")])
def test_phone_formats(tmp_path, suffix, format):
    assert images.heic_is_readable()
    pixels = np.kron(COLOURS, np.ones((32, 32, 1), np.uint8))
    path = save(tmp_path / f"a.{suffix}", pixels, format=format, quality=95)
    np.testing.assert_allclose(images.read_image(path)[16::32, 16::32].astype(int), COLOURS, atol=12)
    assert images.read_size(path) == (96, 64) and f".{suffix}".lower() in images.SUFFIXES


def with_irot(heic, quarters):
    """The bytes of a HEIC file of one image, given the box that turns it by so many quarters counter-clockwise."""

    def grow(kind, by):
        start = heic.index(kind) - 4
        heic[start : start + 4] = struct.pack(">I", struct.unpack_from(">I", heic, start)[0] + by)

    def end(kind):
        start = heic.index(kind) - 4
        return start + struct.unpack_from(">I", heic, start)[0]

    heic = bytearray(heic)
    heic[end(b"ipma") : end(b"ipma")] = bytes([0x80 | 5])  # the fifth property, behind hvcC, colr, ispe and pixi
    heic[heic.index(b"ipma") + 14] += 1
    heic[end(b"ipco") : end(b"ipco")] = struct.pack(">I4sB", 9, b"irot", quarters)
    for kind, by in ((b"ipma", 1), (b"ipco", 9), (b"iprp", 10), (b"meta", 10)):
        grow(kind, by)
    items = heic.index(b"iloc") + 12
    for item in range(struct.unpack_from(">H", heic, items - 2)[0]):  # where its bytes lie
        place = items + 18 * item + 4
        heic[place : place + 4] = struct.pack(">I", struct.unpack_from(">I", heic, place)[0] + 10)
    return bytes(heic)


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


@pytest.mark.parametrize("of_exif", [False, True])
@pytest.mark.parametrize("suffix", ["jpg", "webp", "png", "avif"])
def test_exif_alone_tells_the_way_up(tmp_path, suffix, of_exif):
    """As browsers show it, so that marks stand where the page put them; decoded images are read alike."""
    exif, text, more = Image.Exif(), PngInfo(), {}
    exif[0x0112] = 6
    if of_exif:
        more = {"exif": exif}
    elif suffix == "png":
        text.add_text("Raw profile type exif", f"\nexif\n{len(exif.tobytes()):8}\n{exif.tobytes().hex()}\n")
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    else:
        more = {"xmp": XMP}
    path = save(tmp_path / f"a.{suffix}", np.zeros((40, 60, 3), np.uint8), pnginfo=text, **more)
    with Image.open(path) as image:
        assert image.getexif().get(0x0112) == 6
        expected = (60, 40, 3) if of_exif else (40, 60, 3)
        assert pixels_of(image).shape == images.read_image(path).shape == expected
    assert images.read_size(path) == expected[1::-1] and images.is_turned(path) == of_exif


@pytest.mark.parametrize("quarters, orientation", [(0, 1), (1, 8), (2, 3), (3, 6)])
@pytest.mark.parametrize("suffix", ["heic", "jpg"])  # phones send some under another name
def test_heic_is_turned_once(tmp_path, quarters, orientation, suffix):
    """Phones write the turn twice: as a property of the image, which counts, and as EXIF."""
    assert images.heic_is_readable()
    pixels = np.kron(COLOURS, np.ones((32, 32, 1), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / f"a.{suffix}", pixels, format="HEIF", exif=exif, quality=95)
    path.write_bytes(with_irot(path.read_bytes(), quarters))
    turned = np.rot90(COLOURS, quarters)
    np.testing.assert_allclose(images.read_image(path)[16::32, 16::32].astype(int), turned, atol=16)
    assert images.read_size(path) == (32 * turned.shape[1], 32 * turned.shape[0])


def test_heic_without_its_package_is_told_how_to_get_it(tmp_path, monkeypatch):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))
    monkeypatch.setattr(images, "heic_is_readable", lambda: False)
    with pytest.raises(InputError, match=r'a\.heic: a HEIC image; pip install -e "\.\[heic\]" reads them'):
        images.read_size(tmp_path / "a.heic")


@pytest.mark.parametrize("suffix", ["png", "webp", "heic", "gif", "tif", "bmp", "jpg"])
def test_size_limit_of_every_format(tmp_path, monkeypatch, suffix):
    assert images.heic_is_readable()
    path = save(tmp_path / f"bomb.{suffix}", np.zeros((64, 64, 3), np.uint8))
    monkeypatch.setattr(images, "MAX_PIXELS", 4000)
    for read in (images.read_image, images.read_size):
        with pytest.raises(InputError, match=rf"bomb\.{suffix}: 64 x 64 px is too large"):
            read(path)


def test_a_size_that_pillow_refuses_is_too_large_too(tmp_path):
    png = bytearray(png16(tmp_path / "a.png", np.zeros((1, 1, 1), np.uint16)).read_bytes())
    png[16:24] = struct.pack(">II", 60000, 60000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    (tmp_path / "a.png").write_bytes(png)
    with pytest.raises(InputError, match=r"a\.png: it is too large; reduce it to 100 megapixels"):
        images.read_size(tmp_path / "a.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX's")
def test_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", "/dev/zero"):
        with pytest.raises(InputError, match="a pipe or device, not an image"):
            images.read_image(path)


def frames(path, *colours, **options):
    first, *others = (Image.new("RGB", (32, 32), colour) for colour in colours)
    return save(path, first, save_all=True, append_images=others, **options)


@pytest.mark.parametrize("suffix", ["gif", "tif", "webp", "png", "heic"])
def test_the_first_of_several_frames_is_read_and_said(tmp_path, monkeypatch, suffix):
    assert images.heic_is_readable()
    monkeypatch.setattr(notes, "_told", set())
    path = frames(tmp_path / f"a.{suffix}", "red", "blue")
    with pytest.warns(notes.InputWarning, match=rf"a\.{suffix}: several frames or pages; the first is read"):
        image = images.read_image(path)
    np.testing.assert_allclose(image[8, 8], [255, 0, 0], atol=12)


def test_a_phones_jpeg_with_a_second_picture_is_one_photograph(tmp_path, monkeypatch):
    monkeypatch.setattr(notes, "_told", set())
    path = frames(tmp_path / "a.jpg", "red", "blue", format="MPO")
    assert Image.open(path).format == "MPO"
    np.testing.assert_allclose(images.read_image(path)[8, 8], [255, 0, 0], atol=3)
    assert not notes._told
