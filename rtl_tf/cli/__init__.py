"""Command lines: parsing and messages only."""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rtl_tf import __version__
from rtl_tf.exceptions import InputError, in_one_line, is_full_disk, is_out_of_memory, os_error_text
from rtl_tf.system import console
from rtl_tf.system.redirection import redirect, silenced
from rtl_tf.system.signals import Stopped, ending_as_by_ctrl_c


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, like all others, and whose help has the name it was called by.

    Its `prog` is for other callers. Names may stand on both sides of a flag: `predict.py RUN --output FILE photos/`.
    """

    def __init__(self, *, prog: str, **more):
        super().__init__(prog=_called() or prog, **more)
        self.add_argument("--version", action=_Version, nargs=0, help="print it and TensorFlow's, and end")

    def parse_args(self, args=None, namespace=None):
        words = sys.argv[1:] if args is None else args
        separated = "--" in words  # before names that begin with "-": argparse forgets it where names and flags mix
        return (super().parse_args if separated else self.parse_intermixed_args)(words, namespace)

    def add_recursive(self) -> None:
        """The flag of every command that takes folders of photographs: `photographs.from_files` advises it."""
        self.add_argument("--recursive", action="store_true", help="folders in folders too, but for hidden ones")

    def add_subjects_as_written(self) -> None:
        """The flag of commands that know people by their codes, see `datasets.subject_codes`."""
        self.add_argument(
            "--subjects-as-written", action="store_true",
            help="codes of people that differ in case or leading zeros alone are different people",
        )  # fmt: skip

    def error(self, message: str):
        raise InputError(f"{message} (see --help)")


class _Version(argparse.Action):
    """Prints what a Methods section has to name, by what is installed: nothing is imported for it."""

    def __call__(self, parser, *_):
        from importlib.metadata import PackageNotFoundError, version

        told = [f"rtl_tf {__version__}", f"Python {platform.python_version()}"]
        for name in ("TensorFlow", "Keras"):
            with suppress(PackageNotFoundError):
                told.append(f"{name} {version(name)}")
        print(", ".join(told))
        parser.exit()


def _called() -> str | None:
    """`train.py`, `rtl-train` or `python -m rtl_tf.cli.train`; None where the process is another program's."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None:
        return f"python -m {spec.name}" if spec.name.startswith("rtl_tf.") else None
    name = Path(sys.argv[0])
    return name.name if name.suffix == ".py" else name.stem if name.stem.startswith("rtl-") else None


def run(main: Callable[[list[str]], int | None], arguments: list[str] | None = None) -> None:
    """Call a command's `main(arguments)` and leave with its status; bad input is one line and status 2."""
    console.forgive()
    try:
        with ending_as_by_ctrl_c():
            status = main(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except InputError as problem:
        print(f"error: {problem}", file=sys.stderr)
        status = 2
    except UnicodeEncodeError as problem:  # file names are bytes; tables and settings are UTF-8
        print(f"error: {problem.object[:200]}: a name that is not UTF-8 cannot be written; rename it", file=sys.stderr)
        status = 2
    except RecursionError:
        print("error: something that was given is nested too deep", file=sys.stderr)
        status = 2
    except BrokenPipeError:  # the reader (`| head`) has seen enough
        redirect(os.devnull, sys.stdout.fileno())
        status = 141
    except OSError as problem:  # a folder that cannot be written, a full disk
        print(f"error: {os_error_text(problem)}", file=sys.stderr)
        if problem.filename is None:  # what stdout still holds would fail once more
            redirect(os.devnull, sys.stdout.fileno())
        status = 2
    except KeyboardInterrupt as stop:
        print("\nstopped", file=sys.stderr)
        status = stop.status if isinstance(stop, Stopped) else 130
    except Exception as problem:
        if not is_out_of_memory(problem):
            raise
        said = in_one_line(problem).rpartition("}} ")[2]  # what TensorFlow puts before it names its own functions
        lacking = "room on the disk" if is_full_disk(problem) else "memory"
        print(f"error: not enough {lacking} ({said})", file=sys.stderr)
        status = 2
    sys.exit(status)


def start_tensorflow() -> None:
    """Import TensorFlow without the notes on CPU features and absent GPUs that its libraries write while they load."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silenced(2):
        import tensorflow

        # Several runs in one process, as `--lambda auto` has them, build a graph each: no news.
        tensorflow.get_logger().setLevel("ERROR")
