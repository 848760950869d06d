"""A round sticker of known diameter in a photograph: found by Hough circles, measured on its sub-pixel edge.

A disc seen from the side is an ellipse whose long axis is its diameter still, so that the scale does not depend on how
the sticker lies. What is no sticker - an iris, a nostril, a button with a pattern - lacks an edge all around from one
even colour to another, or is no ellipse. Where none is left, or several, nothing is guessed.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from skimage.feature import canny, peak_local_max
from skimage.transform import hough_circle, resize

SEARCHED = 640  # px: longer side of the image in which circles are looked for
RADII = (6, 64)  # px there: from a fifth of a per mille of its area to a fifth of its side
PEAKS, VOTES = 6, 0.2  # candidates of each radius, and the share of a circle that its edges make at least
RAYS = 180
FEWEST = 145  # of them, that an ellipse is fitted to
REACH = (0.5, 1.8)  # of the radius: where the edge is looked for along a ray
ALL_AROUND = 0.9  # share of the rays that meet the edge
CONTRAST = 12.0  # grey values that the edge has at least
EVEN = 0.25  # of the contrast: how much the inside may vary
OFF = 0.04  # of the radius: root mean square distance of the edge from its ellipse
FLAT = 0.6  # short axis over long axis at least: tilted by up to 53 degrees
TURNS = 8  # rays whose edges err together, where the light or the skin behind changes
SECTORS, SIDE = 6, 2  # of the edge; of them that follow each other: what the diameter owes to each side is its doubt
BRIGHTNESS = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Sticker:
    """A disc.

    Attributes:
        centre: float64 (2,), original px, pixel centres on integers.
        diameter: of its long axis, original px.
        error: standard deviation of the diameter, px.
        tilt: degrees that it is turned away.
    """

    centre: np.ndarray
    diameter: float
    error: float
    tilt: float


def find_stickers(image: np.ndarray) -> list[Sticker]:
    """The discs on a decoded image, uint8 (H, W, 3), the largest first."""
    grey = image.astype(np.float64) @ BRIGHTNESS
    found: list[Sticker] = []
    for x, y, radius in _circles(grey):
        sticker = _measured(grey, np.array([x, y]), radius)
        if sticker and not any(_same(sticker, other) for other in found):
            found.append(sticker)
    return sorted(found, key=lambda sticker: -sticker.diameter)


def _circles(grey: np.ndarray) -> list[tuple[float, float, float]]:
    """Candidates (x, y, radius), original px, by Hough's transform of a smaller image."""
    factor = max(1.0, max(grey.shape) / SEARCHED)
    small = resize(grey, [max(1, round(side / factor)) for side in grey.shape], anti_aliasing=True)
    edges = canny(small, sigma=2.0, low_threshold=2, high_threshold=5)
    radii = np.unique(np.geomspace(*RADII, 40).round().astype(int))
    radii = radii[2 * radii < min(small.shape)]
    if not edges.any() or not len(radii):
        return []
    found = [_peaks(plane, radius) for plane, radius in zip(hough_circle(edges, radii), radii, strict=True)]
    x, y, radius = np.concatenate(found).T
    scale = np.array(grey.shape) / small.shape
    places = (np.stack([x, y], axis=1) + 0.5) * scale[::-1] - 0.5
    return np.column_stack([places, radius * scale.mean()]).tolist()


def _peaks(plane: np.ndarray, radius: int) -> np.ndarray:
    """(P, 3): x, y and radius of the best circles of one radius."""
    places = peak_local_max(plane, min_distance=3, threshold_abs=VOTES, num_peaks=PEAKS, exclude_border=False)
    return np.column_stack([places[:, ::-1], np.full(len(places), radius)])


def _measured(grey: np.ndarray, centre: np.ndarray, radius: float) -> Sticker | None:
    """What is around a candidate as an ellipse; None where it is no sticker."""
    for _ in range(3):  # each look from the middle of the last one
        edge, blur = _edge(grey, centre, radius)
        fitted = _ellipse(edge, radius) if len(edge) else None
        if fitted is None:
            return None
        centre, (long, short), rest, edge = fitted
        radius = math.sqrt(long * short)
    if rest > OFF * radius or short < FLAT * long or not _even(grey, centre, short):
        return None
    tilt = math.degrees(math.acos(min(1.0, short / long)))
    inward = blur / (2 * radius)  # how far the steepest place of a blurred round edge lies inside it
    noise = rest * math.sqrt(2 * TURNS / RAYS) + inward / 2
    return Sticker(centre, 2 * (long + inward), 2 * math.hypot(noise, _one_sided(edge, centre)), tilt)


