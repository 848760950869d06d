"""EfficientNet-Lite0 and its file: the reader, which runs nothing, the arithmetic, and recognition of objects."""

import collections
import io
import os
import pickle
import struct

import keras
import numpy as np
import pytest
import skimage.data
from PIL import Image

from rtl_tf.exceptions import InputError
from rtl_tf.networks import efficientnet_lite, torch_pickle, weight_files
from rtl_tf.networks.catalogue import EFFICIENTNET_LITE0
from rtl_tf.networks.sources import load_source

OBJECTS = {"coffee": {967}, "chelsea": {281, 282, 285}, "rocket": {657}}  # espresso; three kinds of cats; missile


@pytest.fixture(scope="module")
def file():
    return weight_files.locate(EFFICIENTNET_LITE0)


@pytest.fixture(scope="module")
def source():
    return load_source("efficientnet_lite0", 224, classifier=True)


@pytest.fixture(scope="module")
def tensors(file):
    return torch_pickle.read(file)


def test_file_holds_the_published_network(tensors):
    assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert tensors["_blocks.3._depthwise_conv.weight"].shape == (144, 1, 5, 5)
    assert tensors["_fc.weight"].shape == (1000, 1280)
    trained = [values.size for name, values in tensors.items() if name.endswith(("weight", "bias"))]
    assert sum(trained) == 4_652_008  # as published


def test_every_weight_has_its_place(source):
    parts = [source.encoder, source.classifier]
    assert sum(variable.shape.num_elements() for part in parts for variable in part.trainable_weights) == 4_652_008
    assert [features.shape[1:] for features in source.encoder.outputs] == [
        *((56, 56, 24), (28, 28, 40), (14, 14, 112), (7, 7, 320))
    ]
    assert source.classifier.output.shape == (None, 1000)


def test_first_convolutions_by_hand(source, tensors):
    """The stem and the depthwise convolution behind it, in NumPy: "same" padding as TensorFlow has it, all of the
    stem's at the right and the bottom."""
    image = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), np.uint8)
    pixels = np.pad((image[0].astype(np.float64) - 127) / 128, ((0, 1), (0, 1), (0, 0)))

    def normalized(values, name):
        norm = {kind: tensors[f"{name}.{kind}"].astype(np.float64) for kind in efficientnet_lite.OF_NORM}
        scale = norm["weight"] / np.sqrt(norm["running_var"] + 1e-3)
        return np.clip((values - norm["running_mean"]) * scale + norm["bias"], 0, 6)

    def stem(row, column):
        patch = pixels[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        return normalized(np.einsum("ijc,fcij->f", patch, tensors["_conv_stem.weight"]), "_bn0")

    patch = np.array([[stem(row, column) for column in (109, 110, 111)] for row in (0, 1, 2)])
    depthwise = tensors["_blocks.0._depthwise_conv.weight"][:, 0]
    expected = normalized(np.einsum("ijf,fij->f", patch, depthwise), "_blocks.0._bn1")
    layers = [source.encoder.get_layer(name).output for name in ("stem_relu6", "block0_depthwise_relu6")]
    first, second = keras.Model(source.encoder.input, layers)(image)
    np.testing.assert_allclose(np.asarray(first)[0, 111, 111], stem(111, 111), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.asarray(second)[0, 1, 110], expected, rtol=1e-4, atol=1e-5)


def test_recognises_objects(source):
    """In photographs that come with scikit-image."""
    pictures = []
    for name in OBJECTS:
        picture = getattr(skimage.data, name)()
        height, width = picture.shape[:2]
        side = min(height, width)
        box = ((width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2)
        pictures.append(np.asarray(Image.fromarray(picture).resize((224, 224), Image.BICUBIC, box=box)))
    logits = np.asarray(source.classifier(source.encoder(np.stack(pictures))[-1]))
    for classes, found in zip(OBJECTS.values(), logits.argmax(-1), strict=True):
        assert found in classes


def test_the_boundary_moves_and_nothing_else(source):
    image = np.random.default_rng(1).integers(0, 256, (1, 224, 224, 3), np.uint8)
    other = load_source("efficientnet_lite0", 224, encoder_stride=16, classifier=True)
    assert [features.shape[-1] for features in other.encoder.outputs] == [24, 40, 112]
    expected = source.classifier(source.encoder(image)[-1])
    np.testing.assert_allclose(other.classifier(other.encoder(image)[-1]), expected, atol=1e-4)
    with pytest.raises(InputError, match="--encoder-stride 8: EfficientNet-Lite0's encoder ends at stride 16 or 32"):
        load_source("efficientnet_lite0", 64, encoder_stride=8)


def test_ones_own_copy(file, tmp_path, source):
    copy = tmp_path / "mine.pth"
    copy.write_bytes(file.read_bytes())
    loaded = load_source("efficientnet_lite0", 64, weights=copy)
    np.testing.assert_array_equal(loaded.encoder.get_layer("stem").kernel, source.encoder.get_layer("stem").kernel)


class _Storage:
    """Pickled by a persistent identifier, as PyTorch does it."""

    def __init__(self, values, kind):
        self.values, self.kind = values, kind


class _Named:
    """Pickled as the name of something of torch's."""

    def __init__(self, name):
        self.name = name


class _Writer(pickle._Pickler):
    """What `torch.save` wrote before 1.6, without PyTorch."""

    def persistent_id(self, value):
        if isinstance(value, _Storage):
            return "storage", _Named(f"ctorch\n{value.kind}\n"), str(id(value)), "cpu", len(value.values), None
        return None

    def save(self, value, *arguments, **options):
        if isinstance(value, _Named):
            return self.write(value.name.encode())
        return super().save(value, *arguments, **options)


class _Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.state = storage, offset, shape, strides, False, collections.OrderedDict()

    def __reduce__(self):
        return _rebuild, self.state


def _rebuild(*_):
    raise AssertionError


def _written(path, tensors, storages, magic=torch_pickle.MAGIC):
    buffer = io.BytesIO()
    for value in (magic, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {"long": 4}}):
        _Writer(buffer, 2).dump(value)
    body = io.BytesIO()
    _Writer(body, 2).dump(tensors)
    named = f"c{_rebuild.__module__}\n_rebuild\n".encode()
    buffer.write(body.getvalue().replace(named, b"ctorch._utils\n_rebuild_tensor_v2\n"))
    _Writer(buffer, 2).dump([str(id(storage)) for storage in storages])
    for storage in storages:
        buffer.write(struct.pack("<q", len(storage.values)) + storage.values.tobytes())
    path.write_bytes(buffer.getvalue())
    return path


@pytest.fixture
def floats():
    return _Storage(np.arange(12, dtype="<f4"), "FloatStorage")


def test_tensors_are_parts_of_storages(tmp_path, floats):
    longs = _Storage(np.array([7], "<i8"), "LongStorage")
    tensors = collections.OrderedDict(
        plain=_Tensor(floats, 0, (3, 4), (4, 1)),
        turned=_Tensor(floats, 2, (2, 2), (1, 4)),
        count=_Tensor(longs, 0, (), ()),
    )
    tensors._metadata = collections.OrderedDict(version=1)
    read = torch_pickle.read(_written(tmp_path / "a.pth", tensors, [floats, longs]))
    assert list(read) == ["plain", "turned", "count"]
    np.testing.assert_array_equal(read["plain"], np.arange(12).reshape(3, 4))
    np.testing.assert_array_equal(read["turned"], [[2, 6], [3, 7]])
    assert (read["count"].dtype, read["count"].item()) == (np.int64, 7)


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(9, (4,), (1,)), (0, (5, 5), (0, 0)), (-1, (2,), (1,)), (0, (2,), (-1,)), (0, (2, 2), (1,)), (0, (13,), (1,))],
)
def test_a_tensor_stays_in_its_storage(tmp_path, floats, offset, shape, strides):
    path = _written(tmp_path / "a.pth", {"w": _Tensor(floats, offset, shape, strides)}, [floats])
    with pytest.raises(InputError, match=r"a\.pth: no weights as PyTorch .* (of a tensor|larger than its numbers)\)"):
        torch_pickle.read(path)


