"""What a source network has seen: a record beside its weights, asked by every run that starts from it."""

import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image
from toys import toy_samples

from rtl_tf.config import Asked
from rtl_tf.datasets import splits
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.lineage import acquaintances, read_record, with_unseen_test, write_record
from rtl_tf.experiments.resolving import Dataset, thinned
from rtl_tf.records import Split
from rtl_tf.runs.layout import TRAINED_ON
from rtl_tf.schema import load_schema

PARTS = Split(training=(0, 1, 2, 3), validation=(4, 5), test=(6, 7))


@pytest.fixture
def faces(tmp_path):
    """Eight images of the people s0 to s3, two each: s3 is tested."""
    folder = tmp_path / "faces"
    folder.mkdir()
    return toy_samples(folder, count=8)


@pytest.fixture
def source(tmp_path):
    """Writes the record of a network that was trained on some images, and gives its folder."""

    def make(samples, used, fingerprint="d1", of=None, name="source"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "best.keras").touch()
        write_record(folder, of, fingerprint, samples, used)
        return str(folder)

    return make


def check(source, samples, fingerprint="d1", parts=PARTS, **settings):
    dataset = Dataset(samples, load_schema("fas12"), parts, "faces", {"dataset_hash": fingerprint})
    return with_unseen_test(Asked(source=source, **settings).resolved(), dataset)


def test_a_record_comes_back(faces, source):
    seen = read_record(source(faces, [5, 0]))
    assert [(one.data, one.image, one.subject, one.size) for one in seen] == [
        ("d1", "000.png", "s0", "48x48"),
        ("d1", "005.png", "s2", "48x48"),
    ]
    assert len({one.pixels for one in seen}) == 2
    assert read_record("dlib") == read_record(None) == []


def test_training_on_others_is_allowed(faces, source):
    check(source(faces, [0, 1, 2, 3, 4, 5]), faces)
    check("dlib", faces)


def test_a_person_of_the_test_part_is_refused_even_if_the_image_is_another(faces, source):
    known = source(faces, [0, 6])
    parts = dataclasses.replace(PARTS, test=(7,))
    with pytest.raises(InputError) as error:
        check(known, faces, parts=parts)
    assert str(error.value) == (
        f"--source {known}: it was trained on a person of the test part, s3 (007.png; it has seen 006.png): take a "
        "source that was trained on others, as one with the same --split-seed"
    )
    check(known, faces, parts=parts, split_by="scan")
    with pytest.raises(InputError, match=r"s3 \(006\.png; it has seen 006\.png\)"):
        check(known, faces, split_by="scan")


def test_people_of_other_data_may_have_the_same_codes(tmp_path, faces, source):
    folder = tmp_path / "others"
    folder.mkdir()
    check(source(toy_samples(folder, count=8, seed=1), range(8), "d2"), faces)


def test_data_that_share_an_image_share_their_people(tmp_path, faces, source):
    """A part of the data in another folder, as other files, with another hash: codes mean the same people."""
    folder = tmp_path / "copies"
    folder.mkdir()
    copies = []
    for index in (0, 6):
        path = folder / f"copy{index}.bmp"
        Image.open(faces[index].image).save(path)
        copies.append(dataclasses.replace(faces[index], image=path))
    exchanged = Split(training=(0, 1, 6, 7), validation=(4, 5), test=(2, 3))
    assert check(source(copies, [0, 1], "d2"), faces).split == exchanged
    Image.fromarray(np.zeros((48, 48, 3), np.uint8)).save(folder / "copy6.bmp")  # another image of s3
    known = source(copies, [0, 1], "d2", name="again")
    assert check(known, faces).split == exchanged
    everybody = dataclasses.replace(PARTS, training=(0, 1), validation=(4, 5))
    with pytest.raises(InputError, match=r"s3 \(006\.png; it has seen copy6\.bmp\)"):
        check(known, faces, parts=everybody)


def test_a_source_of_a_source_counts(faces, source):
    first = source(faces, [6], name="first")
    second = source(faces, [0], of=first, name="second")
    assert [one.image for one in read_record(second)] == ["000.png", "006.png"]
    with pytest.raises(InputError, match="s3"):
        check(second, faces)


def test_sources_without_a_record_pass_and_damaged_ones_are_named(faces, source, tmp_path):
    known = source(faces, [6])
    (tmp_path / "source" / TRAINED_ON).write_text("image,subject\n006.png,s3\n")
    with pytest.raises(InputError, match=rf"{TRAINED_ON}: missing column"):
        check(known, faces)
    (tmp_path / "source" / TRAINED_ON).unlink()
    check(known, faces)
    shutil.copy(tmp_path / "source" / "best.keras", tmp_path / "alone.keras")
    check(str(tmp_path / "alone.keras"), faces)


