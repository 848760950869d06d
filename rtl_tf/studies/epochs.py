"""How many epochs a run makes in all its trainings, and how many are left of one that was begun.

They are those of each lambda that is tried, of the run's own network and those without the people of each fold, and
where there is a second network for parts of faces, of as many of these.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rtl_tf.exceptions import InputError
from rtl_tf.limits import AUTO
from rtl_tf.runs import layout
from rtl_tf.runs.designs import lambda_grid
from rtl_tf.runs.history import read_history


def epochs_of(resolved: Mapping[str, Any]) -> int:
    """Of a run's settings under their JSON names, before lambda is chosen: the best of those tried is its network."""
    tried = len(lambda_grid()) if resolved["lambda"] == AUTO else 1
    folds = 0 if resolved["fold"] else resolved["folds"]
    looks = 2 if resolved["parts"] else 1
    return resolved["epochs"] * (tried - 1 + looks * (1 + folds))


def epochs_left(folder: Path, resolved: Mapping[str, Any]) -> int:
    """Of these, what the run in a folder has still to make: all of them where there is none, or its history is damaged,
    which the run itself will say while the others go on."""
    if (folder / layout.OUT_OF_FOLD).exists():  # written after the last training, when the folds' histories go
        return 0
    tried, folds = ([*(folder / name).glob("*")] for name in (layout.SEARCH_RUNS, layout.FOLDS))
    runs = [folder, *folds]
    places = [*(tried or [folder]), *folds, *(run / layout.FACE_PARTS for run in runs)]
    try:
        made = sum(len(read_history(place / layout.HISTORY)) for place in places)
    except InputError:
        made = 0
    return max(0, epochs_of(resolved) - made)
