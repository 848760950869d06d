"""Files that hold files or documents: what is inside is damaged, and the outside closed again as if nothing was."""

import io
import re
import zipfile
from html import escape, unescape

Members = dict[str, bytes]
OPENVINO_TEXT = re.compile(rb'(<rtl_tf value=")([^"]*)(")')


def unpack(name: str, data: bytes) -> Members:
    """Members by name; ValueError where the file is none of the kinds that have some.

    Zip archives (.keras, .npz), the archive at the end of a LiteRT file, and the JSON in ONNX's and OpenVINO's files.
    """
    if name.endswith(".onnx"):
        return {"about.json": next(entry.value for entry in _onnx(data).metadata_props).encode()}
    if name.endswith(".xml"):
        found = OPENVINO_TEXT.search(data)
        if found is None:
            raise ValueError("no text of the package")
        return {"about.json": unescape(found[2].decode()).encode()}
    if name.endswith((".keras", ".npz", ".tflite")):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return {member: archive.read(member) for member in archive.namelist()}
        except zipfile.BadZipFile as problem:
            raise ValueError("no archive") from problem
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
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return data[: _archive_start(data)] + packed.getvalue()


def _archive_start(data: bytes) -> int:
    """Where in a file the archive at its end begins."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return min(entry.header_offset for entry in archive.infolist())


def _onnx(data: bytes):
    import onnx

    try:
        return onnx.load_from_string(data)
    except Exception as problem:  # protobuf's own kinds
        raise ValueError("no ONNX file") from problem
