"""Ridge regression, against the normal equations and fits without each person."""

import json

import numpy as np
import pytest

from rtl_tf.documents import parse_json
from rtl_tf.exceptions import InputError
from rtl_tf.inference import ridge
from rtl_tf.inference.ridge import Ridge

PEOPLE = [f"s{index // 3}" for index in range(24)]


def made_up(noise: float = 0.3):
    rng = np.random.default_rng(0)
    inputs = rng.normal(3, (1, 2, 0.5, 4, 1), (24, 5))
    outputs = 7 + inputs @ rng.normal(0, 1, (5, 2)) + rng.normal(0, noise, (24, 2))
    return inputs, outputs


def by_normal_equations(inputs, outputs, penalty):
    centre, mean = inputs.mean(axis=0), outputs.mean(axis=0)
    x, y = inputs - centre, outputs - mean
    return centre, mean, np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)


def penalty_of(inputs, strength):
    return strength * len(inputs) * inputs.var(axis=0).mean()


def left_out(inputs, outputs, penalty):
    """Residuals of fits without each person; the mean is no part of the penalty."""
    residuals, people = np.empty_like(outputs), np.array(PEOPLE)
    overall = inputs.mean(axis=0)
    for person in set(PEOPLE):
        keep, out = people != person, people == person
        # The penalty holds weights; where the inputs are counted from is the same for all fits.
        x = np.column_stack([np.ones(keep.sum()), inputs[keep] - overall])
        shrunk = np.diag([0.0] + [penalty] * inputs.shape[1])
        solved = np.linalg.solve(x.T @ x + shrunk, x.T @ outputs[keep])
        residuals[out] = outputs[out] - np.column_stack([np.ones(out.sum()), inputs[out] - overall]) @ solved
    return residuals


def test_weights_and_residuals_are_those_of_fits_one_by_one():
    inputs, outputs = made_up()
    fitted, told = ridge.fit(inputs, outputs, PEOPLE)
    errors = {
        strength: np.mean(left_out(inputs, outputs, penalty_of(inputs, strength)) ** 2) for strength in ridge.STRENGTHS
    }
    best = min(errors, key=errors.get)
    assert best not in (ridge.STRENGTHS[0], ridge.STRENGTHS[-1])
    centre, mean, weights = by_normal_equations(inputs, outputs, penalty_of(inputs, best))
    np.testing.assert_allclose(fitted.weights, weights, atol=1e-10)
    np.testing.assert_allclose(fitted(inputs), mean + (inputs - centre) @ weights, atol=1e-10)
    np.testing.assert_allclose(outputs - told, left_out(inputs, outputs, penalty_of(inputs, best)), atol=1e-10)


def test_what_is_affine_is_found_and_what_is_noise_is_the_mean():
    inputs, outputs = made_up(noise=0.0)
    fitted, told = ridge.fit(inputs, outputs, PEOPLE)
    assert np.abs(outputs - told).max() < 0.01
    np.testing.assert_allclose(fitted(inputs + 0.5), ridge.fit(inputs + 0.5, outputs, PEOPLE)[0](inputs + 1), atol=0.01)
    noise = np.random.default_rng(1).normal(0, 1, (24, 1))
    assert np.abs(ridge.fit(inputs, noise, PEOPLE)[0].weights).max() < 0.15


def test_more_inputs_than_images_and_inputs_that_never_change():
    rng = np.random.default_rng(2)
    wide = rng.normal(0, 1, (24, 60))
    fitted, told = ridge.fit(wide, wide[:, :1], PEOPLE)
    assert np.isfinite(told).all() and fitted(wide[0]).shape == (1,)
    constant, outputs = np.ones((24, 3)), rng.normal(0, 1, (24, 2))
    fitted, told = ridge.fit(constant, outputs, PEOPLE)
    np.testing.assert_allclose(fitted(constant[0]), outputs.mean(axis=0))
    own = outputs.reshape(8, 3, 2)
    others = (outputs.sum(axis=0) - own.sum(axis=1)) / 21  # the mean of the other people's images
    np.testing.assert_allclose(told, np.repeat(others, 3, axis=0), atol=1e-10)


