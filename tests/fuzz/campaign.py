"""Many cases over all targets, in several processes at once."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from .bombs import BOMBS
from .child import FAULTS, TRACEBACK, Outcome
from .damage import case_rng, damaged
from .sandbox import Sandbox
from .targets import Target
from .trees import Tree

CHUNK = 50  # cases that a process takes at a time


class Case(NamedTuple):
    """A case that was judged; it repeats by (target, seed, index)."""

    target: Target
    index: int
    tree: Tree
    outcome: Outcome

    @property
    def faulty(self) -> bool:
        return self.outcome.kind in FAULTS


def shares(targets: Sequence[Target], cases: int) -> dict[Target, int]:
    """How many of the cases each target gets: at least one."""
    total = sum(target.share for target in targets)
    return {target: max(1, round(cases * target.share / total)) for target in targets}


def make_seeds(targets: Sequence[Target], plain: Sandbox, with_tensorflow: Sandbox) -> dict[str, Tree]:
    """The valid input of each target, made in one of the processes."""
    made, seeds = {}, {}
    for target in targets:
        key = getattr(target.make, "func", target.make), getattr(target.make, "args", ())
        if key not in made:
            sandbox = with_tensorflow if target.tensorflow or target.makes_with else plain
            made[key] = sandbox.make(target.make)
        seeds[target.name] = made[key]
    return seeds


def case_tree(target: Target, seeds: dict[str, Tree], seed: int, index: int) -> Tree:
    """The input of a case: the target's bombs first, then damage by chance."""
    bombs = BOMBS.get(target.name, ())
    if index < len(bombs):
        return bombs[index](seeds[target.name])
    return damaged(case_rng(target.name, seed, index), seeds[target.name], target.damaged)


def judge_cases(numbers: dict[Target, int], seeds: dict[str, Tree], seed: int, jobs: int = 1) -> Iterator[Case]:
    """The first so many cases of each target, as they are done."""
    chunks = [
        (target, range(start, min(start + CHUNK, count)))
        for target, count in sorted(numbers.items(), key=lambda item: item[0].tensorflow)
        for start in range(0, count, CHUNK)
    ]
    local, opened, lock = threading.local(), [], threading.Lock()

    def sandbox_for(target: Target) -> Sandbox:
        """This thread's; a new one where TensorFlow comes in, so that the others stay small."""
        if getattr(local, "tensorflow", None) != target.tensorflow:
            if hasattr(local, "sandbox"):
                local.sandbox.close()
            local.sandbox, local.tensorflow = Sandbox(), target.tensorflow
            with lock:
                opened.append(local.sandbox)
        return local.sandbox

    def work(chunk: tuple[Target, range]) -> list[Case]:
        target, indices = chunk
        found = []
        for index in indices:
            tree = case_tree(target, seeds, seed, index)
            found.append(Case(target, index, tree, sandbox_for(target).judge(target, tree, seeds[target.name])))
        return found

    try:
        with ThreadPoolExecutor(jobs) as pool:
            for cases in pool.map(work, chunks):
                yield from cases
    finally:
        for sandbox in opened:
            sandbox.close()


class Tally:
    """Counts and faults of a campaign."""

    def __init__(self):
        self.kinds: dict[str, Counter] = defaultdict(Counter)
        self.faults: list[Case] = []

    def add(self, case: Case) -> None:
        self.kinds[case.target.name][case.outcome.kind] += 1
        if case.faulty:
            self.faults.append(case)

    def groups(self) -> list[list[Case]]:
        """Faults alike in target, kind, place and kind of exception; the largest group first."""
        alike = defaultdict(list)
        for case in self.faults:
            outcome = case.outcome
            exception = outcome.said.partition(":")[0] if outcome.kind == TRACEBACK else ""
            alike[case.target.name, outcome.kind, outcome.where, exception].append(case)
        return sorted(alike.values(), key=len, reverse=True)
