"""`python -m rtl_tf.cli.pretrain`: train a source network of one's own, for `train.py --source FOLDER`."""

import argparse
from pathlib import Path

from rtl_tf.cli import Parser, run, start_tensorflow
from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.runs import layout

NETWORKS = {"resnet50": "random-resnet50", "dlib_resnet": "random"}


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    asked = _asked(options)
    start_tensorflow()  # only now: --help must not wait for it
    from rtl_tf import datasets

    folder = Path(
        options.output or f"runs/sources/{datasets.dataset_name(options.data)}-{options.task}-{options.network}"
    )
    if any((folder / name).exists() for name in (layout.METRICS, layout.SOURCE_HISTORY)):
        raise InputError(f"{folder} holds a run or a pretrained source: give another --output, or remove the folder")
    if options.resume and options.task == "recognition":
        raise InputError("--resume: only for --task alignment; recognition starts anew")
    asked = asked.but(output=str(folder))
    if options.task == "alignment":
        from rtl_tf.experiments.experiment import run_experiment

        run_experiment(asked.but(schema=asked.schema or _all_points(asked.data)), resume=options.resume)
    else:
        from rtl_tf.experiments.pretraining import pretrain_recognition

        pretrain_recognition(asked, folder)
    print(f"Use it: python train.py --source {folder}")
    return 0


def _asked(options: argparse.Namespace) -> Asked:
    """The flags as settings of a run: FT from random weights, whatever it is trained for."""
    return Asked(
        method="ft",
        data=options.data,
        schema=options.schema,
        source=NETWORKS[options.network],
        encoder_stride=options.encoder_stride,
        image_size=options.image_size,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        seed=options.seed,
        split_seed=options.split_seed,
        subjects_as_written=options.subjects_as_written or None,
    )


def make_parser() -> Parser:
    parser = Parser(
        prog="python -m rtl_tf.cli.pretrain",
        description="Train a source network from random weights, on a data set with landmarks or with people.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--task", required=True, choices=("alignment", "recognition"),
        help="alignment: all landmarks of the data set; recognition: a classifier over its subjects",
    )  # fmt: skip
    parser.add_argument("--data", required=True, metavar="NAME", help="as for train.py")
    parser.add_argument("--network", choices=tuple(NETWORKS), default="resnet50", help="architecture [resnet50]")
    parser.add_argument("--schema", metavar="NAME", help="landmarks [ibug68 where the data has them all]")
    parser.add_argument(
        "--encoder-stride", type=int, metavar="INT", help="where the encoder ends [32; dlib_resnet: 16]"
    )
    parser.add_argument("--image-size", type=int, default=128, metavar="INT", help="input px [128]")
    parser.add_argument("--epochs", type=int, default=40, metavar="INT", help="passes over the training part [40]")
    parser.add_argument("--batch-size", type=int, default=8, metavar="INT", help="images a step [8]")
    parser.add_argument("--learning-rate", type=float, default=1e-3, metavar="FLOAT", help="initial rate [0.001]")
    parser.add_argument("--seed", type=int, default=0, metavar="INT", help="seed of weights and augmentation [0]")
    parser.add_argument(
        "--split-seed", type=int, metavar="INT",
        help="train on nobody whom train.py tests with this --split-seed [alignment: 0; recognition: train on all]",
    )  # fmt: skip
    parser.add_argument("--subjects-as-written", action="store_true", help="as for train.py")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted alignment")
    parser.add_argument("--output", metavar="DIR", help="folder [runs/sources/<data>-<task>-<network>]")
    return parser


def _all_points(data: str) -> str:
    from rtl_tf import datasets

    try:
        datasets.load(data, "ibug68", subjects_as_written=True)
    except InputError:
        return datasets.default_schema(data)
    return "ibug68"


if __name__ == "__main__":
    run(main)
