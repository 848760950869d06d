"""Picks, from a folder that may hold runs of several studies, the runs that belong into one table."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rtl_tf.exceptions import InputError
from rtl_tf.runs.finding import readable, require_same_images, without_predictions
from rtl_tf.runs.run import Run
from rtl_tf.runs.settings import (
    BY_METHOD,
    PUBLISHED,
    SOURCE_HASH,
    Condition,
    condition_of,
    in_order,
    matches,
    require_comparable,
    setting,
    unusual,
)

EMPTY: Condition = frozenset()


@dataclass(frozen=True)
class Row:
    """A configuration.

    Attributes:
        labels: what the leading columns say.
        settings: those that its runs must have; all others must only be the same in the whole table.
        paper: the paper's numbers, by metric as in `metrics_of`, and `<metric>.std`.
        title: that its study gives it, for the names of folders.
    """

    labels: tuple[str, ...]
    settings: dict[str, Any]
    paper: dict[str, float] = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True)
class Selection:
    """The rows of a table with their runs.

    Attributes:
        rows: of the table.
        runs: for each row its runs that have predicted the part and can be read, one a seed.
        unfinished: for each row the runs that were begun and can be gone on with.
        condition: the settings that all runs share, as far as they apply to their methods.
        warnings: runs that are left out though they are meant, a line each.
        notes: what else the folder holds.
    """

    rows: tuple[Row, ...]
    runs: tuple[tuple[Run, ...], ...]
    unfinished: tuple[tuple[Run, ...], ...]
    condition: Condition
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def all_runs(self) -> list[Run]:
        return [run for of_row in self.runs for run in of_row]

    @property
    def example(self) -> Run | None:
        """A run to which all of the condition applies, if there is one."""
        runs = self.all_runs or [run for of_row in self.unfinished for run in of_row]
        return max(runs, key=lambda run: len(condition_of(run)), default=None)


def select(rows: Sequence[Row], varied: Sequence[str], runs: list[Run], part: str = "test") -> Selection:
    """Give each row the runs that have its settings and agree with all other runs in everything else.

    Only runs that have predicted `part`, "test" or "validation", count. Where they allow several such tables (a study
    of the learning rate, say), the one with the most rows is taken, then the one nearest to the preset's defaults, then
    the one with the most runs.

    Raises:
        InputError: runs of the rows were tested on different data, splits or crops; the two are named. Or there are
            runs of the rows, none of which has predictions, as some were packed without.
    """
    meant = [run for run in runs if any(matches(run, row.settings) for row in rows)]
    if not any(run.judged(part) for run in meant) and (lines := without_predictions(meant)):
        raise InputError(f"nothing to show: {'; '.join(lines)}; choose others with --runs")
    require_comparable(meant)
    varied = (*varied, *BY_METHOD)  # what each method has of its own, `_alike` keeps equal within a row
    condition = _best_condition(rows, varied, [run for run in meant if run.judged(part)] or meant)
    belongs = [condition_of(run, varied) <= condition for run in meant]
    others = [run for run, is_member in zip(meant, belongs, strict=True) if not is_member]
    notes = _other_settings(others, varied, condition)
    members = _one_source([run for run, is_member in zip(meant, belongs, strict=True) if is_member], part, notes)
    kept, unfinished, warnings = [], [], without_predictions(members)
    for row in rows:
        of_row = _alike([run for run in members if matches(run, row.settings)], part, notes)
        good, damaged = readable(of_row, part)
        warnings += damaged
        kept.append(_one_a_seed(good, warnings))
        unfinished.append(tuple(run for run in of_row if run.begun and not run.judged(part)))
    selection = Selection(tuple(rows), tuple(kept), tuple(unfinished), condition, warnings, notes)
    require_same_images(selection.all_runs, part)
    return selection


def _best_condition(rows: Sequence[Row], varied: Sequence[str], runs: list[Run]) -> Condition:
    conditions = [condition_of(run, varied) for run in runs]
    different = set(conditions)
    # What does not apply to a method is missing in its condition, so that FT belongs to the runs of every lambda.
    complete = sorted((one for one in different if not any(one < other for other in different)), key=_as_text)
    candidates = {_with_all_that_agree(one, complete) for one in complete}

    def merit(condition: Condition):
        members = [run for run, own in zip(runs, conditions, strict=True) if own <= condition]
        filled = sum(any(matches(run, row.settings) for run in members) for row in rows)
        return filled, -len(unusual(condition, members[0].resolved.get("preset", "quick"))), len(members)

    return max(sorted(candidates, key=_as_text), key=merit, default=EMPTY)


def _with_all_that_agree(condition: Condition, others: Sequence[Condition]) -> Condition:
    """And what applies to other methods alone, as where RTL-CO has a temperature and RTL-SAM a frame of its source."""
    for other in others:
        known = dict(condition)
        if all(known.get(name, value) == value for name, value in other):
            condition |= other
    return condition


def _as_text(condition: Condition) -> list[str]:
    """A set's own text has another order in every process."""
    return sorted(map(str, condition))


