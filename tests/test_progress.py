"""Progress: bars on a terminal, plain lines in a log, and nothing of what is quick."""

import io
import re
import sys

import pytest

from rtl_tf.system import progress as showing
from rtl_tf.system.progress import Bar, aside, clock, progress, say


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def screen(self):
        """The lines that a person sees: what CR, LF and the way up make of the text."""
        lines, row, column = [""], 0, 0
        for sign in re.findall(r"\x1b\[A|.|\n", self.getvalue(), re.DOTALL):
            if sign == "\r":
                column = 0
            elif sign in ("\n", "\x1b[A"):
                row, column = (row + 1, 0) if sign == "\n" else (row - 1, column)
                lines += [""] * (row + 1 - len(lines))
            else:
                lines[row] = lines[row][:column].ljust(column) + sign + lines[row][column + 1 :]
                column += 1
        return [line.rstrip() for line in lines]


def on_terminal(monkeypatch):
    """A terminal as stderr and stdout, on which nothing waits. (Of a fixture's, pytest would take the place.)"""
    made = Terminal()
    monkeypatch.setattr(showing, "INTERVAL", -1.0)
    monkeypatch.setattr(showing, "QUIET", -1.0)
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setattr(sys, "stdout", made)
    return made


def test_a_loop_has_a_bar_and_then_a_line(monkeypatch):
    terminal = on_terminal(monkeypatch)
    seen = []
    for item in progress("abcd", 4, "reading"):
        seen.append((item, terminal.screen()[0]))
    bars = [("█" * (6 * done)).ljust(24, "·") for done in range(4)]
    assert seen[0] == ("a", f"reading {bars[0]} 0/4")
    assert seen[1:] == [(item, f"reading {bars[done]} {done}/4, 0:00 left") for done, item in enumerate("bcd", start=1)]
    assert terminal.screen() == ["reading: 4 in 0 s", ""]


def test_a_log_has_few_lines_without_control_characters(monkeypatch, capsys):
    monkeypatch.setattr(showing, "INTERVAL", -1.0)
    monkeypatch.setattr(showing, "QUIET", -1.0)
    monkeypatch.setattr(showing, "LINE_INTERVAL", 0.0)
    list(progress(range(1000), 1000, "reading"))
    *lines, last, end = capsys.readouterr().err.split("\n")
    assert lines[0] == "reading: 0/1000" and last == "reading: 1000 in 0 s" and end == ""
    assert [line.split(", ")[0] for line in lines[1:]] == [f"reading: {done}/1000" for done in range(100, 1001, 100)]
    assert all(line.isprintable() for line in lines)


def test_lines_of_a_log_keep_their_distance(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(showing.time, "perf_counter", lambda: now[0])
    bar = Bar(100, "waiting")
    for second in range(1, 61):
        now[0] = float(second)
        bar.reach(second)
        bar.refresh()
    bar.close()
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == [f"waiting: {done}/100" for done in (5, 10, 20, 30, 40, 50, 60)]
    assert lines[0] == "waiting: 5/100, 1:35 left"


def test_what_is_quick_shows_nothing(monkeypatch):
    terminal = on_terminal(monkeypatch)
    monkeypatch.setattr(showing, "QUIET", 60.0)
    assert list(progress(range(3), 3, "reading")) == [0, 1, 2]
    with aside():
        pass
    assert terminal.getvalue() == ""


def test_bars_of_one_time_and_what_others_write_have_lines_of_their_own(monkeypatch):
    terminal = on_terminal(monkeypatch)
    outer, inner = Bar(2, "outer"), Bar(2, "inner")
    outer.reach(1)
    inner.reach(1)
    half = f"{'█' * 12}{'·' * 12} 1/2, 0:00 left"
    assert terminal.screen() == [f"outer {half}", f"inner {half}"]
    say("said")
    assert terminal.screen() == ["said", f"outer {half}", f"inner {half}"]
    inner.close()
    outer.close()
    assert terminal.screen() == ["said", "", ""]


def test_a_bar_goes_with_a_loop_that_fails(monkeypatch):
    terminal = on_terminal(monkeypatch)
    with pytest.raises(ZeroDivisionError):
        for item in progress((1, 0), 2, "dividing"):
            1 / item
    assert terminal.screen() == [""]


def test_a_bar_that_began_in_silence_is_seen_later(monkeypatch):
    terminal = on_terminal(monkeypatch)
    monkeypatch.setattr(Terminal, "isatty", lambda self: False)
    bar = Bar(2, "rendering")
    assert terminal.getvalue() == ""
    monkeypatch.setattr(Terminal, "isatty", lambda self: True)
    bar.refresh()
    assert terminal.screen()[0].startswith("rendering ····")
    bar.close()


def test_the_note_is_asked_only_when_it_is_shown(monkeypatch):
    on_terminal(monkeypatch)
    asked = []

    def note(bar, live):
        asked.append(live)
        return "here"

    monkeypatch.setattr(showing, "INTERVAL", 60.0)
    bar = Bar(100, "training", note)
    for done in range(100):
        bar.reach(done)
    bar.close()
    assert asked == [True]


def test_times():
    assert [clock(seconds) for seconds in (0, 61, 3599.6, 7325)] == ["0:00", "1:01", "1:00:00", "2:02:05"]
