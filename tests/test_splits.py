import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rtl_tf import records
from rtl_tf.datasets import load, splits
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, Split, image_names
from rtl_tf.runs.parts import read_split, write_split

POINTS = np.zeros((1, 2), np.float32)
scans_of_subjects = st.lists(st.integers(1, 6), min_size=3, max_size=30)


def people(scans):
    """Samples of subjects with `scans[i]` images each; the files need not exist."""
    return [Sample(Path(f"/data/s{i}/{j}.png"), POINTS, f"s{i}") for i, n in enumerate(scans) for j in range(n)]


def subjects(samples, indices):
    return {samples[i].subject for i in indices}


@settings(deadline=None)
@given(scans_of_subjects, st.integers(0, 5), st.sampled_from(["subject", "scan"]))
def test_parts_share_nothing_and_leave_nothing_out(scans, seed, by):
    samples = people(scans)
    parts = splits.split(samples, by, seed)
    train, validation, test = (set(part) for part in parts.parts.values())
    assert train and validation and test
    assert sorted([*train, *validation, *test]) == list(range(len(samples)))
    if by == "subject":
        owners = [subjects(samples, part) for part in (train, validation, test)]
        assert not (owners[0] & owners[1] or owners[0] & owners[2] or owners[1] & owners[2])


@settings(deadline=None)
@given(scans_of_subjects, st.integers(0, 5), st.randoms(use_true_random=False), st.sampled_from(["subject", "scan"]))
def test_the_order_of_the_samples_does_not_matter(scans, seed, shuffler, by):
    samples = people(scans)
    shuffled = shuffler.sample(samples, len(samples))

    def images(data):
        parts = splits.split(data, by, seed)
        thinned = splits.subset(parts, data, 1 + len(parts.training) // 2, len(parts.validation), seed)
        return [[data[i].image for i in part] for s in (parts, thinned) for part in s.parts.values()]

    assert images(samples) == images(shuffled)


def test_sizes_are_the_papers():
    """1549 scans give 310 test images: the paper's failure rates are multiples of 1/310 (reading note 3)."""
    parts = splits.split(people([1] * 1549), by="scan")
    assert [len(part) for part in parts.parts.values()] == [1084, 155, 310]
    by_subject = splits.split(people([3] * 100))
    assert [len(part) for part in by_subject.parts.values()] == [210, 30, 60]


def test_sizes_come_near_the_fractions_with_uneven_subjects():
    scans = [random.Random(0).randint(1, 8) for _ in range(200)]
    shares = np.array([len(part) for part in splits.split(people(scans)).parts.values()]) / sum(scans)
    np.testing.assert_allclose(shares, [0.7, 0.1, 0.2], atol=8 / sum(scans))


def test_a_split_never_changes():
    """Fixed for good: a run must be repeatable on another machine and with another version of NumPy."""
    parts = splits.split(people([1] * 10), by="subject", seed=3)
    assert parts.parts == {"training": (0, 2, 3, 4, 6, 8, 9), "validation": (5,), "test": (1, 7)}
    assert parts != splits.split(people([1] * 10), by="subject", seed=4)


def test_too_few_subjects_are_refused():
    with pytest.raises(InputError, match=r"9 images of 1 subject\(s\).*--split-by scan"):
        splits.split(people([9]))
    with pytest.raises(InputError, match="2 subject"):
        splits.split(people([9, 9]))
    assert sum(map(len, splits.split(people([9]), by="scan").parts.values())) == 9
    with pytest.raises(InputError, match=r"2 images of 2 scan"):
        splits.split(people([2]), by="scan")
    with pytest.raises(InputError, match="no images"):
        splits.split([])


@settings(deadline=None)
@given(scans_of_subjects, st.integers(0, 5), st.data())
def test_subsets_are_nested_and_spread_over_subjects(scans, seed, data):
    samples = people(scans)
    whole = splits.split(samples, seed=seed)
    larger = data.draw(st.integers(1, len(whole.training)))
    smaller = data.draw(st.integers(1, larger))
    few = data.draw(st.integers(1, len(whole.validation)))
    big = splits.subset(whole, samples, larger, len(whole.validation), seed)
    small = splits.subset(whole, samples, smaller, few, seed)
    assert set(small.training) <= set(big.training) <= set(whole.training)
    assert (len(small.training), len(big.training)) == (smaller, larger)
    assert big.validation == whole.validation and small.test == big.test == whole.test
    assert set(small.validation) <= set(whole.validation) and len(small.validation) == few
    assert len(subjects(samples, small.training)) == min(smaller, len(subjects(samples, whole.training)))


@pytest.mark.parametrize(
    ("training", "validation", "message"),
    [(71, 10, "71 training images: the training part has 70"), (7, 11, "11 validation images: .* has 10"), (0, 1, "0")],
)
def test_impossible_subsets_are_refused(training, validation, message):
    samples = people([2] * 50)
    with pytest.raises(InputError, match=message):
        splits.subset(splits.split(samples), samples, training, validation)


def test_image_names_do_not_depend_on_the_place(tmp_path):
    samples = [Sample(tmp_path / name, POINTS, "s") for name in ("a/1.png", "a/2.png", "b/c/1.png")]
    assert image_names(samples) == ["a/1.png", "a/2.png", "b/c/1.png"]
    assert image_names(samples[:2]) == ["1.png", "2.png"]


def test_image_names_of_faces_and_of_both_forms_of_unicode():
    samples = [Sample(Path(f"/d/{name}.png"), POINTS, "s", face=face) for name, face in (("A\u0308", ""), ("b", "2"))]
    assert image_names(samples) == ["\u00c4.png", "b.png#2"]


@pytest.fixture
def together(tmp_path):
    """Ann and Bob were photographed together, Bob and Eve elsewhere, and Ann alone."""
    for number in range(3):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    images = [(0, "1", "ann"), (0, "2", "bob"), (1, "1", "eve"), (1, "2", "bob"), (2, "", "ann")]
    return [Sample(tmp_path / f"{number}.png", POINTS, subject, face=face) for number, face, subject in images]


@pytest.mark.parametrize("by", ["subject", "scan"])
def test_all_faces_of_one_photograph_are_in_one_part(together, by):
    """Of whole subjects, the three and all their images stay together."""
    for seed in range(20):
        parts = splits.split([*together, *people([1] * 12)], by, seed).parts.values()
        where = [next(number for number, part in enumerate(parts) if index in part) for index in range(5)]
        assert where[0] == where[1] and where[2] == where[3]
        assert by == "scan" or len(set(where)) == 1


@pytest.mark.parametrize("by", ["subject", "scan"])
def test_all_faces_of_one_photograph_are_in_one_fold(together, by):
    samples = [*together, *people([1] * 12)]
    for seed in range(20):
        folds = splits.folds(samples, range(17), 5, by, seed)
        where = [next(number for number, part in enumerate(folds) if index in part) for index in range(5)]
        assert where[0] == where[1] and where[2] == where[3]
        assert by == "scan" or len(set(where)) == 1
        assert sorted(index for part in folds for index in part) == list(range(17))


def test_who_was_photographed_with_a_known_person_leaves_the_test_part_too(together):
    """The source knows Eve: Bob goes with her, and Ann with him; one of the others is tested in their place."""
    samples = [*together, *people([1] * 4)]
    whole = Split(training=(5, 6, 7), validation=(8,), test=(0, 1, 2, 3, 4))
    split = splits.exchanged(whole, samples, known=[2])
    assert {0, 1, 2, 3, 4} <= set(split.training) and len(split.test) == 1
    scans = splits.exchanged(whole, samples, known=[2], by="scan")
    assert {2, 3} <= set(scans.training) and {0, 1, 4} <= set(scans.test) and len(scans.test) == 4


def test_faces_in_copies_of_one_photograph_are_in_one_part(tmp_path):
    """As in AFW: the photograph twice, a face of each. Without faces, equal pixels in two parts stop the audit."""
    rng = np.random.default_rng(0)
    samples = []
    for number in range(8):
        pixels = rng.integers(0, 255, (8, 8, 3), np.uint8)
        for face in "12":
            path = tmp_path / f"{number}_{face}.png"
            Image.fromarray(pixels).save(path)
            samples.append(Sample(path, POINTS, f"s{number}{face}", face=face))
    for seed in range(10):
        parts = splits.split(samples, seed=seed)
        splits.audit(samples, parts)
        for part in parts.parts.values():
            assert {index ^ 1 for index in part} == set(part)
    plain = [dataclasses.replace(sample, face="") for sample in samples]
    with pytest.raises(InputError, match="have the same pixels"):
        splits.audit(plain, splits.split(plain))


def test_a_split_returns_from_its_file(tmp_path):
    samples = people([3] * 10)
    parts = splits.subset(splits.split(samples), samples, 5, 3)
    file = tmp_path / "split.csv"
    write_split(file, samples, parts)
    lines = file.read_text().splitlines()
    assert lines[0] == "image,subject,part" and len(lines) == 31
    assert lines[1].startswith("s0/0.png,s0,")
    assert sum(line.endswith(",unused") for line in lines) == 21 - 5
    assert read_split(file, samples) == parts
    back = read_split(file, samples[::-1])
    assert [samples[::-1][i].image for i in back.training] == [samples[i].image for i in parts.training]


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("image,subject,part", "image,person,part", r"split\.csv: missing column subject"),
        ("s0/0.png", "s0/9.png", r"split\.csv row 2: image s0/9\.png is not in the data"),
        ("s0/1.png", "s0/0.png", r"split\.csv row 3: .*twice"),
        ("s0/0.png,s0", "s0/0.png,s1", r"split\.csv row 2: .*s0"),
        (",test", ",exam", r"part 'exam' is none of training"),
        ("s0/0.png,s0,training\n", "", r"image s0/0\.png of the data is missing"),
    ],
)
def test_a_foreign_split_is_refused(tmp_path, old, new, message):
    samples = people([3] * 10)
    file = tmp_path / "split.csv"
    write_split(file, samples, splits.split(samples))
    text = file.read_text().replace("\r\n", "\n")
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_split(file, samples)


