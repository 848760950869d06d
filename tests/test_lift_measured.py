"""`rtl-lift` with --errors, --norm and --facts: intervals on the surface, and norms of surfaces alone."""

import math

import numpy as np
import pytest
import test_lift
from fake_runs import make_run
from test_lift import SQUARE, row, table, textured

from rtl_tf.cli import evaluate, run
from rtl_tf.clinic.given_values import read_values
from rtl_tf.clinic.hands import of_people, read_hand
from rtl_tf.clinic.measured import BY_HAND
from rtl_tf.datasets.meshes.textured import TextureMap
from rtl_tf.measuring.face_size import face_size
from rtl_tf.schema import load_schema

lift = test_lift.lift  # the fixture
SIZE = (200, 100)
A, B, C = (40, 52), (55, 52), (58, 14)  # A and B in one triangle, 30 mm apart along x, 2 mm a px
ROW = row(A, B, C)
SIDE = float(face_size(np.array([A, B, C])))  # px
NORMS = "measurement,source,sex,photo_or_3d,age,mean,sd\n"
WIDE = "width,Surfaces,both,3d,6,25,5\nwidth,Surfaces,both,3d,8,27,5\n"


def errors(**px):
    """A table of errors: standard deviations of x and y in px, as they are on ROW."""
    rows = [(name, px.get(name, (0, 0))) for name in "abc"]
    lines = [f"{name},{(x / SIDE) ** 2!r},0,{(y / SIDE) ** 2!r}\n" for name, (x, y) in rows]
    return "landmark,xx,xy,yy\n" + "".join(lines)


def measured(folder="head_lifted"):
    return {(one["measurement"], one["norm"]): one for one in table(f"{folder}/measurements.csv")}


