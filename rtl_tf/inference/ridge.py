"""Ridge regression in closed form, with the errors that leaving each person out would make."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtl_tf.documents import Node

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
        inputs: (N, P); outputs: (N, Q); no NaN.
        people: N codes; all images of one are left out together.
    Returns:
        The function, and its residuals (N, Q), each of a fit without that image's person.
    Raises:
        ValueError: fewer than two people.
    """
    groups = [np.flatnonzero(np.array(people) == person) for person in dict.fromkeys(people)]
    if len(groups) < 2:
        raise ValueError("leaving a person out needs two people")
    centre, mean = inputs.mean(axis=0), outputs.mean(axis=0)
    u, s, vt = np.linalg.svd(inputs - centre, full_matrices=False)
    rounding = np.finfo(float).eps * float(np.square(inputs).max())  # inputs that vary less than that are constants
    scale = max(float((s**2).sum()) / inputs.size, rounding, np.finfo(float).tiny) * len(inputs)

    def left_out(strength: float) -> np.ndarray:
        hat = (u * (s**2 / (s**2 + strength * scale))) @ u.T + 1 / len(u)  # 1 / N is the mean's part
        residuals = outputs - hat @ outputs
        out = np.empty_like(residuals)
        for group in groups:
            inside = np.eye(len(group)) - hat[np.ix_(group, group)]
            out[group] = np.linalg.solve(inside, residuals[group])
        return out

    strength = min(STRENGTHS, key=lambda strength: float(np.mean(left_out(strength) ** 2)))
    weights = (vt.T * (s / (s**2 + strength * scale))) @ u.T @ (outputs - mean)
    return Ridge(centre, mean, weights), left_out(strength)