@pytest.fixture
def pictures(tmp_path):
    """Six images of six people, of two sizes, and a split of two to each part."""
    rng = np.random.default_rng(0)
    samples = []
    for i in range(6):
        path = tmp_path / f"{i}.png"
        Image.fromarray(rng.integers(0, 255, (8, 8 if i < 5 else 9, 3), np.uint8)).save(path)
        samples.append(Sample(path, POINTS, f"s{i}"))
    return samples, Split((0, 1), (2, 3), (4, 5))


def test_audit_passes_a_clean_split_and_decodes_only_images_of_equal_size(pictures, monkeypatch):
    samples, parts = pictures
    decoded = []
    monkeypatch.setattr(splits, "image_hash", lambda path: decoded.append(path.name) or path.name)
    splits.audit(samples, parts)
    assert sorted(decoded) == ["0.png", "1.png", "2.png", "3.png", "4.png"]


def test_audit_finds_a_subject_in_two_parts(pictures):
    samples, parts = pictures
    samples[4] = dataclasses.replace(samples[4], subject="s1")
    with pytest.raises(InputError, match=r"1\.png \(training\) and 4\.png \(test\) have the same subject"):
        splits.audit(samples, parts)
    splits.audit(samples, parts, by="scan")
    splits.audit(samples, dataclasses.replace(parts, test=(5,)))  # an unused image leaks nothing


