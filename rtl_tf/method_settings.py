"""Names of the methods, and which settings mean nothing to which. Needs no TensorFlow.

A setting that is foreign to a method is None in its runs, and asking for it is refused. What the methods are stands in
`rtl_tf.methods`; a test holds the two together.
"""

WITH_CLASSIFIER = ("rtl-co", "rtl-co-eo", "rtl-co-sam", "rtl-co-cam")
FROM_SOURCE = ("fe", "ftp", "ft", "rtl-eo", "rtl-sam", "rtl-cam", *WITH_CLASSIFIER)
FROM_RANDOM_WEIGHTS = ("hg", "unet", "dsnt")
METHOD_NAMES = (
    *("fe", "ftp", "ft", *FROM_RANDOM_WEIGHTS),
    *("rtl-co", "rtl-eo", "rtl-sam", "rtl-cam", "rtl-co-eo", "rtl-co-sam", "rtl-co-cam"),
)

_OF_A_SOURCE = ("source", "source_weights", "encoder_stride", "decoder_filters", "skip_connections", "batch_norm")
_OF_A_CLASSIFIER = ("temperature", "classifier_distance")
# setting: the methods that it is foreign to, and why
FOREIGN = {
    **dict.fromkeys(_OF_A_SOURCE, (FROM_RANDOM_WEIGHTS, "starts from random weights, without a source network")),
    "width": (FROM_SOURCE, "has its source network's width"),
    **dict.fromkeys(_OF_A_CLASSIFIER, (set(METHOD_NAMES) - set(WITH_CLASSIFIER), "compares no classifier outputs")),
    "heatmap_loss": (("dsnt",), "is trained by coordinates, not by Eq. 2"),
}


def foreign_settings(method: str) -> dict[str, str]:
    """Names of the settings that are foreign to a method, each with the reason."""
    return {name: reason for name, (methods, reason) in FOREIGN.items() if method in methods}
