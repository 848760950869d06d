"""Metrics of a run, and the paper's tables and figures: `python evaluate.py --help`."""

from rtl_tf.cli import run
from rtl_tf.cli.evaluate import main

if __name__ == "__main__":
    run(main)
