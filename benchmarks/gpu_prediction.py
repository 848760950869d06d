"""The steps of `gpu.py` that find landmarks in crops: latency of one, throughput of many."""

import tempfile
from pathlib import Path

import numpy as np
from gpu_steps import Figures, alone, networks, peak_memory, reset_memory, summary
from measure import in_turns


def noise(count: int, size: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3)).astype(np.uint8)


def prediction(smoke: bool, precision: str, xla: bool) -> Figures:
    """Crops to landmarks: latency of one, throughput of many. TensorFlow."""
    import tensorflow as tf

    from rtl_tf.inference.graph import locate_in_crops

    tf.config.experimental.enable_tensor_float_32_execution(precision != "fp32")
    rounds, given = (3 if smoke else 20), networks(smoke, 1, mixed=precision == "mixed")
    size = given.size
    locate = locate_in_crops(given.network, size, 1.5)
    if xla:
        locate = tf.function(locate, jit_compile=True)
    for count in (1, 2) if smoke else (1, 64, 256):
        crops = noise(count, size)
        with alone():
            reset_memory(tf)
            seconds = in_turns({"": lambda crops=crops: {k: v.numpy() for k, v in locate(crops).items()}}, rounds, 2)[
                ""
            ]
            figures = summary(seconds, count) | {"peak_memory_mib": peak_memory(tf)}
        yield f"prediction tensorflow {precision}{' xla' if xla else ''} batch {count}", figures


def prediction_onnx(smoke: bool) -> Figures:
    """As `prediction`, by ONNX Runtime, on the device where its package has CUDA."""
    import onnxruntime

    from rtl_tf.inference import export_onnx
    from rtl_tf.inference.graph import locate_in_crops

    rounds, given = (3 if smoke else 20), networks(smoke, 1)
    size = given.size
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    providers = [name for name in wanted if name in onnxruntime.get_available_providers()]
    if providers[0].startswith("CUDA") and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "detector.onnx"
        export_onnx.write(locate_in_crops(given.network, size, 1.5), file, None, "{}")
        session = onnxruntime.InferenceSession(file, providers=providers)
        used = session.get_providers()[0].removesuffix("ExecutionProvider")
        for count in (1, 2) if smoke else (1, 64, 256):
            crops = noise(count, size)
            with alone():
                seconds = in_turns({"": lambda crops=crops: session.run(None, {"crops": crops})}, rounds, 2)[""]
            yield f"prediction onnxruntime {used} batch {count}", summary(seconds, count)
