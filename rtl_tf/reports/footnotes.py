"""What stands below a table: what its columns mean, and what was measured."""

from collections.abc import Sequence

import numpy as np

from rtl_tf.evaluation.statistics import FEWEST_PEOPLE, FEWEST_TRAININGS
from rtl_tf.reports import texts
from rtl_tf.reports.cells import Cells
from rtl_tf.reports.tables import Table
from rtl_tf.runs.selection import Selection
from rtl_tf.runs.settings import BY_METHOD, applies, defaults, setting, unusual

COLUMNS = (
    "MSE: the paper's name for the mean radial error (Eq. 10). ±Std: over images. ±seeds: of the seeds' means.",
    "FR: share of images whose mean error is above the threshold. AUC: area under the CED up to it, 0 to 1.",
)
STATISTICS = (
    "95 %: interval of the mean or of the difference, for other people and other trainings: mixed model of crossed "
    "subjects and seeds, t with Satterthwaite's degrees of freedom; of a failure rate Wilson's, on the effective "
    "number of subjects. None where fewer than {people} subjects have a value other than 0.",
    "p: of the difference to {reference}, over the seeds that both rows have. p Holm: corrected over all {tests} "
    "tests of this table in one unit; † below 0.05.",
    "Best (bold, *): the 95 % interval of its paired difference to every other row excludes 0.",
)
FEW = (
    f"{texts.THESE}: for other people, of these trainings alone. Fewer than {FEWEST_TRAININGS} seeds cannot tell a "
    "method from its trainings: no p, no best."
)
PAPER = "Paper: 310 test images of its own clinical data, 14 landmarks, 256x256 input px."


def notes_of(table: Table, selection: Selection, judged: Sequence[Cells]) -> list[str]:
    """Sentences, in order."""
    notes = [*COLUMNS]
    if selection.all_runs:
        tests = sum(int(np.isfinite(cells.p).sum()) for cells in judged if cells.unit == judged[0].unit)
        facts = {"people": FEWEST_PEOPLE, "reference": table.reference_title, "tests": tests}
        notes += [note.format(**facts) for note in STATISTICS]
        if any(0 < len(runs) < FEWEST_TRAININGS for runs in selection.runs):
            notes.append(FEW)
    notes += table.notes
    if selection.all_runs:
        notes.append(_here(selection))
    return notes + [PAPER] * any(row.paper for row in selection.rows)


def _here(selection: Selection) -> str:
    """The test images, and the settings that are not the preset's defaults."""
    first = selection.all_runs[0]
    predictions, resolved = first.predictions, (selection.example or first).resolved
    special = unusual(selection.condition, resolved.get("preset", "quick"))
    size, by_folds = resolved["image_size"], ", who were tested by folds" if first.cross_validated else ""
    parts = [
        f"Here: {resolved['data_name']}",
        f"{len(predictions.images)} test images of {len(set(predictions.subjects))} subjects{by_folds}",
        f"{len(predictions.landmarks)} landmarks",
        f"{size}x{size} input px",
        *(f"{name} {value}" for name, value in special.items()),
        *(f"{method} {name} {value}" for method, name, value in _of_methods(selection)),
    ]
    return ", ".join(parts) + "."


def _of_methods(selection: Selection) -> list[tuple[str, str, object]]:
    """What methods have of their own and not as the preset has it: (method, setting, value)."""
    found: dict[tuple[str, str, object], None] = {}
    for run in selection.all_runs:
        usual = defaults(run.resolved.get("preset", "quick"), run.method)
        values = {name: setting(run, name) for name in sorted(BY_METHOD) if applies(name, run.method)}
        found |= {(run.method, name, value): None for name, value in values.items() if value != usual[name]}
    return list(found)