def _one_sided(edge: np.ndarray, centre: np.ndarray) -> float:
    """Standard deviation of the long half axis, px, by the jackknife over blocks of sectors of the edge (Künsch 1989,
    doi:10.1214/aos/1176347265); infinite where one side alone makes it an ellipse.

    A brow or a strand of hair that touches a disc shifts one side of the edge. The rest of a fit hardly tells, since
    the ellipse bends to it; without that side the axis is another. Single sectors would count a shift that two of them
    share as half of what it is.
    """
    angles = np.arctan2(*(edge - centre).T[::-1])
    sector = ((angles + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    axes = [_axes(_conic(edge[(sector - first) % SECTORS >= SIDE])[0]) for first in range(SECTORS)]
    long = [found[1][0] for found in axes if found]
    return math.sqrt(SECTORS / SIDE - 1) * float(np.std(long)) if len(long) == SECTORS else math.inf


def _edge(grey: np.ndarray, centre: np.ndarray, radius: float) -> tuple[np.ndarray, float]:
    """The steepest places (P, 2) along rays, between pixels, and the edge's blur, as a variance in px²; no place where
    the edge is not all around, or not everywhere from dark to light, or from light to dark."""
    angles = np.arange(RAYS) * 2 * np.pi / RAYS
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    step = max(0.25, radius / 100)
    distances = np.arange(REACH[0] * radius, REACH[1] * radius, step)
    x, y = np.moveaxis(centre + rays[:, None] * distances[:, None], -1, 0)
    inside = (x >= 0) & (y >= 0) & (x <= grey.shape[1] - 1) & (y <= grey.shape[0] - 1)
    if not inside.all() or len(distances) < 8:
        return np.empty((0, 2)), 0.0
    smoothing = max(0.5, 0.02 * radius)
    profiles = gaussian_filter(map_coordinates(grey, [y, x], order=1), (0, smoothing / step))
    slopes = np.gradient(profiles, step, axis=1)
    sign = np.sign(np.median(slopes[np.arange(RAYS), np.abs(slopes).argmax(axis=1)])) or 1.0
    at = (sign * slopes)[:, 1:-1].argmax(axis=1) + 1
    before, here, after = ((sign * slopes)[np.arange(RAYS), at + shift] for shift in (-1, 0, 1))
    bend = before - 2 * here + after
    vertex = np.where(bend < 0, (before - after) / np.where(bend < 0, 2 * bend, 1), 0.0)
    rise = sign * (profiles[:, -1] - profiles[:, 0])
    met = (rise > CONTRAST) & (np.abs(vertex) <= 1)
    if met.mean() < ALL_AROUND:
        return np.empty((0, 2)), 0.0
    places = centre + rays * (distances[at] + vertex * step)[:, None]
    width = np.median(rise[met] / here[met]) / math.sqrt(2 * math.pi)  # of the step of a normal distribution
    return places[met], max(0.0, float(width**2 - smoothing**2))


def _ellipse(edge: np.ndarray, radius: float) -> tuple[np.ndarray, tuple[float, float], float, np.ndarray] | None:
    """Middle, long and short half axis, root mean square rest of an ellipse through points (P, 2), and the points
    without those that lie off it: a hair, a highlight."""
    for _ in range(4):
        if len(edge) < FEWEST:
            return None
        origin, (conic, away) = edge.mean(axis=0), _conic(edge)
        far = np.abs(away) > max(3 * float(np.median(np.abs(away))) / 0.67, 0.05)
        edge = edge[~far]
        if not far.any():
            break
    if (found := _axes(conic)) is None:
        return None
    middle, (long, short) = found
    rest = float(np.sqrt(np.mean(away[~far] ** 2)))
    return (origin + middle, (long, short), rest, edge) if 0.5 * radius < short and long < 2 * radius else None


def _axes(conic: np.ndarray) -> tuple[np.ndarray, tuple[float, float]] | None:
    """Middle, counted as the conic's, and long and short half axis of an ellipse; None where it is none."""
    shape = np.array([[conic[0], conic[1] / 2], [conic[1] / 2, conic[2]]])
    if np.linalg.det(shape) <= 0:
        return None
    middle = np.linalg.solve(-2 * shape, conic[3:5])
    squares = (middle @ shape @ middle - conic[5]) / np.linalg.eigvalsh(shape)
    if (squares <= 0).any():
        return None
    short, long = sorted(np.sqrt(squares).tolist())
    return middle, (long, short)


def _conic(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of x², xy, y², x, y and 1, counted from the points' mean, of the conic of least algebraic squares;
    and how far each point lies off it, to first order, px."""
    middle = points.mean(axis=0)
    size = np.abs(points - middle).max()
    x, y = ((points - middle) / size).T
    terms = np.stack([x * x, x * y, y * y, x, y, np.ones_like(x)], axis=1)
    conic = np.linalg.svd(terms, full_matrices=False)[2][-1]
    steep = np.hypot(2 * conic[0] * x + conic[1] * y + conic[3], conic[1] * x + 2 * conic[2] * y + conic[4])
    away = size * (terms @ conic) / np.maximum(steep, 1e-12)
    return conic / size ** np.array([2, 2, 2, 1, 1, 0]), away


def _even(grey: np.ndarray, centre: np.ndarray, radius: float) -> bool:
    """Whether the inside is of one colour, measured by the step to what is around."""
    angles, shares = np.meshgrid(np.arange(36) * np.pi / 18, np.linspace(0, 0.8, 9))
    x, y = centre[0] + radius * shares * np.cos(angles), centre[1] + radius * shares * np.sin(angles)
    inside = map_coordinates(grey, [y, x], order=1)
    around = map_coordinates(
        grey, [centre[1] + 1.3 * radius * np.sin(angles[0]), centre[0] + 1.3 * radius * np.cos(angles[0])], order=1
    )
    return float(inside.std()) < EVEN * abs(float(inside.mean() - np.median(around)))


def _same(one: Sticker, other: Sticker) -> bool:
    return float(np.linalg.norm(one.centre - other.centre)) < max(one.diameter, other.diameter) / 2
