"""`rtl-convert`: every format's round trip to 1e-3 px, what is said, and that nothing is replaced or half-written."""

import csv
import json
import shutil
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from generated_faces import by_face, collection, told_nowhere, write_images
from PIL import Image

from rtl_tf import datasets
from rtl_tf.cli.convert import main
from rtl_tf.csv_rows import read_rows
from rtl_tf.datasets.collection import face_stems, numbers_of, places
from rtl_tf.datasets.converting import WRITERS, collect, convert
from rtl_tf.datasets.deeplabcut_writer import folder_names
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, Samples, image_names
from rtl_tf.schema import load_schema
from rtl_tf.system import atomic

SETS = 500
OUTPUTS = {kind: f"written{writer.suffix}" for kind, writer in WRITERS.items()}
# Formats whose readers put faces together by number or order; Label Studio knows one face an image.
ONE_FACE = {"label_studio"}
# They name a landmark only where it is labelled.
NAMELESS = {"labelme", "label_studio"}
FAS12 = load_schema("fas12")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("photographs") / "of people")


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def output_of(folder: Path, kind: str) -> Path:
    return folder / OUTPUTS[kind]


def drawn(kind, images):
    """SETS collections that the format can hold, with their seeds, and as it can hold them: the next ones are drawn for
    those in which a landmark that it would have to name is nowhere, or, MorphoJ, no face is complete."""
    found = 0
    for seed in range(4 * SETS):
        faces = collection(seed, images, "ibug68" if kind == "pts" else "", faces=kind not in ONE_FACE)
        if kind == "morphoj":
            whole = [sample for sample in faces.samples if not np.isnan(sample.points).any()]
            shown = Counter(sample.image for sample in whole)
            kept = [sample if shown[sample.image] > 1 else replace(sample, face="") for sample in whole]
            faces = replace(faces, samples=Samples(kept))
        if faces.samples and not (kind in NAMELESS and told_nowhere(faces)):
            yield seed, faces
            found += 1
            if found == SETS:
                return
    pytest.fail(f"{found} of {SETS} sets")


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_what_is_written_is_read_to_a_thousandth_of_a_pixel(kind, images, tmp_path):
    people = sets = 0
    for seed, faces in drawn(kind, images):
        folder = tmp_path / str(seed)
        output = output_of(folder, kind)
        _, lines = convert(faces, kind, output)
        read = by_face(datasets.load(output, faces.schema.name, subjects_as_written=True))
        written = by_face(faces.samples)
        assert read.keys() == written.keys(), seed
        for key, sample in written.items():
            np.testing.assert_allclose(read[key].points, sample.points, rtol=0, atol=1e-3, err_msg=f"{kind} {seed}")
            assert read[key].face == sample.face or any("face (" in line for line in lines), seed
            if not any("subject (" in line for line in lines):
                assert read[key].subject == sample.subject, seed
                people += 1
            if kind in ("table", "tps"):
                assert read[key].mm_per_px == pytest.approx(sample.mm_per_px, rel=1e-6)
        shutil.rmtree(folder)
        sets += 1
    assert sets == SETS and (people or kind in ("pts", "morphoj"))


def test_pre_annotations_are_read_as_predictions(images, tmp_path):
    for seed, faces in drawn("label_studio", images):
        peaks = [np.linspace(0.1, 0.9, len(faces.schema)) for _ in faces.samples]
        nameless = Samples([replace(sample, subject="") for sample in faces.samples])
        found = replace(faces, samples=nameless, detectors=["3fa0bc11"] * len(peaks), peaks=peaks)
        output = tmp_path / f"{seed}.json"
        convert(found, "label_studio", output)
        read = collect(output, faces.schema.name)
        assert read.detectors == found.detectors
        for sample, other, scores in zip(read.samples, nameless, read.peaks, strict=True):
            np.testing.assert_allclose(sample.points, other.points, rtol=0, atol=1e-3, err_msg=f"{seed}")
            assert sample.image.samefile(other.image) and sample.subject == ""
            expected = np.where(np.isnan(other.points).any(axis=-1), np.nan, peaks[0])
            np.testing.assert_allclose(scores, expected)
        output.unlink()


