"""Inputs that chance would not find: small files that claim to be huge, and networks that carry other people's code.

The first cases of a target are its bombs: functions of the valid tree.
"""

import base64
import io
import json
import marshal
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial

import numpy as np

from .containers import PNG, png_chunk, repack, unpack
from .trees import Tree

MANY = 50_000  # what grows with its square takes longer than a case may
HUGE = 10**7
COMMAND = "touch ~/executed"  # where a network runs code, the sandbox finds this file in the home folder
LAMBDA = compile(f"__import__('os').system({COMMAND!r})", "hostile", "eval")


def _changed(tree: Tree, name: str, change: Callable[[bytes], bytes]) -> Tree:
    file = next(file for file in tree if file.endswith(name))
    return {**tree, file: change(tree[file])}


def png(bits: int, colour: int, channels: int, width: int, height: int, tree: Tree) -> Tree:
    """A black picture in a PNG file of some hundred kB; colour 0 = grey, 6 = RGBA."""
    row = b"\x00" + bytes((width * bits * channels + 7) // 8)
    packer = zlib.compressobj(1)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    content = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return {**tree, "black.png": PNG + content}


def many_columns(name: str, column: str, tree: Tree) -> Tree:
    """A table with MANY more columns; `column` has a place for a number, or gives all of them one name."""

    def widened(data: bytes) -> bytes:
        header, *rows = data.decode().splitlines()
        names = ",".join(column.format(number) for number in range(MANY))
        return "\n".join([f"{header},{names}", *(row + "," * MANY for row in rows)]).encode()

    return _changed(tree, name, widened)


def many_keypoints(tree: Tree) -> Tree:
    def widened(data: bytes) -> bytes:
        content = json.loads(data)
        content["categories"][0]["keypoints"] += [f"point{number}" for number in range(MANY)]
        return json.dumps(content).encode()

    return _changed(tree, ".json", widened)


def many_landmarks(tree: Tree) -> Tree:
    entry = '[[landmarks]]\nname = "n{0}"\nlabel = "l"\nanatomy = ""\n'
    return _changed(tree, ".toml", lambda data: data + "".join(map(entry.format, range(MANY))).encode())


def many_runs(tree: Tree) -> Tree:
    """A study whose grid has more combinations than there are atoms in a hand."""
    names = ("seed", "epochs", "sigma", "batch_size", "width")
    grid = "\n".join(f"{name} = {list(range(1000))}" for name in names)
    return _changed(tree, ".toml", lambda data: data + grid.encode())


def huge_array(tree: Tree) -> Tree:
    """examples.npz whose first array claims 2 TB."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f2", "fortran_order": False, "shape": (10**12,)})

    def claimed(data: bytes) -> bytes:
        members = unpack(".npz", data)
        return repack(".npz", data, {**members, "crops.npy": header.getvalue() + b"\0" * 100})

    return _changed(tree, "examples.npz", claimed)


def huge_weights(name: str, tree: Tree) -> Tree:
    """Weights that claim 400 TB, of which the file holds nothing."""

    def claimed(data: bytes) -> bytes:
        def widen(file):
            found = []
            file.visititems(lambda name, item: found.append(name) if hasattr(item, "shape") and item.shape else None)
            del file[found[0]]
            file.create_dataset(found[0], (HUGE, HUGE), "f4", chunks=(64, 64))

        return _edited_h5(data, widen)

    return _changed(tree, name, claimed)


def linked_weights(name: str, tree: Tree) -> Tree:
    """Groups that are links: to themselves, and to another file."""

    def linked(data: bytes) -> bytes:
        def link(file):
            import h5py

            first, *_ = list(file)
            del file[first]
            file[first] = h5py.SoftLink(f"/{first}")
            file["other"] = h5py.ExternalLink("/etc/passwd", "/")

        return _edited_h5(data, link)

    return _changed(tree, name, linked)


def layer(node: dict, tree: Tree) -> Tree:
    """A saved network with another object in place of its second layer."""

    def replaced(data: bytes) -> bytes:
        members = unpack(".keras", data)
        config = json.loads(members["config.json"])
        layers = config["config"]["layers"]
        layers[1] = {**layers[1], **node}
        return repack(".keras", data, {**members, "config.json": json.dumps(config).encode()})

    return _changed(tree, ".keras", replaced)


def compressed(tree: Tree) -> Tree:
    """A saved network whose settings are 2.3 GB of blanks, packed into a thousandth."""

    def packed(data: bytes) -> bytes:
        blanks, out = b" " * 2**24, io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in unpack(".keras", data).items():
                with archive.open(name, "w", force_zip64=True) as member:
                    for _ in range(136 if name == "config.json" else 0):
                        member.write(blanks)
                    member.write(content)
        return out.getvalue()

    return _changed(tree, ".keras", packed)


def entities(tree: Tree) -> Tree:
    """XML whose entities are a billion laughs."""
    steps = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    document = f'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY e0 "ha">{steps}]><net name="&e11;" version="11"></net>'
    return _changed(tree, ".xml", lambda data: document.encode())


def _edited_h5(data: bytes, edit: Callable) -> bytes:
    import h5py

    content = io.BytesIO(data)
    with h5py.File(content, "r+") as file:
        edit(file)
    return content.getvalue()


def _keras(module: str, name: str, /, **config) -> Callable[[Tree], Tree]:
    return partial(layer, {"module": module, "class_name": name, "config": config, "registered_name": None})


CODE = base64.b64encode(marshal.dumps(LAMBDA)).decode()
FUNCTION = {"class_name": "__lambda__", "config": {"code": CODE, "defaults": None, "closure": None}}
NETWORKS = (
    _keras("keras.layers", "Lambda", name="x", function=FUNCTION),
    _keras("keras.layers", "Conv2D", name="x", filters=10**9, kernel_size=9),
    _keras("keras.layers", "TFSMLayer", name="x", filepath="/", call_endpoint="serve"),
    _keras("keras.utils", "get_file", fname="x", origin="http://127.0.0.1:9/x"),
    _keras("os", "system", command=COMMAND),
    _keras("builtins", "eval", source=f"__import__('os').system({COMMAND!r})"),
    _keras("keras.src.utils.torch_utils", "TorchModuleWrapper", module=CODE),
)
PICTURES = (
    partial(png, 16, 0, 1, 9_900, 10_000),  # just below the largest size that is read
    partial(png, 8, 6, 4, 9_900, 10_000),
    partial(png, 1, 0, 1, 99_000, 9_000),
)
WEIGHTS = (partial(huge_weights, ".h5"), partial(linked_weights, ".h5"))
BOMBS: dict[str, tuple[Callable[[Tree], Tree], ...]] = {
    "table": (partial(many_columns, ".csv", "n{}_x"), partial(many_columns, ".csv", "same")),
    "coco": (many_keypoints,),
    "schema": (many_landmarks,),
    "study": (many_runs,),
    "png": PICTURES,
    "run history": (partial(many_columns, "history.csv", "n{}"),),
    "run predictions": (partial(many_columns, "/predictions.csv", "n{}"),),
    "run examples": (huge_array,),
    "openvino": (entities,),
    "detector": (*NETWORKS, compressed),
    "source": NETWORKS,
    "state": WEIGHTS,
    "vggface": WEIGHTS,
}
