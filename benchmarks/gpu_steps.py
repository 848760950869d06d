"""The steps of `gpu.py`, each run in a process of its own: generators of (name, figures), best first.

What only computes on the processor (building, tracing) several steps do at a time; whatever is timed, and what XLA
tries out while it compiles, holds the device alone.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from device import accelerator, measured_peak, median_rate, peak
from filelock import FileLock
from measure import in_turns, ratio

Figures = Iterator[tuple[str, dict]]
STEPS = {2: 50, 8: 25, 32: 11}  # of a call, by batch size; 11 are a third of the paper's epoch at 32
ROUNDS = 8
EPOCHS, IMAGES = 150, 1084  # of the paper's training: 70 % of 1549 scans


def alone() -> AbstractContextManager:
    """The device is this process's as long as the context lasts."""
    return FileLock(os.environ["RTL_TF_GPU_LOCK"])


def networks(smoke: bool, *given, **named):
    """`TimedSteps` of the full ResNet-50 at 256x256, or of a toy."""
    from timed_steps import TimedSteps

    return TimedSteps(64, *given, width=1 / 16, **named) if smoke else TimedSteps(256, *given, **named)


def summary(seconds: list[float], images: int, steps: int = 1) -> dict:
    """Of calls that go through `images` each, in `steps` steps."""
    scale = 1e3 / steps
    return {
        "ms": scale * statistics.median(seconds),
        "ms_min": scale * min(seconds),
        "ms_max": scale * max(seconds),
        "images_per_second": median_rate(seconds, images),
    }


def facts(smoke: bool) -> Figures:
    """What the device is, and what it does at most: products of 8192x8192 matrices."""
    import tensorflow as tf

    name = accelerator()
    side = 8192 if name and not smoke else 512
    built = tf.sysconfig.get_build_info()
    details = {"name": name or "CPU", "tensorflow": tf.__version__, "cuda_of_the_build": built.get("cuda_version")}
    if name:
        device = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])
        details["compute_capability"] = ".".join(map(str, device["compute_capability"]))
    with alone():
        details["tf32_tflops"] = measured_peak("float32", side) / 1e12
        details["bfloat16_tflops"] = measured_peak("bfloat16", side) / 1e12
    yield "facts", details


def losses(smoke: bool, method: str) -> Figures:
    """Five steps of a method on the device and on the processor, from equal weights and on equal batches; float32."""
    import tensorflow as tf
    from timed_steps import LANDMARKS

    from rtl_tf.config import Asked
    from rtl_tf.experiments.building import build
    from rtl_tf.methods import METHODS
    from rtl_tf.pipeline import Preparation
    from rtl_tf.training.optimizer import Adam

    tf.config.experimental.enable_tensor_float_32_execution(False)
    known, data = METHODS[method], networks(smoke, 2)
    own = {"width": data.width} if known.network else {"source": "vggface2"}
    settings = Asked(method=method, preset="paper", image_size=data.size, **own).resolved()
    crops = np.zeros((2, data.size, data.size, 3), np.uint8)

    def five(weights: list | None) -> tuple[list, list[float]]:
        pair = None if known.network else (data.start(), data.start())
        detector, _ = build(settings, known, pair, crops, LANDMARKS)
        detector.set_weights(weights or detector.get_weights())
        weights = detector.get_weights()
        detector.prepare = Preparation(data.size, sigma=1.5)
        detector.compile(Adam(1e-5, epsilon=1e-8))
        detector.optimizer.build(detector.trainable_variables)
        step, found = tf.function(detector.train_step), []
        for seed in range(5):
            detector.reset_metrics()
            found.append(float(step(data.batch(seed))["loss"]))
        return weights, found

    with tf.device("CPU:0"):
        weights, one = five(None)
    with alone(), tf.device("GPU:0" if accelerator() else "CPU:0"):
        _, other = five(weights)
    difference = np.max(np.abs(np.subtract(one, other)) / np.abs(one))
    found = {"processor": one, "device": other, "largest_relative_difference": float(difference)}
    yield f"losses {method}", found


def speed(smoke: bool, batch_size: int, precision: str, xla: bool, methods: tuple[str, ...], online: bool) -> Figures:
    """Images a second of FT and, paired with it, of RTL methods."""
    import tensorflow as tf

    tf.config.experimental.enable_tensor_float_32_execution(precision != "fp32")
    count, rounds = (2, 2) if smoke else (STEPS[batch_size], ROUNDS)
    steps = networks(smoke, batch_size, count, precision == "mixed", xla)
    name = accelerator()
    label = f"speed batch {batch_size} {precision}{' xla' if xla else ''}"
    ft = steps.call("ft")
    most, origin = peak(name, precision) if not smoke else (1e12, "none")
    with alone():
        started = time.perf_counter()
        ft()
        compiled = time.perf_counter() - started
        reset_memory(tf)
        seconds = in_turns({"ft": ft}, rounds, 2)["ft"]
        figures = summary(seconds, batch_size * count, count)
        figures |= {"share_of_peak": figures["images_per_second"] * steps.flops() / most, "peak_origin": origin}
        figures |= {"first_call_seconds": compiled, "peak_memory_mib": peak_memory(tf)}
    yield f"{label} ft", figures
    kinds = [(method, cached) for method in methods for cached in ((True, False) if online else (True,))]
    for method, cached in kinds:
        call = steps.call(method, cached)
        with alone():
            call()
            reset_memory(tf)
            seconds = in_turns({"ft": ft, method: call}, rounds, 2)
            memory = peak_memory(tf)
        figures = summary(seconds[method], batch_size * count, count)
        figures |= {"over_ft": ratio(seconds, method, "ft"), "peak_memory_mib": memory}
        yield f"{label} {method} {'cached' if cached else 'online'}", figures