def test_morphoj_leaves_out_incomplete_faces_and_has_y_upwards(images, tmp_path):
    for seed in range(0, SETS, 10):
        faces = collection(seed, images, faces=False)
        complete = [sample for sample in faces.samples if not np.isnan(sample.points).any()]
        output = tmp_path / str(seed) / "a.txt"
        if not complete:
            with pytest.raises(InputError, match="every face lacks one"):
                convert(faces, "morphoj", output)
            continue
        _, lines = convert(faces, "morphoj", output)
        header, *rows = (line.split("\t") for line in output.read_text(encoding="utf-8").splitlines())
        assert header[:3] == ["ID", f"{faces.schema.names[0]}_x", f"{faces.schema.names[0]}_y"]
        values = np.array([row[1:] for row in rows], np.float64).reshape(len(complete), -1, 2)
        for sample, points in zip(complete, values, strict=True):
            height = Image.open(sample.image).height
            np.testing.assert_allclose(points[:, 0], sample.points[:, 0], atol=1e-3)
            np.testing.assert_allclose(height - points[:, 1], sample.points[:, 1], atol=1e-3)
        left_out = len(faces.samples) - len(complete)
        said = f"left out, as MorphoJ knows no missing landmark: {left_out} of {len(faces.samples)} faces"
        assert (said in lines) == bool(left_out)


# --- half a pixel, in each format's own numbers ---------------------------------------------------------------------


@pytest.fixture
def one(tmp_path):
    """A face on an image of 80 x 60 px: the first point in the first pixel's centre but for 1/100, the last missing."""
    Image.new("RGB", (80, 60), "grey").save(tmp_path / "a.png")
    points = np.stack([3 + 5.25 * np.arange(12), 2 + 4.5 * np.arange(12)], axis=-1).astype(np.float32)
    points[0], points[-1] = (0, 0.25), np.nan
    sample = Sample(tmp_path / "a.png", points, "p01", box=(9.5, -0.5, 50.0), mirrored=True, mm_per_px=0.5)
    return replace(collection(1, [(tmp_path / "a.png", (80, 60))]), samples=Samples([sample]), schema=FAS12)


def write(one, kind, folder):
    files, lines = convert(one, kind, output_of(folder, kind))
    return {file.relative_to(folder).as_posix(): file for file in files}, lines


def content(one, kind, folder, name=""):
    files, _ = write(one, kind, folder / "out")
    text = files[name or OUTPUTS[kind]].read_text(encoding="utf-8")
    return json.loads(text) if text[0] in "[{" else text


def test_coco_counts_pixel_centres_from_0_and_boxes_from_the_edge(one, tmp_path):
    document = content(one, "coco", tmp_path)
    (annotation,) = document["annotations"]
    assert annotation["keypoints"][:6] == [0, 0.25, 2, 8.25, 6.5, 2] and annotation["keypoints"][-3:] == [0, 0, 0]
    assert annotation["bbox"] == [10, 0, 50, 50] and annotation["num_keypoints"] == 11
    assert document["images"] == [{"id": 1, "file_name": "../a.png", "width": 80, "height": 60}]
    assert document["categories"][0]["keypoints"] == list(FAS12.names)
    assert annotation["attributes"] == {"subject": "p01"}


def test_a_coco_box_without_one_of_the_table_is_that_of_the_labelled_points_edges_counted_from_0(one, tmp_path):
    """Pixel centres reach from (0, 0.25) to (55.5, 47). No id is 0, which COCO's own evaluation takes for none."""
    faces = [replace(one.samples[0], box=None, face=face) for face in "12"]
    document = content(replace(one, samples=Samples(faces)), "coco", tmp_path)
    for number, annotation in enumerate(document["annotations"], start=1):
        assert (annotation["id"], annotation["image_id"], annotation["category_id"]) == (number, 1, 1)
        assert annotation["bbox"] == [0.5, 0.75, 55.5, 46.75] and annotation["area"] == 55.5 * 46.75


def test_labelme_has_a_shape_for_each_labelled_landmark(one, tmp_path):
    document = content(one, "labelme", tmp_path, "written/a.json")
    assert [shape["label"] for shape in document["shapes"]] == list(FAS12.names[:-1])
    assert document["shapes"][1]["points"] == [[8.25, 6.5]] and document["shapes"][1]["group_id"] is None
    assert (document["imagePath"], document["flags"]) == ("../../a.png", {"subject=p01": True})


