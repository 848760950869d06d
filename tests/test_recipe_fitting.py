"""What a run fits beside its network: on meshes made by hand, and one short run all the way."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from toy_table import refused, toy_source_beside
from toys import SCHEMA, toy_samples

from rtl_tf import datasets
from rtl_tf.cli.train import main
from rtl_tf.config import Asked
from rtl_tf.coordinates import Crop, crop_around
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import meshed_samples, recipe_fitting
from rtl_tf.experiments.data import DataLoader
from rtl_tf.experiments.meshed_samples import MeshedSample, mesh_samples, shift_of_labels
from rtl_tf.experiments.one_half import same_half
from rtl_tf.experiments.recipe_fitting import RecipeSettings, fit_recipe
from rtl_tf.experiments.resolving import resolve
from rtl_tf.images import read_image
from rtl_tf.inference import recipe as recipes
from rtl_tf.inference.alignment import Alignment
from rtl_tf.inference.face_meshes import Mesh, find_mesh
from rtl_tf.inference.recipe import Recipe, read_recipe
from rtl_tf.pipeline import load_crops
from rtl_tf.records import Sample
from rtl_tf.schema import load_schema

NAN = np.nan
WANTED = RecipeSettings.of(Asked(label_shift=True, views=2, image_size=64).resolved())
CHOSEN = [40, 50, 60]  # mesh points at the landmarks left, right, middle
HALF = replace(SCHEMA, mirrored_pairs=())  # of one half of the face


def meshed(tmp_path, shift=0.0, count=24, schema=HALF, every=3):
    """Faces of as many people, every third one mirrored, or none (`every` 0), whose labels lie `shift` sides to the
    right of where they belong, and by anatomy sides off their mesh points along the view. A mesh that is found in a
    flipped view of both halves has its points beside the landmarks that are called so there."""
    rng = np.random.default_rng(0)
    shares = rng.uniform(0.2, 0.8, (468, 2))
    shares[[33, 263]] = (0.3, 0.4), (0.7, 0.4)
    # Landmarks far from other points, so that none stands for them in their place.
    shares[CHOSEN] = (0.05, 0.5), (0.95, 0.5), (0.5, 0.95)
    anatomy = np.array([[0.04, 0.0]] * 3 if schema is HALF else [[0.04, 0.0], [-0.01, 0.0], [0.03, 0.0]])
    faces = []
    for index in range(count):
        mirrored = every > 0 and index % every == 0
        box = Crop(*rng.uniform(0, 50, 2).tolist(), float(rng.uniform(100, 300)), 64, mirrored)
        own = shares + rng.normal(0, 0.003, (468, 2))
        places, flipped = own[CHOSEN] + anatomy, own.copy()
        if schema is not HALF:
            flipped[CHOSEN] = places[schema.mirror_permutation] + anatomy
        labels = places + rng.normal(0, 0.003, (3, 2))
        points = box.from_shares(labels)[schema.mirror_permutation if mirrored else slice(None)]
        points = (points + (shift * box.side, 0)).astype(np.float32)
        mesh = Mesh(box.from_shares(own), 9.0, box)
        sample = Sample(tmp_path / f"{index}.png", points, f"s{index}", (box.left, box.top, box.side), mirrored)
        faces.append(MeshedSample(sample, box, mesh, np.stack([mesh.points, box.from_shares(flipped)])))
    return faces


def fitted(monkeypatch, faces, schema=HALF, **wanted) -> Recipe:
    monkeypatch.setattr(recipe_fitting, "mesh_samples", lambda *_: faces)
    return fit_recipe(WANTED._replace(**wanted), [face.sample for face in faces], schema)


@pytest.mark.parametrize("shift", [0.0, 0.02, -0.03])
@pytest.mark.parametrize(("schema", "every"), [(HALF, 3), (SCHEMA, 3), (SCHEMA, 0), (SCHEMA, 1)])
def test_the_shift_of_labels_is_found_whatever_anatomy_adds(tmp_path, monkeypatch, shift, schema, every):
    faces = meshed(tmp_path, shift, schema=schema, every=every)
    found = fitted(monkeypatch, faces, schema)
    assert found.label_shift == pytest.approx(shift, abs=0.002)
    told = found.fitted
    assert (told.images, told.meshes, told.people) == (24, 24, 24) and told.shift == pytest.approx(shift, abs=0.002)
    assert 0 < told.error < 0.001 and (found.label_shift == told.shift) == (abs(told.shift) > 2.1 * told.error)


def test_a_missing_landmark_hinders_nothing(tmp_path, monkeypatch):
    faces = meshed(tmp_path, 0.02)
    for number, face in enumerate(faces):
        face.sample.points[number % 3] = NAN
    assert fitted(monkeypatch, faces).label_shift == pytest.approx(0.02, abs=0.003)


def test_halves_that_no_flag_tells_apart_are_told_by_their_labels(tmp_path, monkeypatch):
    faces = []
    for face in meshed(tmp_path, 0.02):
        box, views = replace(face.box, mirrored=False), face.views[::-1] if face.box.mirrored else face.views
        sample = replace(face.sample, mirrored=False)
        faces.append(MeshedSample(sample, box, Mesh(views[0], 9.0, box), views))
    assert fitted(monkeypatch, faces).label_shift == pytest.approx(0.02, abs=0.002)


@pytest.mark.parametrize("every", [0, 1])
def test_where_all_images_show_one_half_in_one_way_nothing_contradicts_a_shift(tmp_path, monkeypatch, every, capsys):
    assert fitted(monkeypatch, meshed(tmp_path, 0.02, every=every)) == Recipe(views=2)
    assert capsys.readouterr() == ("", "")


def test_without_flips_nothing_contradicts_a_shift_of_both_halves(tmp_path, monkeypatch, capsys):
    faces = meshed(tmp_path, 0.02, schema=SCHEMA, every=0)
    assert fitted(monkeypatch, faces, SCHEMA, flips=False) == Recipe(views=2, flips=False)
    assert capsys.readouterr() == ("", "")


def test_nor_where_one_half_alone_is_labelled(tmp_path, monkeypatch, capsys):
    faces = meshed(tmp_path, 0.02, schema=SCHEMA, every=0)
    for face in faces:
        face.sample.points[1:] = NAN
    assert fitted(monkeypatch, faces, SCHEMA) == Recipe(views=2)
    assert capsys.readouterr() == ("", "")


def test_a_shift_that_too_few_people_tell_is_said(tmp_path, monkeypatch, capsys):
    assert fitted(monkeypatch, meshed(tmp_path, 0.02, count=6)).label_shift == 0
    assert capsys.readouterr().err == (
        "warning: --label-shift: fewer than 3 people of either half of the face have a face mesh, so that how far all "
        "labels lie to one side is not known and stays in them\n"
    )


@pytest.mark.parametrize("aligned", [False, True])
def test_a_calibration_corrects_anatomy_and_leaves_the_shift_to_itself(tmp_path, monkeypatch, aligned):
    faces = meshed(tmp_path, 0.02)
    recipe = fitted(monkeypatch, faces, calibrated=True, aligned=aligned)
    assert (recipe.alignment is None) == (not aligned)
    assert recipe.calibration.landmarks.plain == recipe.calibration.landmarks.flipped == tuple(CHOSEN)
    for face in faces:
        square = recipe.alignment.square(face.mesh, 64) if aligned else face.box
        found = recipe.calibration(square.to_shares(recipe.calibration.landmarks.of(face.views)))
        given_back = recipe.answer(square, square.from_shares(found)[None], None)
        assert np.abs(given_back - face.sample.points).max() < 0.02 * face.box.side


@pytest.mark.parametrize(("share", "blend"), [("auto", 0.5), (0.0, 0.0), (0.3, 0.3), (1.0, 1.0)])
def test_the_mesh_has_the_share_that_is_asked_for_and_half_until_it_is_chosen(tmp_path, monkeypatch, share, blend):
    assert fitted(monkeypatch, meshed(tmp_path), calibrated=True, mesh_share=share).blend == blend


def without_boxes(faces):
    """The same, seen in squares around their labels."""
    seen = []
    for face in faces:
        box = crop_around(face.sample.points, 64, WANTED.crop_margin, face.box.mirrored)
        seen.append(replace(face, sample=replace(face.sample, box=None), box=box))
    return seen


def test_boxes_stand_around_a_landmark_that_some_faces_lack(tmp_path, monkeypatch):
    """The square around the other two is half as wide: taken for a box, it would have all boxes believed."""
    complete, gaps = meshed(tmp_path), meshed(tmp_path)
    for face in gaps[::8]:
        face.sample.points[1] = NAN
    told = [fitted(monkeypatch, without_boxes(faces), calibrated=True).box_evidence for faces in (complete, gaps)]
    np.testing.assert_allclose(told[1].believed, told[0].believed, atol=0.02)
    assert told[1].believed.max() < 0.1  # the jitter of 0.05, and what the mesh is off by
    square, points = complete[1].box, complete[1].sample.points
    wrong = replace(square, left=square.left + 0.4 * square.side)
    np.testing.assert_array_equal(told[1](points, wrong), points)


def test_an_alignment_shows_the_landmarks(tmp_path, monkeypatch):
    faces = meshed(tmp_path)
    alignment = fitted(monkeypatch, faces, aligned=True, label_shift=False, views=1).alignment
    assert alignment == Alignment.fit([face.mesh for face in faces], [face.sample.points for face in faces])


def test_nothing_is_looked_for_where_nothing_is_wanted(monkeypatch):
    monkeypatch.setattr(recipe_fitting, "mesh_samples", None)
    assert fit_recipe(WANTED._replace(label_shift=False), [], SCHEMA) == Recipe(views=2)


def test_few_faces_are_said_and_boxes_stay(tmp_path, capsys):
    """Toy images show three spots."""
    samples = toy_samples(tmp_path, count=6)
    wanted = WANTED._replace(aligned=True, calibrated=True)
    assert fit_recipe(wanted, samples, SCHEMA) == Recipe(views=2)
    assert capsys.readouterr().err.endswith(  # behind what a slow machine says of its progress
        "warning: face meshes in 0 of 6 training images, of 0 people: too few, boxes are looked at as they are, and "
        "how far all labels lie to one side is not known and stays in them\n"
    )


def test_one_person_is_too_few(tmp_path, monkeypatch, capsys):
    alone = [replace(face, sample=replace(face.sample, subject="a")) for face in meshed(tmp_path)]
    recipe = fitted(monkeypatch, alone, aligned=True, calibrated=True)
    assert recipe.alignment is None and recipe.calibration is None
    assert "of 1 people: too few" in "".join(capsys.readouterr())


def test_heads_have_meshes_and_at_least_two_views(heads):
    found = mesh_samples([*heads], 64, WANTED.crop_margin, views=1)
    assert [one.sample for one in found] == heads
    assert {one.views.shape for one in found} == {(2, 468, 2)}
    assert found[0].box == Crop(*heads[0].box, 64)


@pytest.mark.parametrize("kept", [["exocanthion", "endocanthion"], ["cheilion", "labiale_superius"]])
def test_labels_of_a_part_of_the_face_find_the_mesh_of_the_whole(heads, kept):
    """In the square around the eye or the mouth there is none, or a wrong one."""
    names, margin = load_schema("fas14").names, WANTED.crop_margin
    seen = [name in kept for name in names]
    parts = [replace(one, points=np.where(np.array(seen)[:, None], one.points, NAN), box=None) for one in heads]
    meshes = {}
    found = mesh_samples(parts, 64, margin, meshes=meshes)
    assert [one.is_part for one in found] == [True] * len(heads)
    for one, whole in zip(found, mesh_samples([*heads], 64, margin), strict=True):
        off = np.linalg.norm(one.mesh.points - whole.mesh.points, axis=1).mean()
        assert off < 0.03 * whole.mesh.square.side and meshes[one.sample.image, one.box] is one.mesh


def test_the_square_around_all_labels_is_looked_at_as_it_is(heads):
    whole = [replace(one, box=None) for one in heads]
    for one in mesh_samples(whole, 64, WANTED.crop_margin):
        assert not one.is_part
        np.testing.assert_array_equal(one.mesh.points, find_mesh(read_image(one.sample.image), one.box).points)


def test_shares_of_boxes_of_two_kinds_are_not_mixed(tmp_path, monkeypatch):
    """A third of the boxes hold a part of the face: they have no say, but where meshes are looked at instead."""
    faces = meshed(tmp_path, 0.02)
    faces[16:] = [replace(face, is_part=True) for face in faces[16:]]
    assert meshed_samples.of_like_boxes(faces) == faces[:16]
    assert meshed_samples.of_like_boxes(faces[10:]) == faces[16:]  # 6 against 8
    assert fitted(monkeypatch, faces).fitted.meshes == 16
    assert fitted(monkeypatch, faces, aligned=True).fitted.meshes == 24


def test_a_box_beside_its_image_is_told_by_its_file(heads):
    stray = replace(heads[0], box=(3000.0, 0.0, 50.0))
    with pytest.raises(InputError, match=f"^{heads[0].image}: the square to crop lies outside"):
        mesh_samples([stray], 64, WANTED.crop_margin)


def built_in_heads():
    """Ten by name, those that show the other half mirrored."""
    samples = datasets.load("synthetic:subjects=10,scans=1", size=64)
    return {sample.image.name: sample for sample in same_half(samples, load_schema("fas14"))}


def test_labels_of_built_in_faces_have_no_shift(monkeypatch):
    """They are points of the surface: what is estimated is nothing, within its error."""
    told = []
    monkeypatch.setattr(recipe_fitting, "shift_of_labels", lambda *of: told.append(shift_of_labels(*of)) or told[0])
    samples = [*built_in_heads().values()]
    assert {sample.mirrored for sample in samples} == {False, True}
    fit_recipe(WANTED._replace(aligned=True), samples, load_schema("fas14"))
    assert abs(told[0].value) < 2 * told[0].error < 0.01


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with everything, before its test part is opened; its command."""
    folder = tmp_path_factory.mktemp("recipe")
    command = [
        "--method", "ft", "--source", str(toy_source_beside(folder)), "--image-size", "64", "--batch-size", "4",
        "--epochs", "1", "--data", "synthetic:subjects=10,scans=1", "--aligned", "--label-shift", "--calibrated",
        "--views", "2",
    ]  # fmt: skip
    main([*command, "--output", str(folder / "run"), "--validation-only"])
    return folder / "run", command


