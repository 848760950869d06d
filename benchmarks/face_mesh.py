"""MediaPipe's face mesh: how it is run, where the landmarks of fas12 lie in it, what labelled images correct of it."""

import subprocess
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtl_tf.cache import cache_folder
from rtl_tf.exceptions import InputError

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


@dataclass(frozen=True)
class Calibration:
    """A mean offset of each landmark in the frame of the outer eye corners, which turns and grows with the face.

    Points are complex, x + iy, and an offset is a share of the vector from the right corner to the left.

    Attributes:
        offsets: complex (K,).
    """

    offsets: np.ndarray

    @classmethod
    def learn(cls, mesh: np.ndarray, truth: np.ndarray) -> "Calibration":
        """From meshes (N, 468, 2) and landmarks (N, K, 2) in the same px; what is NaN has no vote."""
        offsets = _complex(truth) - _complex(landmarks(mesh))
        return cls(np.nanmean(offsets / _eye_line(mesh), axis=0))

    def apply(self, mesh: np.ndarray) -> np.ndarray:
        """(N, 468, 2) -> (N, K, 2): the mesh's landmarks, moved."""
        moved = _complex(landmarks(mesh)) + self.offsets * _eye_line(mesh)
        return np.stack([moved.real, moved.imag], axis=-1)


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