def test_label_studio_has_percent_of_the_image(one, tmp_path):
    (task,) = content(one, "label_studio", tmp_path)
    regions = task["annotations"][0]["result"]
    assert len(regions) == 11 and "predictions" not in task
    assert regions[1]["value"] == {"x": 10.3125, "y": 10.833333333, "width": 0.3, "keypointlabels": ["endocanthion"]}
    assert task["data"] == {"image": "/data/local-files/?d=a.png", "subject": "p01"}
    assert '<Label value="gnathion"/>' in (tmp_path / "out" / "written.xml").read_text()


def test_pts_counts_from_1_and_has_missing_points_outside(one, tmp_path):
    points = np.tile(one.samples[0].points, (6, 1))[:68]
    face = replace(one, samples=Samples([replace(one.samples[0], points=points)]), schema=load_schema("ibug68"))
    lines = content(face, "pts", tmp_path, "written/a.pts").splitlines()
    assert lines[:5] == ["version: 1", "n_points: 68", "{", "1.00000 1.25000", "9.25000 7.50000"]
    assert lines[3 + 11] == "-1.00000 -1.00000" and lines[-1] == "}"
    assert (tmp_path / "out" / "written" / "a.png").read_bytes() == (tmp_path / "a.png").read_bytes()


def test_pts_holds_faces_of_which_half_of_the_points_are_missing_and_no_fewer(one, tmp_path):
    points = np.stack([1 + np.arange(68), 1 + np.arange(68) % 7], axis=-1).astype(np.float32)
    points[:34] = np.nan
    face = replace(one.samples[0], points=points)
    half = replace(one, samples=Samples([face]), schema=load_schema("ibug68"))
    write(half, "pts", tmp_path)
    (read,) = datasets.load(tmp_path / OUTPUTS["pts"], "ibug68")
    np.testing.assert_array_equal(read.points, points)
    points[34] = np.nan
    with pytest.raises(InputError, match="a.png: 35 of its 68 points are missing, .pts files need more$"):
        write(half, "pts", tmp_path / "more")


def test_pts_carries_people_only_if_all_are_called_as_their_images(one, tmp_path):
    Image.new("RGB", (80, 60)).save(tmp_path / "b.png")
    points = np.tile([[5.0, 5.0], [9.0, 7.0]], (34, 1)).astype(np.float32)
    own = replace(one.samples[0], subject="a", points=points)
    for subject, is_lost in (("b", False), ("p9", True)):
        faces = Samples([own, replace(own, image=tmp_path / "b.png", subject=subject)])
        _, said = write(replace(one, samples=faces, schema=load_schema("ibug68")), "pts", tmp_path / subject)
        assert any("subject (2 faces)" in line for line in said) == is_lost


def test_tps_has_y_upwards_and_a_scale_only_if_all_have_it(one, tmp_path):
    lines = content(one, "tps", tmp_path).splitlines()
    assert lines[:3] == ["LM=12", "0.00000 59.75000", "8.25000 53.50000"]
    assert lines[12:] == ["-1 -1", "IMAGE=../a.png", "ID=p01", "SCALE=0.5000000000"]
    Image.new("RGB", (80, 60)).save(tmp_path / "b.png")
    other = replace(one.samples[0], image=tmp_path / "b.png", mm_per_px=float("nan"))
    _, said = write(replace(one, samples=Samples([one.samples[0], other])), "tps", tmp_path / "two")
    assert "SCALE" not in (tmp_path / "two" / OUTPUTS["tps"]).read_text()
    assert "not in it, as TPS cannot carry it: box (2 faces), mirrored (2 faces), mm_per_px (1 face)" in said


def test_slicer_has_lps_and_undefined_points(one, tmp_path):
    (markup,) = content(one, "slicer", tmp_path, "written/a.mrk.json")["markups"]
    assert (markup["type"], markup["coordinateSystem"]) == ("Fiducial", "LPS")
    assert markup["controlPoints"][1] == {
        "id": "2", "label": "endocanthion", "description": "subject=p01", "position": [8.25, 6.5, 0.0],
        "positionStatus": "defined",
    }  # fmt: skip
    assert markup["controlPoints"][-1]["positionStatus"] == "undefined"


