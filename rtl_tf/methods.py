"""Every method of the paper on one screen. A method is data: a network, what of it is trained, and its regularizers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from rtl_tf import losses, regularizers
from rtl_tf.exceptions import InputError
from rtl_tf.networks import dsnt, hourglass, unet


def _whole(output):
    return output


@dataclass(frozen=True)
class Regularizer:
    """A function of `rtl_tf.regularizers`, and what it compares.

    The source network is frozen: what a function needs of it, its *answer*, can be kept from epoch to epoch.

    Attributes:
        function: of source and target output, both as the networks give them.
        compares: the output: "features" (encoder output, (N, H, W, B)) or "logits" (classification branch, (N, C)).
        answer: of an output, what the function needs of it.
        distance: of two answers, equal to the function of the outputs; None = the answers are the outputs.
        half: whether the answer may be kept in half precision (it is large, and only its direction counts).
    """

    function: Callable
    compares: str
    answer: Callable = _whole
    distance: Callable | None = None
    half: bool = False

    def from_answer(self, source_answer, target_output, **options):
        """The function's value, (N,), with the source's answer instead of its output."""
        return (self.distance or self.function)(source_answer, self.answer(target_output), **options)


@dataclass(frozen=True)
class Method:
    """One row of the paper's tables.

    Examples:
        >>> METHODS["rtl-co-eo"].title, METHODS["fe"].trains
        ('RTL-CO-EO', 'decoder')

    Attributes:
        name: as on the command line and in run folders.
        title: as in the tables.
        trains: "decoder" (encoder frozen), "last-convolution" (the encoder's last one and the decoder), "all".
        regularizers: summed, each with weight lambda (Eq. 3).
        network: builds the network (image_size, landmarks, width, seed) from random weights; None = encoder of the
            source network and decoder of the simple baseline.
        loss: of what `pipeline.targets` gives and of the network's outputs, a function of `rtl_tf.losses`.
    """

    name: str
    title: str
    trains: str = "all"
    regularizers: tuple[Regularizer, ...] = ()
    network: Callable | None = None
    loss: Callable = losses.of_heatmaps

    @property
    def uses_classifier(self) -> bool:
        return any(term.compares == "logits" for term in self.regularizers)


CO = Regularizer(regularizers.classifier_output, "logits")
CO_CROSS_ENTROPY = Regularizer(regularizers.classifier_cross_entropy, "logits")
EO = Regularizer(regularizers.encoder_output, "features", answer=regularizers.scaled, half=True)
SAM = Regularizer(
    regularizers.spatial_attention,
    "features",
    answer=regularizers.spatial_attention_map,
    distance=regularizers.normalised_distance,
)
CAM = Regularizer(
    regularizers.channel_attention,
    "features",
    answer=regularizers.channel_attention_vector,
    distance=regularizers.normalised_distance,
)

METHODS = {
    method.name: method
    for method in (
        Method("fe", "FE", trains="decoder"),
        Method("ftp", "FTP", trains="last-convolution"),
        Method("ft", "FT"),
        Method("hg", "HG", network=hourglass.network, loss=losses.of_both_stacks),
        Method("unet", "U-Net", network=unet.network),
        Method("dsnt", "DSNT", network=dsnt.network, loss=losses.of_coordinates),
        Method("rtl-co", "RTL-CO", regularizers=(CO,)),
        Method("rtl-eo", "RTL-EO", regularizers=(EO,)),
        Method("rtl-sam", "RTL-SAM", regularizers=(SAM,)),
        Method("rtl-cam", "RTL-CAM", regularizers=(CAM,)),
        Method("rtl-co-eo", "RTL-CO-EO", regularizers=(CO, EO)),
        Method("rtl-co-sam", "RTL-CO-SAM", regularizers=(CO, SAM)),
        Method("rtl-co-cam", "RTL-CO-CAM", regularizers=(CO, CAM)),
    )
}


def get_method(name: str, classifier_distance: str | None = None) -> Method:
    """A method by its name; raises InputError that lists the names.

    Args:
        classifier_distance: "cross-entropy" compares classifier outputs by it instead of by Eq. 4.
    """
    if name not in METHODS:
        raise InputError(f"--method {name}: unknown, use one of {', '.join(METHODS)}")
    method = METHODS[name]
    if classifier_distance == "cross-entropy":
        terms = tuple(CO_CROSS_ENTROPY if term is CO else term for term in method.regularizers)
        return replace(method, regularizers=terms)
    return method
