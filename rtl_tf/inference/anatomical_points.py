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

# Of ibug68, from number 0 on. Jaw, brows and bridge of the nose: the nearest points, alike on both sides, to labels of
# 299 people's photographs, freed of what all labels have in common; eyes, lips and nose: the anatomy that they name.
SERIES = {
    "jaw": (127, 234, 177, 215, 172, 136, 150, 176, 152, 400, 379, 365, 397, 435, 401, 454, 356),
    "right_brow": (70, 63, 105, 66, 107),
    "left_brow": (336, 296, 334, 293, 300),
    "nose_bridge": (6, 197, 5, 1),
    "nose_base": (75, 97, 2, 326, 305),
    "right_eye": (33, 160, 158, 133, 153, 144),
    "left_eye": (362, 385, 387, 263, 373, 380),
    "outer_lip": (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),
    "inner_lip": (78, 82, 13, 312, 308, 317, 14, 87),
}


def anatomical(schema: Schema) -> np.ndarray:
    """int (K,): the mesh point of each landmark by its name, -1 where none is known.

    Numbered names count where the schema has as many of them: another markup has other numbers.
    """
    points = dict(POINTS)
    for name, series in SERIES.items():
        numbered = {f"{name}_{number}": point for number, point in enumerate(series)}
        if {each for each in schema.names if each.rpartition("_")[0] == name} == numbered.keys():
            points |= numbered
    return np.array([points.get(name, -1) for name in schema.names])