def test_a_run_keeps_its_recipe_and_predicts_by_it(run, tmp_path):
    from rtl_tf.inference import Detector
    from rtl_tf.runs.predictions import read_predictions

    begun, command = run
    folder = tmp_path / "run"
    shutil.copytree(begun, folder)
    before = (folder / "recipe.json").read_bytes()
    recipe = read_recipe(folder / "recipe.json", 14)
    assert recipe.views == 2 and recipe.alignment.scale >= 1 and recipe.calibration is not None
    assert recipe.label_shift == 0  # of built-in faces it could be none
    main([*command, "--output", str(folder), "--resume"])
    assert (folder / "recipe.json").read_bytes() == before
    predictions = read_predictions(folder / "predictions.csv")
    detector = Detector.load(folder)
    chosen = [built_in_heads()[name] for name in predictions.images]
    answers = detector.predict(*zip(*[(read_image(one.image), one.box, one.mirrored) for one in chosen], strict=True))
    np.testing.assert_allclose([answer.points for answer in answers], predictions.points, atol=1e-3)
    image, truth = read_image(chosen[0].image), chosen[0].points
    look = detector.recipe.look(image, Crop(*chosen[0].box, 64, chosen[0].mirrored))
    assert len(look.crops) == 2 and look.crops[0].angle != 0 and look.calibrated.shape == (14, 2)
    # The calibrated mesh errs by less than a network that has seen ten faces once.
    network = (
        replace(detector, recipe=replace(detector.recipe, blend=0.0))
        .predict(image, chosen[0].box, chosen[0].mirrored)[0]
        .points
    )
    of_mesh, of_network = (np.nanmean(np.abs(points - truth)) for points in (look.calibrated, network))
    assert of_mesh < of_network


