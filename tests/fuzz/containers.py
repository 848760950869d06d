"""Files that hold files or documents: what is inside is damaged, and the outside closed again as if nothing was."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from html import escape, unescape

PNG = b"\x89PNG\r\n\x1a\n"
Members = dict[str, bytes]
OPENVINO_TEXT = re.compile(rb'(<rtl_tf value=")([^"]*)(")')


def unpack(name: str, data: bytes) -> Members:
    """Members by name; an exception where the file is none of the kinds that have some, or is damaged.

    Zip archives (.keras, .npz), the archive at the end of a LiteRT file, the JSON in ONNX's and OpenVINO's files, and
    the chunks of a PNG file, which have check sums.
    """
    if name.endswith(".png"):
        return dict(_chunks(data))
    if name.endswith(".onnx"):
        return {"about.json": next(entry.value for entry in _onnx(data).metadata_props).encode()}
    if name.endswith(".xml"):
        found = OPENVINO_TEXT.search(data)
        if found is None:
            raise ValueError("no text of the package")
        return {"about.json": unescape(found[2].decode()).encode()}
    if name.endswith((".keras", ".npz", ".tflite")):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {member: archive.read(member) for member in archive.namelist()}
    raise ValueError("a file without members")


def repack(name: str, data: bytes, members: Members) -> bytes:
    """The file `data` with other members."""
    if name.endswith(".onnx"):
        model = _onnx(data)
        model.metadata_props[0].value = members["about.json"].decode("utf-8", "replace")
        return model.SerializeToString()
    if name.endswith(".xml"):
        text = escape(members["about.json"].decode("utf-8", "replace")).encode()
        return OPENVINO_TEXT.sub(lambda found: found[1] + text + found[3], data, count=1)
    if name.endswith(".png"):
        return PNG + b"".join(png_chunk(kind.split()[1].encode(), content) for kind, content in members.items())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return data[: _archive_start(data)] + packed.getvalue()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _chunks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """("<number> <kind>", content) of each chunk."""
    place = len(PNG)
    while place + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        if not kind.isalpha():
            raise ValueError("no PNG file")
        yield f"{place} {kind.decode('latin-1')}", data[place + 8 : place + 8 + size]
        place += size + 12


def _archive_start(data: bytes) -> int:
    """Where in a file the archive at its end begins."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return min(entry.header_offset for entry in archive.infolist())


def _onnx(data: bytes):
    import onnx

    return onnx.load_from_string(data)
