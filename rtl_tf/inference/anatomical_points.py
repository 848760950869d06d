"""Points of a face's mesh that stand for landmarks by their names."""

import numpy as np

from rtl_tf.schema import Schema

# Of the half of the face on the left of a photograph, and of the midline; see tests/test_mesh_guesses.py.
POINTS = {
    "exocanthion": 33,
    "endocanthion": 133,
    "nasion": 168,
    "pronasale": 1,
    "alare": 64,
    "subnasale": 2,
    "crista_philtri_right": 37,
    "crista_philtri_left": 267,
    "labiale_superius": 0,
    "labiale_inferius": 17,
    "cheilion": 61,
    "gnathion": 152,
}
OF_A_HALF = {"exocanthion", "endocanthion", "alare", "cheilion"}  # these names alone say nothing of the side


def anatomical(schema: Schema) -> np.ndarray:
    """int (K,): the mesh point of each landmark by its name, -1 where none is known."""
    return np.array([POINTS.get(name, -1) for name in schema.names])
