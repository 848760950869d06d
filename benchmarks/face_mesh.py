"""MediaPipe's face mesh: how it is run, where the landmarks of fas12 lie in it, what labelled images correct of it."""

import subprocess
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.system.cache import cache_folder

MEDIAPIPE = "mediapipe==0.10.21"  # carries its models; wants NumPy 1, hence an environment of its own
MESH_SCRIPT = Path(__file__).parent / "mediapipe_mesh.py"

# Mesh point of each landmark on the right half of the face, the half that all crops show. The crests keep their side.
MESH_POINTS = {
    "exocanthion": 33,
    "endocanthion": 133,
    "nasion": 168,
    "pronasale": 1,
    "alare": 98,
    "subnasale": 2,
    "crista_philtri_left": 267,
    "labiale_superius": 0,
    "crista_philtri_right": 37,
    "cheilion": 61,
    "labiale_inferius": 17,
    "gnathion": 152,
}
OUTER_EYE_CORNERS = (33, 263)  # right, left
RIDGE_STRENGTHS = tuple(10.0**power for power in range(-2, 7))  # input px squared
FLAG = 12.0  # input px that a flag of 1 counts for in the penalty

Correction = Callable[..., np.ndarray]  # meshes (N, 468, 2) -> landmarks (N, K, 2)


def mean_offsets(mesh: np.ndarray, truth: np.ndarray) -> Correction:
    """Moves each landmark by its mean offset in the frame of the outer eye corners, which turns and grows with it.

    Points are complex, x + iy, and an offset is a share of the vector from the right corner to the left.

    Args:
        mesh: (N, 468, 2); truth: (N, K, 2), in the same px. What is NaN has no vote.
    """
    known = np.isfinite(mesh[:, 0, 0])
    offsets = _complex(truth[known]) - _complex(landmarks(mesh[known]))
    offsets = np.nanmean(offsets / _eye_line(mesh[known]), axis=0)

    def corrected(mesh: np.ndarray) -> np.ndarray:
        moved = _complex(landmarks(mesh)) + offsets * _eye_line(mesh)
        return np.stack([moved.real, moved.imag], axis=-1)

    return corrected


def ridge(mesh: np.ndarray, truth: np.ndarray, flags: np.ndarray | None = None) -> Correction:
    """Adds to the 2K coordinates a linear function of them, and of flags (N,) on demand, learned by ridge regression.

    With flags the correction takes (mesh, flags).

    Unlike `mean_offsets` it knows where in the crop a landmark lies, as a network does. Its strength is the one of
    RIDGE_STRENGTHS with the smallest leave-one-out error; images with NaN have no vote.
    """
    voting = np.isfinite(truth).all(axis=(1, 2)) & np.isfinite(mesh[:, 0, 0])
    points = landmarks(mesh[voting]).reshape(np.sum(voting), -1)
    offsets = truth[voting].reshape(points.shape) - points
    found = points if flags is None else np.c_[points, FLAG * flags[voting]]
    centre, mean = found.mean(axis=0), offsets.mean(axis=0)
    u, s, vt = np.linalg.svd(found - centre, full_matrices=False)

    def left_out(strength: float) -> float:
        hat = (u * (s**2 / (s**2 + strength))) @ u.T + 1 / len(u)
        residuals = offsets - hat @ offsets  # 1 / len(u) is the mean's part
        return float(np.mean((residuals / (1 - np.diag(hat))[:, None]) ** 2))

    strength = min(RIDGE_STRENGTHS, key=left_out)
    weights = (vt.T * (s / (s**2 + strength))) @ u.T @ (offsets - mean)

    def corrected(mesh: np.ndarray, flags: np.ndarray | None = None) -> np.ndarray:
        points = landmarks(mesh)
        flat = points.reshape(len(points), -1)
        flat = flat if flags is None else np.c_[flat, FLAG * flags]
        return points + (mean + (flat - centre) @ weights).reshape(points.shape)

    return corrected


def landmarks(mesh: np.ndarray) -> np.ndarray:
    """(N, 468, 2) -> (N, K, 2): the mesh points as they are."""
    return mesh[:, list(MESH_POINTS.values())]


def _complex(points: np.ndarray) -> np.ndarray:
    return points[..., 0] + 1j * points[..., 1]


def _eye_line(mesh: np.ndarray) -> np.ndarray:
    """complex (N, 1), from the right outer corner to the left."""
    right, left = OUTER_EYE_CORNERS
    return _complex(mesh[:, [left]]) - _complex(mesh[:, [right]])


def peer_environment() -> Path:
    """The Python of an environment with MediaPipe in the cache folder; made at the first call."""
    folder = cache_folder(MEDIAPIPE.replace("==", "-"))
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    installed = subprocess.run([python, "-m", "pip", "install", "--quiet", MEDIAPIPE], check=False)
    if installed.returncode:
        raise InputError(f"{MEDIAPIPE} cannot be installed in {folder}; give --peer-python")
    return python


def find_meshes(python: Path, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """Of (N, S, S, 3): meshes (N, 468, 2) in input px, NaN = no face found; seconds (N,); versions."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "crops.npz", Path(folder) / "mesh.npz"
        np.savez(given, crops=crops)
        try:
            done = subprocess.run([python, MESH_SCRIPT, given, answer], capture_output=True, text=True, check=False)
        except OSError as problem:
            raise InputError(f"--peer-python {python}: {problem.strerror}") from problem
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1:]
            raise InputError(f"--peer-python {python}: {' '.join(reason) or 'no reason given'}; it needs {MEDIAPIPE}")
        with np.load(answer) as file:
            return file["mesh"], file["seconds"], str(file["versions"])
