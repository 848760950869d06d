"""What a device can do at most, and what a training step asks of it."""

import re
import statistics
import time

# Dense TFLOP/s by NVIDIA's data sheets: float32, TF32, float16 or bfloat16 (with float32 sums); None = not in hardware.
PEAKS = {
    "GTX 1060": (4.4, None, None),  # the paper's
    "V100": (15.7, None, 125),
    "T4": (8.1, None, 65),
    "A10": (31.2, 62.5, 125),
    "A100": (19.5, 156, 312),
    "RTX 3090": (35.6, 35.6, 71),
    "RTX 4090": (82.6, 82.6, 165.2),
    "L4": (30.3, 60, 121),
    "L40S": (91.6, 183, 362),
    "H100 PCIe": (51, 378, 756),
    "H100": (67, 494.7, 989.4),
    "H200": (67, 494.7, 989.4),
}


def accelerator() -> str | None:
    """The name of the first CUDA device that TensorFlow sees."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else None


def peak(name: str | None, precision: str) -> tuple[float, str]:
    """FLOP/s of the device, and whence the number: the table, or else large matrix products, measured here.

    Args:
        precision: "fp32", "tf32" (of float32 convolutions, where the device has it: TensorFlow's default) or "mixed".
    """
    for known, (float32, tf32, half) in PEAKS.items():
        value = {"fp32": float32, "tf32": tf32 or float32, "mixed": half}[precision]
        if name and value and re.search(rf"\b{known}\b", name):
            return 1e12 * value, f"data sheet of {known}"
    return measured_peak("bfloat16" if precision == "mixed" else "float32"), "product of 4096x4096 matrices, best of 10"


def measured_peak(dtype: str, side: int = 4096) -> float:
    import tensorflow as tf

    a, b = (tf.cast(tf.random.stateless_uniform((side, side), (0, seed)), dtype) for seed in (1, 2))
    product = tf.function(lambda: tf.reduce_sum(tf.cast(tf.matmul(a, b)[:1], tf.float32)))
    seconds = []
    for _ in range(11):
        started = time.perf_counter()
        float(product())
        seconds.append(time.perf_counter() - started)
    return 2 * side**3 / min(seconds[1:])


def forward_flops(network) -> float:
    """Multiplications and additions of a functional network's convolutions and dense layers for one image."""
    import keras

    from rtl_tf.networks.assignment import flat_layers

    total = 0
    for layer in flat_layers(network):
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Conv2DTranspose, keras.layers.Dense)):
            # A kernel's weight meets every place of the map that it strides over: the larger one of a deconvolution's.
            places = layer.input if isinstance(layer, keras.layers.Conv2DTranspose) else layer.output
            height, width = places.shape[1:3] if len(places.shape) == 4 else (1, 1)
            total += 2 * layer.kernel.shape.num_elements() * height * width
    return total


def step_flops(trained, asked=None) -> float:
    """Of a training step, for one image: forward and both gradients of `trained`, and forward of `asked`."""
    return 3 * forward_flops(trained) + (forward_flops(asked) if asked is not None else 0)


def median_rate(seconds: list[float], images: int) -> float:
    return images / statistics.median(seconds)
