"""Who is there: a subject's age, sex, looks and face shape, as a function of (seed, subject)."""

from dataclasses import dataclass, field, fields

import numpy as np

AGE_GROUPS = {"toddler": (4.0, 6.0), "child": (6.0, 11.0), "adolescent": (11.0, 18.0), "adult": (18.0, 65.0)}
AGE_GROUP_SHARES = (0.2, 0.25, 0.2, 0.35)
SEXES = ("male", "female")
FAS_SLIDERS = ("smooth_philtrum", "thin_upper_lip", "short_palpebral_fissure")

_SKIN_TONES = np.array([[246, 210, 187], [236, 194, 164], [222, 176, 142], [194, 143, 106], [156, 106, 75],
                        [116, 76, 54], [84, 55, 42]]) / 255  # fmt: skip
_HAIR_COLOURS = np.array([[24, 20, 18], [46, 31, 23], [79, 54, 36], [120, 84, 52], [182, 145, 95], [112, 54, 30],
                          [150, 146, 140]]) / 255  # fmt: skip
_HAIR_SHARES_LIGHT = (0.12, 0.27, 0.24, 0.14, 0.13, 0.06, 0.0)
_HAIR_SHARES_DARK = (0.70, 0.26, 0.03, 0.01, 0.0, 0.0, 0.0)
_IRIS_COLOURS = np.array([[70, 45, 28], [95, 65, 38], [95, 110, 120], [85, 105, 75], [45, 30, 22]]) / 255


def _trait(mean, youth=0.0, robust=0.0, broad=0.0, flat=0.0, long=0.0, full=0.0, own=0.0, low=-np.inf, high=np.inf):
    """A shape parameter as a linear function of the person's factors, plus a residual of its own (sd `own`)."""
    factors = {"youth": youth, "robust": robust, "broad": broad, "flat": flat, "long": long, "full": full}
    return field(default=mean, metadata={"factors": factors, "own": own, "range": (low, high)})


@dataclass(frozen=True)
class Shape:
    """Shape parameters, correlated through six factors of a person (see `_factors`).

    Lengths are centimetres on an adult-sized head, ratios are relative to the average adult.
    """

    size: float = _trait(1.0, youth=-0.09, robust=0.02, own=0.012)  # of the whole head
    head_width: float = _trait(1.0, youth=0.045, robust=0.005, flat=0.015, long=-0.02, full=0.02, own=0.015)
    lower_height: float = _trait(0.966, youth=-0.05, robust=0.0015, long=0.035, own=0.015)  # below the pupils
    cranium: float = _trait(1.0, youth=0.10, own=0.012)  # above the pupils
    forehead: float = _trait(0.0, youth=0.65, robust=-0.12, own=0.12)  # bulge
    neck_width: float = _trait(0.97, youth=-0.20, robust=0.06, full=0.05, own=0.03)
    jaw_width: float = _trait(0.97, youth=-0.03, robust=0.045, flat=0.015, long=-0.015, full=0.035, own=0.025)
    chin: float = _trait(0.50, youth=-0.38, robust=0.14, broad=-0.10, flat=-0.04, own=0.12)
    muzzle: float = _trait(0.55, youth=0.05, broad=0.14, flat=0.05, own=0.08)
    malar: float = _trait(0.36, youth=-0.05, flat=0.12, long=-0.03, own=0.08, low=0.1)  # cheek bone
    buccal_fat: float = _trait(0.12, youth=0.75, robust=-0.04, long=-0.05, full=0.15, own=0.07, low=0.0)
    brow_ridge: float = _trait(0.32, youth=-0.34, robust=0.12, flat=-0.09, own=0.06, low=-0.05)
    socket_depth: float = _trait(0.85, youth=-0.20, robust=0.05, flat=-0.16, full=-0.04, own=0.07, low=0.35)

    nose_length: float = _trait(1.107, youth=-0.07, robust=0.012, long=0.03, own=0.025)  # relative to lower_height
    nose_tip: float = _trait(0.91, youth=-0.27, own=0.05)  # height of the tip above the subnasale
    nose_projection: float = _trait(0.73, youth=-0.13, broad=-0.025, flat=-0.04, long=0.02, own=0.035)
    nose_width: float = _trait(0.93, youth=-0.12, robust=0.02, broad=0.14, flat=0.05, long=-0.03, own=0.05, low=0.7)
    nose_bridge: float = _trait(1.0, youth=-0.55, robust=0.08, broad=-0.17, flat=-0.24, own=0.12, low=0.25)
    nose_upturn: float = _trait(0.0, youth=0.26, robust=-0.03, long=-0.04, own=0.09, low=-0.2)
    nose_hump: float = _trait(0.0, youth=-0.02, robust=0.03, flat=-0.03, own=0.07)

    eye_x: float = _trait(3.04, youth=-0.16, robust=0.03, broad=0.03, flat=0.05, own=0.06)  # pupil from midline
    fissure: float = _trait(1.025, youth=-0.038, robust=-0.01, flat=-0.01, own=0.037)
    eye_height: float = _trait(1.0, youth=0.20, robust=-0.03, flat=-0.12, full=-0.03, own=0.07, low=0.7)
    eye_tilt: float = _trait(0.10, flat=0.09, own=0.07)
    lid_crease: float = _trait(0.45, youth=-0.02, flat=-0.15, full=-0.03, own=0.09, low=0.14, high=0.75)
    brow_height: float = _trait(0.0, robust=-0.12, flat=0.05, own=0.10)

    mouth_level: float = _trait(7.18, youth=-0.265, robust=0.12, own=0.14)  # below the pupils, relative to lower_height
    mouth_width: float = _trait(2.42, youth=-0.36, robust=0.05, broad=0.10, own=0.08)  # half
    upper_lip: float = _trait(0.80, youth=-0.06, robust=-0.04, broad=0.13, long=-0.03, own=0.07, low=0.5)
    lower_lip: float = _trait(0.96, youth=-0.10, robust=-0.03, broad=0.14, own=0.08, low=0.6)
    lip_volume: float = _trait(0.50, youth=0.03, broad=0.10, own=0.05, low=0.3)
    cupids_bow: float = _trait(0.30, own=0.06, low=0.16, high=0.45)
    philtrum_depth: float = _trait(0.27, youth=0.02, broad=-0.01, own=0.04, low=0.16)
    philtrum_width: float = _trait(
        0.59, youth=-0.076, robust=0.024, broad=0.04, own=0.065, low=0.34
    )  # half, at the lip

    ear_size: float = _trait(1.0, youth=-0.03, robust=0.02, broad=-0.02, own=0.045)
    ear_flare: float = _trait(0.52, youth=0.05, own=0.10, low=0.33, high=0.8)  # radians from the head
    ear_tilt: float = _trait(0.18, own=0.05)
    ear_lobe: float = _trait(1.0, youth=-0.10, own=0.12, low=0.7)
    antihelix: float = _trait(1.0, own=0.15, low=0.65)


