import pytest

from rtl_tf import regularizers
from rtl_tf.config import METHOD_NAMES
from rtl_tf.exceptions import InputError
from rtl_tf.methods import METHODS, get_method


def test_help_lists_the_methods_that_exist():
    assert tuple(METHODS) == METHOD_NAMES


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
