"""`python -m fuzz`, in tests: reads thousands of hostile files and prints how that went; status 1 for a fault."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from rtl_tf.system.progress import progress

from .campaign import Case, Tally, case_tree, judge_cases, make_seeds, shares
from .child import FAULTS, READ, REFUSED
from .sandbox import Sandbox
from .targets import TARGETS, Target
from .trees import write_tree


def main() -> int:
    options = _parser().parse_args()
    if options.only:
        return _one(options.only, options.seed, options.keep)
    targets = [target for target in TARGETS if options.target in (None, target.name)]
    if not targets:
        sys.exit(f"--target {options.target}: choose {', '.join(target.name for target in TARGETS)}")
    numbers = shares(targets, options.cases)
    tally = Tally()
    with Sandbox() as plain, Sandbox() as with_tensorflow:
        seeds = make_seeds(targets, plain, with_tensorflow)
    cases = judge_cases(numbers, seeds, options.seed, options.jobs)
    for case in progress(cases, sum(numbers.values()), "reading hostile files"):
        tally.add(case)
        if case.faulty and options.keep:
            keep(case, options.keep)
    print(table(tally))
    print(faults(tally))
    if tally.faults:
        first = tally.faults[0]
        kept = f"; inputs are in {options.keep}" if options.keep else ""
        print(f"one again: --seed {options.seed} --only '{first.target.name}:{first.index}'{kept}")
    return 1 if tally.faults else 0


def table(tally: Tally) -> str:
    """A row a target: cases, read, refused, and each kind of fault that there was."""
    kinds = [kind for kind in FAULTS if any(counts[kind] for counts in tally.kinds.values())]
    rows = [["target", "cases", READ, REFUSED, *kinds]]
    for name, counts in tally.kinds.items():
        rows.append([name, str(counts.total()), *(str(counts[kind] or "") for kind in (READ, REFUSED, *kinds))])
    total = [sum(counts[kind] for counts in tally.kinds.values()) for kind in (READ, REFUSED, *kinds)]
    rows.append(["all", str(sum(counts.total() for counts in tally.kinds.values())), *map(str, total)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(lines)


def faults(tally: Tally) -> str:
    """A paragraph a group of faults that are alike."""
    lines = []
    for group in tally.groups():
        outcome = group[0].outcome
        examples = ", ".join(f"{case.target.name}:{case.index}" for case in group[:3])
        place = f" at {outcome.where}" if outcome.where else ""
        lines.append(f"\n{len(group)} x {outcome.kind}, {group[0].target.name}{place} ({examples})")
        lines.append(f"    {outcome.said.splitlines()[0][:200] if outcome.said else ''}")
    return "\n".join(lines)


def keep(case: Case, folder: Path) -> Path:
    """Write the input of a case and what it did into a folder of its own, in place of an older one."""
    place = folder / f"{case.target.name.replace(' ', '-')}-{case.index}"
    shutil.rmtree(place, ignore_errors=True)
    write_tree(case.tree, place / "input")
    (place / "outcome.txt").write_text("\n".join(case.outcome), encoding="utf-8", errors="replace")
    return place


def _one(asked: str, seed: int, folder: Path | None) -> int:
    """A single case, with all that is known of it."""
    name, _, index = asked.rpartition(":")
    target = next((target for target in TARGETS if target.name == name), None)
    if target is None or not index.isdecimal():
        sys.exit(f"--only {asked}: write TARGET:INDEX")
    case = judged_alone(target, seed, int(index))
    place = keep(case, folder or Path(tempfile.mkdtemp(prefix="fuzz-case-")))
    print(f"{case.outcome.kind}  {case.outcome.where}\n{case.outcome.said}\n{case.outcome.story}\ninput: {place}/input")
    return 1 if case.faulty else 0


def judged_alone(target: Target, seed: int, index: int) -> Case:
    with Sandbox() as sandbox:
        seeds = make_seeds([target], sandbox, sandbox)
        tree = case_tree(target, seeds, seed, index)
        return Case(target, index, tree, sandbox.judge(target, tree, seeds[target.name]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=2000, help="over all targets [2000]")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other cases [0]")
    parser.add_argument("--target", metavar="NAME", help="only this one")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once [2]")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the inputs of faults go")
    parser.add_argument("--only", metavar="TARGET:INDEX", help="one case, with its traceback")
    return parser


if __name__ == "__main__":
    sys.exit(main())
