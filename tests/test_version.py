"""`--version` of every command: what a Methods section names, told without loading it."""

import platform
import re

import pytest

from rtl_tf import __version__
from rtl_tf.app.__main__ import main as app
from rtl_tf.cli import run
from rtl_tf.cli.train import main as train


@pytest.mark.parametrize("main", [train, app])
def test_versions_are_told_whatever_else_a_command_needs(main, capsys):
    with pytest.raises(SystemExit) as ended:
        run(main, ["--version"])
    assert ended.value.code == 0
    known = re.escape(f"rtl_tf {__version__}, Python {platform.python_version()}, ")
    assert re.fullmatch(rf"{known}TensorFlow \d+\.\d+\S*, Keras \d+\.\d+\S*\n", capsys.readouterr().out)
