"""Text for terminals and log files of any encoding: what it lacks is spelt in ASCII, and no run dies of a name."""

import codecs
import os
import sys

HANDLER = "rtl_tf.spelt"
SPELLINGS = {
    **{"±": "+/-", "–": "-", "−": "-", "†": "*", "λ": "lambda", "σ": "sigma", "µ": "u", "²": "^2"},
    **{"█": "#", "·": ".", "…": "...", "×": "x", "→": "->", "≥": ">=", "≤": "<="},
}


def spelt(problem: UnicodeError) -> tuple[str, int]:
    """Error handler of codecs: the signs of tables and progress bars in ASCII, everything else as Python escapes it.

    So a file of Japanese name, or one whose name is not even UTF-8, can be told from another one.
    """
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    signs = problem.object[problem.start : problem.end]
    return "".join(
        SPELLINGS.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in signs
    ), problem.end


def forgive() -> None:
    """Let stdout and stderr of this process write any text, whatever encoding the console or a redirection has."""
    codecs.register_error(HANDLER, spelt)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed (`>&-`), or no console at all: what is said is for nobody
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (open as long as the process)
        stream = getattr(sys, name)
        # With surrogateescape names come out as their own bytes.
        if getattr(stream, "errors", None) in ("strict", "backslashreplace") and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=HANDLER)
