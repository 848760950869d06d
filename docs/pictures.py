"""Draws the pictures of docs/method.md from five short trainings: `python docs/pictures.py [RUNS]`.

Without RUNS only the one that needs no training, of augmented faces.

RUNS holds the folders `ft`, `rtl-co`, `rtl-eo`, `rtl-sam` and `rtl-cam`, each of

    python train.py --method METHOD --train-images 100 --epochs 12 --output RUNS/METHOD
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import rtl_tf
from rtl_tf.coordinates import heatmap_to_input, input_to_heatmap
from rtl_tf.heatmaps import encode
from rtl_tf.inference.attention import attention_maps
from rtl_tf.networks.sources import SourceNetwork, load_source
from rtl_tf.pipeline import AUGMENTATIONS, Preparation, load_crops, training_batches
from rtl_tf.regularizers import channel_attention_vector, encoder_output, normalised_distance, scaled
from rtl_tf.reports.figures.style import COLOURS, PAGE, bare, new_figure, styled
from rtl_tf.schema import load_schema

PICTURES = Path(__file__).parent / "pictures"
SIZE = 128
SOURCE, FT, RTL = COLOURS[0], COLOURS[2], COLOURS[1]


def main(runs: Path) -> None:
    """Write a PNG for every equation."""
    samples = rtl_tf.load_samples("synthetic:subjects=4,scans=1", size=SIZE, seed=1)  # people of no training
    crops = load_crops(samples, load_schema("fas14"), size=SIZE, margin=0.4)
    face, points = crops.plain[:1], crops.points[0]
    source = load_source("dlib", SIZE, classifier=True)
    trained = {folder.name: load_source(folder, SIZE) for folder in sorted(runs.iterdir())}
    trained["rtl-co"] = load_source(runs / "rtl-co", SIZE, classifier=True)
    features = {name: _features(network, face) for name, network in {"dlib": source, **trained}.items()}
    branches = {"dlib": source.classifier, "ft": source.classifier, "rtl-co": trained["rtl-co"].classifier}
    PICTURES.mkdir(exist_ok=True)
    for name, figure in {
        "heatmaps": heatmaps(face[0], points),
        "classifier-output": descriptors(
            {name: np.asarray(branch(features[name]))[0] for name, branch in branches.items()}
        ),
        "encoder-output": activations(features),
        "spatial-attention": maps(face[0], features),
        "channel-attention": vectors(features),
    }.items():
        figure.savefig(PICTURES / f"{name}.png", dpi=130)


def draw_augmented() -> None:
    """Write the PNG of built-in faces as a training with the strong augmentation sees them."""
    samples = rtl_tf.load_samples("synthetic:subjects=16,scans=1", size=SIZE, seed=1)
    schema, context = load_schema("fas14"), AUGMENTATIONS["strong"].context_px(SIZE)
    crops = load_crops(samples, schema, size=SIZE, margin=0.4, context=context)
    (batch,) = training_batches(crops, batch_size=16, seed=0, epoch=lambda: 1, augmentation="strong")
    prepare = Preparation(SIZE, sigma=1.5, permutation=schema.mirror_permutation, augmentation="strong")
    faces, truth = prepare(batch)
    PICTURES.mkdir(exist_ok=True)
    figure = sheet(np.asarray(faces).round().astype(np.uint8), np.asarray(heatmap_to_input(truth["points"])))
    figure.savefig(PICTURES / "augmentation.png", dpi=130)


@styled
def sheet(faces: np.ndarray, points: np.ndarray) -> Figure:
    """Sixteen faces with their landmarks."""
    figure = new_figure(PAGE, PAGE / 4, "compressed")
    for axes, face, of in zip(figure.subplots(2, 8).flat, faces, points, strict=True):
        axes.imshow(face)
        axes.plot(*of.T, "o", color=COLOURS[6], markersize=1.5)
        axes.set(xlim=(-0.5, SIZE - 0.5), ylim=(SIZE - 0.5, -0.5))
        bare(axes)
    return figure


@styled
def heatmaps(face: np.ndarray, points: np.ndarray) -> Figure:
    """Eq. 1: a face with its landmarks, all heatmaps in one, and one of them."""
    figure = new_figure(PAGE, 2.4, "compressed")
    pixels, together, single = figure.subplots(1, 3)
    encoded = np.asarray(encode(input_to_heatmap(points), SIZE // 4, sigma=1.5))
    pixels.imshow(face)
    pixels.plot(*points.T, "o", color=COLOURS[6], markersize=3)
    together.imshow(encoded.max(axis=-1), cmap="magma")
    single.imshow(encoded[..., 3], cmap="magma")
    titles = ("128x128 input px", "its 14 heatmaps in one, 32x32", "the one of the tip of the nose")
    for axes, title in zip((pixels, together, single), titles, strict=True):
        bare(axes)
        axes.set_title(title)
    return figure


@styled
def descriptors(of: dict[str, np.ndarray]) -> Figure:
    """Eq. 4 without its softmax: the face's descriptor. FT has no branch of its own: its encoder with the source's."""
    figure = new_figure(PAGE, 2.0)
    known = of["dlib"]
    for axes, name, colour in zip(figure.subplots(1, 2, sharey=True), ("ft", "rtl-co"), (FT, RTL), strict=True):
        found = of[name]
        axes.plot(known, color=SOURCE, linewidth=0.8, label="source")
        axes.plot(found, color=colour, linewidth=0.8, label=name.upper())
        axes.set(title=f"{name.upper()}: squared distance {np.sum((known - found) ** 2):.3f}", xlabel="component")
        axes.legend(frameon=False, ncols=2)
    figure.axes[0].set_ylabel("value")
    return figure


@styled
def activations(features: dict[str, np.ndarray]) -> Figure:
    """Eq. 5: every activation of the target against the source's."""
    figure = new_figure(PAGE, 2.6)
    known = features["dlib"]
    for axes, name, colour in zip(figure.subplots(1, 2, sharey=True), ("ft", "rtl-eo"), (FT, RTL), strict=True):
        cosine = 1 - float(encoder_output(known, features[name])[0])
        axes.plot(known.ravel(), features[name].ravel(), ".", color=colour, markersize=1.5, alpha=0.5)
        axes.set(title=f"{name.upper()}: cosine {cosine:.2f}", xlabel="activation of the source", ylabel="target")
    return figure


