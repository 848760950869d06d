"""The design's table of layers, held by walking the imports of every module."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from rtl_tf.networks import catalogue
from rtl_tf.runs import layout

PACKAGE = Path(__file__).resolve().parents[1] / "rtl_tf"
LAYERS = {
    "exceptions": 0, "schema": 0, "measurement": 0, "records": 0, "coordinates": 0, "config": 0, "limits": 0,
    "methods": 0, "system": 0, "documents": 0, "csv_rows": 0, "arrays": 0, "known": 0, "numerals": 0, "presets": 0,
    "conformal": 0, "geometry": 0,
    "heatmaps": 1,
    "datasets": 2, "images": 2, "orientation": 2, "pixel_values": 2, "resampling": 2, "augment": 2, "augment_strong": 2,
    "photometric": 2, "warp": 2, "pipeline": 2, "pyramid": 2,
    "networks": 3,
    "losses": 4, "regularizers": 4,
    "runs": 5,
    "training": 6, "inference": 6,
    "measuring": 7, "evaluation": 7, "reports": 7,
    "experiments": 8, "studies": 8, "audit": 8, "clinic": 8,
    "cli": 9, "api": 9, "app": 9,
}  # fmt: skip
ALLOWED = {
    0: {0},
    1: {0, 1},
    2: {0, 1, 2},
    3: {0, 3},
    4: {4},
    5: {0, 5},
    6: set(range(7)),
    7: {0, 5, 7},
    8: set(range(9)),
    9: set(range(10)),
}
LIGHT = (0, 5, 7)  # layers that never import TensorFlow
HEAVY = {"tensorflow", "keras"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Full names of everything that a module imports, at its top or inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def parts(path: Path) -> tuple[str, ...]:
    return path.relative_to(PACKAGE).with_suffix("").parts


@pytest.mark.parametrize("path", MODULES, ids=lambda path: ".".join(parts(path)))
def test_modules_import_only_downward(path):
    if parts(path) == ("__init__",):
        return
    layer = LAYERS[parts(path)[0]]
    for name in imports(path):
        first, _, rest = name.partition(".")
        if first == "rtl_tf" and rest:
            target = rest.split(".")[0]
            assert target == "__version__" or LAYERS[target] in ALLOWED[layer], f"{path} imports {name}"
        if layer in LIGHT:
            assert first not in HEAVY, f"{path} imports {name}"


@pytest.mark.parametrize("folder", ["datasets", "networks"])
def test_no_dataset_imports_another_and_no_network_another(folder):
    kinds = {
        "datasets": {
            *("table", "youtube_faces", "pts", "coco", "labelme", "label_studio", "deeplabcut", "tps", "slicer"),
            "morphoj",
            "synthetic",
        },
        "networks": {
            "resnet50",
            "dlib_resnet",
            "keras_resnet50",
            "efficientnet_lite",
            "keras_backbone",
            "hub_backbone",
            "simple_baseline",
            "hourglass",
            "unet",
            "dsnt",
        },
    }[folder]
    for kind in kinds:
        own = PACKAGE / folder / kind
        files = sorted(own.rglob("*.py")) if own.is_dir() else [own.with_suffix(".py")]
        for path in files:
            others = {f"rtl_tf.{folder}.{other}" for other in kinds - {kind}}
            found = {name for name in imports(path) for other in others if (name + ".").startswith(other + ".")}
            assert not found, f"{path} imports {found}"


@pytest.mark.parametrize(
    "module",
    [
        "rtl_tf",
        "rtl_tf.methods",
        "rtl_tf.datasets",
        "rtl_tf.evaluation.metrics",
        "rtl_tf.runs.selection",
        "rtl_tf.runs.packing",
        "rtl_tf.studies.study",
        "rtl_tf.cli.train",
        "rtl_tf.cli.evaluate",
        "rtl_tf.cli.pack",
        "rtl_tf.cli.check",
        "rtl_tf.cli.convert",
        "rtl_tf.cli.lift",
        "rtl_tf.cli.measure",
        "rtl_tf.cli.frames",
        "rtl_tf.clinic.lifted",
        "rtl_tf.clinic.measured",
        "rtl_tf.clinic.best_frames",
        "rtl_tf.datasets.converting",
        "rtl_tf.audit.examination",
        "rtl_tf.app.__main__",
        "rtl_tf.app.session",
        "rtl_tf.app.detector_guesses",
    ],
)
def test_light_modules_do_not_load_tensorflow(module):
    code = f"import sys, {module}; sys.exit(bool({{'tensorflow', 'keras', 'matplotlib', 'pandas'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_run_knows_the_studies_that_train_it():
    """Layer 8 has two rooms: one run, and many."""
    for path in (PACKAGE / "experiments").glob("*.py"):
        assert not {name for name in imports(path) if name.startswith("rtl_tf.studies")}, path


def test_no_module_has_the_name_of_another():
    """But for the commands, which are called as people call them."""
    rooms = [path for path in MODULES if path.parent.name != "cli" and not path.stem.startswith("__")]
    names = Counter([path.stem for path in rooms] + [path.name for path in PACKAGE.rglob("*") if path.is_dir()])
    assert not {name for name, count in names.items() if count > 1 and name != "__pycache__"}


def test_the_files_of_a_run_are_named_in_one_place():
    """But for networks, which know no runs: a source of one's own is a run's network, or was pretrained."""
    assert catalogue.SAVED_NAMES == (layout.NETWORK, layout.SOURCE_NETWORK)
    names = {*layout.FILES, layout.SOURCE_NETWORK, layout.SOURCE_HISTORY, layout.LOG}
    formats = ("networks/catalogue.py", "networks/archive_check.py", "networks/hub_backbone.py")
    apart = {PACKAGE / name for name in ("runs/layout.py", *formats)}
    for path in set(MODULES) - apart:
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        assert names.isdisjoint(node.value for node in nodes if isinstance(node, ast.Constant)), path


def test_files_fit_in_a_head():
    long = {str(path): lines for path in MODULES if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 250}
    assert not long
