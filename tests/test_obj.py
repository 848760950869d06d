"""Wavefront OBJ and MTL: what is read, as trimesh reads it, and what is said of files that are broken."""

import numpy as np
import pytest
import trimesh
from PIL import Image

from rtl_tf.datasets.meshes.obj import read_obj
from rtl_tf.datasets.meshes.obj_writer import mtl_text, obj_text
from rtl_tf.exceptions import InputError

CORNERS = "v 0 0 0\nv 100 0 0\nv 100 100 5\nv 0 100 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"
HEAD = "mtllib head.mtl\n" + CORNERS + "usemtl skin\n"
TWO = "f 1/1 2/2 3/3\nf 1/1 3/3 4/4\n"


@pytest.fixture
def scan(tmp_path):
    """Write head.obj, head.mtl and face.png."""

    def write(faces=TWO, head=HEAD, mtl="newmtl skin\nmap_Kd face.png\n", image="face.png"):
        (tmp_path / "head.obj").write_bytes((head + faces).encode("latin-1"))
        if mtl is not None:
            (tmp_path / "head.mtl").write_bytes(mtl.encode("latin-1"))
        if image:
            Image.new("RGB", (20, 10)).save(tmp_path / image)
        return tmp_path / "head.obj"

    return write


def surface(mesh):
    """Corners in space and on the texture, (T, 3, 5)."""
    return np.concatenate([mesh.vertices[mesh.triangles], mesh.uv[mesh.uv_triangles]], axis=-1)


@pytest.mark.parametrize(
    "faces",
    [
        TWO,
        "f 1/1 2/2 3/3 4/4\n",
        "f -4/-4 -3/-3 -2/-2\nf -4/-4 -2/-2 -1/-1\n",
        "vn 0 0 1\nf 1/1/1 2/2/1 3/3/1\nf 1/1/1 3/3/1 4/4/1\n",
        "v 50 150 0\nvt 0.5 0.9\nf 1/1 2/2 3/3 5/5 4/4\n",
        "vt 0.5 0.5\nf 1/1 2/2 3/3\nf 1/5 3/3 4/4\n",  # a seam: one vertex at two places of the texture
        "v 0 0 9 255 128 0\nvt 0.25 0.5 0\nf 1/1 2/2 5/5\n",  # a vertex with a colour
    ],
)
def test_triangles_are_those_of_trimesh(scan, faces):
    path = scan(faces)
    ours = surface(read_obj(path))
    theirs = trimesh.load(path, process=False)
    theirs = np.concatenate([theirs.vertices[theirs.faces], theirs.visual.uv[theirs.faces]], axis=-1)
    if "5/5 4/4" in faces:  # a pentagon can be cut in several ways: the same area
        areas = [
            np.linalg.norm(np.cross(t[:, 1, :3] - t[:, 0, :3], t[:, 2, :3] - t[:, 0, :3]), axis=1)
            for t in (ours, theirs)
        ]
        assert areas[0].sum() == pytest.approx(areas[1].sum(), rel=0.01) and len(ours) == 3
        return
    # which corner of a triangle comes first makes no difference
    turns = [frozenset(map(tuple, triangle.round(6).tolist())) for triangle in ours]
    assert turns == [frozenset(map(tuple, triangle.round(6).tolist())) for triangle in theirs]


def test_materials_share_textures_and_faces_without_one_keep_none(scan, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "left side.bmp")
    mtl = (
        "newmtl skin\nmap_Kd face.png\nnewmtl same\nmap_Kd face.png\nnewmtl other\nmap_kd -bm 1 left side.bmp\n"
        "newmtl bare\nKd 1 1 1\nnewmtl unused\nmap_Kd not_there.png\n"
    )
    faces = (
        TWO
        + "usemtl same\nf 1/1 2/2 4/4\nusemtl other\nf 1/1 2/2 4/4\nusemtl bare\nf 1/1 2/2 4/4\nf 1 2 3\nf 1/1 2/2 3\n"
    )
    mesh = read_obj(scan(faces, mtl=mtl))
    assert [texture.name for texture in mesh.textures] == ["face.png", "left side.bmp"]
    assert mesh.texture_of.tolist() == [0, 0, 0, 1, -1, -1, -1]
    assert mesh.uv_triangles[-2:].tolist() == [[-1] * 3] * 2
    assert mesh.space == "LPS"


@pytest.mark.parametrize(
    "named",
    ["C:\\3dMD\\export\\face.png", "/home/somebody/face.png", "./face.png", "FACE.PNG", '"face.png"', "face.png \r"],
)
def test_the_texture_is_found_whatever_path_the_exporter_wrote(scan, named):
    mesh = read_obj(scan(mtl=f"newmtl skin\r\nmap_Kd {named}\n"))
    assert mesh.textures[0].name == "face.png"


def test_libraries_and_materials_have_names_with_blanks_and_accents(scan, tmp_path):
    (tmp_path / "Müller 3.mtl").write_bytes("newmtl Müller Haut\nmap_Kd face.png\n".encode("latin-1"))
    head = HEAD.replace("head.mtl", "Müller 3.mtl").replace("skin", "Müller Haut")
    assert read_obj(scan(head=head, mtl=None)).textures[0].name == "face.png"


