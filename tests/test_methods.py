import subprocess
import sys

import pytest

from rtl_tf import losses, regularizers
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.building import network_of
from rtl_tf.methods import METHODS, get_method
from rtl_tf.networks import dsnt, hourglass, unet
from rtl_tf.reports.tables import method_titles
from rtl_tf.training.objective import objective_of

FROM_RANDOM_WEIGHTS = ("hg", "unet", "dsnt")
WITH_CLASSIFIER = ("rtl-co", "rtl-co-eo", "rtl-co-sam", "rtl-co-cam")


def test_methods_are_data_that_load_no_tensorflow():
    heavy = ["tensorflow", "keras", "numpy", "pandas", "scipy", "matplotlib"]
    code = f"import sys, rtl_tf.methods; sys.exit(not sys.modules.keys().isdisjoint({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_name_stands_for_something():
    for method in METHODS.values():
        objective = objective_of(method)
        assert [term.compares for term in objective.terms] == [named.compares for named in method.regularizers]
        assert all(callable(getattr(regularizers, term.name)) for term in objective.terms)
    built = [network_of(METHODS[name]) for name in FROM_RANDOM_WEIGHTS]
    assert built == [hourglass.network, unet.network, dsnt.network]


def test_which_methods_have_a_source_and_a_classifier():
    assert {name for name, method in METHODS.items() if method.network} == set(FROM_RANDOM_WEIGHTS)
    assert {name for name, method in METHODS.items() if method.uses_classifier} == set(WITH_CLASSIFIER)


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        ("ft", {"width", "temperature", "classifier_distance", "source_frame"}),
        ("rtl-co", {"width", "source_frame"}),
        ("rtl-eo", {"width", "temperature", "classifier_distance"}),
        ("rtl-co-eo", {"width"}),
        (
            "dsnt",
            {"source", "source_weights", "source_decoder", "encoder_stride", "decoder", "decoder_filters"}
            | {"skip_connections", "batch_norm", "temperature", "classifier_distance", "source_frame", "heatmap_loss"},
        ),
    ],
)
def test_settings_that_mean_nothing_to_a_method(name, foreign):
    assert set(METHODS[name].foreign) == foreign


def test_titles_are_the_papers():
    assert method_titles().items() <= {(name, method.title) for name, method in METHODS.items()}


def test_methods_from_random_weights_have_their_own_losses_and_no_regularizer():
    assert [objective_of(METHODS[name]).loss for name in FROM_RANDOM_WEIGHTS] == [
        losses.of_both_stacks,
        losses.of_heatmaps,
        losses.of_coordinates,
    ]
    assert not any(METHODS[name].regularizers for name in FROM_RANDOM_WEIGHTS)


@pytest.mark.parametrize("name", WITH_CLASSIFIER)
def test_cross_entropy_takes_the_place_of_equation_4(name):
    usual, variant = get_method(name, "l2"), get_method(name, "cross-entropy")
    assert usual == METHODS[name]
    assert [term.distance for term in objective_of(variant).terms] == [
        regularizers.classifier_cross_entropy,
        *(term.distance for term in objective_of(usual).terms[1:]),
    ]
    assert variant.uses_classifier and (variant.name, variant.title) == (usual.name, usual.title)


def test_transfer_baselines_have_no_regularizer_and_train_what_the_paper_says():
    assert {name: METHODS[name].trains for name in ("fe", "ftp", "ft")} == {
        "fe": "decoder",
        "ftp": "last-convolution",
        "ft": "all",
    }
    assert all(not METHODS[name].regularizers for name in ("fe", "ftp", "ft"))


@pytest.mark.parametrize(
    ("name", "functions"),
    [
        ("rtl-co", ["classifier_output"]),
        ("rtl-eo", ["encoder_output"]),
        ("rtl-sam", ["spatial_attention"]),
        ("rtl-cam", ["channel_attention"]),
        ("rtl-co-eo", ["classifier_output", "encoder_output"]),
        ("rtl-co-sam", ["classifier_output", "spatial_attention"]),
        ("rtl-co-cam", ["classifier_output", "channel_attention"]),
    ],
)
def test_regularizers_of_each_method(name, functions):
    method = METHODS[name]
    assert [term.name for term in objective_of(method).terms] == functions
    assert method.trains == "all"
    assert method.uses_classifier == ("classifier_output" in functions)


def test_unknown_method_names_the_known_ones():
    with pytest.raises(InputError, match="rtl-sam"):
        get_method("rtl")
