"""A run that goes on from the decoder of another, and what is no such run."""

import re
import shutil

import numpy as np
import pytest
from toy_table import flags, refused, toy_source_beside

from rtl_tf.cli.train import main
from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.building import build_transfer, load_networks
from rtl_tf.experiments.experiment import run_experiment
from rtl_tf.experiments.resolving import resolve
from rtl_tf.experiments.source_decoder import of_parts
from rtl_tf.methods import METHODS
from rtl_tf.networks import saved
from rtl_tf.schema import schema_text

FILTERS = 8


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    main([*flags(table, folder, "--decoder-filters", str(FILTERS), epochs=1), "--validation-only"])
    return folder


def asked_of(table, run, **given):
    schema = str(table / "toy.toml")
    return Asked(method="ft", data=str(table), schema=schema, image_size=64, seed=1, source=str(run), **given)


def decoder_of(asked):
    settings, method = resolve(asked), METHODS["ft"]
    crops = np.zeros((2, 64, 64, 3), np.uint8)
    network, _ = build_transfer(settings, method, load_networks(settings, method), crops, 3)
    return network.get_layer("decoder").get_weights()


def test_the_decoder_is_that_of_the_source_run_where_it_is_asked_for(table, run):
    last = saved.decoder_weights(run)
    taken, new = (
        decoder_of(asked_of(table, run, decoder_filters=FILTERS, source_decoder=flag)) for flag in (True, False)
    )
    for one, other in zip(taken, last, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(new, last, strict=True))


def test_training_goes_on_where_the_source_run_ended(table, run, tmp_path):
    """With a rate of nothing the network stays what it was, but for the statistics of its batches."""
    last = saved.decoder_weights(run)
    more = ("--decoder-filters", str(FILTERS), "--source-decoder", "--learning-rate", "1e-12", "--validation-only")
    main([*flags(table, tmp_path / "next", *more, epochs=1), "--source", str(run)])
    kernels = [
        (one, other) for one, other in zip(saved.decoder_weights(tmp_path / "next"), last, strict=True) if one.ndim == 4
    ]
    assert len(kernels) > 2
    for one, other in kernels:
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_network_of_the_parts_goes_on_from_that_of_the_source_run(table, run, tmp_path):
    settings = resolve(asked_of(table, run, source_decoder=True))
    alone = of_parts(settings)
    assert (alone.source, alone.source_decoder) == (str(run), False)
    both = tmp_path / "both"
    (both / "parts").mkdir(parents=True)
    for file in ("best.keras", "parts/best.keras"):
        shutil.copy(run / "best.keras", both / file)
    settings = resolve(asked_of(table, both, source_decoder=True))
    found = of_parts(settings)
    assert (found.source, found.source_decoder) == (str(both / "parts"), True)
    settings = resolve(asked_of(table, both))
    assert of_parts(settings) is settings


def test_what_has_no_such_decoder_is_refused(table, run, tmp_path):
    bare, others, pretrained = (tmp_path / name for name in ("bare", "others", "pretrained"))
    for folder in (bare, others, pretrained):
        folder.mkdir()
    for folder in (bare, others):
        shutil.copy(run / "best.keras", folder)
    (others / "schema.toml").write_text(schema_text("fas12"))
    shutil.copy(toy_source_beside(table), pretrained / "source.keras")
    shutil.copy(run / "schema.toml", pretrained)
    for source, message in (
        ("random", "--source-decoder: --source random has no decoder, name the folder of a run"),
        (bare, f"does not say which landmarks it finds, {bare / 'schema.toml'} is missing; leave the flag out"),
        (others, f"--source-decoder: --source {others} finds other landmarks (fas12), leave the flag out"),
        (pretrained, f"{pretrained}: the saved model has no decoder, name a run that was fine-tuned from a source"),
        (run, f"--source-decoder: the decoder of --source {run} has another form, give --decoder, --decoder-filters"),
    ):
        with pytest.raises(InputError, match=re.escape(message)):
            run_experiment(asked_of(table, source, source_decoder=True, output=str(tmp_path / "next")))
        assert not (tmp_path / "next").exists()
    asked = flags(table, tmp_path / "next", "--source-decoder", "--source", "dlib")
    refused(asked, "--source-decoder: --source dlib has no decoder", tmp_path / "next")
