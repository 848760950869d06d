"""How sharp a face is on a photograph, to choose among photographs of one person by one camera."""

import numpy as np
from scipy import ndimage

from rtl_tf.coordinates import Crop
from rtl_tf.images import crop_image
from rtl_tf.inference.decoded import Box

SIZE = 256  # px along the square: larger faces are seen smaller, so that noise of single pixels is no sharpness
EDGE = 1.0  # px, width of the edges that are looked for

WEIGHTS = np.array([0.299, 0.587, 0.114])


def sharpness(image: np.ndarray, box: Box) -> float:
    """Of a square of a decoded image (H, W, 3): spread of its Laplacian over that of its grey values, in percent.

    Light and contrast are of no account. NaN where all is of one grey.
    """
    grey = crop_image(image, Crop(*box, SIZE)) @ WEIGHTS
    spread = float(grey.std())
    return 100 * float(ndimage.gaussian_laplace(grey, EDGE).std()) / spread if spread > 0 else float("nan")
