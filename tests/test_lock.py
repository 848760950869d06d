"""Two processes never train in one folder."""

import subprocess
import sys

import pytest

from rtl_tf.exceptions import InputError
from rtl_tf.lock import alone_in, is_taken

HOLD = "import sys; from rtl_tf.lock import alone_in\nwith alone_in(sys.argv[1]): print('held', flush=True); input()"


def test_a_folder_is_held_by_one_process_until_it_ends_or_is_killed(tmp_path):
    folder = tmp_path / "ft" / "seed0"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        assert is_taken(folder) and not is_taken(tmp_path / "ft" / "seed1")
        with (
            pytest.raises(InputError, match="seed0 is being trained by another process: let it end, or give"),
            alone_in(folder),
        ):
            pytest.fail("two processes in one folder")
        other.kill()
    assert not is_taken(folder)
    with alone_in(folder):
        assert is_taken(folder)
    assert not folder.exists()
