"""How a picture is taken: expression, pose, camera, light and backdrop, as a function of (seed, subject, scan)."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Expression:
    """0 is the face at rest."""

    smile: float = 0.0  # 0..1
    mouth_open: float = 0.0  # 0..1
    brow_raise: float = 0.0  # -0.5 (frown) .. 1
    lid_opening: float = 1.0  # 0.6 (drowsy) .. 1.2 (wide)
    gaze: tuple[float, float] = (0.0, 0.0)  # iris displacement, cm


@dataclass(frozen=True)
class Pose:
    """Head against camera. Angles in degrees: yaw 0 is frontal and positive shows the left side; a camera
    below the face has a negative pitch."""

    yaw: float = 42.0
    pitch: float = 0.0
    roll: float = 0.0
    distance: float = 100.0  # cm
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)  # share of the frame


@dataclass(frozen=True)
class Light:
    """A key light with sky light and a weak fill from the camera."""

    direction: tuple[float, float, float] = (0.4, 0.5, 0.77)  # towards the light, head axes
    strength: float = 0.95
    ambient: float = 0.4
    warmth: float = 0.0


@dataclass(frozen=True)
class Scan:
    """One picture of a subject; `mirrored` pictures show the right side of the face."""

    index: int
    expression: Expression
    pose: Pose
    light: Light
    hair_mess: float  # 0 combed .. 1 loose strands
    hair_seed: int
    background: tuple[float, float, float]
    clutter: float
    clothes: tuple[float, float, float]
    glasses: bool
    blur: float  # standard deviation, px of a 256 px picture
    noise: float  # standard deviation, 0..1 grey values
    mirrored: bool
    noise_seed: int


# A pose that hides a landmark is drawn again, nearer to the middle of the range; after that, for a nose that
# hides its own base, the head is turned towards the camera step by step.
DRAWN_POSES = 12
MAX_POSES = 24
TURN = 1.5  # degrees


def sample_scan(seed: int, subject: int, scan: int) -> Scan:
    """Picture number `scan` of a subject; its pose is the first of `poses`."""
    rng = np.random.default_rng([seed, subject, 1, scan])
    uniform = rng.uniform
    azimuth, elevation = np.deg2rad(uniform(-70, 110)), np.deg2rad(uniform(10, 60))
    side, up, front = np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)
    return Scan(
        index=scan,
        expression=_expression(rng),
        pose=sample_pose(seed, subject, scan, 0),
        light=Light(
            direction=(float(side), float(up), float(front)),
            strength=float(uniform(0.7, 1.0)),
            ambient=float(uniform(0.3, 0.55)),
            warmth=float(uniform(-0.06, 0.10)),
        ),
        hair_mess=float(uniform(0, 1)),
        hair_seed=int(rng.integers(1 << 30)),
        background=_muted(rng, 0.15, 0.8, 0.05),
        clutter=float(max(0.0, uniform(-0.4, 1))),
        clothes=_muted(rng, 0.08, 0.75, 0.22),
        glasses=bool(uniform() < 0.12),
        blur=float(uniform(0.3, 0.75)),
        noise=float(uniform(0.003, 0.014)),
        mirrored=bool(uniform() < 0.5),
        noise_seed=int(rng.integers(1 << 30)),
    )


def sample_pose(seed: int, subject: int, scan: int, attempt: int) -> Pose:
    """Pose for a picture; `attempt` counts the poses before it that hide a landmark."""
    rng = np.random.default_rng([seed, subject, 2, scan, attempt])
    calm = max(0.0, 1 - attempt / DRAWN_POSES)
    middle = 40 - TURN * max(0, attempt + 1 - DRAWN_POSES)
    return Pose(
        yaw=round(float(middle + calm * rng.uniform(-15, 18)), 2),
        pitch=round(float(-4.5 + calm * 4.5 * np.clip(rng.standard_normal(), -2, 2)), 2),
        roll=round(float(calm * 3.5 * np.clip(rng.standard_normal(), -2, 2)), 2),
        distance=float(rng.uniform(70, 140)),
        zoom=float(rng.uniform(0.93, 1.08)),
        shift=tuple(rng.uniform(-0.03, 0.03, 2).tolist()),
    )


def photographed(scan: Scan, seed: int, subject: int, size: int) -> Scan:
    """The scan as a photograph of `size` px: the head smaller than the frame, off its middle by up to 10 % of it, the
    camera tilted by up to 10 degrees, and as sharp as a camera's pixels."""
    rng = np.random.default_rng([seed, subject, 4, scan.index])
    pose = replace(
        scan.pose,
        roll=round(float(rng.uniform(-10, 10)), 2),
        zoom=float(rng.uniform(0.5, 0.75)),
        shift=tuple(rng.uniform(-0.1, 0.1, 2).tolist()),
    )
    return replace(scan, pose=pose, blur=2 * scan.blur * 256 / size)


def _expression(rng: np.random.Generator) -> Expression:
    smiles, opens = rng.uniform(size=2)
    return Expression(
        smile=float(rng.uniform(0.2, 1)) if smiles < 0.4 else 0.0,
        mouth_open=float(rng.uniform(0.15, 1)) if opens < 0.35 else 0.0,
        brow_raise=float(np.clip(0.35 * rng.standard_normal(), -0.5, 1)),
        lid_opening=float(np.clip(1 + 0.12 * rng.standard_normal(), 0.65, 1.2)),
        gaze=(float(0.12 * rng.standard_normal()), float(0.06 * rng.standard_normal())),
    )


def _muted(rng: np.random.Generator, low: float, high: float, saturation: float) -> tuple[float, float, float]:
    """A colour of little saturation: a grey plus a small tint."""
    tint = saturation * np.clip(rng.standard_normal(3), -1.5, 1.5)
    return tuple(np.clip(rng.uniform(low, high) * (1 + tint - tint.mean()), 0.02, 0.95).tolist())
