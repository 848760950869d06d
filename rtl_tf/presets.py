"""The presets as data: what a setting is unless it is asked for. Others have the default that `config` gives them."""

from typing import Any

NARROW = {"hg": 0.375, "unet": 0.25, "dsnt": 0.5}  # a step then costs about what one of FT does
PRESETS: dict[str, dict[str, Any]] = {  # where methods differ, by method
    "quick": {
        "data": "synthetic",
        "source": "dlib",
        "decoder_filters": 128,
        "width": NARROW,
        "image_size": 128,
        "epochs": 24,
        "batch_size": 8,
        "crop_jitter": 0.02,
        "label_shift": True,
    },
    "detector": {  # chosen on validation images of photographs, see results/choices
        "data": "synthetic",
        "source": "dlib",
        "decoder_filters": 128,
        "width": NARROW,
        "image_size": 192,
        "epochs": 24,
        "epoch_images": 50,  # else few labels would mean few steps
        "batch_size": 8,
        "crop_jitter": 0.0,
        "augment": "strong",
        "flips": False,
        "aligned": True,
        "label_shift": True,
        "calibrated": True,
        "views": 6,
    },
    "paper": {
        "data": "synthetic:subjects=517,scans=3",  # the paper's 1549 scans, and two
        "source": "vggface2",
        "decoder_filters": 256,
        "width": 1.0,
        "image_size": 256,
        "epochs": 150,
        "batch_size": 2,
        "crop_jitter": 0.0,
        "label_shift": False,
    },
}
