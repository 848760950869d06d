"""Do the tables' intervals and p-values keep what they promise? On data of known truth, and on trainings of one method.

    python benchmarks/honesty.py --json benchmarks/results/honesty.json

1. Simulated comparisons of two methods without a difference: how often p < 0.05, and how often the 95 % interval covers
   a difference that is there, for the tables' mixed model, for crossed resampling of people and seeds, and for people
   alone. Variances are those of the committed runs on built-in faces.
2. Failure rates of known size: coverage of their intervals.
3. The real null: trainings of one method with one choice of settings, compared with each other as if they were two.
"""

from itertools import combinations, permutations
from pathlib import Path

import numpy as np
from measure import machine, write_json
from scipy import stats

from rtl_tf.cli import Parser, run
from rtl_tf.evaluation.errors import protocol_errors
from rtl_tf.evaluation.metrics import per_image
from rtl_tf.evaluation.statistics import FEWEST_TRAININGS, estimate, interval, p_values, rate_interval
from rtl_tf.runs.finding import read_runs
from rtl_tf.runs.settings import condition_of
from rtl_tf.system.progress import progress

RUNS = Path(__file__).parents[1] / "results" / "synthetic-quick"
PEOPLE, SEEDS, TRAINING_SDS = (20, 69), (2, 3, 5, 10), (0.0, 0.005, 0.01, 0.02)
IMAGES = 3  # of a person
# Standard deviations in heatmap px, from RTL against FT in results/synthetic-quick: how people differ in what a method
# gains, how one training differs from the next for a person, and for an image.
PERSON, PERSON_AND_TRAINING, IMAGE = 0.02, 0.02, 0.1
EFFECT = -0.02  # heatmap px, what RTL gains
RATES = (0.005, 0.02, 0.1)
SIGNIFICANT = 0.05
REAL_DRAWS = 2000
RESAMPLED = 1000  # simulations that crossed resampling, the slow way, is tried on