@dataclass(frozen=True)
class Hair:
    """The hair style that a person keeps. Lengths in centimetres, angles in radians."""

    colour: tuple[float, float, float]
    hairline: float  # height of the forehead's hairline above the pupils
    recession: float  # 0 none .. 1 temples bare
    length: float  # 0 cropped .. 1 over the shoulders
    volume: float
    curl: float  # 0 straight .. 1 tightly curled
    parting: float  # angle of the parting from the midline
    fringe: float  # how far locks fall below the hairline
    phases: tuple[float, ...]  # of the hairline's irregularities


@dataclass(frozen=True)
class Subject:
    """A person: all that stays the same from scan to scan.

    `skin_tone` runs from 0 (lightest) to 1 (darkest); the three FAS sliders from 0 (absent) to 1 (pronounced) and
    act on the shape only through the anatomy modules, so that `dataclasses.replace` changes one feature alone.
    `bumps` are hills of identity: rows (x, y, width x, width y, height, asymmetry) in face coordinates.
    """

    index: int
    age: float
    age_group: str
    sex: str
    skin_tone: float
    smooth_philtrum: float
    thin_upper_lip: float
    short_palpebral_fissure: float
    shape: Shape
    hair: Hair
    skin: tuple[float, float, float]
    redness: float
    freckles: float
    lip_colour: float
    iris: tuple[float, float, float]
    brow_thickness: float
    stubble: float  # 0 none .. 1 a day's dark beard
    bumps: tuple[tuple[float, ...], ...]

    @property
    def name(self) -> str:
        """The identifier in tables: s0042."""
        return f"s{self.index:04d}"

    @property
    def youth(self) -> float:
        """1 at four years, 0 when grown up."""
        return _youth(self.age)


def sample_subject(seed: int, subject: int) -> Subject:
    """Person number `subject` of the world `seed`: the same arguments always give the same person."""
    rng = np.random.default_rng([seed, subject, 0])
    age_group = str(rng.choice(list(AGE_GROUPS), p=AGE_GROUP_SHARES))
    age = float(rng.uniform(*AGE_GROUPS[age_group]))
    sex = str(np.random.default_rng([seed, subject, 3]).choice(SEXES))
    factors = _factors(rng, age, sex)
    sliders = {name: _slider(rng) for name in FAS_SLIDERS}
    tone = float(np.clip(0.36 + 0.2 * factors["broad"] - 0.05 * factors["flat"] + 0.13 * rng.standard_normal(), 0, 1))
    skin = _palette(_SKIN_TONES, tone) * (1 + 0.025 * rng.standard_normal())
    skin = skin * (1 + np.array([0, 0.015, 0.03]) * rng.standard_normal())
    bumps = np.stack(
        [rng.uniform(0, 5.5, 8), rng.uniform(-10, 6, 8), rng.uniform(0.9, 2.2, 8), rng.uniform(0.8, 2, 8),
         0.09 * rng.standard_normal(8), 0.35 * rng.standard_normal(8)], 1)  # fmt: skip
    return Subject(
        index=subject,
        age=round(age, 2),
        age_group=age_group,
        sex=sex,
        skin_tone=round(tone, 3),
        **sliders,
        shape=_shape(rng, factors),
        hair=_hair(rng, age, sex, tone, factors["robust"]),
        skin=_rgb(np.clip(skin, 0.02, 1)),
        redness=float(rng.uniform(0.5, 1.2)),
        freckles=float(max(0.0, rng.uniform(-1.5, 1)) * (tone < 0.35)),
        lip_colour=float(rng.uniform(0.3, 0.9)),
        iris=_rgb(_IRIS_COLOURS[rng.integers(5) if tone < 0.4 else rng.choice([0, 4])]),
        brow_thickness=float(np.clip(0.8 + 0.12 * factors["robust"] + 0.15 * rng.standard_normal(), 0.5, 1.3)),
        stubble=_stubble(rng, age, sex, factors["robust"]),
        bumps=tuple(tuple(row) for row in bumps.tolist()),
    )


