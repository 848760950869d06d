"""Settings that every test shares."""

import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
warnings.filterwarnings("ignore", category=DeprecationWarning)

from pathlib import Path  # noqa: E402

import pytest  # noqa: E402
from toy_table import write_table  # noqa: E402
from toys import toy_samples  # noqa: E402

REAL_FACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "youtube_faces_keypoints"


@pytest.fixture(scope="session")
def real_faces() -> Path:
    """The development photographs, where they lie beside the repository."""
    if not REAL_FACES.is_dir():
        pytest.skip("no ../shared/data/youtube_faces_keypoints")
    return REAL_FACES


@pytest.fixture(scope="session")
def table(tmp_path_factory) -> Path:
    """A private data set of 24 images of 12 people: landmarks.csv, the images and toy.toml. Read only."""
    folder = tmp_path_factory.mktemp("table")
    write_table(folder, toy_samples(folder, count=24))
    return folder
