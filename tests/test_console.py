"""Consoles and names of any encoding: everything is said, in ASCII where it must be, and nothing dies of it."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from rtl_tf.exceptions import InputError

ROOT = Path(__file__).resolve().parents[1]


def run_code(code: str, encoding: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)


SAY = r"""
import sys
from rtl_tf.cli import run
from rtl_tf.system.progress import Bar
def main(arguments):
    print("0.65\u00b10.25 \u2020 \u2212\u03bb \u9854 \udcfc.png")
    bar = Bar(24, "ü")
    bar.reach(12)
    print(bar, file=sys.stderr)
run(main, [])
"""


@pytest.mark.parametrize(
    ("encoding", "out", "err"),
    [
        ("ascii", b"0.65+/-0.25 * -lambda \\u9854 \\udcfc.png", rb"\xfc ############............ 12/24, 0:00 left"),
        (
            "cp1252",
            b"0.65\xb10.25 \x86 -lambda \\u9854 \\udcfc.png",
            b"\xfc ############" + b"\xb7" * 12 + b" 12/24, 0:00 left",
        ),
        ("utf-8", "0.65±0.25 † −λ 顔 \\udcfc.png".encode(), f"ü {'█' * 12}{'·' * 12} 12/24, 0:00 left".encode()),
    ],
)
def test_any_console_shows_everything(encoding, out, err):
    answer = run_code(SAY, encoding)
    assert (answer.returncode, answer.stdout.strip(), answer.stderr.strip()) == (0, out, err)


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("open('x', 'w', encoding='utf-8').write('\\udcfc.png')", b"not UTF-8 cannot be written; rename it"),
        ("import json; json.loads('[' * 100_000)", b"error: something that was given is nested too deep"),
        ("bytearray(2**60)", b"error: not enough memory"),
        (
            "raise type('ResourceExhaustedError', (Exception,), {})('{{f}} OOM:\\n[Op]')",
            b"not enough memory (OOM: [Op])",
        ),
        (
            "raise type('ResourceExhaustedError', (Exception,), {})('{{f}} a; No space left on device [Op:SaveV2]')",
            b"error: not enough room on the disk (a; No space left on device [Op:SaveV2])",
        ),
    ],
)
def test_what_stops_a_command_is_one_line(statement, line, tmp_path):
    body = f"def main(arguments):\n    {statement}\n"
    code = f"import os; os.chdir({str(tmp_path)!r})\nfrom rtl_tf.cli import run\n{body}run(main, [])"
    answer = run_code(code, "ascii")
    assert answer.returncode == 2 and line in answer.stderr and len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_error(closed, tmp_path):
    """What is said is for nobody, and no file that a command writes takes the stream's place."""
    body = "def main(arguments):\n    file = open('x', 'w')\n    print('said'); file.write('row'); return 1\n"
    (tmp_path / "say.py").write_text(f"from rtl_tf.cli import run\n{body}run(main, [])")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["sh", "-c", f'"{sys.executable}" say.py {closed}']
    answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
    assert answer.returncode == 1 and answer.stderr == b"" and (tmp_path / "x").read_text() == "row"


@pytest.mark.parametrize(("name", "arguments"), [("train", ["--sigma", "0"]), ("evaluate", [])])
def test_a_command_is_also_a_module_and_an_installed_script(name, arguments):
    entry = f"import sys; sys.argv[0] = 'x'; from rtl_tf.cli.{name} import entry; entry()"
    ways = ([str(ROOT / f"{name}.py")], ["-m", f"rtl_tf.cli.{name}"], ["-c", entry])
    script, *others = (
        subprocess.run([sys.executable, *way, *arguments], cwd=ROOT, capture_output=True, text=True) for way in ways
    )
    assert script.returncode == 2 and script.stderr.startswith("error: ")
    assert [(one.returncode, one.stderr) for one in others] == [(2, script.stderr)] * 2
    assert "rtl_tf.cli.{name}:entry" in (ROOT / "setup.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("argv", "called"),
    [
        (["-m", "rtl_tf.cli.train"], "python -m rtl_tf.cli.train"),
        (["-m", "rtl_tf.cli.cache"], "python -m rtl_tf.cli.cache"),
        ([str(ROOT / "evaluate.py")], "evaluate.py"),
        (["-c", "import sys; sys.argv[0] = '/bin/rtl-train'; from rtl_tf.cli.train import entry; entry()"],
         "rtl-train"),
        (["-c", "import sys; sys.argv[0] = 'x/rtl-predict.exe'; from rtl_tf.cli.predict import entry; entry()"],
         "rtl-predict"),
        (["-c", "from rtl_tf.cli.train import entry; entry()"], "train.py"),
    ],
)  # fmt: skip
def test_help_has_the_name_that_a_command_was_called_by(argv, called, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *argv, "--help"]
    answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout.startswith(f"usage: {called} [-h]")


@pytest.mark.parametrize(
    ("module", "words", "names"),
    [
        (
            "rtl_tf.cli.predict",
            "RUN --output found.csv a.jpg --recursive b.jpg",
            {"model": "RUN", "images": "a.jpg b.jpg"},
        ),
        ("rtl_tf.cli.predict", "RUN --output found.csv", {"model": "RUN", "images": ""}),
        ("rtl_tf.cli.predict", "--output found.csv -- RUN -odd.jpg", {"model": "RUN", "images": "-odd.jpg"}),
        ("rtl_tf.cli.suggest", "RUN -n 20 photos", {"run": "RUN", "images": "photos"}),
        ("rtl_tf.app.__main__", "RUN --who me photos", {"paths": "RUN photos"}),
        ("rtl_tf.cli.measure", "--errors RUN found.csv", {"data": "found.csv"}),
    ],
)
def test_names_may_stand_on_both_sides_of_a_flag(module, words, names):
    read = vars(import_module(module).make_parser().parse_args(words.split()))
    found = {name: read[name] if isinstance(read[name], list) else [read[name]] for name in names}
    assert {name: " ".join(map(str, values)) for name, values in found.items()} == names


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("RUN photos --bogus 2", "unrecognized arguments: --bogus"),
        ("RUN a --outp found.csv", "unrecognized arguments: --outp"),
        ("--output found.csv", "the following arguments are required: MODEL"),
        ("RUN --every 2 film.mp4 --frames-per-second 5", "not allowed with argument --every"),
    ],
)
def test_what_a_parser_does_not_know_is_still_said(words, said):
    with pytest.raises(InputError, match=said):
        import_module("rtl_tf.cli.predict").make_parser().parse_args(words.split())
