"""Settings that every test shares, and how the suite is spread over two processes."""

import contextlib
import ctypes
import functools
import gc
import os
import sys
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
if "PYTEST_XDIST_WORKER" in os.environ:  # each process a core, and one thread in it
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
warnings.filterwarnings("ignore", category=DeprecationWarning)

from pathlib import Path  # noqa: E402

import pytest  # noqa: E402
from toy_table import write_table  # noqa: E402
from toys import toy_samples  # noqa: E402

REAL_FACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "youtube_faces_keypoints"
# The files that take longest, a minute to ten seconds: begun first, so that both processes end at about the same time.
LONGEST = (
    *("test_train_cli", "test_execution", "test_fuzz", "test_precision", "test_privacy", "test_pretrain_cli"),
    *("test_export", "test_study", "test_method_contract", "test_paper_preset", "test_predict_cli", "test_resuming"),
)


@pytest.hookimpl(optionalhook=True)  # or pytest without this plugin would know no such hook
def pytest_xdist_auto_num_workers(config) -> int:
    """Two processes for the suite; this one alone for single files: importing TensorFlow twice would take longer."""
    return 0 if any(".py" in argument for argument in config.args) else 2


def pytest_collection_modifyitems(items):
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))


@pytest.fixture(scope="module", autouse=True)
def forgotten_networks():
    """Keras and TensorFlow keep what tests have built, 10 GB over the suite, unless they are told to forget it."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session()
    gc.collect()
    if sys.platform == "linux":  # what was freed goes back to the system
        with contextlib.suppress(OSError, AttributeError):  # another C library than GNU's
            ctypes.CDLL("libc.so.6").malloc_trim(0)


@pytest.fixture(scope="session", autouse=True)
def coarse_pictures():
    """Figures are drawn at 40 px an inch: a run draws six. `Figure.savefig.__wrapped__` draws as it is told."""
    from matplotlib.figure import Figure

    savefig = Figure.savefig

    @functools.wraps(savefig)
    def coarse(*arguments, **options):
        return savefig(*arguments, **options | {"dpi": 40})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", coarse)
        yield


@pytest.fixture(scope="session")
def real_faces() -> Path:
    """The development photographs, where they lie beside the repository."""
    if not REAL_FACES.is_dir():
        pytest.skip("no ../shared/data/youtube_faces_keypoints")
    return REAL_FACES


@pytest.fixture(scope="session")
def table(tmp_path_factory) -> Path:
    """A private data set of 24 images of 12 people: landmarks.csv, images, toy.toml. Read only, but for `flags`."""
    folder = tmp_path_factory.mktemp("table")
    write_table(folder, toy_samples(folder, count=24))
    return folder
