"""Ridge regression in closed form, with the errors that leaving each person out would make."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rtl_tf.documents import Node
from rtl_tf.known import mean_of_known

STRENGTHS = tuple(10.0**power for power in np.arange(-4, 5, 0.5))  # times the mean variance of an input


@dataclass(frozen=True)
class Ridge:
    """An affine function of P inputs to Q outputs.

    Attributes:
        centre (P,), mean (Q,), weights (P, Q): x -> mean + (x - centre) @ weights; float64.
    """

    centre: np.ndarray
    mean: np.ndarray
    weights: np.ndarray

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """(..., P) -> (..., Q)."""
        return self.mean + (inputs - self.centre) @ self.weights

    def to_json(self) -> dict:
        return {name: getattr(self, name).tolist() for name in ("centre", "mean", "weights")}

    @classmethod
    def from_json(cls, node: Node, inputs: int, outputs: int) -> "Ridge":
        """InputError for anything but finite numbers of these shapes."""
        return cls(
            node["centre"].array((inputs,)), node["mean"].array((outputs,)), node["weights"].array((inputs, outputs))
        )


def fit(inputs: np.ndarray, outputs: np.ndarray, people: Sequence[str]) -> tuple[Ridge, np.ndarray]:
    """The ridge whose strength has the smallest squared error on people left out.

    Args:
        inputs: (N, P), no NaN.
        outputs: (N, Q), NaN = missing: each output is learned from the images of which it is known, from none it is 0.
        people: N codes; all images of one are left out together.
    Returns:
        The function, and what it says of each image when it is fitted without that image's person, (N, Q).
    Raises:
        ValueError: fewer than two people.
    """
    groups = [np.flatnonzero(np.array(people) == person) for person in dict.fromkeys(people)]
    if len(groups) < 2:
        raise ValueError("leaving a person out needs two people")
    centre = inputs.mean(axis=0)
    rounding = np.finfo(float).eps * float(np.square(inputs).max())  # inputs that vary less than that are constants
    # One penalty for all outputs: those that are known of few images are shrunk by more.
    scale = max(float(np.square(inputs - centre).mean()), rounding, np.finfo(float).tiny) * len(inputs)
    parts = [_Part.of(inputs, outputs, columns) for columns in _known_alike(outputs)]

    def left_out(strength: float) -> np.ndarray:
        predicted = np.zeros_like(outputs)
        for part in parts:
            predicted[:, part.columns] = part.without_people(strength * scale, groups)
        return predicted

    strength = min(STRENGTHS, key=lambda strength: float(mean_of_known(np.square(outputs - left_out(strength)))))
    mean, weights = np.zeros(outputs.shape[1]), np.zeros((inputs.shape[1], outputs.shape[1]))
    for part in parts:
        weights[:, part.columns] = part.weights(strength * scale)
        mean[part.columns] = part.mean + (centre - part.centre) @ weights[:, part.columns]
    return Ridge(centre, mean, weights), left_out(strength)


def _known_alike(outputs: np.ndarray) -> list[list[int]]:
    """Columns of (N, Q), by the rows in which they are known; without those that nowhere are."""
    alike: dict[bytes, list[int]] = {}
    for column, known in enumerate(np.isfinite(outputs).T):
        if known.any():
            alike.setdefault(known.tobytes(), []).append(column)
    return list(alike.values())


class _Part(NamedTuple):
    """Of outputs that are known of the same n of N images.

    Attributes:
        columns: which outputs.
        known: bool (N,).
        centre (P,), mean (q,): of inputs and outputs there.
        deviations: (n, q) of the outputs from their mean.
        s, vt: (R,), (R, P): singular values and directions of these images' inputs.
        projected: (N, R), the inputs of all along these directions.
    """

    columns: list[int]
    known: np.ndarray
    centre: np.ndarray
    mean: np.ndarray
    deviations: np.ndarray
    s: np.ndarray
    vt: np.ndarray
    projected: np.ndarray

    @classmethod
    def of(cls, inputs: np.ndarray, outputs: np.ndarray, columns: list[int]) -> "_Part":
        known = np.isfinite(outputs[:, columns[0]])
        there = outputs[known][:, columns]
        centre, mean = inputs[known].mean(axis=0), there.mean(axis=0)
        _, s, vt = np.linalg.svd(inputs[known] - centre, full_matrices=False)
        return cls(columns, known, centre, mean, there - mean, s, vt, (inputs - centre) @ vt.T)

    def weights(self, penalty: float) -> np.ndarray:
        """(P, q)."""
        return self.vt.T @ self._along(penalty)

    def without_people(self, penalty: float, groups: Sequence[np.ndarray]) -> np.ndarray:
        """(N, q): what a fit without each group says of its images; 0 where it has none to learn from."""
        shrunk, count = self.projected / (self.s**2 + penalty), len(self.deviations)
        predicted = self.mean + self.projected @ self._along(penalty)
        residuals = np.zeros_like(predicted)
        residuals[self.known] = self.mean + self.deviations - predicted[self.known]
        for group in groups:
            own = group[self.known[group]]
            if len(own) == count:
                predicted[group] = 0
                continue
            hat = shrunk[group] @ self.projected[own].T + 1 / count  # 1 / n is the mean's part
            inside = np.eye(len(own)) - hat[self.known[group]]
            predicted[group] -= hat @ np.linalg.solve(inside, residuals[own])
        return predicted

    def _along(self, penalty: float) -> np.ndarray:
        """(R, q): the weights along the directions."""
        return (self.projected[self.known].T @ self.deviations) / (self.s**2 + penalty)[:, None]
