"""Wavefront OBJ and MTL, written: one texture for all faces."""

import numpy as np

from rtl_tf.datasets.meshes.textured import TexturedMesh

MATERIAL = "head"


def obj_text(mesh: TexturedMesh, library: str) -> str:
    """The mesh, whose faces all have UV coordinates; `library` is the name of its MTL file."""
    lines = [f"# millimetres\nmtllib {library}"]
    lines += [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in mesh.vertices.tolist()]
    lines += [f"vt {u:.8f} {v:.8f}" for u, v in mesh.uv.tolist()]
    corners = np.stack([mesh.triangles, mesh.uv_triangles], axis=2).reshape(-1, 6) + 1
    lines.append(f"usemtl {MATERIAL}")
    lines += [f"f {a}/{b} {c}/{d} {e}/{f}" for a, b, c, d, e, f in corners.tolist()]
    return "\n".join(lines) + "\n"


def mtl_text(texture: str) -> str:
    """The library of materials, with the name of the image."""
    return f"newmtl {MATERIAL}\nKa 0 0 0\nKd 1 1 1\nmap_Kd {texture}\n"
