"""Schemas from TOML files of one's own: what they may hold, and the line that refuses anything else."""

import pytest

from rtl_tf.exceptions import InputError
from rtl_tf.schema import available_schemas, load_schema, parse_schema, undeclared_sides

HEAD = 'name = "mine"\nsource = "me"\n'


def landmarks(*names):
    return "".join(f'[[landmarks]]\nname = "{name}"\nlabel = "{name[:3]}"\nanatomy = "x"\n' for name in names)


def pairs(text):
    return HEAD + f"mirrored_pairs = {text}\n" + landmarks("a_left", "a_right", "b_left", "b_right")


@pytest.mark.parametrize("name", available_schemas())
def test_shipped_schemas_mirror_twice_to_themselves(name):
    schema = load_schema(name)
    permutation = schema.mirror_permutation
    assert sorted(permutation) == list(range(len(schema)))
    assert (permutation[permutation] == range(len(schema))).all()
    assert undeclared_sides(schema) == []


def test_a_schema_of_ones_own():
    measured = '[[measurements]]\nname = "width"\nbetween = ["a_left", "a_right"]\nmeaning = "m"\n'  # as runs keep it
    schema = parse_schema(pairs('[["a_left", "a_right"], ["b_right", "b_left"]]') + measured, "x")
    assert schema.names == ("a_left", "a_right", "b_left", "b_right") and schema.labels[0] == "a_l"
    assert schema.mirror_permutation.tolist() == [1, 0, 3, 2]
    (width,) = schema.measurements
    assert (width.kind, width.points, width.unit) == ("distance", ("a_left", "a_right"), "mm")
    assert width.views == ("frontal", "oblique", "lateral")
    assert undeclared_sides(schema) == []


def measurement(rows: str, name: str = "m") -> str:
    return HEAD + landmarks("a", "b", "c", "d") + f'[[measurements]]\nname = "{name}"\nmeaning = "m"\n{rows}\n'


def of_kind(kind: str, points: str, more: str = "") -> str:
    return measurement(f'kind = "{kind}"\npoints = {list(points)}\n{more}')


def test_measurements_of_every_kind():
    text = measurement(
        'kind = "point_to_line"\npoints = ["a", "b", "c", "d"]\nunit = "mm"\nviews = ["lateral", "frontal"]\n'
        'norms = ["photo"]\nhpo = { low = "HP:0012745" }'
    )
    for kind, points in (("angle", '"a", "b", "c"'), ("ratio", '"a", "b", "a", "c"')):
        text += f'[[measurements]]\nname = "{kind}"\nkind = "{kind}"\npoints = [{points}]\nmeaning = "m"\n'
    line, angle, ratio = parse_schema(text, "x").measurements
    assert line.views == ("frontal", "lateral") and line.norms == ("photo",)
    assert (line.hpo_low, line.hpo_high, line.needs_scale) == ("HP:0012745", "", True)
    assert (angle.unit, ratio.unit, ratio.needs_scale, ratio.hpo_low) == ("deg", "1", False, "")


@pytest.mark.parametrize(("name", "count"), [("fas14", 17), ("fas12", 16)])
def test_a_clinics_schema_has_what_its_landmarks_carry(name, count):
    measurements = {each.name: each for each in load_schema(name).measurements}
    assert len(measurements) == count
    fissure = measurements["palpebral_fissure_length"]
    assert (fissure.views, fissure.norms, fissure.hpo_low) == (("frontal",), ("photo",), "HP:0012745")
    assert (fissure.largest_yaw, measurements["philtrum_width"].largest_yaw) == (5, 90)
    assert ("lobule_to_fossa" in measurements) == (name == "fas14")


def part(*names: str) -> str:
    return f'[[parts]]\nname = "eye"\nlandmarks = [{", ".join(map(repr, names))}]\n'


