"""MediaPipe Face Mesh on crops of faces. Runs in an environment of its own: imports nothing of rtl_tf.

    python mediapipe_mesh.py CROPS.npz MESH.npz

In: `crops`, uint8 (N, S, S, 3) RGB. Out: `mesh`, float32 (N, 468, 2), input px of each crop, pixel centres on
integers, NaN where no face was found; `seconds`, float64 (N,), of each call; `versions`.
"""

import argparse
import platform
import time

import mediapipe
import numpy as np

POINTS = 468
WARMUP = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("crops")
    parser.add_argument("mesh")
    options = parser.parse_args()
    with np.load(options.crops) as file:
        crops = file["crops"]
    # Photographs, not a video: the face is searched for anew in each. All other settings as they come.
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True) as network:
        for crop in crops[:WARMUP]:
            network.process(crop)
        mesh, seconds = zip(*(located(network, crop) for crop in crops), strict=True)
    versions = f"mediapipe {mediapipe.__version__}, numpy {np.__version__}, python {platform.python_version()}"
    np.savez(options.mesh, mesh=np.stack(mesh), seconds=np.array(seconds), versions=versions)


def located(network, crop: np.ndarray) -> tuple[np.ndarray, float]:
    started = time.perf_counter()
    faces = network.process(crop).multi_face_landmarks
    seconds = time.perf_counter() - started
    if not faces:
        return np.full((POINTS, 2), np.nan, np.float32), seconds
    shares = np.array([(point.x, point.y) for point in faces[0].landmark], np.float32)  # of the side, from its edge
    return shares * len(crop) - 0.5, seconds


if __name__ == "__main__":
    main()