def test_many_places_are_those_of_one():
    """On a wavy sheet of many triangles, with holes, beside it, and where two lie over each other."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[0:9, 0:11]
    pixels = np.stack([10 + 12 * columns, 8 + 7 * rows], axis=-1).reshape(-1, 2) + rng.uniform(-2, 2, (99, 2))
    vertices = np.column_stack([pixels * [0.9, -1.1], 8 * np.sin(pixels[:, 0] / 9)])
    index = np.arange(99).reshape(9, 11)
    corners = [index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, :-1], index[1:, 1:], index[:-1, 1:]]
    triangles = np.stack(corners, axis=-1).reshape(-1, 3)
    kept = np.concatenate([np.flatnonzero(rng.uniform(size=len(triangles)) > 0.1), [5, 5]])
    mesh = TextureMap(textured(vertices, triangles[kept], pixels), 0, SIZE)
    points = np.concatenate([rng.uniform([0, 0], [150, 80], (1500, 2)), pixels[:40]])
    for reach in (0.0, 3.0):
        found = np.array([mesh.find(point, reach, 1.0).position for point in points])
        np.testing.assert_allclose(mesh.places(points, reach, 1.0), found, atol=1e-9)
        assert 0.05 < np.isnan(found).any(axis=1).mean() < 0.6
    behind = textured(
        [(0, 0, 0), (100, 0, 0), (0, 100, 0), (0, 0, 9), (100, 0, 9), (0, 100, 9)],
        [(0, 1, 2), (3, 4, 5)],
        [(10, 60), (60, 60), (10, 10)] * 2,
    )
    assert np.isnan(TextureMap(behind, 0, SIZE).places(np.array([[20.0, 50.0]]), 2.0, 1.0)).all()
    assert np.isfinite(TextureMap(behind, 0, SIZE).places(np.array([[20.0, 50.0]]), 2.0, 0.01)).all()
    assert np.isnan(TextureMap(SQUARE, 0, SIZE).places(np.array([[150.0, 50.0]]), 2.0, 1.0)).all()


def test_an_interval_is_the_detectors_error_on_the_surface(lift, tmp_path):
    (tmp_path / "errors.csv").write_text(errors(a=(0.5, 0)))
    status, said = lift([ROW], "--errors", "errors.csv")
    width = measured()["width", ""]
    assert status == 0 and width["value"] == "30.000" and width["note"] == ""
    half = 1.96 * 0.5 * 2
    assert float(width["low"]) == pytest.approx(30 - half, abs=0.06)
    assert float(width["high"]) == pytest.approx(30 + half, abs=0.06)
    assert "Measured in space. Research use, no diagnosis." in said
    assert " ".join(said.split("\nwidth ")[1].split("\n")[0].split()[:2]) == "mm 30.00"
    assert lift([ROW], "--errors", "errors.csv", "--level", 0.5, "--output", "narrow")[0] == 0
    narrow = measured("narrow")["width", ""]
    assert float(narrow["high"]) == pytest.approx(30 + 0.6745 * 0.5 * 2, abs=0.04)
    assert lift([ROW], "--output", "without")[0] == 0
    assert measured("without")["width", ""]["low"] == ""


def test_a_runs_errors_are_not_those_of_a_person(lift, tmp_path):
    trained = make_run(tmp_path / "runs", "ft", 0, np.ones((12, 3)), landmarks=("a", "b", "c"))
    for peak, has_interval in (({}, False), ({"a_peak": 0.9}, True)):
        folder = f"peaks{len(peak)}"
        assert lift([ROW | peak], "--errors", trained, "--output", folder)[0] == 0
        width = measured(folder)["width", ""]
        assert (bool(width["low"]), width["note"] == BY_HAND) == (has_interval, not has_interval)


def test_a_mirrored_face_errs_the_other_way(lift, tmp_path):
    """Errors of x and y that are the same: across the line from A to B seen as it is, along it seen mirrored."""
    ab = row((40, 52), (50, 42), C)
    size = float(face_size(np.array([(40, 52), (50, 42), C])))
    square = repr((0.2 / size) ** 2)
    (tmp_path / "errors.csv").write_text(f"landmark,xx,xy,yy\na,0,0,0\nb,{square},{square},{square}\nc,0,0,0\n")
    spans = []
    for mirrored in ("true", "false"):
        assert lift([ab | {"mirrored": mirrored}], "--errors", "errors.csv", "--output", mirrored)[0] == 0
        width = measured(mirrored)["width", ""]
        spans.append(float(width["high"]) - float(width["low"]))
    assert spans[0] > 5 * spans[1]  # y points down


def test_draws_that_miss_the_mesh_are_left_out_and_counted(lift, tmp_path):
    """B lies 1 px inside the border at 60 px: of errors of 3 px, 16 % lead beyond the reach of 2 px."""
    edge = row(A, (59, 52), C)
    (tmp_path / "errors.csv").write_text(errors(b=(3, 0)))
    size = float(face_size(np.array([A, (59, 52), C]))) / SIDE
    assert lift([edge], "--errors", "errors.csv")[0] == 0
    width = measured()["width", ""]
    share = float(width["note"].split("%")[0])
    assert share == pytest.approx(50 * math.erfc(1 / size / math.sqrt(2)), abs=2)
    assert width["note"].endswith("% of the draws miss the mesh and are left out of the interval")
    assert width["high"] == "40.000"  # the border, to which draws up to the reach are taken
    (tmp_path / "errors.csv").write_text(errors(b=(300, 300)))
    assert lift([edge], "--errors", "errors.csv", "--output", "far")[0] == 0
    far = measured("far")["width", ""]
    assert (far["value"], far["low"]) == ("38.000", "") and far["note"].endswith(
        "of the draws miss the mesh: no interval"
    )


def test_norms_of_surfaces_alone(lift, tmp_path):
    (tmp_path / "norms.csv").write_text(NORMS + WIDE + "width,Photographs,both,photo,7,25,5\n")
    (tmp_path / "facts.csv").write_text("image,subject,age,sex\nother.obj,p0,9,M\nhead.obj,p1,7,F\n")
    (tmp_path / "errors.csv").write_text(errors(a=(0.5, 0)))
    (tmp_path / "criteria.csv").write_text("source,doi,measurement,side,z,or_equal\nWide,,width,high,0.5,false\n")
    flags = ["--norms", "norms.csv", "--norm", "Surfaces", "--norm", "photographs", "--facts", "facts.csv"]
    flags += ["--errors", "errors.csv", "--criteria", "criteria.csv", "--criterion", "Wide"]
    status, said = lift([ROW], *flags)
    rows = measured()
    width, photo = rows["width", "Surfaces"], rows["width", "Photographs"]
    assert status == 0 and (width["z"], width["subject"], width["note"]) == (
        *("0.80", "p1", "the interval of z reaches across the limit of Wide"),
    )  # (30 - 26) / 5
    assert float(width["z_high"]) == pytest.approx((float(width["high"]) - 26) / 5, abs=0.01)
    assert width["criterion"] == "meets the criterion of Wide (z > 0.5 on Surfaces)"
    assert (photo["z"], photo["note"]) == ("", "Photographs was measured on photographs: no z-score")
    assert width["use"] == "research use, no diagnosis" and (width["age"], width["sex"]) == ("7", "female")
    assert "Z-scores" in said and "upright" not in said and "1 value meets the criterion of Wide" in said


def test_age_and_sex_may_stand_in_the_table_of_points(lift, tmp_path):
    (tmp_path / "norms.csv").write_text(NORMS + WIDE)
    flags = ["--norms", "norms.csv", "--norm", "Surfaces"]
    assert lift([ROW | {"age": 6, "subject": "p2"}], *flags)[0] == 0
    assert (measured()["width", "Surfaces"]["z"], measured()["width", "Surfaces"]["subject"]) == ("1.00", "p2")
    assert lift([ROW], *flags, "--output", "ageless")[0] == 0
    assert measured("ageless")["width", "Surfaces"]["note"] == "no age: no z-score"
    assert lift([ROW | {"age": "six"}], *flags, "--output", "bad") == (
        2, "error: points.csv row 2: age 'six' is not a number\n"
    )  # fmt: skip


CODES = "image,subject,age\nhead.obj,007,7\nother.obj,7,9\n"


def test_codes_of_people_that_differ_in_zeros_alone_are_two_people_where_they_are_called_so(lift, tmp_path):
    (tmp_path / "facts.csv").write_text(CODES)
    status, said = lift([ROW], "--facts", "facts.csv")
    assert status == 2 and said.startswith("error: subjects '007' (facts.csv row 2) and '7' (facts.csv row 3) differ")
    assert not (tmp_path / "head_lifted").exists()
    assert lift([ROW], "--facts", "facts.csv", "--subjects-as-written")[0] == 0
    assert (measured()["width", ""]["subject"], measured()["width", ""]["age"]) == ("007", "7")
    said = lift([ROW], "--subjects-as-written", "--output", "again", source=("--run", "runs/a"))
    assert said == (2, "error: --subjects-as-written goes with --facts\n")


def agreement(capsys, *arguments):
    """What is said of the measurements that were compared, by measurement; or the error."""
    with pytest.raises(SystemExit) as ended:
        run(evaluate.main, ["--measurements", *arguments, "--schema", "three.toml"])
    said = capsys.readouterr()
    return {one["measurement"]: one for one in table("reports/measurements.csv")} if not ended.value.code else said.err


def test_what_was_lifted_is_compared_with_a_caliper(lift, tmp_path, capsys):
    """Three scans of three people, 100, 90 and 80 mm wide; the caliper says 99, 90 and 80."""
    for index, x in enumerate((10, 15, 20)):
        scan = row((x, 60), (60, 60), (60, 10)) | {"subject": f"p{index}"}
        assert lift([scan], "--output", f"scan{index}/lifted")[0] == 0
    tables = [f"scan{index}/lifted/measurements.csv" for index in range(3)]
    (tmp_path / "caliper.csv").write_text("subject,width\np2,80\np1,90\np0,99\n")
    width = agreement(capsys, *tables, "--manual", "caliper.csv")["width"]
    assert (width["images"], width["people"], float(width["bias"])) == ("3", "3", pytest.approx(1 / 3, abs=1e-5))
    for index in range(3):  # as where each scan has a folder of its own
        text = (tmp_path / tables[index]).read_text().replace("../../head.obj", "../head.obj")
        (tmp_path / tables[index]).write_text(text)
    (tmp_path / "caliper.csv").write_text("image,width\nscan2/head.obj,80\nscan1/head.obj,90\nscan0/head.obj,99\n")
    width = agreement(capsys, *tables, "--manual", "caliper.csv")["width"]
    assert (width["images"], float(width["bias"])) == ("3", pytest.approx(1 / 3, abs=1e-5))
    said = agreement(capsys, *tables, "caliper.csv", "--manual", "caliper.csv")
    assert said == "error: scan0/lifted/measurements.csv and 3 more: image scan2/head.obj is there twice; remove one\n"
    (tmp_path / "by_person.csv").write_text("subject,width\np1,90\n")
    said = agreement(capsys, tables[0], "by_person.csv", "--manual", "caliper.csv")
    kind = "by_person.csv is no table of the same kind as scan0/lifted/measurements.csv: compare them apart"
    assert said == f"error: {kind}\n"
    said = agreement(capsys, tables[0], "a_run", "--manual", "caliper.csv")
    assert said == f"error: --measurements {tables[0]} and 1 more: one run, or tables (.csv)\n"


def test_halves_of_one_scan_are_two_for_images_and_one_for_people(lift, tmp_path, capsys):
    """30 mm and, of the mirrored half, 60 mm: 45 mm in the mean."""
    other = row((20, 60), (50, 60), (50, 10), face=2, mirrored="true", subject="p1")
    assert lift([{**ROW, "face": 1, "mirrored": "false", "subject": "p1"}, other])[0] == 0
    lifted = tmp_path / "head_lifted/measurements.csv"
    names, subjects, values, *_ = read_values(lifted, load_schema("three.toml"))
    assert names == ["../head.obj", "../head.obj#mirrored"] and subjects == ["p1", "p1"]
    np.testing.assert_array_equal(values[:, 0], [30, 60])
    hand = of_people(read_hand(lifted, "three.toml"))
    assert hand.images == ["p1"] and hand.points[0, 0] == 45
    lines = lifted.read_text().splitlines()
    lifted.write_text("\n".join(line for line in lines if ",false," not in line))
    assert read_values(lifted, load_schema("three.toml")).names == ["../head.obj"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--facts", "facts.csv"],
            "facts.csv: has none of the images; the first one's name is, from this table, head.obj",
        ),
        (["--facts", "bad.csv"], "bad.csv row 2: age 'abc' is not a number"),
        (["--norm", "Hall"], "--norm Hall: no such source; there are Clarren 2010, Stromland 1999, Weinberg 2016"),
        (["--criterion", "Hoyme 2016"], "--criterion goes with --norm: criteria are limits of z-scores"),
        (["--level", "95"], "--level 95: from 0.5 to below 1, as 0.95"),
        (["--errors", "errors.csv"], "errors.csv row 2: landmark 'aa' is none of schema three: did you mean"),
    ],
)
def test_bad_yardsticks_are_one_line_and_nothing_is_written(lift, tmp_path, flags, message):
    (tmp_path / "facts.csv").write_text("image,age\nother.obj,7\n")
    (tmp_path / "bad.csv").write_text("image,age\nhead.obj,abc\n")
    (tmp_path / "errors.csv").write_text("landmark,xx,xy,yy\naa,1e-4,0,1e-4\n")
    status, said = lift([ROW], *flags)
    assert status == 2 and said.startswith(f"error: {message}") and said.count("\n") == 1
    assert not (tmp_path / "head_lifted").exists()
