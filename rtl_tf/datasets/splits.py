"""Training, validation and test parts: drawn by subject or by scan, thinned, and audited for leaks."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate

from rtl_tf.datasets.groups import groups_of
from rtl_tf.exceptions import InputError
from rtl_tf.images import image_hash, read_size
from rtl_tf.records import Sample, Split, image_names
from rtl_tf.system.progress import in_threads


def split(
    samples: Sequence[Sample],
    by: str = "subject",
    seed: int = 0,
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2),
) -> Split:
    """Training, validation and test part, at random, of whole subjects or of single scans; see `groups.grouped`.

    The order is that of a hash of (seed, subject or image name), cut where the parts' sizes come nearest to
    `fractions`; so it depends neither on the samples' order nor on the platform or a library's random generator.

    Raises:
        InputError: there are fewer than three subjects (images), one for each part.
    """
    if len(samples) == 0:
        raise InputError("no images to split")
    names = image_names(samples)
    groups = groups_of(samples, sorted(range(len(samples)), key=names.__getitem__), by)
    if len(groups) < 3:
        wayout = "; add subjects, or give --split-by scan" if by == "subject" else ""
        raise InputError(f"{len(samples)} images of {len(groups)} {by}(s): each of the three parts needs one{wayout}")

    order = sorted(groups, key=lambda key: _shuffle_key(seed, key))
    images_before = list(accumulate((len(groups[key]) for key in order), initial=0))
    first = _nearest(images_before, fractions[0] * len(samples), range(1, len(order) - 1))
    second = _nearest(images_before, (fractions[0] + fractions[1]) * len(samples), range(first + 1, len(order)))
    cuts = (order[:first], order[first:second], order[second:])
    return Split(*(tuple(_by_name((i for key in part for i in groups[key]), names)) for part in cuts))


def without_test(whole: Split, samples: Sequence[Sample]) -> Split:
    """The test part's images are training images."""
    return replace(whole, training=tuple(_by_name((*whole.training, *whole.test), image_names(samples))), test=())


def subset(
    whole: Split,
    samples: Sequence[Sample],
    training_images: int,
    validation_images: int,
    seed: int = 0,
) -> Split:
    """The same split with so many training and validation images; the others are unused.
    A smaller subset lies within every larger one of the same seed, and no subject gives a second image before each
    has given one.

    Raises:
        InputError: a part has fewer images.
    """
    return replace(
        whole,
        training=_nested(whole.training, training_images, "training", samples, seed),
        validation=_nested(whole.validation, validation_images, "validation", samples, seed),
    )


def _nested(part: Sequence[int], images: int, name: str, samples: Sequence[Sample], seed: int) -> tuple[int, ...]:
    """`images` of a part's indices; see `subset`."""
    if not 1 <= images <= len(part):
        raise InputError(f"{images} {name} images: the {name} part has {len(part)}")
    names = image_names(samples)
    shuffled = sorted(part, key=lambda index: _shuffle_key(seed, names[index]))
    taken: dict[str, int] = defaultdict(int)
    rounds = {}
    for index in shuffled:
        subject = samples[index].subject
        rounds[index] = (taken[subject], _shuffle_key(seed, subject))
        taken[subject] += 1
    return tuple(_by_name(sorted(shuffled, key=rounds.__getitem__)[:images], names))


def folds(
    samples: Sequence[Sample],
    training: Sequence[int],
    count: int,
    by: str = "subject",
    seed: int = 0,
    known: Collection[int] = (),
) -> list[tuple[int, ...]]:
    """The training part in `count` folds of nearly equal size, at random, of whole subjects or of single scans; see
    `groups.grouped`. Those whom a source network knows, who have an image in `known`, are in none.

    InputError for fewer subjects (images) than folds.
    """
    names, known = image_names(samples), set(known)
    everybody = groups_of(samples, training, by)
    groups = {key: group for key, group in everybody.items() if not known & set(group)}
    if count > len(groups) and len(groups) < len(everybody):
        most = f"at most --folds {len(groups)}" if len(groups) > 1 else "--folds 0"
        raise InputError(
            f"--folds {count}: the source knows all but {len(groups)} of the training part's {len(everybody)} {by}s: "
            f"give {most}, or a source that was trained on others"
        )
    if not 2 <= count <= len(groups):
        raise InputError(f"--folds {count}: use 2 to {len(groups)}, as many {by}s as the training part has")
    parts: list[list[int]] = [[] for _ in range(count)]
    for key in sorted(groups, key=lambda key: (-len(groups[key]), _shuffle_key(seed, key))):
        min(parts, key=len).extend(groups[key])
    return [tuple(_by_name(part, names)) for part in parts]


