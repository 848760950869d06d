"""Who is who: the codes of people, as written by several hands and programs."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, Samples

UNSEEN = "\u115f\u1160\u2800\u3164\uffa0"  # fillers and the empty Braille cell: letters and symbols by name alone


def checked_people(samples: Sequence[Sample], as_written: bool, names: Sequence[str]) -> list[Sample]:
    """The samples with each subject in Unicode's composed form, after a look at how the codes are written.

    Args:
        as_written: codes that differ in little are different people.
        names: of the images, for messages, beside the samples' places.
    Raises:
        InputError: a code shows nothing; or, unless `as_written`, two codes of `code_key` equal: one person would be
            taken for two and could lie in two parts of a split. Names both codes, and a row and an image of each.
    """
    named = zip(names, samples, strict=True)
    places = (f"{sample.place}, image {name}" if sample.place else f"image {name}" for name, sample in named)
    require_alike(zip((sample.subject for sample in samples), places, strict=True), as_written)
    return [replace(sample, subject=unicodedata.normalize("NFC", sample.subject)) for sample in samples]


def require_alike(people: Iterable[tuple[str, str]], as_written: bool) -> None:
    """InputError as `checked_people`, of codes with where each of them stands."""
    first: dict[str, tuple[str, str]] = {}
    for subject, where in people:
        key = code_key(subject)
        if not key or any(unicodedata.category(c) in ("Cc", "Cs") for c in subject):
            problem = "shows nothing, or holds characters that no file can keep; give each person a code"
            raise InputError(f"{where}: its subject {subject!r} {problem}")
        other, written = first.setdefault(key, (where, subject))
        if not as_written and written != subject:
            raise InputError(
                f"subjects {written!r} ({other}) and {subject!r} ({where}) differ in nothing but "
                "case, zeros, blanks or the form of letters: write one person's alike; if they are two people, give "
                "--subjects-as-written"
            )


def with_checked_people(path: Path, samples: Samples, as_written: bool) -> Samples:
    """The samples of a file of predictions, of which nobody need have told the people; as `checked_people` if so."""
    if not any(sample.subject for sample in samples):
        return samples
    try:
        return Samples(checked_people(samples, as_written, samples.names))
    except InputError as problem:
        raise InputError(f"{path}: {problem}") from problem


def code_key(subject: str) -> str:
    """What is left of a code without that which hands and spreadsheets change: `007`, `7.0` and `7` are one.

    Without case, blanks and characters that nobody sees, zeros before a number, `.0` behind one; letters in one form.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", subject).casefold())
    text = "".join(c for c in text if unicodedata.category(c)[0] not in "CZ" and c not in UNSEEN)
    text = re.sub(r"(?<=\d)\.0+$", "", text)
    return re.sub(r"(?<![\d.])0+(?=\d)", "", text)
