"""Settings that every test shares, and how the suite is spread over two processes."""

import contextlib
import ctypes
import functools
import gc
import mmap
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

from rtl_tf.records import Sample  # noqa: E402

REAL_FACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "youtube_faces_keypoints"
# The files that take longest, a minute to ten seconds: begun first, so that both processes end at about the same time.
LONGEST = (
    *("test_train_cli", "test_fuzz", "test_execution", "test_training", "test_privacy", "test_precision"),
    *("test_pretrain_cli", "test_method_contract", "test_sources", "test_export", "test_study", "test_paper_preset"),
    *("test_vggface_oracle", "test_predict_cli", "test_lambda_search", "test_resuming", "test_scratch_networks"),
    *("test_app_journal", "test_app_page"),
)
MUCH = 100 * 2**20  # bytes
kept = 0  # bytes that this process had when it was last tidied up


@pytest.hookimpl(optionalhook=True)  # or pytest without this plugin would know no such hook
def pytest_xdist_auto_num_workers(config) -> int:
    """Two processes for the suite; this one alone for single files: importing TensorFlow twice would take longer."""
    return 0 if any(".py" in argument for argument in config.args) else 2


def pytest_collection_modifyitems(items):
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))


def pytest_collection_finish():
    """What is imported stays: Python need not look through TensorFlow's 400,000 objects for garbage each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Free what can be freed after each file, and after a test that left much behind.

    Networks are cycles of references, which Python collects late; Keras and TensorFlow keep caches of their own.
    """
    global kept
    result = yield
    if nextitem is None or nextitem.path != item.path:
        if "keras" in sys.modules:
            sys.modules["keras"].utils.clear_session()
    elif resident() < kept + MUCH:
        return result
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another system, or another C library than GNU's
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    kept = resident()
    return result


def resident() -> int:
    """Memory of this process in bytes; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * mmap.PAGESIZE if statm.exists() else 0


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
def heads(tmp_path_factory) -> list[Sample]:
    """Three built-in heads of 256 px."""
    from rtl_tf.datasets.synthetic.rendered import samples

    return samples(subjects=3, scans=1, size=256, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def table(tmp_path_factory) -> Path:
    """A private data set of 24 images of 12 people: landmarks.csv, images, toy.toml. Read only, but for `flags`."""
    folder = tmp_path_factory.mktemp("table")
    write_table(folder, toy_samples(folder, count=24))
    return folder
