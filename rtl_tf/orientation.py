"""How an image is turned or mirrored to be displayed: EXIF's tag."""

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
    """EXIF orientation of an image that is opened but not yet loaded; 1 = upright."""
    if image.format in ("TIFF", "HEIF"):  # turned by Pillow, by pillow-heif
        return 1
    if image.format == "PNG" and "exif" not in image.info:  # asking would decode the whole file
        return 1
    return image.getexif().get(TAG, 1)


def displayed(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """uint8 (H, W, 3) as stored -> as displayed."""
    if orientation not in TURNS:
        return pixels
    return np.array(Image.fromarray(pixels).transpose(TURNS[orientation]))
