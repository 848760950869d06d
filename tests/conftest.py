"""Settings that every test shares."""

import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
warnings.filterwarnings("ignore", category=DeprecationWarning)

from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

REAL_FACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "youtube_faces_keypoints"


@pytest.fixture(scope="session")
def real_faces() -> Path:
    """The development photographs, where they lie beside the repository."""
    if not REAL_FACES.is_dir():
        pytest.skip("no ../shared/data/youtube_faces_keypoints")
    return REAL_FACES