def exchanged(
    whole: Split, samples: Sequence[Sample], known: Collection[int], by: str = "subject", seed: int = 0
) -> Split | None:
    """The split with the subjects (scans) of test and validation part that have an image in `known` in the training
    part, and as many of that part that have none there in their place, at random: as long as there are such, first of
    the test part. There nobody remains who is known; None where nobody would be left of a test part."""
    groups = groups_of(samples, range(len(samples)), by)
    key = {index: one for one, group in groups.items() for index in group}
    training, validation, test = ({key[index] for index in part} for part in whole.parts.values())
    familiar = {key[index] for index in known}

    def shuffled(keys: set[str]) -> list[str]:
        return sorted(keys, key=lambda one: _shuffle_key(seed, one))

    others = shuffled(training - familiar)
    count = len(test & familiar)
    test = (test - familiar) | set(others[:count])
    others = others[count:]
    leaving = shuffled(validation & familiar)[: len(others)]
    validation = (validation - set(leaving)) | set(others[: len(leaving)])

    order = _by_name((index for part in whole.parts.values() for index in part), image_names(samples))
    judged = test | validation
    cuts = (set(key.values()) - judged, validation, test)
    split = Split(*(tuple(index for index in order if key[index] in part) for part in cuts))
    return split if split.test or not whole.test else None


def without_fold(whole: Split, parts: Sequence[tuple[int, ...]], fold: int) -> Split:
    """The training part without a fold, 1 to the number of `parts`, which is tested; InputError for another."""
    if fold > len(parts):
        raise InputError(f"--fold {fold}: there are {len(parts)}")
    left_out = set(parts[fold - 1])
    training = tuple(index for index in whole.training if index not in left_out)
    return replace(whole, training=training, test=parts[fold - 1])


def audit(samples: Sequence[Sample], parts: Split, by: str = "subject") -> None:
    """Searches for leaks between parts: a subject in two of them (when split by subject), or an image.

    Images are equal when their pixels are, whatever the files' names, formats and metadata. Only images of the same
    size as one of another part are decoded, in threads, with a progress bar.

    Raises:
        InputError: names the two images.
    """
    names = image_names(samples)
    if by == "subject":
        _require_one_part(parts, names, lambda index: samples[index].subject, "the same subject")
    used = [index for indices in parts.parts.values() for index in indices]
    with ThreadPoolExecutor() as pool:
        sizes = dict(zip(used, pool.map(lambda index: read_size(samples[index].image), used), strict=True))
    parts_of_size = defaultdict(set)
    for part, indices in parts.parts.items():
        for index in indices:
            parts_of_size[sizes[index]].add(part)
    suspects = [index for index in used if len(parts_of_size[sizes[index]]) > 1]
    hashes = in_threads(image_hash, [samples[index].image for index in suspects], "searching for duplicates")
    hash_of = dict(zip(suspects, hashes, strict=True))
    _require_one_part(parts, names, lambda index: hash_of.get(index, index), "the same pixels")


def _require_one_part(parts: Split, names: list[str], key: Callable[[int], Hashable], what: str) -> None:
    first: dict[Hashable, tuple[str, int]] = {}
    for part, indices in parts.parts.items():
        for index in indices:
            other_part, other = first.setdefault(key(index), (part, index))
            if other_part != part:
                pair = f"{names[other]} ({other_part}) and {names[index]} ({part})"
                raise InputError(f"leak between parts: {pair} have {what}")


def _shuffle_key(seed: int, text: str) -> str:
    return hashlib.sha256(f"{seed}:{text}".encode()).hexdigest()


def _nearest(sizes: Sequence[int], wanted: float, cuts: range) -> int:
    return min(cuts, key=lambda cut: abs(sizes[cut] - wanted))


def _by_name(indices: Iterable[int], names: list[str]) -> list[int]:
    return sorted(indices, key=names.__getitem__)