def _one_source(runs: list[Run], part: str, notes: list[str]) -> list[Run]:
    """Without the runs from another source of the same name: rows are compared from one. An older run knows no hash."""
    of_sources: dict[object, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        if run.resolved.get(SOURCE_HASH, PUBLISHED) != PUBLISHED:
            of_sources[setting(run, "source")][run.resolved[SOURCE_HASH]].append(run)
    dropped = []
    for of_name in of_sources.values():
        finished = {value: sum(run.judged(part) for run in members) for value, members in of_name.items()}
        kept = max(sorted(of_name), key=finished.__getitem__)
        others = [run for value, members in of_name.items() if value != kept for run in members]
        notes += _other_settings(others, (), condition_of(of_name[kept][0]))
        dropped += others
    return [run for run in runs if run not in dropped]


def _alike(runs: list[Run], part: str, notes: list[str]) -> list[Run]:
    """The largest group without any difference: what comes with a varied setting (a source's stride) may differ too.

    Finished runs count before unfinished ones, and where two groups are as large, the one with less that is unusual.
    """
    groups = defaultdict(list)
    for run in runs:
        groups[condition_of(run, [SOURCE_HASH])].append(run)

    def merit(item: tuple[Condition, list[Run]]):
        condition, members = item
        special = unusual(condition, members[0].resolved.get("preset", "quick"), [members[0].method])
        return sum(run.judged(part) for run in members), len(members), -len(special)

    ordered = sorted(groups.items(), key=lambda item: _as_text(item[0]))
    chosen = max(ordered, key=merit, default=(EMPTY, []))
    notes += _other_settings([run for run in runs if run not in chosen[1]], (), chosen[0])
    return chosen[1]


def _one_a_seed(runs: list[Run], warnings: list[str]) -> tuple[Run, ...]:
    """A run that is there twice must not count twice."""
    of_seed: dict[int, Run] = {}
    for run in runs:
        first = of_seed.setdefault(run.seed, run)
        if first is not run:
            warnings.append(f"{run.folder} has the settings and the seed of {first.folder}")
    return tuple(of_seed[seed] for seed in sorted(of_seed))


def _other_settings(runs: list[Run], varied: Sequence[str], condition: Condition) -> list[str]:
    """One line on the runs that are not in the table, if there are any: in what they differ from those that are."""
    if not runs:
        return []
    here, others = dict(condition), defaultdict(set)
    for run in runs:
        for name, value in condition_of(run, varied):
            if name in here and here[name] != value:
                others[name].add(value)
    values = "; ".join(f"{name} {', '.join(in_order(there))}" for name, there in sorted(others.items()))
    count = f"{len(runs)} run{'s' if len(runs) > 1 else ''}"
    return [f"Left aside: {count} with other settings ({values}). --where SETTING=VALUE chooses among them."]
