"""`python -m rtl_tf.cli.export`: a trained detector as ONNX, OpenVINO or LiteRT file."""

from pathlib import Path

from rtl_tf.cli import Parser, run, start_tensorflow
from rtl_tf.inference.exported import ENGINES


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    start_tensorflow()  # only now: --help must not wait for it
    from rtl_tf.experiments.run_export import export_run

    file = export_run(options.run, options.engine, options.precision, options.output)
    print(f"Use it: python predict.py {file} IMAGE ...")
    return 0


def make_parser() -> Parser:
    parser = Parser(
        prog="python -m rtl_tf.cli.export",
        description="Write the detector of a run for another engine, preprocessing and decoding inside.",
        allow_abbrev=False,
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder of train.py")
    parser.add_argument(
        "--engine", choices=tuple(ENGINES), default="openvino", help="what shall run it [openvino, the fastest]"
    )
    parser.add_argument(
        "--precision",
        choices=("fp32", "int8"),
        default="fp32",
        help="int8: several times faster, calibrated on the run's training images [fp32]",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="[RUN/export/detector-<precision>.<suffix>]")
    return parser


if __name__ == "__main__":
    run(main)
