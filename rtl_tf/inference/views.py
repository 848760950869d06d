"""The same face seen again: flipped, turned, zoomed. What is found in several views is averaged."""

import math
from dataclasses import dataclass, replace

from rtl_tf.coordinates import Crop


@dataclass(frozen=True)
class View:
    """A change of the square that is looked at.

    Attributes:
        flipped: seen mirrored.
        shift: of the centre along x and y of the image, shares of the side.
        zoom: factor on the side.
        turn: radians.
    """

    flipped: bool = False
    shift: tuple[float, float] = (0.0, 0.0)
    zoom: float = 1.0
    turn: float = 0.0

    def of(self, crop: Crop) -> Crop:
        if self == View():
            return crop  # to the last bit
        side = crop.side * self.zoom
        x, y = (middle + crop.side * shift for middle, shift in zip(crop.centre, self.shift, strict=True))
        mirrored = crop.mirrored != self.flipped
        angle = crop.angle + self.turn
        return replace(crop, left=x - side / 2, top=y - side / 2, side=side, angle=angle, mirrored=mirrored)


TURN = math.radians(7)
# The first is the square itself; more come in this order.
VIEWS = (
    View(),
    View(flipped=True),
    View(shift=(0.02, 0.02), zoom=0.93, turn=TURN),
    View(flipped=True, shift=(-0.02, 0.02), zoom=1.07, turn=TURN),
    View(shift=(-0.02, -0.02), zoom=1.07, turn=-TURN),
    View(flipped=True, shift=(0.02, -0.02), zoom=0.93, turn=-TURN),
)