def _youth(age: float) -> float:
    return float(np.clip((18 - age) / 14, 0, 1) ** 1.15)


def _factors(rng: np.random.Generator, age: float, sex: str) -> dict[str, float]:
    """What makes traits go together: growth, sex, two axes of ancestry, long or round, lean or full.

    `robust` has variance 1 over grown-ups of both sexes, most of it between them.
    """
    youth = _youth(age)
    ancestry = rng.choice(3, p=[0.4, 0.35, 0.25])
    broad = (-0.5, 1.2, -0.1)[ancestry] + 0.5 * rng.standard_normal()
    flat = (-0.5, 0.0, 1.4)[ancestry] + 0.5 * rng.standard_normal()
    robust, long, full = rng.standard_normal(3).tolist()
    robust = 0.6 * robust + (0.8 if sex == "male" else -0.8)
    return {"youth": youth, "robust": robust * (1 - 0.8 * youth), "broad": float(broad), "flat": float(flat),
            "long": long, "full": full}  # fmt: skip


def _shape(rng: np.random.Generator, factors: dict[str, float]) -> Shape:
    values = {}
    for trait in fields(Shape):
        loadings = trait.metadata["factors"]
        value = trait.default + sum(loadings[name] * factors[name] for name in loadings)
        value += trait.metadata["own"] * np.clip(rng.standard_normal(), -2.2, 2.2)
        values[trait.name] = float(np.clip(value, *trait.metadata["range"]))
    return Shape(**values)


def _slider(rng: np.random.Generator) -> float:
    """Absent in half of the people, otherwise anywhere up to pronounced."""
    present, amount = rng.uniform(size=2)
    return round(float(amount), 3) if present < 0.5 else 0.0


def _hair(rng: np.random.Generator, age: float, sex: str, tone: float, robust: float) -> Hair:
    shares = np.array(_HAIR_SHARES_LIGHT if tone < 0.42 else _HAIR_SHARES_DARK)
    shares[-1] = 0.5 * np.clip((age - 35) / 20, 0, 1)  # grey
    colour_index = rng.choice(len(_HAIR_COLOURS), p=shares / shares.sum())
    length = float(np.clip(rng.uniform(-0.35, 1.0) - 0.35 * robust * (age > 12), 0, 1))
    recession = float(np.clip(rng.uniform(-0.6, 1) * (age > 25) * (sex == "male"), 0, 1))
    curl = float(rng.uniform(0.3, 1)) if rng.uniform() < (0.25 if tone < 0.42 else 0.75) else 0.0
    fringe = float(rng.uniform(0.6, 3.2)) if rng.uniform() < 0.45 and recession == 0 and curl < 0.6 else 0.0
    return Hair(
        colour=_rgb(_HAIR_COLOURS[colour_index] * (1 + 0.1 * rng.standard_normal())),
        hairline=float(6.3 + 0.45 * rng.standard_normal() + 0.5 * _youth(age)),
        recession=recession,
        length=length,
        volume=float(rng.uniform(0.5, 1.3) + 0.4 * curl),
        curl=curl,
        parting=float(rng.choice([-1, 1]) * rng.uniform(0.1, 0.6)),
        fringe=fringe,
        phases=tuple(rng.uniform(0, 2 * np.pi, 8).tolist()),
    )


def _stubble(rng: np.random.Generator, age: float, sex: str, robust: float) -> float:
    """Of most grown-up men."""
    amount = rng.uniform(0.1, 1.0)
    return float(amount * np.clip((age - 15) / 5, 0, 1)) if sex == "male" and robust > 0.4 else 0.0


def _palette(colours: np.ndarray, position: float) -> np.ndarray:
    """Colour at `position` (0..1) along a list of colours."""
    knots = np.linspace(0, 1, len(colours))
    return np.array([np.interp(position, knots, colours[:, channel]) for channel in range(3)])


def _rgb(colour: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = np.clip(colour, 0, 1).tolist()
    return red, green, blue
