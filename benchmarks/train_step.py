"""Seconds of a training step: RTL over FT, with the source's answers kept and asked for, and FT over plain PyTorch.

    python benchmarks/train_step.py [--image-size 256] [--batch-size 2] [--rounds 20] [--json FILE]
                                    [--mixed-precision] [--jit-compile] [--steps 1] [--methods rtl-co ...]

ResNet-50 at full width with random weights (speed does not depend on them), K = 14. Also images a second, and the share
of the device's peak that they are; on a CUDA device the file is named after it, and the peer is left out.
"""

import argparse
import importlib.util
import os
from pathlib import Path

from device import accelerator, median_rate, peak
from measure import RESULTS, in_turns, machine, print_table, ratio, write_json

from rtl_tf.cli import start_tensorflow

METHODS = ("rtl-co", "rtl-eo", "rtl-sam", "rtl-cam")
PAPER_IMAGES = 150 * 1084  # epochs, and 70 % of 1549 scans


def main() -> None:
    options = parse()
    start_tensorflow()
    device = accelerator()
    variants, flops = tensorflow_steps(options)
    has_torch = importlib.util.find_spec("torch") is not None and device is None
    if has_torch:
        from torch_simple_baseline import training_step

        variants["torch"] = training_step(options.batch_size, options.image_size, threads=os.cpu_count())
    else:
        print("without the peer: PyTorch is not installed, or the device is not the CPU")
    seconds = in_turns(variants, options.rounds)
    print_table(seconds, options.batch_size * options.steps, "ft")
    figures = {
        f"rtl_over_ft_{kind}": max(ratio(seconds, f"{name} {kind}", "ft") for name in options.methods)
        for kind in ("cached", "online")
        if options.methods
    }
    if has_torch:
        figures["ft_images_per_second_over_torch"] = ratio(seconds, "torch", "ft")
    rate = median_rate(seconds["ft"], options.batch_size * options.steps)
    most, origin = peak(device, "mixed" if options.mixed_precision else "tf32")
    figures |= {
        "ft_images_per_second": rate,
        "ft_share_of_peak": rate * flops / most,
        "paper_training_minutes": PAPER_IMAGES / rate / 60,
    }
    print("\n".join(f"{name}: {value:.3f}" for name, value in figures.items()))
    print(f"FT: {flops / 1e9:.1f} GFLOP an image; peak {most / 1e12:.3g} TFLOP/s ({origin})")
    packages = ("tensorflow", "keras", *(("torch",) if has_torch else ()))
    kept = ("image_size", "batch_size", "mixed_precision", "jit_compile", "steps")
    details = {name: getattr(options, name) for name in kept} | {
        "device": device or "CPU",
        "flops_per_image": flops,
        "peak_flops_per_second": most,
        "peak_origin": origin,
        "machine": machine(packages),
        "seconds": seconds,
    }
    write_json(options.json or RESULTS / file_name(options, device), figures, details)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=METHODS, help="beside ft [all]")
    parser.add_argument("--mixed-precision", action="store_true")
    parser.add_argument("--jit-compile", action="store_true")
    parser.add_argument("--steps", type=int, default=1, help="steps that TensorFlow makes without returning [1]")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def file_name(options: argparse.Namespace, device: str | None) -> str:
    parts = ["train_step"]
    parts += [device.replace(" ", "-")] if device else []
    parts += [f"{options.image_size}x{options.batch_size}"]
    parts += [name for name in ("mixed_precision", "jit_compile") if getattr(options, name)]
    return "_".join(parts) + ".json"


def tensorflow_steps(options: argparse.Namespace) -> tuple[dict, float]:
    """FT and, cached and online, each RTL method; and the FLOP of FT's step for one image."""
    from timed_steps import TimedSteps

    steps = TimedSteps(
        options.image_size, options.batch_size, options.steps, options.mixed_precision, options.jit_compile
    )
    calls = {"ft": steps.call("ft")}
    for name in options.methods:
        calls[f"{name} cached"] = steps.call(name)
        calls[f"{name} online"] = steps.call(name, cached=False)
    return calls, steps.flops()


if __name__ == "__main__":
    main()