def test_deeplabcut_has_empty_cells_and_a_folder_a_person(one, tmp_path):
    text = content(one, "deeplabcut", tmp_path, "written/labeled-data/p01/CollectedData_rtl_tf.csv")
    scorer, parts, axes, row = csv.reader(text.splitlines())
    assert scorer[:4] == ["scorer", "", "", "rtl_tf"] and parts[:5] == ["bodyparts", "", "", *(["exocanthion"] * 2)]
    assert axes[:5] == ["coords", "", "", "x", "y"]
    assert row[:7] == ["labeled-data", "p01", "a.png", "0", "0.25000", "8.25000", "6.50000"] and row[-2:] == ["", ""]


def test_people_whose_codes_would_be_one_folder_stay_two(one, tmp_path):
    Image.new("RGB", (80, 60)).save(tmp_path / "b.png")
    first, second = (
        replace(one.samples[0], subject="a/b"),
        replace(one.samples[0], subject="a-b", image=tmp_path / "b.png"),
    )
    files, lines = write(replace(one, samples=Samples([first, second])), "deeplabcut", tmp_path / "out")
    assert {"written/labeled-data/a-b/a.png", "written/labeled-data/a-b-2/b.png"} <= files.keys()
    assert any("subject (2 faces)" in line for line in lines)


@pytest.mark.parametrize("codes", [("p1", "P1"), ("P1", "p1")])
def test_folders_of_two_people_are_two_where_case_makes_no_difference(one, codes):
    first, second = codes
    names = folder_names([replace(one.samples[0], subject=code) for code in codes])
    assert names == {first: first, second: f"{second}-2"}


# --- the command ----------------------------------------------------------------------------------------------------


