"""Seconds of a training step: RTL over FT, with the source's answers kept and asked for, and FT over plain PyTorch.

    python benchmarks/train_step.py [--image-size 256] [--batch-size 2] [--rounds 20] [--json FILE]

ResNet-50 at full width with random weights (speed does not depend on them), K = 14.
"""

import argparse
import importlib.util
import os
from pathlib import Path

from measure import RESULTS, in_turns, machine, print_table, ratio, write_json

from rtl_tf.cli import start_tensorflow

METHODS = ("rtl-co", "rtl-eo", "rtl-sam", "rtl-cam")
LANDMARKS = 14


def main() -> None:
    options = parse()
    start_tensorflow()
    variants = tensorflow_steps(options.image_size, options.batch_size)
    has_torch = importlib.util.find_spec("torch") is not None
    if has_torch:
        from torch_simple_baseline import training_step

        variants["torch"] = training_step(options.batch_size, options.image_size, LANDMARKS, os.cpu_count())
    else:
        print("PyTorch is not installed: the peer is left out")
    seconds = in_turns(variants, options.rounds)
    print_table(seconds, options.batch_size, "ft")
    figures = {
        "rtl_over_ft_cached": max(ratio(seconds, f"{name} cached", "ft") for name in METHODS),
        "rtl_over_ft_online": max(ratio(seconds, f"{name} online", "ft") for name in METHODS),
    }
    if has_torch:
        figures["ft_images_per_second_over_torch"] = ratio(seconds, "torch", "ft")
    print("\n".join(f"{name}: {value:.3f}" for name, value in figures.items()))
    packages = ("tensorflow", "keras", *(("torch",) if has_torch else ()))
    details = {
        "image_size": options.image_size,
        "batch_size": options.batch_size,
        "machine": machine(packages),
        "seconds": seconds,
    }
    write_json(options.json, figures, details)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.json = options.json or RESULTS / f"train_step_{options.image_size}x{options.batch_size}.json"
    return options


def tensorflow_steps(image_size: int, batch_size: int) -> dict:
    """One step of FT and, cached and online, of each RTL method, on one network each and one frozen source for all."""
    import numpy as np
    import tensorflow as tf

    from rtl_tf.methods import METHODS as ALL
    from rtl_tf.networks import resnet50
    from rtl_tf.networks.sources import SOURCES, SourceNetwork
    from rtl_tf.pipeline import targets
    from rtl_tf.training.model import RegularizedDetector, build_network, build_source
    from rtl_tf.training.optimizer import Adam

    def network() -> SourceNetwork:
        encoder = resnet50.encoder(image_size)
        return SourceNetwork(SOURCES["vggface2"], encoder, resnet50.classifier(encoder))

    rng = np.random.default_rng(0)
    images = tf.constant(rng.uniform(0, 255, (batch_size, image_size, image_size, 3)), tf.float32)
    points = tf.constant(rng.uniform(20, image_size - 20, (batch_size, LANDMARKS, 2)), tf.float32)
    truth = targets(points, tf.zeros(batch_size, tf.int32), image_size, 1.5)
    source = build_source(network(), with_classifier=True)
    steps = {}
    for name in ("ft", *METHODS):
        method = ALL[name]
        target = build_network(network(), LANDMARKS, skip=False, seed=0, with_classifier=method.uses_classifier)
        reg_weight = 0.002 if method.regularizers else 0.0
        detector = RegularizedDetector(target, source=source, method=method, reg_weight=reg_weight)
        detector.compile(optimizer=Adam(1e-5, epsilon=1e-8))
        if name == "ft":
            steps["ft"] = step_of(detector, images, truth)
        else:
            answers = detector.source_answers(images)
            steps[f"{name} cached"] = step_of(detector, images, truth | {"source": answers})
            steps[f"{name} online"] = step_of(detector, images, truth)
    return steps


def step_of(detector, images, truth):
    """The model's own train_step in one graph; the loss is fetched, so that the call ends when the step does."""
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # it warns of retracing, and here nine models trace one method
    detector.optimizer.build(detector.trainable_variables)
    step = tf.function(detector.train_step)
    return lambda: float(step((images, truth))["loss"])


if __name__ == "__main__":
    main()
