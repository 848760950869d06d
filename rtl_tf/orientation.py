"""How an image is turned or mirrored to be displayed: EXIF's tag, as browsers heed it.

Pillow also asks other metadata (XMP, old programs' text chunks in PNG), which no browser does.
"""

import numpy as np
from PIL import Image

TAG = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ON_SIDE = (5, 6, 7, 8)  # whose width is displayed as height


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation of an image that is opened; 1 = upright. Nothing is decoded."""
    written = image.info.get("exif")
    if not written or image.format in ("TIFF", "HEIF"):  # turned by Pillow, by pillow-heif
        return 1
    exif = Image.Exif()
    exif.load(written)
    return exif.get(TAG, 1)


def displayed(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """uint8 (H, W, 3) as stored -> as displayed."""
    if orientation not in TURNS:
        return pixels
    return np.array(Image.fromarray(pixels).transpose(TURNS[orientation]))
