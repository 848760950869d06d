"""Face chips as dlib cuts them, and how well descriptors of them tell people apart."""

import numpy as np
from skimage.transform import warp

# Mean face of dlib's five-point model in a unit square: outer and inner corner of the subject's left eye, of the right
# eye, and subnasale.
MEAN_FACE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
IBUG68_FIVE = [45, 42, 36, 39, 33]
LEFT_HALF = [0, 1, 4]
RIGHT_HALF = [2, 3, 4]
PADDING = 0.25


def chip(image: np.ndarray, points: np.ndarray, rows: list[int], size: int = 150) -> np.ndarray:
    """uint8 (H, W, 3) and (P, 2) px, which are those rows of MEAN_FACE -> uint8 (size, size, 3), similarity-aligned."""
    target = (MEAN_FACE[rows] + PADDING) / (1 + 2 * PADDING) * size
    # As complex numbers a similarity is z -> a z + b: two unknowns, linear least squares.
    unknowns = np.stack([target @ (1, 1j), np.ones(len(rows))], axis=1)
    (a, b), *_ = np.linalg.lstsq(unknowns, points @ (1, 1j), rcond=None)
    to_image = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag], [0, 0, 1]])
    aligned = warp(image, to_image, output_shape=(size, size), order=1, mode="edge", preserve_range=True)
    return np.rint(aligned).astype(np.uint8)


def pair_distances(descriptors: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 128) and (N,) names -> Euclidean distances of all pairs of one person, and of two."""
    distances = np.linalg.norm(descriptors[:, None] - descriptors[None], axis=-1)
    first, second = np.triu_indices(len(people), k=1)
    same = people[first] == people[second]
    return distances[first, second][same], distances[first, second][~same]


def balanced_accuracy(same: np.ndarray, different: np.ndarray, threshold: float = 0.6) -> float:
    """Mean of the shares of same-person pairs below the threshold and of different-person pairs above it."""
    return (np.mean(same < threshold) + np.mean(different >= threshold)) / 2
