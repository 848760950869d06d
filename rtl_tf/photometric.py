"""Changes of a picture that leave its points where they are: light and colour, blur, noise, an occluder.

Images are float32 (N, S, S, 3), RGB 0 to 255; every other argument has a row for each image.
"""

import tensorflow as tf

WHITE = 255.0
FOLD = tf.uint32  # int32 would be computed on the host beside a GPU


def lit(images, *, gain, offset, contrast, gamma, cast, grey):
    """Brightness, contrast, colour cast, greyness and gamma, in this order.

    Args:
        gain, offset: factor on all values, and what is added, in shares of white.
        contrast: factor on the differences from the image's mean.
        cast: (N, 3), factors on the channels.
        grey: share of greyness, 0 to 1, at which all channels are their mean.
        gamma: exponent of values between black (0) and white (1), cut off there before.
    """
    size, mean = images.shape[1], tf.reduce_mean(images, axis=(1, 2, 3))
    mixing = (1 - grey)[:, None, None] * tf.eye(3) + grey[:, None, None] / 3
    mixing = cast[:, :, None] * mixing
    added = (gain * mean * (1 - contrast) + WHITE * offset)[:, None] * tf.reduce_sum(mixing, axis=1)
    factors = (gain * contrast)[:, None, None] * mixing
    values = tf.matmul(tf.reshape(images, (-1, size * size, 3)), factors) + added[:, None, :]
    values = tf.clip_by_value(values / WHITE, 0.0, 1.0)
    powers = tf.exp(gamma[:, None, None] * tf.math.log(values))  # twice as fast as `tf.pow`; black stays black
    return tf.reshape(WHITE * powers, (-1, size, size, 3))


def blurred(images, sigma):
    """Gaussian blur of standard deviation `sigma` (N,), px; 0 leaves an image as it is.

    One axis after the other as a product with a matrix of all weights: at any sigma faster than sums of shifted images.
    Beyond the border there is nothing: the weights of the places inside sum to 1.
    """
    size = images.shape[1]
    place = tf.range(size, dtype=tf.float32)
    exponents = -((place[:, None] - place) ** 2) / tf.maximum(2 * sigma**2, 1e-4)[:, None, None]
    weights = tf.nn.softmax(exponents)

    def along_columns(values):
        product = tf.matmul(weights, tf.reshape(values, (-1, size, 3 * size)))
        return tf.transpose(tf.reshape(product, (-1, size, size, 3)), (0, 2, 1, 3))

    return along_columns(along_columns(images))


def noise(keys, size: int):
    """Noise of mean 0 and standard deviation 1, another one for each pair of numbers `keys` (N, 2) in [0, 1).

    A hash of key and place gives 32 bits for every value, and the sum of their halves its triangular distribution: a
    function of the key alone, whatever the batch, where TensorFlow's generators take one seed a batch.

    Returns:
        float32 (N, S, S, 3).
    """
    first, second = (tf.bitcast(keys[:, part], FOLD)[:, None, None] for part in (0, 1))
    place = tf.reshape(tf.cast(tf.range(3 * size * size, dtype=tf.int64), FOLD), (size, 3 * size))
    bits = _mixed(tf.bitwise.bitwise_xor(_mixed(place), _mixed(first)) + _mixed(second))
    low = tf.bitwise.bitwise_and(bits, tf.constant(0xFFFF, FOLD))
    halves = tf.cast(low, tf.float32) + tf.cast(_shifted(bits, 16), tf.float32)
    return tf.reshape((halves - 0xFFFF) * (6**0.5 / 0x10000), (-1, size, size, 3))


def _mixed(bits):
    """A bijection of 32 bits in which each bit of the answer depends on all (multiplication and xor with a shift)."""
    bits = tf.bitwise.bitwise_xor(bits, _shifted(bits, 16)) * tf.constant(0x7FEB352D, FOLD)
    bits = tf.bitwise.bitwise_xor(bits, _shifted(bits, 15)) * tf.constant(0x846CA68B, FOLD)
    return tf.bitwise.bitwise_xor(bits, _shifted(bits, 16))


def _shifted(bits, by: int):
    return tf.bitwise.right_shift(bits, tf.constant(by, FOLD))


def occluded(images, *, left, top, width, height, colour):
    """A rectangle of one colour (N, 3) in 0 to 255 over each image; none where its width is 0.

    Args:
        width, height: shares of the side, rounded to whole px.
        left, top: shares of the room that the rectangle leaves: at 0 and 1 it lies at the border.
    """
    size = images.shape[1]

    def covered(start, length):
        length = tf.round(length * size)
        start = tf.round(start * (size - length))
        place = tf.range(size, dtype=tf.float32) - start[:, None]
        return (place >= 0) & (place < length[:, None])

    columns, rows = tf.repeat(covered(left, width), 3, axis=1)[:, None, :], covered(top, height)[:, :, None]
    values = tf.reshape(images, (-1, size, 3 * size))  # broadcasting over long rows is fast, over channels it is not
    values = tf.where(rows & columns, tf.tile(colour, (1, size))[:, None, :], values)
    return tf.reshape(values, (-1, size, size, 3))