def test_people_whom_the_source_knows_leave_the_test_part_of_data_that_have_grown(faces, source):
    """The source knew s0 and s3, of two people then; s1 and s2 have come since, and s2 chooses the epoch."""
    known = source([faces[0], faces[1], faces[6], faces[7]], [0, 2], fingerprint="before")
    split = check(known, faces, fingerprint="now").split
    assert split == Split(training=(0, 1, 6, 7), validation=(4, 5), test=(2, 3))
    assert check(known, faces, fingerprint="now", parts=split).split == split
    everybody = source(faces, range(6), fingerprint="before", name="everybody")
    assert check(everybody, faces, fingerprint="now").split == PARTS
    all_known = source(faces, range(8), fingerprint="before", name="all")
    with pytest.raises(InputError, match="it was trained on a person of the test part, s3"):
        check(all_known, faces, fingerprint="now")


def test_a_third_training_of_grown_data_tests_whom_the_second_tested(faces, source):
    first = source([faces[6], faces[7]], [0, 1], fingerprint="before")
    second = check(first, faces, fingerprint="now").split
    assert second.test != PARTS.test
    used = (*second.training, *second.validation)
    third = source(faces, used, fingerprint="now", of=first, name="second")
    assert check(third, faces, fingerprint="now").split.test == second.test


def test_parts_that_were_exchanged_are_audited(faces, source):
    """Two people of the training part with one picture: no leak, until one of them is tested."""
    shutil.copy(faces[0].image, faces[2].image)
    known = source([faces[0], faces[6]], [1], fingerprint="before")
    with pytest.raises(InputError) as error:
        check(known, faces, fingerprint="now")
    assert str(error.value) == "leak between parts: 002.png (training) and 000.png (test) have the same pixels"


TRAINED = "people of the {} part whom the source knows are trained on, and others {} instead"
BESIDE = "--folds: of people whom the source does not know; the others are trained on beside each fold"


@pytest.mark.parametrize(
    ("used", "expected", "lines"),
    [
        ([4], Split((2, 3, 4, 5), (0, 1), (6, 7)), [TRAINED.format("validation", "choose the epoch"), BESIDE]),
        (
            [4, 6],
            Split((4, 5, 6, 7), (2, 3), (0, 1)),
            [TRAINED.format("test", "are tested"), TRAINED.format("validation", "choose the epoch"), BESIDE],
        ),
        (
            [2, 4, 6],  # s0 alone is left, and is tested
            Split((2, 3, 6, 7), (4, 5), (0, 1)),
            [
                TRAINED.format("test", "are tested"),
                "the source knows the people of 2 of 2 validation images, which choose the epoch: their errors may be "
                "too low",
                BESIDE,
            ],
        ),
    ],
)
def test_people_whom_the_source_knows_leave_the_validation_part_too(faces, source, used, expected, lines):
    """Of s0, s1 in the training part, s2 in the validation and s3 in the test part: first the test part is filled."""
    before = [dataclasses.replace(faces[index], subject=f"old {index}") for index in used]
    found = check(source(before, range(len(used)), fingerprint="before"), faces, fingerprint="now")
    assert found.split == expected
    assert found.known == {index for person in used for index in (person, person + 1)}  # by one image of each
    assert acquaintances(PARTS, found, found.split, folds=2) == lines
    assert acquaintances(PARTS, found, found.split, folds=0) == lines[:-1]


def test_of_the_same_data_the_parts_stay(faces, source):
    found = check(source(faces, [0, 1, 4, 5]), faces)
    assert found.split == PARTS and found.known == {0, 1, 4, 5}
    (line,) = acquaintances(PARTS, found, PARTS, folds=0)
    assert line.startswith("the source knows the people of 2 of 2 validation images")
    assert acquaintances(PARTS, check("dlib", faces), PARTS, folds=5) == []


def test_folds_are_of_people_whom_the_source_does_not_know(faces):
    """Of s0 to s2 it knows s1, who is trained on beside the folds of s0 and s2."""
    parts = Split(training=(0, 1, 2, 3, 4, 5), validation=(6, 7), test=())
    dataset = Dataset(faces, load_schema("fas12"), parts, "faces", {"dataset_hash": "d1"}, frozenset({2, 3}))
    told = [thinned(dataset, Asked(folds=2, fold=fold).resolved()) for fold in (1, 2)]
    assert {part.test for part in told} == {(0, 1), (4, 5)}
    assert all(set(part.training) == set(parts.training) - set(part.test) for part in told)


@pytest.mark.parametrize(
    ("known", "remedy"),
    [
        ((2, 3), "all but 2 of the training part's 3 subjects: give at most --folds 2"),
        ((0, 2), "all but 1 of the training part's 3 subjects: give --folds 0"),
    ],
)
def test_folds_of_too_few_whom_the_source_does_not_know_are_refused(faces, known, remedy):
    with pytest.raises(InputError) as error:
        splits.folds(faces, range(6), 3, known=known)
    assert str(error.value) == f"--folds 3: the source knows {remedy}, or a source that was trained on others"
