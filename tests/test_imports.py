"""What tests, benchmarks and pages import from the package is there, also inside functions that no test calls."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [path for folder in ("tests", "benchmarks", "docs") for path in sorted((ROOT / folder).rglob("*.py"))]
LAZY = {"rtl_tf"}  # gives its names when they are asked for: tests/test_public.py


@cache
def names_of(module: str) -> set[str] | None:
    """What a module of the package defines or imports at its top, and its submodules; None = no such module."""
    path = ROOT / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not file.is_file():
        return None
    found = {child.stem for child in path.iterdir()} if path.is_dir() else set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return found


def missing(path: Path) -> list[str]:
    absent = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            wanted = [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            wanted = [(node.module, alias.name) for alias in node.names]
        else:
            continue
        for module, name in wanted:
            if module.split(".")[0] == "rtl_tf" and module not in LAZY:
                names = names_of(module)
                if names is None or (name and name not in names):
                    absent.append(f"{module}: {name}")
    return absent


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_imported_from_the_package_is_there(path):
    assert missing(path) == []


def test_what_is_missing_is_found(tmp_path):
    file = tmp_path / "script.py"
    file.write_text("def call():\n    from rtl_tf.losses import heatmap, nothing\n    import rtl_tf.nowhere\n")
    assert missing(file) == ["rtl_tf.losses: nothing", "rtl_tf.nowhere: None"]