def reset_memory(tf) -> None:
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.reset_memory_stats("GPU:0")


def peak_memory(tf) -> float | None:
    """MiB of the device since `reset_memory`; weights and the optimizers of this process are among them."""
    if not tf.config.list_physical_devices("GPU"):
        return None
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20


def trace(smoke: bool, xla: bool) -> Figures:
    """Copies and kernels in the profile of a call of several steps: what is asked for is its loss alone."""
    import tensorflow as tf
    from profile_trace import device_events

    count = 2 if smoke else 10
    call = networks(smoke, 2, count, jit_compile=xla).call("rtl-eo")
    with alone(), tempfile.TemporaryDirectory() as folder:
        call()
        call()
        tf.profiler.experimental.start(folder)
        started = time.perf_counter()
        call()
        seconds = time.perf_counter() - started
        tf.profiler.experimental.stop()
        found = device_events(Path(folder))
    label = f"trace{' xla' if xla else ''}"
    if not found["planes"]:
        yield label, {"device": "no plane of a device in the profile"}
        return
    figures = {
        "steps_a_call": count,
        "device_to_host_copies_a_call": found["to_host"],
        "host_to_device_copies_a_call": found["to_device"],
        "kernels_a_step": found["kernels"] / count,
        "device_ms_a_step": found["busy_ms"] / count,
        "wall_ms_a_step": 1e3 * seconds / count,
        "longest": found["longest"],
    }
    yield label, figures


def training(smoke: bool, batch_size: int, whole: bool) -> Figures:
    """Minutes of the paper's training of RTL-EO by `train.py` itself, on built-in faces, from random weights.

    Of 300 steps, without the first epoch, in which the step is compiled; or `whole`: 150 epochs.
    """
    from rtl_tf import datasets
    from rtl_tf.cli.train import main
    from rtl_tf.runs.history import read_history

    images = 300 * batch_size if not whole else IMAGES
    epochs, data = (EPOCHS if whole else 3), "synthetic:subjects=517,scans=3"
    size = ["--image-size", "256"]
    if smoke:
        images, epochs, data, size = 4, 2, "synthetic:subjects=12,scans=1", ["--image-size", "64"]
    datasets.load(data, None, size=int(size[1]))  # renders them
    with tempfile.TemporaryDirectory() as folder, alone():
        run = Path(folder) / "run"
        flags = ["--method", "rtl-eo", "--preset", "paper", "--source", "random-resnet50", "--data", data, *size]
        flags += ["--epochs", str(epochs), "--train-images", str(min(images, IMAGES)), "--batch-size", str(batch_size)]
        flags += ["--steps-per-execution", str(2 if smoke else STEPS[batch_size])]
        flags += [] if smoke else ["--jit-compile", "--mixed-precision"]
        started = time.perf_counter()
        main([*flags, "--validation-only", "--output", str(run)])
        seconds = time.perf_counter() - started
        rows = read_history(run / "history.csv")
    epoch = statistics.median(row["seconds"] for row in rows[1:])
    made = min(images, IMAGES) // batch_size * batch_size
    figures = {"epoch_seconds": epoch, "first_epoch_seconds": rows[0]["seconds"], "images_an_epoch": made}
    figures |= {"minutes_of_all_epochs": EPOCHS * IMAGES / made * epoch / 60, "minutes_in_all": seconds / 60}
    if whole:
        figures["validation_error_heatmap_px"] = min(row["val_error"] for row in rows)
    yield f"training batch {batch_size}{' whole' if whole else ''}", figures


def peer(smoke: bool, batch_size: int, precision: str, mode: str) -> Figures:
    """PyTorch's simple baseline."""
    import torch
    from torch_simple_baseline import training_step

    device = "cuda" if torch.cuda.is_available() else "cpu"
    size, count, rounds = (64, 1, 2) if smoke else (256, STEPS[batch_size], ROUNDS)
    steps = training_step(batch_size, size, threads=os.cpu_count(), device=device, precision=precision, mode=mode)
    started = time.perf_counter()
    steps(3)  # compiles
    compiled = time.perf_counter() - started
    with alone():
        seconds = in_turns({"torch": lambda: steps(count)}, rounds, 2)["torch"]
    figures = summary(seconds, batch_size * count, count) | {"first_call_seconds": compiled}
    if device == "cuda":
        figures["peak_memory_mib"] = torch.cuda.max_memory_allocated() / 2**20
    yield f"torch batch {batch_size} {precision} {mode}", figures | {"version": torch.__version__}
