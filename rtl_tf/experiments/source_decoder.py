"""`--source-decoder`: of a source that is a run on the same landmarks, the decoder goes on as well as the encoder."""

from dataclasses import replace

import keras

from rtl_tf.config import Settings
from rtl_tf.documents import read_text
from rtl_tf.exceptions import InputError
from rtl_tf.networks import saved
from rtl_tf.networks.catalogue import saved_file
from rtl_tf.networks.families import find_source
from rtl_tf.runs import layout
from rtl_tf.schema import load_schema, parse_schema


def require_same_landmarks(settings: Settings) -> None:
    """InputError unless the source is a run that finds the landmarks of `settings`, which are resolved."""
    if not settings.source_decoder:
        return
    flag = f"--source-decoder: --source {settings.source}"
    if find_source(settings.source):
        raise InputError(f"{flag} has no decoder, name the folder of a run")
    schema = saved_file(settings.source).parent / layout.SCHEMA
    if not schema.is_file():
        raise InputError(f"{flag} does not say which landmarks it finds, {schema} is missing; leave the flag out")
    found = parse_schema(read_text(schema), str(schema))
    if found.fingerprint != load_schema(settings.schema).fingerprint:
        raise InputError(f"{flag} finds other landmarks ({found.identity}), leave the flag out")


def take_decoder(network: keras.Model, settings: Settings) -> None:
    """Give the weights of the source run's decoder to that of a `build_network`. InputError for one of another form."""
    weights, own = saved.decoder_weights(settings.source), network.get_layer("decoder")
    if [one.shape for one in weights] != [one.shape for one in own.get_weights()]:
        raise InputError(
            f"--source-decoder: the decoder of --source {settings.source} has another form, give --decoder, "
            "--decoder-filters, --skip-connections and --encoder-stride as that run had them"
        )
    own.set_weights(weights)


def of_parts(settings: Settings) -> Settings:
    """The settings of a run's second network: it goes on from that of the source run, if there is one."""
    if not settings.source_decoder:
        return settings
    parts = saved_file(settings.source).parent / layout.FACE_PARTS
    there = (parts / layout.NETWORK).is_file()
    return replace(settings, source=str(parts)) if there else replace(settings, source_decoder=False)