def test_a_texture_that_is_named_needs_no_library(scan, tmp_path):
    mesh = read_obj(scan("f 1/1 2/2 3/3\nf 1 2 3\n", head=CORNERS, mtl=None), texture=tmp_path / "face.png")
    assert mesh.texture_of.tolist() == [0, -1]


def test_a_file_of_slicer_says_its_axes(scan):
    assert read_obj(scan(head="# 3D Slicer output. SPACE=RAS\n" + HEAD)).space == "RAS"


def test_what_is_written_is_read(scan, tmp_path):
    mesh = read_obj(scan())
    (tmp_path / "again.obj").write_text(obj_text(mesh, "again.mtl"))
    (tmp_path / "again.mtl").write_text(mtl_text("face.png"))
    np.testing.assert_allclose(surface(read_obj(tmp_path / "again.obj")), surface(mesh), atol=1e-8)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"faces": "f 1 2 3\n"},
            "head.obj: no face names UV coordinates (f 1/1 2/2 3/3): export the mesh with its texture",
        ),
        ({"head": HEAD.replace("vt", "vn"), "faces": "f 1 2 3\n"}, "head.obj: no UV coordinates (vt): export"),
        ({"faces": ""}, "head.obj: no faces: not a mesh in the format OBJ"),
        ({"head": "Kaydara FBX\n", "faces": ""}, "head.obj: no vertices: not a mesh in the format OBJ"),
        ({"faces": "f 1/1 2/2 9/3\n"}, "head.obj line 11: vertex 9 is named, there are 4"),
        ({"faces": "f 1/1 2/2 3/9\n"}, "head.obj line 11: UV 9 is named, there are 4"),
        ({"faces": "f 1/1 2/2 -5/3\n"}, "head.obj line 11: index -5 of a face, with 4 there so far"),
        ({"faces": "f 0/1 2/2 3/3\n"}, "head.obj line 11: index 0 of a face, with 4 there so far"),
        ({"faces": "f 1/1 2/2\n"}, "head.obj line 11: a face of 2 corners"),
        ({"faces": "f 1/1 2/2 x/3\n"}, "head.obj line 11: corner 'x/3' of a face: expected 1, 1/1, 1//1 or 1/1/1"),
        ({"faces": "v 1,5 2 3\n"}, "head.obj line 11: v: expected 3 numbers up to 1e+09, there is '1,5 2 3'"),
        ({"faces": "v nan 2 3\n"}, "head.obj line 11: v: expected 3 numbers up to 1e+09, there is 'nan 2 3'"),
        ({"faces": "vt 0.5\n"}, "head.obj line 11: vt: expected 2 numbers up to 1e+09, there is '0.5'"),
        (
            {"head": CORNERS},
            "head.obj: no material library (mtllib), and so no texture; name the texture with --texture",
        ),
        ({"mtl": None}, "head.obj: no head.mtl beside it; put it there, or name the texture with --texture"),
        ({"mtl": "newmtl hair\nmap_Kd face.png\n"}, "head.obj: material 'skin': not in head.mtl"),
        ({"head": HEAD.replace("usemtl skin\n", "")}, "head.obj: faces without a material (usemtl): not in head.mtl"),
        ({"mtl": "map_Kd face.png\n"}, "head.mtl line 1: map_Kd before any newmtl"),
        ({"mtl": "newmtl skin\nmap_Kd\n"}, "head.mtl line 2: map_Kd names no file"),
        ({"mtl": "\0\1"}, "head.mtl: no material (newmtl): not a library of materials"),
        ({"mtl": "newmtl skin\nmap_Kd -s 2 2 1 face.png\n"}, "head.mtl line 2: the texture is moved or scaled"),
        (
            {"mtl": "newmtl skin\nKd 1 1 1\n"},
            "head.obj: none of its materials has a texture (map_Kd); name the texture",
        ),
        ({"image": None}, "head.mtl line 2: no face.png beside the mesh; put it there, or name it with --texture"),
    ],
)
def test_what_is_broken_is_named(scan, change, message):
    path = scan(**change)
    with pytest.raises(InputError) as refused:
        read_obj(path)
    assert message in str(refused.value) and str(path.parent) in str(refused.value)


def test_a_texture_that_is_no_image_is_named(scan, tmp_path):
    path = scan(image=None)
    (tmp_path / "face.png").write_text("no image")
    with pytest.raises(InputError, match="face.png: not an image that can be read"):
        read_obj(path)


def test_a_texture_that_exif_turns_is_refused(scan, tmp_path):
    path = scan(mtl="newmtl skin\nmap_Kd face.jpg\n")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "face.jpg", exif=exif)
    with pytest.raises(InputError, match="face.jpg: turned by its EXIF tag"):
        read_obj(path)


def test_a_huge_file_is_not_read(scan, monkeypatch):
    path = scan()
    with open(path, "r+b") as file:
        file.truncate(257 * 2**20)  # a hole
    with pytest.raises(InputError, match="head.obj: larger than 256 MiB"):
        read_obj(path)