class _Command:
    def __reduce__(self):
        return os.system, ("touch /nowhere/at/all",)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"w": _Command()}, "names posix system"),
        ({"w": 1}, "something else than tensors by name"),
        ({1: 2}, "names that are no text"),
        ({"w": {1, 2}}, "names __builtin__ set"),
        ({"w": 1.5}, "has the instruction BINFLOAT"),
        ([], "has no attribute"),
    ],
)
def test_nothing_else_is_built(tmp_path, tensors, message):
    with pytest.raises(InputError, match=message) as refusal:
        torch_pickle.read(_written(tmp_path / "a.pth", tensors, []))
    assert str(refusal.value).startswith(
        f"{tmp_path / 'a.pth'}: no weights as PyTorch saved them before 1.6, or damaged"
    )


def test_a_pickle_has_its_length(tmp_path, monkeypatch, floats):
    monkeypatch.setattr(torch_pickle, "INSTRUCTIONS", 5)
    with pytest.raises(InputError, match="longer than weights need"):
        torch_pickle.read(_written(tmp_path / "a.pth", {"w": _Tensor(floats, 0, (2,), (1,))}, [floats]))


def test_a_file_that_begins_otherwise(tmp_path):
    with pytest.raises(InputError, match=r"or damaged \(it begins otherwise\)"):
        torch_pickle.read(_written(tmp_path / "a.pth", {}, [], magic=1))


@pytest.mark.parametrize("kept", [0, 10, 100, 5_000, 42_500, 46_000, 1_000_000, 18_826_031])
def test_a_cut_file_is_refused(file, tmp_path, kept):
    path = tmp_path / "weights.pth"
    path.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"weights\.pth: no weights as PyTorch saved them") as refusal:
        load_source("efficientnet_lite0", 32, weights=path)
    assert "\n" not in str(refusal.value)


def test_a_damaged_byte_of_the_names_never_does_anything_else(file, tmp_path):
    content, rng = file.read_bytes(), np.random.default_rng(0)
    path = tmp_path / "weights.pth"
    for position in rng.integers(0, 47_000, 40):
        broken = bytearray(content[:200_000])
        broken[position] = rng.integers(0, 256)
        path.write_bytes(broken)
        with pytest.raises(InputError, match=r"weights\.pth"):
            torch_pickle.read(path)


def test_weights_of_another_network_are_refused(tmp_path, floats):
    path = _written(
        tmp_path / "a.pth", {"_conv_stem.weight": _Tensor(floats, 0, (1, 3, 2, 2), (12, 4, 2, 1))}, [floats]
    )
    with pytest.raises(InputError, match=r"a\.pth: wrong architecture, the file has no weights for block0_depthwise"):
        load_source("efficientnet_lite0", 32, weights=path)