@styled
def maps(face: np.ndarray, features: dict[str, np.ndarray]) -> Figure:
    """Eqs. 6 and 7: where each encoder looks."""
    figure = new_figure(PAGE, 2.2, "compressed")
    pixels, *others = figure.subplots(1, 4)
    pixels.imshow(face)
    pixels.set_title("face")
    known = attention_maps(features["dlib"])
    for axes, name in zip(others, ("dlib", "ft", "rtl-sam"), strict=True):
        attention = attention_maps(features[name])
        axes.imshow(attention[0], cmap="magma")
        distance = float(normalised_distance(known, attention)[0])
        axes.set_title("source" if name == "dlib" else f"{name.upper()}\nsquared distance {distance:.2f}")
    for axes in (pixels, *others):
        bare(axes)
    return figure


@styled
def vectors(features: dict[str, np.ndarray]) -> Figure:
    """Eqs. 8 and 9: how much each channel says, in the order of the source."""
    figure = new_figure(PAGE, 2.2)
    known = _unit(channel_attention_vector(features["dlib"]))
    order = np.argsort(-known)
    for axes, name, colour in zip(figure.subplots(1, 2, sharey=True), ("ft", "rtl-cam"), (FT, RTL), strict=True):
        found = _unit(channel_attention_vector(features[name]))
        axes.plot(found[order], color=colour, linewidth=0.8, label=name.upper())
        axes.plot(known[order], color=SOURCE, linewidth=1.2, label="source")
        axes.set(title=f"{name.upper()}: squared distance {np.sum((known - found) ** 2):.3f}", xlabel="channel")
        axes.legend(frameon=False)
    figure.axes[0].set_ylabel("mean, at unit norm")
    return figure


def _features(network: SourceNetwork, face: np.ndarray) -> np.ndarray:
    return np.asarray(network.encoder(face.astype(np.float32), training=False)[-1])


def _unit(vector) -> np.ndarray:
    vector = np.asarray(scaled(vector))[0]
    return vector / np.linalg.norm(vector)


if __name__ == "__main__":
    draw_augmented()
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
