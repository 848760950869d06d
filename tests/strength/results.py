"""What became of a sample: kept as JSON after each mutant, and as text for people."""

import json
import platform
import time
from collections import Counter
from pathlib import Path

from .equivalents import reason
from .judging import CAUGHT, SURVIVED, TIMEOUT, Verdict
from .mutants import Mutant

EQUIVALENT = "equivalent"
OUTCOMES = (CAUGHT, TIMEOUT, SURVIVED, EQUIVALENT)
KEY = ("file", "was", "now")  # what a mutant is known by, wherever its line has gone


class Results:
    """An entry a mutant: file, line, operator, outcome, the test that caught it; of survivors, what was changed."""

    def __init__(self, output: Path | None, seed: int):
        self.output, self.seed, self.start, self.minutes = output, seed, time.monotonic(), 0.0
        self.entries: list[dict] = []

    def survivors_among(self, drawn: list[Mutant]) -> list[Mutant]:
        """Those that survived by the file; the others stand as they did. Raises ValueError where one is not drawn."""
        stored = json.loads(self.output.read_text("utf-8"))
        self.minutes = stored["minutes"]
        self.entries = [entry for entry in stored["mutants"] if entry["outcome"] != SURVIVED]
        survived = {tuple(one[name] for name in KEY) for one in stored["mutants"] if one["outcome"] == SURVIVED}
        kept = [mutant for mutant in drawn if tuple(getattr(mutant, name) for name in KEY) in survived]
        if len({tuple(getattr(mutant, name) for name in KEY) for mutant in kept}) < len(survived):
            raise ValueError(
                f"{self.output}: a survivor is not in the sample: the code has changed, draw without --again"
            )
        return kept

    def add(self, found: Verdict) -> str:
        """Take in a verdict, and give the outcome: one of OUTCOMES."""
        why = reason(found.mutant)
        outcome = EQUIVALENT if why else found.outcome
        entry = {name: getattr(found.mutant, name) for name in ("file", "line", "operator")}
        entry |= {"outcome": outcome, "by": why or found.by}
        if outcome == SURVIVED:
            entry |= {"tests": found.tests, "was": found.mutant.was, "now": found.mutant.now}
        self.entries.append(entry)
        if self.output:
            self.output.write_text(self.as_json(), encoding="utf-8")
        return outcome

    @property
    def share(self) -> float:
        """Caught ones of those that are errors."""
        total = self._counts()
        noticed = total[CAUGHT] + total[TIMEOUT]
        return noticed / max(1, noticed + total[SURVIVED])

    @property
    def witnesses(self) -> set[str]:
        """The tests that caught something."""
        return {entry["by"] for entry in self.entries if entry["outcome"] == CAUGHT} - {""}

    def as_json(self) -> str:
        """The totals, and a line a mutant."""
        total = self._counts()
        head = {"seed": self.seed, "python": platform.python_version(), "minutes": round(self._minutes(), 1)}
        head |= {"share": round(self.share, 4), **{outcome: total[outcome] for outcome in OUTCOMES}}
        lines = ",\n".join(json.dumps(entry) for entry in self.entries)
        return json.dumps(head, indent=1).removesuffix("\n}") + f',\n "mutants": [\n{lines}\n ]\n}}\n'

    def text(self) -> str:
        """Rows of modules and of operators, then each survivor with its place and what was changed."""
        lines = [*self._table("file"), "", *self._table("operator")]
        for entry in self.entries:
            if entry["outcome"] == SURVIVED:
                tests = f"{entry['tests']} tests ran it" if entry["tests"] else "no test runs it"
                lines += ["", f"{entry['file']}:{entry['line']} {entry['operator']} ({tests})"]
                lines += [
                    f"{sign} {line}" for sign, name in (("-", "was"), ("+", "now")) for line in entry[name].split("\n")
                ]
        return "\n".join([*lines, "", f"{self.share:.1%} caught in {self._minutes():.0f} minutes"])

    def _table(self, name: str) -> list[str]:
        rows = [[name, *OUTCOMES]]
        for value in (*sorted({entry[name] for entry in self.entries}), "all"):
            counts = self._counts(**({} if value == "all" else {name: value}))
            rows.append([value, *(str(counts[outcome] or "") for outcome in OUTCOMES)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]

    def _counts(self, **wanted: str) -> Counter:
        return Counter(
            entry["outcome"] for entry in self.entries if all(entry[name] == value for name, value in wanted.items())
        )

    def _minutes(self) -> float:
        return self.minutes + (time.monotonic() - self.start) / 60
