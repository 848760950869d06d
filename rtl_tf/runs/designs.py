"""Studies as data: which configurations are trained and compared. One file each: `table-1.toml`, `figure-10.toml`.

    title = "Table III, source networks"
    seeds = 3                                # how many, unless asked otherwise
    judged_on = "test"                       # or "validation": then no run opens the test part
    one_by_one = false                       # true: each grid has what the one before it has, but for what it says
    [[runs]]                                 # a grid: every combination, the last key fastest; grids add up
    title = "..."                            # what a grid is called, if it has a name
    source = ["imagenet", "vggface2"]
    method = ["ft", "rtl-sam"]

The other keys of a grid are settings as in config.json; what a study does not name is as the caller or the preset says.
"""

import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product
from typing import Any

from rtl_tf.documents import Node, parse_toml
from rtl_tf.exceptions import InputError
from rtl_tf.runs.config_file import FIELDS, check_types

MOST_RUNS = 1000


@dataclass(frozen=True)
class Study:
    """Configurations that are compared over paired seeds.

    Attributes:
        kind, name: `evaluate.py --<kind> <name>` shows the outcome.
        title: in a few words.
        seeds: each configuration is trained with the seeds 0 to seeds - 1.
        judged_on: "test", or "validation" for a study that chooses settings.
        configurations: settings under their JSON names, `method` among them.
        titles: of the configurations; empty for one without a name.
    """

    kind: str
    name: str
    title: str
    seeds: int
    judged_on: str
    configurations: tuple[dict[str, Any], ...]
    titles: tuple[str, ...]

    @property
    def label(self) -> str:
        """As a person calls it: `table 1`, `figure 10`."""
        return f"{self.kind} {self.name}"

    @property
    def varied(self) -> tuple[str, ...]:
        """Settings in which the configurations differ."""
        names = dict.fromkeys(name for configuration in self.configurations for name in configuration)
        return tuple(name for name in names if len({one.get(name) for one in self.configurations}) > 1)


def available_studies(kind: str) -> list[str]:
    """Names of the studies of a kind: numbers first."""
    files = [entry.name for entry in resources.files("rtl_tf.studies").iterdir()]
    names = [name.removeprefix(f"{kind}-").removesuffix(".toml") for name in files if name.startswith(f"{kind}-")]
    return sorted(names, key=lambda name: (not name.isdecimal(), int(name) if name.isdecimal() else 0, name))


@cache
def load_study(kind: str, name: str) -> Study:
    """A study by what it fills: ("table", "1") or ("figure", "10"); InputError that lists the names."""
    names = available_studies(kind)
    if name not in names:
        raise InputError(f"--{kind} {name}: no study of that name; choose --{kind} {', '.join(names)}")
    text = (resources.files("rtl_tf.studies") / f"{kind}-{name}.toml").read_text(encoding="utf-8")
    return parse_study(text, kind, name)


def lambda_grid() -> tuple[float, ...]:
    """The values of Fig. 10, among which `--lambda auto` chooses."""
    return tuple(configuration["lambda"] for configuration in load_study("figure", "10").configurations)


def parse_study(text: str, kind: str, name: str) -> Study:
    """A study from its TOML. InputError: not a study, a setting that does not exist, or no method."""
    origin = f"study {kind} {name}"
    table = parse_toml(text, origin)
    one_by_one, judged_on = table.optional("one_by_one", Node.flag), table.optional("judged_on", Node.text)
    configurations, titles = [], []
    before: dict[str, Any] = {}
    for grid in table["runs"].elements():
        title = grid.optional("title", Node.text) or ""
        own = {key: value for key, value in grid.object().items() if key != "title"}
        settings = before | own if one_by_one else own
        before = settings
        combinations = _combinations(settings, grid)
        configurations += combinations
        titles += [title] * len(combinations)
    part = "test" if judged_on is None else judged_on
    head = kind, name, table["title"].text(), table["seeds"].whole(1), part
    study = Study(*head, tuple(configurations), tuple(titles))
    for one in configurations:
        check_types(one, origin)
    unknown = {key for one in configurations for key in one} - FIELDS.keys()
    if unknown or study.judged_on not in ("test", "validation"):
        raise InputError(f"{origin}: unknown {', '.join(sorted(unknown)) or study.judged_on}")
    if not all("method" in one for one in configurations):
        raise InputError(f"{origin}: a grid without method")
    return study


def _combinations(settings: dict[str, Any], grid: Node) -> list[dict[str, Any]]:
    """Each value of each setting with each of the others. InputError for more than anybody trains."""
    values = [value if isinstance(value, list) else [value] for value in settings.values()]
    if math.prod(map(len, values)) > MOST_RUNS:
        raise grid.error(f"more than {MOST_RUNS} combinations")
    return [dict(zip(settings, combination, strict=True)) for combination in product(*values)]
