"""How strong the tests are: small errors are put into copies of the package, and the tests have to notice them.

python -m strength --count 200 --jobs 2        in the folder tests of a checkout
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "rtl_tf"
# What is measured: files and folders below the package; a folder stands for all that is in it.
MODULES = (
    "regularizers.py",
    "losses.py",
    "heatmaps.py",
    "coordinates.py",
    "evaluation",
    "runs",
)