def main(arguments: list[str]) -> None:
    parser = Parser(prog="python benchmarks/honesty.py", description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=10_000, help="of each cell [10000]")
    parser.add_argument("--runs", type=Path, default=RUNS, help="runs of the real null [results/synthetic-quick]")
    parser.add_argument("--json", type=Path, help="where figures go")
    options = parser.parse_args(arguments)
    cells = [(people, seeds, sd) for people in PEOPLE for seeds in SEEDS for sd in TRAINING_SDS]
    simulated = {
        cell: simulate(*cell, options.simulations, seed=number)
        for number, cell in enumerate(progress(cells, len(cells), "simulating"))
    }
    show_simulated(simulated)
    rates = {
        (people, seeds, rate): rate_coverage(people, seeds, rate, options.simulations // 4)
        for people in PEOPLE
        for seeds in (1, *SEEDS[1:])
        for rate in RATES
    }
    show_rates(rates)
    real = {unit: real_null(options.runs, unit) for unit in ("heatmap_px", "input_px")}
    show_real(real)
    if options.json:
        details = {
            "simulated": {", ".join(map(str, cell)): of_cell for cell, of_cell in simulated.items()},
            "rates": {", ".join(map(str, cell)): coverage for cell, coverage in rates.items()},
            "real_null": real,
            "machine": machine(("numpy", "scipy")),
        }
        write_json(options.json, figures(simulated, rates, real), details)


def figures(simulated: dict, rates: dict, real: dict) -> dict[str, float]:
    """The few numbers to keep an eye on."""
    usual = simulated[69, 5, 0.01]["model"]
    judged = [of_cell["model"] for (_, seeds, _), of_cell in simulated.items() if seeds >= FEWEST_TRAININGS]
    return {
        "false_positives_69_people_5_seeds": usual["false_positives"],
        "coverage_69_people_5_seeds": usual["coverage"],
        **{f"real_null_{unit}": of_unit["three pairs"]["model"] for unit, of_unit in real.items()},
        "false_positives_lowest": min(one["false_positives"] for one in judged),
        "false_positives_highest": max(one["false_positives"] for one in judged),
        "rate_coverage_lowest": min(rates.values()),
    }


def simulate(people: int, seeds: int, training_sd: float, count: int, seed: int = 0) -> dict[str, dict[str, float]]:
    """False positives at 0.05 and coverage of 95 % intervals of each way, from `count` made-up comparisons.

    Args:
        training_sd: between the means of two trainings of one method, heatmap px.
    """
    random = np.random.default_rng(seed)
    subjects = np.repeat(np.arange(people), IMAGES)

    def draw(*shape: int) -> np.ndarray:
        return random.standard_normal((*shape, count), np.float32)

    # An image's error is skewed, so that its difference between two trainings has heavy tails.
    errors = random.gamma(2.0, IMAGE / 2, (2, len(subjects), seeds, count)).astype(np.float32)
    values = errors[1] - errors[0]
    values += (PERSON * draw(people, 1) + PERSON_AND_TRAINING * draw(people, seeds))[subjects]
    values += np.sqrt(2) * training_sd * draw(1, seeds)
    found = {}
    for way, judge in WAYS.items():
        low, high = judge(values, subjects)
        wrong = float(np.mean((low > 0) | (high < 0)))
        low, high = judge(values + EFFECT, subjects)
        found[way] = {"false_positives": wrong, "coverage": float(np.mean((low <= EFFECT) & (high >= EFFECT)))}
    p = p_values(estimate(values, subjects, other_trainings=True))
    found["model"]["false_positives"] = float(np.mean(p < SIGNIFICANT))
    return found


def crossed_resampling(values: np.ndarray, subjects: np.ndarray, resamples: int = 400):
    """Percentile interval when people and seeds are both drawn with replacement (the pigeonhole bootstrap)."""
    random = np.random.default_rng(0)
    values = values[..., :RESAMPLED]
    of_people = values.reshape(-1, IMAGES, *values.shape[1:]).mean(axis=1)
    people, seeds, count = of_people.shape
    means = np.empty((resamples, count), np.float32)
    for number in range(resamples):
        drawn = [np.bincount(random.integers(size, size=size), minlength=size) / size for size in (people, seeds)]
        means[number] = np.tensordot(np.outer(*drawn), of_people, axes=2)
    return np.quantile(means, [0.025, 0.975], axis=0)


WAYS = {
    "model": lambda values, subjects: interval(estimate(values, subjects, other_trainings=True)),
    "resampling": crossed_resampling,
    "people alone": lambda values, subjects: interval(estimate(values, subjects, other_trainings=False)),
}


def rate_coverage(people: int, seeds: int, rate: float, count: int) -> float:
    """Of the intervals of a failure rate; failing depends on person, image, training and chance (a probit model)."""
    random = np.random.default_rng(people + seeds)
    subjects, training_sd = np.repeat(np.arange(people), IMAGES), 0.1 if seeds > 1 else 0.0

    def draw(variance: float, *shape: int) -> np.ndarray:
        return np.sqrt(variance) * random.standard_normal((*shape, count))

    hardness = draw(0.3, people, 1)[subjects] + draw(0.4, len(subjects), 1)
    hardness = hardness + draw(training_sd**2, 1, seeds) + draw(0.3, len(subjects), seeds)
    failed = hardness > stats.norm.isf(rate) * np.sqrt(1 + training_sd**2)
    low, high = rate_interval(failed, subjects)
    return float(np.mean((low <= rate) & (rate <= high)))


def real_null(root: Path, unit: str) -> dict[str, dict[str, float]]:
    """Share of p < 0.05 between trainings of one method with one choice of settings.

    `two against two`: of one method, in all ways. The tables give no p there; `model` says what it would be.
    `three pairs`, `five pairs`: each pair of another method, as many paired seeds of which none has a difference.
    """
    groups, subjects = _trainings(root, unit)
    halves = []
    for errors in groups:
        for four in combinations(range(errors.shape[1]), 4):
            for order in permutations(four):
                if order[0] < order[1] and order[0] == min(four):  # each pairing once
                    halves.append(errors[:, order[:2]] - errors[:, order[2:]])
    found = {"two against two": _significant(halves, subjects)}
    random = np.random.default_rng(0)
    for name, pairs in (("three pairs", 3), ("five pairs", 5)):
        drawn = []
        for _ in range(REAL_DRAWS):
            chosen = [groups[index] for index in random.choice(len(groups), pairs, replace=False)]
            of_pairs = [errors[:, random.choice(errors.shape[1], 2, replace=False)] for errors in chosen]
            drawn.append(np.stack([pair[:, 0] - pair[:, 1] for pair in of_pairs], axis=1))
        found[name] = _significant(drawn, subjects)
    return found


def _trainings(root: Path, unit: str) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """For each method and choice of settings the (N, T) errors of its trainings, and the people of the images."""
    groups: dict = {}
    for one in read_runs(root)[0]:
        if one.tested:
            groups.setdefault((one.method, condition_of(one)), []).append(one)
    protocol = "paper" if unit == "heatmap_px" else "clinical"
    errors = [
        np.stack([per_image(protocol_errors(one.predictions, protocol)[unit]) for one in of_group], axis=1)
        for of_group in groups.values()
        if len(of_group) > 1
    ]
    return errors, next(iter(groups.values()))[0].predictions.subjects


def _significant(differences: list[np.ndarray], subjects) -> dict[str, float]:
    values = np.stack(differences, axis=2)
    shares = {
        way: float(np.mean(p_values(estimate(values, subjects, other)) < SIGNIFICANT))
        for way, other in (("model", True), ("people alone", False))
    }
    return shares | {"comparisons": len(differences)}


def show_simulated(simulated: dict) -> None:
    print(f"\n{'':24}{'false positives at 0.05':^38}{'coverage of 95 % intervals':^38}")
    print(f"people  seeds  training sd  {'  '.join(f'{way:>12}' for way in 2 * tuple(WAYS))}")
    for (people, seeds, sd), found in simulated.items():
        numbers = [found[way][figure] for figure in ("false_positives", "coverage") for way in WAYS]
        few = "  too few seeds: the tables give no p" if seeds < FEWEST_TRAININGS else ""
        print(f"{people:6d}  {seeds:5d}  {sd:11.3f}  {'  '.join(f'{number:12.3f}' for number in numbers)}{few}")


def show_rates(rates: dict) -> None:
    print(f"\nfailure rates: coverage of 95 % intervals\npeople  seeds  {'  '.join(f'{rate:>7.1%}' for rate in RATES)}")
    for people, seeds in dict.fromkeys(cell[:2] for cell in rates):
        print(f"{people:6d}  {seeds:5d}  {'  '.join(f'{rates[people, seeds, rate]:7.3f}' for rate in RATES)}")


def show_real(real: dict) -> None:
    print(
        "\nthe real null: p < 0.05 between trainings of one method\n" + " " * 32 + "comparisons   model  people alone"
    )
    for unit, of_unit in real.items():
        for name, found in of_unit.items():
            numbers = f"{found['comparisons']:11d}  {found['model']:6.3f}  {found['people alone']:12.3f}"
            print(f"{unit:12}{name:20}{numbers}{'  (no p in the tables)' if name.startswith('two') else ''}")


if __name__ == "__main__":
    run(main)
