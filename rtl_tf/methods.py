"""Every method of the paper on one screen. A method is data: a network, what of it is trained, and its regularizers.

Functions and networks are called by their names, so that settings, tables and figures know the methods without
TensorFlow; `rtl_tf.training.objective` and `rtl_tf.experiments.building` find what the names stand for.
"""

from dataclasses import dataclass, replace

from rtl_tf.exceptions import InputError

OF_COORDINATES = "of_coordinates"  # the loss that is none of heatmaps alone
OF_A_SOURCE = (
    "source",
    "source_weights",
    "source_decoder",
    "encoder_stride",
    "decoder",
    "decoder_filters",
    "skip_connections",
    "batch_norm",
)
OF_A_CLASSIFIER = ("temperature", "classifier_distance")
OF_ENCODER_OUTPUTS = ("source_frame",)


@dataclass(frozen=True)
class Regularizer:
    """A function of `rtl_tf.regularizers`, and what it compares.

    The source network is frozen: what a function needs of it, its *answer*, can be kept from epoch to epoch. Training
    therefore uses `distance(answer(source), answer(target))`, which equals `function(source, target)`.

    Attributes:
        function: of source and target output, both as the networks give them.
        compares: the output: "features" (encoder output, (N, H, W, B)) or "logits" (classification branch, (N, C)).
        answer: the function that gives, of an output, what is needed of it; None = the output itself.
        distance: the function of two answers; None = `function`.
        half: whether the answer may be kept in half precision (it is large, and only its direction counts).
    """

    function: str
    compares: str
    answer: str | None = None
    distance: str | None = None
    half: bool = False


@dataclass(frozen=True)
class Method:
    """One row of the paper's tables.

    Examples:
        >>> METHODS["rtl-co-eo"].title, METHODS["fe"].trains
        ('RTL-CO-EO', 'decoder')

    Attributes:
        name: as on the command line and in run folders.
        title: as in the tables.
        trains: "decoder" (encoder frozen), "last-convolution" (the encoder's last one that joins channels, and the
            decoder), "all".
        regularizers: summed, each with weight lambda (Eq. 3).
        network: module of `rtl_tf.networks` whose `network` builds it (image_size, landmarks, width, seed) from random
            weights; None = encoder of the source network and decoder of the simple baseline.
        loss: of what `pipeline.targets` gives and of the network's outputs, a function of `rtl_tf.losses`.
    """

    name: str
    title: str
    trains: str = "all"
    regularizers: tuple[Regularizer, ...] = ()
    network: str | None = None
    loss: str = "of_heatmaps"

    @property
    def uses_classifier(self) -> bool:
        return any(term.compares == "logits" for term in self.regularizers)

    @property
    def uses_features(self) -> bool:
        return any(term.compares == "features" for term in self.regularizers)

    @property
    def foreign(self) -> dict[str, str]:
        """Names of the settings that mean nothing to it, each with the reason: it has none of them in its runs."""
        reasons = {"width": "has its source network's width"}
        if self.network:
            reasons = dict.fromkeys(OF_A_SOURCE, "starts from random weights, without a source network")
        if not self.uses_classifier:
            reasons |= dict.fromkeys(OF_A_CLASSIFIER, "compares no classifier outputs")
        if not self.uses_features:
            reasons |= dict.fromkeys(OF_ENCODER_OUTPUTS, "compares no encoder outputs")
        if self.loss == OF_COORDINATES:
            reasons |= {"heatmap_loss": "is trained by coordinates, not by Eq. 2"}
        return reasons


CO = Regularizer("classifier_output", "logits")
CO_CROSS_ENTROPY = Regularizer("classifier_cross_entropy", "logits")
EO = Regularizer("encoder_output", "features", answer="scaled", half=True)
SAM = Regularizer("spatial_attention", "features", answer="spatial_attention_map", distance="normalised_distance")
CAM = Regularizer("channel_attention", "features", answer="channel_attention_vector", distance="normalised_distance")

METHODS = {
    method.name: method
    for method in (
        Method("fe", "FE", trains="decoder"),
        Method("ftp", "FTP", trains="last-convolution"),
        Method("ft", "FT"),
        Method("hg", "HG", network="hourglass", loss="of_both_stacks"),
        Method("unet", "U-Net", network="unet"),
        Method("dsnt", "DSNT", network="dsnt", loss=OF_COORDINATES),
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
