"""`python -m strength`, in tests: puts small errors into copies of the package and prints those that no test notices.

Status 0 if at least SHARE of them are caught. A sample repeats by its seed, on the same code. Tests that take long are
not run, nor is what a test does in other processes seen: the share is a lower bound.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from . import MODULES, PACKAGE, ROOT
from .equivalents import reason
from .judging import SURVIVED, Verdict, chosen, control, task, verdict
from .mutants import Mutant, draw, modules
from .results import Results
from .server import copies, prepare, run_all
from .survey import Test, survey

SHARE = 0.9
SHOWN = 60  # columns of a mutant in the line that tells of it


def main() -> int:
    parser = _parser()
    options = parser.parse_args()
    if options.again and (options.only is not None or not (options.output and options.output.is_file())):
        parser.error("--again: name the results of the sample with --output, and no --only")
    results = Results(options.output if options.only is None else None, options.seed)
    try:
        files = modules(ROOT, PACKAGE, options.modules)
        drawn = draw(ROOT, files, options.count, options.seed)
        if options.again:
            drawn = results.survivors_among(drawn)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))
    if options.only is not None:
        drawn = drawn[options.only : options.only + 1]
    prepare()
    with copies(options.jobs) as places:
        tests = survey(files, places)
        print(f"{len(drawn)} mutants, {len(tests)} tests that run the modules", flush=True)
        for number, found in enumerate(judged(drawn, tests, places, options.only is not None), start=1):
            _tell(f"{number:4}/{len(drawn)}", found, results.add(found))
        unchanged = next(run_all([control(tests, results.witnesses)], places))
    print(results.text())
    if unchanged.status:
        sys.exit(f"nothing of this holds: a test that caught errors fails without any\n{unchanged.log}")
    return 0 if results.share >= SHARE else 1


def judged(drawn: list[Mutant], tests: list[Test], places: list[Path], shown: bool) -> Iterator[Verdict]:
    """Verdicts, as they come: equivalent ones and those that no test runs first; `shown`: with what the tests said."""
    tasks = []
    for mutant in drawn:
        able = [] if reason(mutant) else chosen(mutant, tests, ROOT)
        if able:
            tasks.append(task(mutant, able))
        else:
            yield Verdict(mutant, SURVIVED, "", 0, 0.0)
    for ending in run_all(tasks, places):
        if shown:
            print(ending.log)
        yield verdict(ending)


def _tell(number: str, found: Verdict, outcome: str) -> None:
    mutant = found.mutant
    what = f"{mutant.was} -> {mutant.now}".replace("\n", " ")
    print(f"{number} {found.seconds:5.1f} s {outcome:10} {mutant.file}:{mutant.line} {what[:SHOWN]}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m strength", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="mutants over all modules [200]")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other mutants [0]")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once [2]")
    parser.add_argument(
        "--modules",
        nargs="+",
        metavar="PATH",
        default=MODULES,
        help=f"files, folders of {PACKAGE}/ [{' '.join(MODULES)}]",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="JSON of the results, written as they come")
    parser.add_argument("--again", action="store_true", help="only those that survived by --output, after new tests")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="the mutant of that place in the sample, shown")
    return parser


if __name__ == "__main__":
    sys.exit(main())
