"""What lies in a run's folder, and under which name. Whoever reads or writes a file of a run has its name from here."""

from typing import Protocol

from rtl_tf.documents import File

CONFIG = "config.json"  # what was asked and what it resolved to: a folder with it holds a run
ENVIRONMENT = "environment.json"  # versions and hardware
SCHEMA = "schema.toml"  # a copy of the landmarks that it began with
SPLIT = "split.csv"
TRAINED_ON = "trained_on.csv"
RECIPE = "recipe.json"  # how a photograph is looked at, fitted on the training part
HISTORY = "history.csv"  # grows while it trains
FACE_SQUARE = "face_square.json"  # where the network looks once a face is found; not where training images show none
NETWORK = "best.keras"  # the best epoch so far
SEARCH = "lambda_search.json"  # of `--lambda auto`: every value's score and the choice
OUT_OF_FOLD = "out-of-fold-predictions.csv"  # as PREDICTIONS, of the training part, by networks without each person
VALIDATION = "validation-predictions.csv"  # as PREDICTIONS, of the validation part
PREDICTIONS = "predictions.csv"  # of the test part
ATTRIBUTES = "test.csv"  # what the data table says of the test images
EXAMPLES = "examples.npz"  # a few test faces, for figures
FAMILIAR = "familiar_faces.json"  # how the training faces look to the network; where there are folds
CONFIDENCE = "confidence.json"  # radii and limits of flags, fitted to OUT_OF_FOLD
CARD = "card.json"  # what the detector was trained on and can do, without names; MODEL_CARD tells people the same
MODEL_CARD = "MODEL_CARD.md"
METRICS = "metrics.json"  # written last: a folder with it holds a run that has ended

INPUTS = (ENVIRONMENT, SCHEMA, SPLIT, TRAINED_ON, RECIPE)  # written in this order, then CONFIG
RESULTS = (  # then METRICS
    *(FACE_SQUARE, HISTORY, NETWORK, FAMILIAR, OUT_OF_FOLD, VALIDATION, PREDICTIONS, ATTRIBUTES, EXAMPLES, SEARCH),
    *(CONFIDENCE, CARD, MODEL_CARD),
)
FILES = (*INPUTS, CONFIG, *RESULTS, METRICS)

STATE = "state-{epoch:04d}.npz"  # weights and optimizer after an epoch, while it trains
STATES = "state-*"
LOG = "train.log"  # what a failed run of a study said
# Folders in it
FIGURES = "figures"
SEARCH_RUNS = "lambda_search"  # a run for each value that `--lambda auto` tries
FOLDS = "folds"  # a run without each fold of the training part, while `--folds` trains them
EXPORT = "export"
FACE_PARTS = "parts"  # HISTORY, NETWORK and states of the network that looks at parts of the face
TENSORBOARD = "tensorboard"

# Many runs in one file, and their predictions in another: what is shared instead of folders.
PACK = "runs.json.gz"
PACKED_PREDICTIONS = "predictions.csv.gz"

# A source network that `rtl_tf.cli.pretrain` trained for recognition has CONFIG, ENVIRONMENT, TRAINED_ON and these.
SOURCE_NETWORK = "source.keras"
SOURCE_HISTORY = "history.json"  # written last
SOURCES = "sources"  # where such networks lie, below the runs' folder: no runs to be compared


class Folder(Protocol):
    """What is asked of a run's folder: of a `pathlib.Path`, or of one in a pack."""

    def __truediv__(self, name: str) -> File: ...


def is_begun(folder: Folder) -> bool:
    """Whether a run has written all that it starts from."""
    return (folder / CONFIG).exists()


def is_ended(folder: Folder) -> bool:
    """Whether `train.py` got to its end."""
    return (folder / METRICS).exists()
