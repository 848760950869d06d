import pytest

from rtl_tf import losses, regularizers
from rtl_tf.exceptions import InputError
from rtl_tf.method_settings import FROM_RANDOM_WEIGHTS, FROM_SOURCE, METHOD_NAMES, WITH_CLASSIFIER, foreign_settings
from rtl_tf.methods import METHODS, get_method
from rtl_tf.reports.tables import method_titles


def test_help_lists_the_methods_that_exist():
    assert tuple(METHODS) == METHOD_NAMES


def test_what_the_settings_say_of_the_methods_holds():
    assert {name for name, method in METHODS.items() if method.network} == set(FROM_RANDOM_WEIGHTS)
    assert {name for name, method in METHODS.items() if not method.network} == set(FROM_SOURCE)
    assert {name for name, method in METHODS.items() if method.uses_classifier} == set(WITH_CLASSIFIER)
    takes_no_reduction = {name for name in METHODS if "heatmap_loss" in foreign_settings(name)}
    assert takes_no_reduction == {name for name, method in METHODS.items() if method.loss is losses.of_coordinates}


def test_titles_are_the_papers():
    assert method_titles().items() <= {(name, method.title) for name, method in METHODS.items()}


def test_methods_from_random_weights_have_their_own_losses_and_no_regularizer():
    assert [METHODS[name].loss for name in ("hg", "unet", "dsnt")] == [
        losses.of_both_stacks,
        losses.of_heatmaps,
        losses.of_coordinates,
    ]
    assert not any(METHODS[name].regularizers for name in FROM_RANDOM_WEIGHTS)


@pytest.mark.parametrize("name", WITH_CLASSIFIER)
def test_cross_entropy_takes_the_place_of_equation_4(name):
    usual, variant = get_method(name, "l2"), get_method(name, "cross-entropy")
    assert usual == METHODS[name]
    assert [term.function for term in variant.regularizers] == [
        regularizers.classifier_cross_entropy,
        *(term.function for term in usual.regularizers[1:]),
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
    assert [term.function for term in method.regularizers] == [getattr(regularizers, f) for f in functions]
    assert method.trains == "all"
    assert method.uses_classifier == ("classifier_output" in functions)


def test_unknown_method_names_the_known_ones():
    with pytest.raises(InputError, match="rtl-sam"):
        get_method("rtl")