def table(folder: Path, **more) -> Path:
    """A table of two images; `more` are further columns."""
    rows = []
    for number in range(2):
        Image.new("RGB", (80, 60), "grey").save(folder / f"{number}.png")
        points = {f"{name}_{axis}": 5 + number + index for index, name in enumerate(FAS12.names) for axis in "xy"}
        rows.append({"image": f"{number}.png", "subject": f"p{number}"} | more | points)
    file = folder / "landmarks.csv"
    with open(file, "w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def found(folder: Path, **more) -> Path:
    """A table as predict.py writes it; its first row has a peak without a place, its second is in error."""
    file = table(folder, detector="3fa0bc11", error="", mirrored="false", **more)
    with open(file, newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    for row in rows:
        if "subject" not in more:
            del row["subject"]
        row |= {f"{name}_peak": 0.25 + index / 100 for index, name in enumerate(FAS12.names)}
    rows[0] |= {"nasion_x": "", "nasion_y": ""}
    rows[1]["error"] = "no landmark was found on the image"
    target = folder / "found.csv"
    with open(target, "w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    file.unlink()
    return target


def test_the_command_says_what_is_lost(tmp_path, capsys):
    table(tmp_path, site="north", age="12")
    output = tmp_path / "out" / "faces.tps"
    assert main([str(tmp_path), "--to", "tps", "--output", str(output)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}: labels of 2 faces on 2 images, 12 landmarks each (fas12), 0 missing",
        f"written: {output}",
        "not in it, as TPS cannot carry it: columns site, age",
        "y points upwards; landmarks have no names, but the order of the schema",
    ]


def test_of_copies_of_photographs_a_few_are_named(tmp_path, capsys):
    table(tmp_path)
    assert main([str(tmp_path), "--to", "morphoj", "--output", str(tmp_path / "out" / "faces.txt")]) == 0
    first, *copies = sorted((tmp_path / "out").iterdir(), key=lambda file: (file.suffix != ".txt", file))
    assert first.name == "faces.txt" and len(copies) == 2
    assert f"\nwritten: {first}, {copies[0]} and 1 more\n" in capsys.readouterr().out


def test_a_table_keeps_everything(tmp_path):
    table(tmp_path, site="north", mm_per_px="0.123456789", mirrored="true", box_left=-0.5, box_top=1, box_side=59.25)
    _, lines = convert(*collected(tmp_path), "table", tmp_path / "new" / "landmarks.csv")
    assert lines == []
    first, again = datasets.load(tmp_path), datasets.load(tmp_path / "new")
    for sample, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(sample.points, other.points)
        assert replace(sample, points=None, image=None) == replace(other, points=None, image=None)
        assert sample.image.samefile(other.image)


def collected(path):
    return (collect(path, None),)


def test_predictions_become_pre_annotations_not_labels(tmp_path, capsys):
    file = found(tmp_path)
    assert main([str(file), "--to", "label_studio", "--output", str(tmp_path / "out.json")]) == 0
    (task,) = json.loads((tmp_path / "out.json").read_text())
    assert "annotations" not in task and "subject" not in task["data"]
    (answer,) = task["predictions"]
    assert answer["model_version"] == "rtl_tf 3fa0bc11" and answer["score"] == 0.25
    assert len(answer["result"]) == 11 and answer["result"][1]["score"] == 0.26
    assert "predictions of 1 face on 1 image, 12 landmarks each (fas12), 1 missing" in capsys.readouterr().out
    with pytest.raises(InputError, match="no point is labelled here"), pytest.warns(match="tasks without keypoints"):
        datasets.load(tmp_path / "out.json")


@pytest.mark.parametrize("kind", ["coco", "labelme", "deeplabcut", "tps", "slicer"])
def test_formats_that_cannot_tell_say_that_these_are_predictions(kind, tmp_path, capsys):
    for more in ({}, {"subject": "p1"}):
        folder = tmp_path / f"{len(more)}"
        folder.mkdir()
        assert main([str(found(folder, **more)), "--to", kind, "--output", str(output_of(folder / "o", kind))]) == 0
        name = WRITERS[kind].name
        said = (
            f"they are a detector's predictions, which {name} cannot tell from a person's labels: nobody has looked at"
        )
        assert said in capsys.readouterr().out


def test_predictions_in_a_table_stay_predictions(tmp_path):
    from rtl_tf.datasets.found_faces import holds_predictions, read_predictions
    from rtl_tf.inference.found_cells import is_found_table

    file = found(tmp_path)
    convert(*collected(file), "table", tmp_path / "out" / "again.csv")
    assert is_found_table(tmp_path / "out" / "again.csv") and holds_predictions(tmp_path / "out" / "again.csv")
    first, again = read_predictions(file), read_predictions(tmp_path / "out" / "again.csv")
    np.testing.assert_array_equal(first.samples[0].points, again.samples[0].points)
    np.testing.assert_allclose(first.peaks, again.peaks, atol=1e-5)
    assert first.detectors == again.detectors == ["3fa0bc11"]


def test_what_a_detector_doubts_stays_in_a_table_and_is_missed_elsewhere(tmp_path, capsys):
    """The nasion's radius is 2 px, the others' 1.5; the face is flagged."""
    header, row, error = found(tmp_path).read_text().splitlines()
    names = load_schema("fas12").names
    more = ["coverage", "flags", *(f"{name}_radius" for name in names)]
    cells = ["0.9", "two peaks; unlike the training faces", *("2" if name == "nasion" else "1.50000" for name in names)]
    file, again = tmp_path / "found.csv", tmp_path / "again.csv"
    file.write_text(",".join([header, *more]) + "\n" + ",".join([row, *cells]) + f"\n{error}\n")
    assert main([str(file), "--to", "table", "--output", str(again)]) == 0
    assert "not in it" not in capsys.readouterr().out
    _, (kept,) = read_rows(again)
    assert (kept.cells["coverage"], kept.cells["flags"]) == ("0.9", "two peaks; unlike the training faces")
    assert [kept.cells[f"{name}_radius"] for name in names] == cells[2:]
    first, second = (collect(table, None) for table in (file, again))
    np.testing.assert_array_equal(first.radii, second.radii)
    assert main([str(file), "--to", "tps", "--output", str(tmp_path / "found.tps")]) == 0
    lost = "not in it, as TPS cannot carry it: mirrored (1 face), peaks (1 face), radii (1 face), columns "
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("not in it"))
    assert line.replace("mirrored (1 face), ", "") == lost.replace("mirrored (1 face), ", "") + "coverage, flags"


def test_cells_of_a_table_cannot_lead_out_of_the_output(tmp_path):
    file = found(tmp_path, subject="../../p 1")
    file.write_text(file.read_text().replace("3fa0bc11", "../../3fa0bc11"))
    files, _ = convert(*collected(file), "deeplabcut", tmp_path / "out")
    folder = tmp_path / "out" / "labeled-data" / "p-1"
    assert sorted(files) == [folder / "0.png", folder / "CollectedData_rtl_tf-3fa0bc11.csv"]


def test_people_of_predictions_are_looked_at(tmp_path):
    file = found(tmp_path, subject="p1\n2")
    with pytest.raises(InputError, match="holds characters that no file can keep"):
        collected(file)


def test_a_name_of_two_lines_is_refused_by_tps(one, tmp_path):
    image = tmp_path / "a\nID=2.png"
    image.write_bytes((tmp_path / "a.png").read_bytes())
    with pytest.raises(InputError, match="its name has more than one line"):
        convert(replace(one, samples=Samples([replace(one.samples[0], image=image)])), "tps", tmp_path / "a.tps")


def test_morphoj_is_not_led_to_take_a_name_for_two_cells(one, tmp_path):
    image = tmp_path / "a, b;c.png"
    image.write_bytes((tmp_path / "a.png").read_bytes())
    sample = replace(one.samples[0], image=image, points=np.ones((12, 2), np.float32) + np.arange(12)[:, None])
    convert(replace(one, samples=Samples([sample])), "morphoj", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text().splitlines()[1].startswith("a b c\t1.00000\t59.00000\t")


def test_a_table_of_labels_holds_no_predictions(tmp_path):
    from rtl_tf.datasets.found_faces import holds_predictions

    assert not holds_predictions(table(tmp_path, highest_peak="3"))
    assert not holds_predictions(tmp_path / "0.png") and not holds_predictions(tmp_path / "nothing.csv")


def test_where_one_face_is_mirrored_a_table_says_of_each_whether_it_is(one, tmp_path):
    """An empty cell would leave it open."""
    samples = [replace(one.samples[0], mirrored=mirrored, face=face) for mirrored, face in ((True, "1"), (False, "2"))]
    rows = csv.DictReader(content(replace(one, samples=Samples(samples)), "table", tmp_path)[1:].splitlines())
    assert [row["mirrored"] for row in rows] == ["true", "false"]
    plain = replace(one, samples=Samples([replace(one.samples[0], mirrored=False)]))
    assert "mirrored" not in content(plain, "table", tmp_path / "plain")


def test_a_point_is_written_to_a_hundred_thousandth_of_a_px_and_none_at_the_corner_itself(tmp_path):
    """Readers take (0, 0) for a point that was never placed."""
    points = np.array([[0, 0], [1e-6, -1e-6], [1.2345678, 0], [np.nan, np.nan]], np.float32)
    expected = [[1e-5, 1e-5], [1e-5, 1e-5], [1.23457, 0], [np.nan, np.nan]]
    np.testing.assert_array_equal(places(Sample(tmp_path / "a.png", points, "p1")), expected)


def test_images_that_are_displayed_turned_are_named(tmp_path):
    table(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 80)).save(tmp_path / "0.png", exif=exif)
    _, lines = convert(*collected(tmp_path), "tps", tmp_path / "out.tps")
    assert lines[-1].startswith("1 image is displayed turned, by a tag (EXIF): points are of the displayed image")


def test_photographs_that_lie_there_already_are_not_copied(tmp_path):
    table(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    files, lines = convert(*collected(tmp_path), "slicer", tmp_path)
    assert sorted(file.name for file in files) == ["0.mrk.json", "1.mrk.json"]
    assert not any("copies" in line for line in lines)
    assert {file: file.stat().st_mtime_ns for file in before} == before


@pytest.mark.parametrize("kind", sorted(set(WRITERS) - {"pts"}))
def test_nothing_that_is_there_is_replaced(kind, tmp_path):
    table(tmp_path)
    output = output_of(tmp_path / "out", kind)
    files, _ = convert(*collected(tmp_path), kind, output)
    before = {file: file.read_bytes() for file in files}
    with pytest.raises(InputError, match="is there already; remove it, or name another place"):
        convert(*collected(tmp_path), kind, output)
    assert {file: file.read_bytes() for file in files} == before


@pytest.mark.parametrize("kind", ["labelme", "tps", "slicer"])
@pytest.mark.parametrize("there", [True, False])
def test_a_full_disk_leaves_nothing_behind(kind, there, tmp_path, monkeypatch):
    table(tmp_path)
    output = output_of(tmp_path / "out", kind)
    folder = output.parent if WRITERS[kind].suffix else output
    if there:
        folder.mkdir(parents=True)
        (folder / "mine.md").write_text("kept")
    (faces,) = collected(tmp_path)
    replaced = atomic.os.replace

    def full(source, target):
        if str(target).endswith(("1.json", ".tps", "1.mrk.json")) or not there:
            raise OSError(28, "No space left on device", str(source))
        replaced(source, target)

    monkeypatch.setattr(atomic.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        convert(faces, kind, output)
    assert [file.name for file in folder.rglob("*")] == (["mine.md"] if there else [])


def test_a_kill_leaves_no_folder_that_looks_whole(tmp_path, monkeypatch):
    """A new folder is renamed once all of its files are whole."""
    seen = []
    written = Path.write_bytes
    monkeypatch.setattr(
        Path, "write_bytes", lambda path, data: (seen.append((tmp_path / "new").exists()), written(path, data))
    )
    atomic.write_together(tmp_path / "new", {"a.json": b"1", "in/b.json": b"2"})
    assert seen == [False, False]
    assert {file.read_bytes() for file in (tmp_path / "new").rglob("*.json")} == {b"1", b"2"}


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--to", "tps", "--output", "x.json"], "--output x.json: name a .tps file for TPS"),
        (["--to", "slicer", "--output", "0.png"], "--output 0.png: a file; name a folder for 3D Slicer"),
        (
            ["--to", "pts", "--output", "x"],
            "schema fas12: .pts files hold the 68 points of ibug68; write another format",
        ),
        (["--to", "tiff", "--output", "x"], "argument --to: invalid choice: 'tiff'"),
        (["--to", "tps"], "the following arguments are required: --output (see --help)"),
    ],
)
def test_bad_input_is_one_line(arguments, message, tmp_path, monkeypatch):
    table(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as problem:
        main([".", *arguments])
    assert message in str(problem.value) and "\n" not in str(problem.value)
    assert {file.name for file in tmp_path.iterdir()} == {"0.png", "1.png", "landmarks.csv"}


def test_several_faces_are_refused_by_label_studio(images, tmp_path):
    generated = (collection(seed, images) for seed in range(99))
    faces = next(faces for faces in generated if any(sample.face for sample in faces.samples))
    with pytest.raises(InputError, match="shows several faces, whose points Label Studio cannot tell apart"):
        convert(faces, "label_studio", tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


def test_label_studio_is_not_told_to_serve_the_whole_disk(one, tmp_path, monkeypatch):
    monkeypatch.setattr("os.path.commonpath", lambda paths: "/")
    with pytest.raises(InputError, match="no folder but / holds it and the photographs; write it nearer to them"):
        convert(one, "label_studio", tmp_path / "a.json")


def test_images_on_two_drives_share_no_folder(one, tmp_path, monkeypatch):
    def of_two_drives(paths):
        raise ValueError("Paths don't have the same drive")

    monkeypatch.setattr("os.path.commonpath", of_two_drives)
    image = one.samples[0].image
    assert image_names(list(one.samples)) == [image.absolute().as_posix()]
    with pytest.raises(InputError, match="no folder holds it and the photographs; write it nearer to them"):
        convert(one, "label_studio", tmp_path / "a.json")


@pytest.mark.parametrize(
    ("called", "numbers"), [(["left", "right"], ["1", "2"]), (["7", "0"], ["7", "0"]), (["1", "02"], ["1", "2"])]
)
def test_faces_keep_their_numbers_if_all_have_one_and_are_counted_from_1_else(one, called, numbers):
    faces = [replace(one.samples[0], face=name) for name in called]
    assert numbers_of(faces) == numbers and face_stems(Samples(faces)) == [f"a_{number}" for number in numbers]


def test_an_image_that_another_ones_face_would_be_taken_for(one, tmp_path):
    Image.new("RGB", (80, 60)).save(tmp_path / "a_1.png")
    first = [replace(one.samples[0], face=face) for face in "12"]
    faces = replace(one, samples=Samples([*first, replace(one.samples[0], image=tmp_path / "a_1.png")]))
    with pytest.raises(InputError, match="rename one of the two"):
        convert(faces, "slicer", tmp_path / "out")


def test_a_link_on_the_way_does_not_lead_astray(one, tmp_path):
    """`..` behind a link leads elsewhere than the path says: then the image is named from the root."""
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "away", target_is_directory=True)
    convert(one, "coco", tmp_path / "link" / "new" / "a.json")
    (sample,) = datasets.load(tmp_path / "link" / "new" / "a.json")
    assert sample.image.samefile(tmp_path / "a.png")
