"""Modules of this package as processes of their own, wherever it is called from."""

import os
import sys
from pathlib import Path

import rtl_tf


def command(module: str, *arguments: str) -> list[str]:
    """Words that run a module, not one of the same name in the folder that we are in."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(**more: str) -> dict[str, str]:
    """This process's variables and `more`; the module is found in the package that runs."""
    package = str(Path(rtl_tf.__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    return {**os.environ, **more, "PYTHONPATH": path}
