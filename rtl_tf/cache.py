"""Where the package keeps what can be made again: rendered faces, a source network's answers."""

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """`<root>/<name>`; the root is the environment's RTL_TF_CACHE, else ~/.cache/rtl_tf. It need not exist."""
    return Path(os.environ.get("RTL_TF_CACHE") or Path.home() / ".cache" / "rtl_tf").expanduser() / name
