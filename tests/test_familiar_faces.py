"""How unlike the training faces a face is, against the covariance that the model stands for."""

import numpy as np
import pytest

from rtl_tf.exceptions import InputError
from rtl_tf.runs.familiar_faces import AXES, FamiliarFaces, read_familiar_faces, write_familiar_faces


def features(count: int, seed: int = 0) -> np.ndarray:
    """Of faces that differ along two directions of 20 more than along the others."""
    random = np.random.default_rng(seed)
    return (random.normal(0, 1, (count, 20)) * ([5, 3] + [0.5] * 18) + 7).astype(np.float32)


def test_it_is_the_mahalanobis_distance_of_the_covariance_that_it_stands_for():
    known, new = features(200), features(9, 1)
    model = FamiliarFaces.fit(known)
    assert len(model.variances) == AXES
    sample = np.cov(known.T.astype(np.float64))
    values, vectors = np.linalg.eigh(sample)
    np.testing.assert_allclose(model.variances, values[::-1][:AXES], rtol=1e-6)
    assert model.rest == pytest.approx(values[: 20 - AXES].mean())
    values[: 20 - AXES] = model.rest
    inverse = np.linalg.inv(vectors @ np.diag(values) @ vectors.T)
    away = new - known.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(model.unlikeness(new), np.sqrt(np.einsum("ni,ij,nj->n", away, inverse, away) / 20))
    assert np.median(model.unlikeness(features(500, 2))) == pytest.approx(1, abs=0.1)


def test_a_face_of_another_kind_is_unlike():
    model, strange = FamiliarFaces.fit(features(60)), features(5, 1)
    strange[:, 10] += 6  # little along no face's own direction, much for that one
    assert model.unlikeness(strange).min() > 1.5 * np.quantile(model.unlikeness(features(300, 2)), 0.99)


def test_few_faces_tell_nothing_and_equal_ones_do_no_harm():
    assert FamiliarFaces.fit(features(7)) is None
    model = FamiliarFaces.fit(np.ones((40, 20), np.float32))
    assert np.isfinite(model.unlikeness(np.ones((1, 20)))).all() and model.unlikeness(features(1))[0] > 1e3


def test_the_file_gives_back_the_same_answers_and_damage_is_named(tmp_path):
    model, file = FamiliarFaces.fit(features(60)), tmp_path / "familiar_faces.json"
    write_familiar_faces(file, model)
    np.testing.assert_array_equal(read_familiar_faces(file).unlikeness(features(5)), model.unlikeness(features(5)))
    assert read_familiar_faces(tmp_path / "nothing.json") is None
    with pytest.raises(InputError, match="familiar_faces.json: mean: expected 8 elements, there are 20"):
        read_familiar_faces(file, 8)
    file.write_text(file.read_text().replace('"rest": ', '"rest": -'))
    with pytest.raises(InputError, match="familiar_faces.json: rest"):
        read_familiar_faces(file)