def test_parts_are_no_other_landmarks():
    """Runs are told apart by the fingerprint: one of a schema that has got parts since is comparable still."""
    text = HEAD + landmarks("a", "b", "c")
    plain, with_parts = parse_schema(text, "x"), parse_schema(text + part("b", "a") + part("c"), "x")
    assert [part.landmarks for part in with_parts.parts] == [("b", "a"), ("c",)] and plain.parts == ()
    assert with_parts.fingerprint == plain.fingerprint


@pytest.mark.parametrize("name", ["fas14", "fas12"])
def test_every_landmark_of_a_clinics_schema_is_in_a_part(name):
    schema = load_schema(name)
    assert sorted(name for part in schema.parts for name in part.landmarks) == sorted(schema.names)


def test_names_with_left_and_right_that_no_pair_declares():
    schema = parse_schema(pairs('[["b_left", "b_right"]]'), "x")
    assert undeclared_sides(schema) == [("a_left", "a_right")]
    assert undeclared_sides(parse_schema(HEAD + landmarks("eye_left", "nose"), "x")) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (pairs('[["a_left", "a_right"], ["a_left", "b_right"]]'), r"mirrored_pairs\[1\]: 'a_left' is in a pair"),
        (pairs('[["a_left", "a_left"]]'), r"mirrored_pairs\[0\]: expected two different landmarks, there is a_left"),
        (pairs('[["a_left", "a_right", "b_left"]]'), r"mirrored_pairs\[0\]: expected two different landmarks"),
        (pairs('[["a_left"]]'), r"mirrored_pairs\[0\]: expected two different landmarks, there is a_left$"),
        (pairs("[[]]"), r"mirrored_pairs\[0\]: expected two different landmarks, there is none"),
        (pairs('["a_left", "a_right"]'), r'mirrored_pairs\[0\]: expected a list, there is "a_left"'),
        (pairs('[["a_left", "c"]]'), r"mirrored_pairs\[0\]: unknown landmark 'c': the schema has a_left, a_right"),
        (pairs('[["a_left", 1]]'), r"mirrored_pairs\[0\]\[1\]: expected text, there is 1"),
        (pairs("true"), "mirrored_pairs: expected a list, there is true"),
        (HEAD + "landmarks = []\n", "landmarks: a schema needs one landmark at least"),
        (HEAD, "'landmarks' is missing"),
        (landmarks("a"), "'name', 'source' are missing$"),
        ('source = "me"\nname = 3\n' + landmarks("a"), "name: expected text, there is 3"),
        (HEAD + landmarks("a", "b", "a"), "landmarks: the name 'a' appears twice"),
        (HEAD + landmarks("a", ""), r"landmarks\[1\]\.name: the name '' is empty, or has blanks around it"),
        (HEAD + landmarks("a "), r"landmarks\[0\]\.name: the name 'a ' is empty, or has blanks around it"),
        (HEAD + landmarks("a\u200b"), r"landmarks\[0\]\.name: .* characters that nobody sees"),
        (HEAD + '[[landmarks]]\nname = 1\nlabel = "1"\nanatomy = "x"\n', r"landmarks\[0\]\.name: expected text"),
        (HEAD + '[[landmarks]]\nname = "a"\nlabel = 1\nanatomy = "x"\n', r"landmarks\[0\]\.label: expected text"),
        (HEAD + '[[landmarks]]\nname = "a"\n', r"landmarks\[0\]: 'label', 'anatomy' are missing$"),
        (HEAD + '[[landmarks]]\nname = "a"\nanatomy = "x"\n', r"landmarks\[0\]: 'label' is missing"),
        (HEAD + landmarks("a") + 'colour = "red"\n', r"landmarks\[0\]: unknown key 'colour': known are anat"),
        (HEAD + 'mirored_pairs = [["a", "b"]]\n' + landmarks("a", "b"), "unknown key 'mirored_pairs': known are"),
        (
            HEAD + landmarks("a", "b") + 'mirrored_pairs = [["a", "b"]]\n',
            r"landmarks\[1\]: unknown key 'mirrored_pairs': below \[\[landmarks\]\] it belongs to the last landmark",
        ),
        (landmarks("a") + HEAD, r"not TOML .*; below \[\[landmarks\]\] it belongs to the last landmark"),
        (HEAD + landmarks("a") + "[[measurements]]\n", r"measurements\[0\]: 'name', 'meaning', 'kind', 'points'"),
        (
            HEAD + landmarks("a") + '[[measurements]]\nname = "m"\nbetween = ["a", "a"]\nmeaning = "m"\n',
            r"measurements\[0\]\.between: expected two different landmarks",
        ),
        (measurement('points = ["a", "b"]'), r"measurements\[0\]: 'kind' is missing"),
        (of_kind("area", "ab"), r"measurements\[0\]\.kind: 'area' is none of distance, angle"),
        (of_kind("angle", "ab"), r"measurements\[0\]\.points: kind angle takes 3 landmarks, .* 2"),
        (of_kind("angle", "aba"), r"measurements\[0\]\.points: a landmark is there twice"),
        (of_kind("ratio", "abcc"), r"measurements\[0\]\.points: a landmark is there"),
        (of_kind("ratio", "abce"), r"measurements\[0\]\.points: unknown landmark 'e'"),
        (of_kind("angle", "abc", 'unit = "mm"'), r"measurements\[0\]\.unit: .* is 'deg'"),
        (of_kind("distance", "ab", 'views = []'), r"measurements\[0\]\.views: name one at"),
        (of_kind("distance", "ab", 'views = ["side"]'), r"measurements\[0\]\.views\[0\]: 'side'"),
        (of_kind("distance", "ab", 'hpo = { low = "12745" }'), r".*\.hpo\.low: '12745' is no term"),
        (of_kind("distance", "ab", 'hpo = { short = "x" }'), r".*\.hpo: unknown key 'short'"),
        (of_kind("distance", "ab", 'colour = 1'), r"measurements\[0\]: unknown key 'colour'"),
        (
            measurement('between = ["a", "b"]') + '[[measurements]]\nname = "m"\nmeaning = "m"\nbetween = ["a", "c"]\n',
            "measurements: the name 'm' appears twice",
        ),
        (HEAD + landmarks("a") + part("b"), r"parts\[0\]\.landmarks: unknown landmark 'b': the schema has a"),
        (HEAD + landmarks("a") + part(), r"parts\[0\]\.landmarks: a part needs one landmark at least"),
        (HEAD + landmarks("a", "b") + part("a", "a"), r"parts\[0\]\.landmarks: 'a' is in a part already"),
        (HEAD + landmarks("a", "b") + part("a") + part("b", "a"), r"parts\[1\]\.landmarks: 'a' is in a part already"),
        (HEAD + landmarks("a") + '[[parts]]\nlandmarks = ["a"]\n', r"parts\[0\]: 'name' is missing"),
        ("name = ", "not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(text, message):
    with pytest.raises(InputError, match=rf"^schema mine\.toml: {message}") as error:
        parse_schema(text, "mine.toml")
    assert "\n" not in str(error.value)


def test_encodings(tmp_path):
    text = HEAD + landmarks("äußerer Augenwinkel", "b")
    for name, encoding in (("bom.toml", "utf-8-sig"), ("upper.TOML", "utf-8")):
        (tmp_path / name).write_text(text, encoding=encoding)
        assert load_schema(tmp_path / name).names == ("äußerer Augenwinkel", "b")
    for name in ("utf-16", "latin-1"):
        (tmp_path / f"{name}.toml").write_text(text, encoding=name)
        with pytest.raises(InputError, match=rf"{name}\.toml: not UTF-8; save it with that encoding$"):
            load_schema(tmp_path / f"{name}.toml")
    with pytest.raises(InputError, match="no schema file"):
        load_schema(tmp_path / "missing.toml")


def test_names_in_either_form_of_unicode_are_one(tmp_path):
    assert parse_schema(HEAD + landmarks("A\u0308"), "x").names == ("\u00c4",)