@pytest.mark.parametrize("more", [(), ("--folds", "2")])
def test_a_share_of_the_mesh_that_is_asked_for_stays(run, tmp_path, more):
    """Others would choose more: a network that has seen ten faces once errs by far more than the mesh."""
    command = [*run[1], *more, "--mesh-share", "0.125"]
    main([*command, "--output", str(tmp_path / "run"), "--validation-only"])
    assert read_recipe(tmp_path / "run/recipe.json", 14).blend == 0.125


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--mesh-share", "0.5"], "--mesh-share 0.5: no mesh is averaged with, give --calibrated as well"),
        (["--calibrated", "--mesh-share", "1.5"], "--mesh-share 1.5: must be a number at least 0 and at most 1"),
        (["--calibrated", "--mesh-share", "nan"], "--mesh-share nan: must be a number at least 0 and at most 1"),
    ],
)
def test_a_share_of_no_mesh_is_refused_before_a_face_is_rendered(flags, message, tmp_path, monkeypatch):
    monkeypatch.setenv("RTL_TF_CACHE", str(tmp_path / "cache"))
    refused([*flags, "--output", str(tmp_path / "run")], message, tmp_path / "run")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.unlink(), "recipe.json: missing"),
        (lambda file: file.write_text("{}"), "recipe.json: 'views' is missing"),
        (
            lambda file: file.write_text(file.read_text().replace('"views": 2', '"views": 20')),
            "recipe.json: views: exp",
        ),
    ],
)
def test_a_run_without_its_recipe_does_not_go_on(run, tmp_path, damage, message):
    begun, command = run
    folder = tmp_path / "run"
    shutil.copytree(begun, folder)
    damage(folder / "recipe.json")
    with pytest.raises(InputError, match=f"{message}.*the run cannot go on: put recipe.json back, or remove"):
        main([*command, "--output", str(folder), "--resume"])
    assert not (folder / "metrics.json").exists()


def test_the_mesh_of_a_training_image_is_found_once(tmp_path, monkeypatch):
    looked = []

    def counted(image, box):
        looked.append(box)
        return find_mesh(image, box)

    for module in (meshed_samples, recipes):
        monkeypatch.setattr(module, "find_mesh", counted)
    asked = Asked(method="ft", data="synthetic:subjects=10,scans=1", image_size=64, aligned=True, calibrated=True)
    loader, settings = DataLoader(), resolve(asked.but(output=str(tmp_path / "run")))
    data = loader.load(settings)
    assert data.recipe.alignment and len(looked) == len(data.dataset.samples)
    again = load_crops(
        data.part("training")[1], data.schema, size=64, margin=settings.crop_margin,
        square=lambda _, image, box: data.recipe.square(image, box),
    )  # fmt: skip
    assert again.squares == data.training.squares
