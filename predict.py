"""Find landmarks on photographs: `python predict.py runs/synthetic/rtl-eo/seed0 face.jpg`."""

from rtl_tf.cli import run
from rtl_tf.cli.predict import main

if __name__ == "__main__":
    run(main)