def test_an_output_is_learned_where_it_is_known():
    """As from these images alone; of the others it is told as well, by fits without their person."""
    inputs, outputs = made_up()
    known = np.arange(24) % 4 > 0  # of person s1, images 3 to 5, the second and the third
    gaps = np.where(known[:, None], outputs, np.nan)
    fitted, told = ridge.fit(inputs, gaps, PEOPLE)

    def by_hand(rows):
        centre, mean, weights = by_normal_equations(inputs[rows], outputs[rows], penalty)
        return lambda one: mean + (one - centre) @ weights

    own = np.arange(24) // 3 == 1
    found = []
    for strength in ridge.STRENGTHS:
        penalty = penalty_of(inputs, strength)
        found.append(np.allclose(fitted(inputs), by_hand(known)(inputs), atol=1e-10))
        if found[-1]:
            centred = inputs - inputs[known].mean(axis=0)  # where the inputs are counted from is the same for all fits
            x, y = (part[known & ~own] for part in (np.column_stack([np.ones(24), centred]), outputs))
            solved = np.linalg.solve(x.T @ x + np.diag([0.0] + [penalty] * 5), x.T @ y)
            np.testing.assert_allclose(told[own], solved[0] + centred[own] @ solved[1:], atol=1e-10)
    assert sum(found) == 1


def test_what_is_known_of_half_the_images_is_no_half_of_an_answer():
    inputs = np.random.default_rng(3).normal(0, 1, (24, 1))
    outputs = inputs * (1, 2, 3)
    outputs[::2, 1], outputs[:, 2] = np.nan, np.nan
    fitted, _ = ridge.fit(inputs, outputs, PEOPLE)
    np.testing.assert_allclose(fitted(np.array([1.0])), [1, 2, 0], atol=0.01)


def test_what_is_known_of_one_person_is_nothing_without_them():
    outputs = np.full((24, 1), np.nan)
    outputs[:3] = 5.0
    fitted, told = ridge.fit(np.ones((24, 2)), outputs, PEOPLE)
    assert fitted(np.ones(2)) == pytest.approx([5])
    assert told.ravel().tolist() == pytest.approx([0] * 3 + [5] * 21)


def test_what_tells_nothing_is_left_to_the_mean_of_the_others():
    """Of four people at the corners of a square each would be told the opposite by the other three."""
    inputs, outputs = np.array([[1.0], [1], [-1], [-1]]), np.array([[1.0], [-1], [1], [-1]])
    _, told = ridge.fit(inputs, outputs, list("abcd"))
    np.testing.assert_allclose(told, -outputs / 3, atol=1e-3)


def test_what_varies_by_rounding_alone_is_a_constant():
    outputs = np.array([[-1.0], [1], [-1], [1]])
    fitted, _ = ridge.fit(1 + 2 * np.finfo(float).eps * (outputs > 0), outputs, list("abcd"))
    np.testing.assert_allclose(fitted(np.ones(1)), 0, atol=1e-3)


def test_one_person_cannot_be_left_out():
    with pytest.raises(ValueError, match="two people"):
        ridge.fit(np.ones((3, 2)), np.ones((3, 1)), ["one"] * 3)


def test_a_ridge_is_kept_as_it_is():
    fitted, _ = ridge.fit(*made_up(), PEOPLE)
    again = Ridge.from_json(parse_json(json.dumps(fitted.to_json()), "a.json"), 5, 2)
    for name in ("centre", "mean", "weights"):
        np.testing.assert_array_equal(getattr(again, name), getattr(fitted, name))
    with pytest.raises(InputError, match=r"a\.json: weights: expected 4 elements, there are 5"):
        Ridge.from_json(parse_json(json.dumps(fitted.to_json() | {"centre": [0] * 4}), "a.json"), 4, 2)
