"""What a run says of what it fitted beside its network: px of the crop by hand, on the screen and in the card."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from fake_runs import make_run
from toys import SCHEMA, write_network

from rtl_tf.documents import Node
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import results
from rtl_tf.inference.face_parts import FacePart, FaceParts
from rtl_tf.inference.recipe import Recipe
from rtl_tf.reports.card import make_card
from rtl_tf.reports.card_text import card_text
from rtl_tf.runs.fitted import Fitted, fitted_in, fitted_text
from rtl_tf.runs.run import read_run

FITTED = Fitted(images=100, meshes=97, people=48, shift=-0.0125, error=0.002)
MESHES = "face meshes in 97 of 100 training images, of 48 people"


def told(recipe: Recipe) -> str:
    return fitted_text(fitted_in(Node(recipe.to_json(), "recipe.json"), 160, SCHEMA.names))


@pytest.mark.parametrize(
    ("recipe", "line"),
    [
        (Recipe(views=6), ""),
        (Recipe(fitted=Fitted(100, 97, 48)), MESHES),
        (
            Recipe(label_shift=-0.0125, fitted=FITTED),  # of 160 px
            f"{MESHES}; labels lie 2.00 px of the crop to the left (standard error 0.32)",
        ),
        (
            Recipe(fitted=replace(FITTED, shift=0.0025)),
            f"{MESHES}; labels lie to neither side beyond chance, 0.40 px (standard error 0.32)",
        ),
        (Recipe(label_shift=0.01), "labels lie 1.60 px of the crop to the right"),  # of an earlier version
        (
            Recipe(parts=FaceParts(96, (FacePart((0, 1), 0.5), FacePart((2,), 0.3)))),
            "2 parts of the face looked at again, 3 landmarks",
        ),
        (Recipe(parts=FaceParts(96, (FacePart((0, 1), 0.5),))), "one part of the face looked at again, 2 landmarks"),
    ],
)
def test_what_was_fitted_is_told_in_px_of_the_crop(recipe, line):
    assert told(recipe) == line


def test_the_share_of_the_mesh_is_told_where_there_is_one():
    recipe = Recipe(blend=0.4).to_json() | {"calibration": {}}
    assert fitted_in(Node(recipe, "recipe.json"), 160, SCHEMA.names) == {"mesh_share": 0.4}
    assert fitted_text({"mesh_share": 0.4}) == "the mesh's share of the answer is 0.4"
    assert "mesh_share" not in fitted_in(Node(Recipe(blend=0.4).to_json(), "recipe.json"), 160, SCHEMA.names)


def test_it_is_kept_and_makes_no_other_recipe():
    recipe = Recipe(label_shift=-0.0125, fitted=FITTED)
    again = Recipe.from_json(Node(json.loads(json.dumps(recipe.to_json())), "recipe.json"), 3)
    assert again.fitted == FITTED and again == recipe == Recipe(label_shift=-0.0125)
    assert Recipe(fitted=FITTED).plain
    with pytest.raises(InputError, match=r"^recipe.json: fitted\.meshes: expected a whole number of at least 0"):
        Recipe.from_json(Node(recipe.to_json() | {"fitted": {"images": 3, "meshes": -1}}, "recipe.json"), 3)


def test_a_training_says_it_also_where_nothing_came_of_it(monkeypatch, tmp_path, capsys):
    detector = SimpleNamespace(recipe=Recipe(), image_size=160, schema=SCHEMA, unlabelled=())
    monkeypatch.setattr(results, "collect", lambda *_: SimpleNamespace(peaks=np.ones((1, 3)), landmarks=SCHEMA.names))
    monkeypatch.setattr(results, "write_predictions", lambda *_: None)
    monkeypatch.setattr(results, "summarize", lambda _: {"paper.heatmap_px.mre.mean": 0.5})
    results.write_validation(tmp_path, detector, SimpleNamespace(names=["a.png"]), replace(FITTED, shift=0.0025))
    first, second = capsys.readouterr().out.strip().split("\n\n")
    assert first == (
        f"Fitted beside the network: {MESHES}; labels lie to neither side beyond chance, 0.40 px (standard error 0.32)"
    )
    results.write_validation(tmp_path, detector, SimpleNamespace(names=["a.png"]))
    assert capsys.readouterr().out.strip() == second


def test_the_card_has_it(tmp_path):
    folder = make_run(tmp_path, "ft", 0, np.ones((6, 3)))
    write_network(folder / "best.keras")
    (folder / "split.csv").write_text("image,subject,part\na.png,p0,training\n")
    assert make_card(read_run(folder))["detector"]["fitted"] == {}
    recipe = Recipe(label_shift=-0.0125, fitted=FITTED, parts=FaceParts(96, (FacePart((0, 2), 0.5),)))
    (folder / "recipe.json").write_text(json.dumps(recipe.to_json()))
    run = read_run(folder)
    size, names = run.resolved["image_size"], run.predictions.landmarks
    card = make_card(run)
    assert card["detector"]["fitted"] == {
        "training_images": 100,
        "face_meshes": 97,
        "people_with_mesh": 48,
        "labels_lie_right_input_px": round(-0.0125 * size, 3),
        "standard_error_input_px": round(0.002 * size, 3),
        "label_shift_input_px": round(-0.0125 * size, 3),
        "parts": [[names[0], names[2]]],
    }
    assert f"\n\nBeside its network: {MESHES}; labels lie" in card_text(card)
