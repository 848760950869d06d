"""A note on input is one line of the command line, for the first file of its kind."""

import pytest

from rtl_tf import cli, exceptions


def test_a_note_is_one_line_and_said_once(capsys, monkeypatch):
    monkeypatch.setattr(exceptions, "_told", set())

    def main(arguments):
        for name in "ab":
            exceptions.warn_once("frames", f"{name}.gif: several frames; the first is read")
        print("done")
        return 0

    with pytest.raises(SystemExit) as ended:
        cli.run(main, [])
    assert ended.value.code == 0
    assert capsys.readouterr() == ("done\n", "note: a.gif: several frames; the first is read\n")