@pytest.mark.parametrize("by", ["subject", "scan"])
def test_audit_finds_the_same_pixels_in_another_file_format(pictures, by):
    samples, parts = pictures
    copy = samples[2].image.with_name("copy.bmp")
    Image.open(samples[2].image).save(copy)
    samples[4] = dataclasses.replace(samples[4], image=copy)
    with pytest.raises(InputError, match=r"2\.png \(validation\) and copy\.bmp \(test\) have the same pixels"):
        splits.audit(samples, parts, by)


def test_audit_allows_copies_within_a_part(pictures):
    samples, parts = pictures
    samples[1] = dataclasses.replace(samples[1], image=samples[0].image)
    splits.audit(samples, parts)


def test_audit_of_real_photographs(real_faces):
    from rtl_tf.datasets import load

    samples = load(real_faces)
    parts = splits.split(samples)
    assert [len(part) for part in parts.parts.values()] == pytest.approx([2423, 346, 692], abs=6)
    splits.audit(samples, parts)


def test_names_of_a_data_set_are_worked_out_once(table, monkeypatch):
    samples = load(table, str(table / "toy.toml"))
    names = image_names(list(samples))
    monkeypatch.setattr(records, "_names", lambda samples: pytest.fail("once more"))
    assert image_names(samples) == names and len(names) == len(samples) > 0
    splits.split(samples, seed=3)
