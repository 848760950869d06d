"""By how much crops of parts are shifted in training: as the first look misses, counted by hand."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from toys import SCHEMA, toy_samples

from rtl_tf.config import Asked
from rtl_tf.coordinates import Crop
from rtl_tf.experiments import part_training
from rtl_tf.experiments.data import UnseenImages
from rtl_tf.experiments.part_training import JITTER, MOST_JITTER, part_jitter
from rtl_tf.inference.face_parts import FacePart, FaceParts
from rtl_tf.inference.recipe import Recipe
from rtl_tf.methods import METHODS
from rtl_tf.pipeline import Crops

SIZE, LARGE = 64, 200.0
PARTS = FaceParts(96, (FacePart((0, 1), 0.5),))  # its side is 100 px


@dataclasses.dataclass
class Missing:
    """Finds every landmark of the n-th face 2 n px to the right; half as far off where it heeds boxes."""

    times: float = 1.0
    answers: Sequence = ()
    boxes: Sequence = ()
    recipe: Recipe = Recipe()

    def predict(self, images, boxes, mirrored, found):
        self.boxes = boxes
        share = 0.5 if self.recipe.box_evidence else 1.0
        return [SimpleNamespace(points=points + (miss * share, 0)) for points, miss in self.answers]

    def of(self, samples):
        self.answers = [(sample.points, 2 * n * self.times) for n, sample in enumerate(samples, start=1)]
        return self


def faces(folder: Path, people: int, side: float = LARGE) -> UnseenImages:
    """Of people of one photograph each, seen turned and mirrored; of the last one half of the part is labelled."""
    samples = [
        dataclasses.replace(sample, subject=f"s{number}")
        for number, sample in enumerate(toy_samples(folder, count=people + 1, size=200))
    ]
    samples[-1].points[1] = np.nan
    squares = tuple(Crop(-0.5, -0.5, side, SIZE, mirrored=True) for _ in samples)
    crops = Crops(np.zeros((len(samples), 1, 1, 3), np.uint8), np.zeros((len(samples), 3, 2)), squares)
    return UnseenImages([sample.image.name for sample in samples], samples, crops, list(squares), list(squares))


def test_crops_are_shifted_as_the_first_look_misses(tmp_path):
    """Of five faces 2, 4, ... 10 px of 100 along one axis and none along the other: of the ten misses 95 % are within
    the place 0.95 * 9 = 8.55 of those in order, between 8 and 10 px."""
    seen = faces(tmp_path, people=5)
    first = Missing().of(seen.samples)
    assert part_jitter(first, seen, PARTS) == pytest.approx(0.08 + 0.55 * 0.02, abs=1e-4)
    assert first.boxes == [(-0.5, -0.5, LARGE)] * 6
    assert part_jitter(Missing(9).of(seen.samples), seen, PARTS) == MOST_JITTER == pytest.approx(0.1875)


def test_where_few_people_tell_of_the_misses_they_are_the_usual_ones(tmp_path):
    for people, side in ((4, LARGE), (5, 100.0)):  # too few; in too few px for a second look
        (folder := tmp_path / str(people)).mkdir()
        seen = faces(folder, people, side)
        assert part_jitter(Missing().of(seen.samples), seen, PARTS) == JITTER


@pytest.mark.parametrize(("asked", "used"), [(0.0, 0.091), (0.2, 0.2)])
def test_the_second_network_is_trained_on_such_crops(tmp_path, monkeypatch, capsys, asked, used):
    seen, trained = faces(tmp_path, people=5), []
    training = SimpleNamespace(images=np.zeros((7, 96, 96, 3)), plain=None)
    data = SimpleNamespace(
        recipe=Recipe(parts=PARTS), schema=SCHEMA, dataset=None, training=training, unseen=lambda name, margin: seen
    )
    monkeypatch.setattr(part_training, "_crops", lambda *_: training)
    monkeypatch.setattr(part_training, "load_networks", lambda *_: None)
    monkeypatch.setattr(part_training, "build", lambda *_: (None, None))
    monkeypatch.setattr(part_training, "images_an_epoch", lambda *_: 7)
    monkeypatch.setattr(part_training, "fit", lambda *given, **_: trained.append(given[4]))
    heeding = Missing(recipe=Recipe(box_evidence="what boxes around labels tell")).of(seen.samples)
    monkeypatch.setattr(part_training.Detector, "load", lambda folder, closer: heeding)
    settings = Asked(method="ft", crop_jitter=asked).resolved()
    part_training.train_parts(tmp_path, settings, METHODS["ft"], data)
    assert [settings.crop_jitter for settings in trained] == [pytest.approx(used, abs=1e-4)]
    assert capsys.readouterr().out.endswith(f"7 training crops, 96x96, off by up to {100 * used:.1f} % of their side\n")
