"""Train a landmark detector: `python train.py --method rtl-eo --lambda 0.002`."""

from rtl_tf.cli import run
from rtl_tf.cli.train import main

if __name__ == "__main__":
    run(main)
