"""A run's data: split, with the crops of each part decoded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from rtl_tf.config import Settings
from rtl_tf.coordinates import Crop, sample_crop
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.cautions import cautions
from rtl_tf.experiments.face_boxes import FOUND, FoundBoxes, find_boxes
from rtl_tf.experiments.lineage import acquaintances, with_unseen_test
from rtl_tf.experiments.meshed_samples import Meshes, mesh_around
from rtl_tf.experiments.recipe_fitting import RecipeSettings, fit_recipe
from rtl_tf.experiments.resolving import Dataset, dataset_key, read_dataset, thinned
from rtl_tf.inference.alignment import Alignment
from rtl_tf.inference.decoded import Box
from rtl_tf.inference.face_parts import FINER, FaceParts, is_finer
from rtl_tf.inference.part_crops import parts_of
from rtl_tf.inference.recipe import Recipe
from rtl_tf.pipeline import AUGMENTATIONS, Crops, load_crops
from rtl_tf.records import Sample, Split, image_names
from rtl_tf.schema import Schema
from rtl_tf.system.notes import warn

PART_SIZE = 192  # input px of the network that looks at parts of the face


@dataclass(frozen=True)
class UnseenImages:
    """N images of a part.

    Attributes:
        names: relative to the data set.
        samples: what is known of them.
        crops: what a network sees first.
        boxes: each sample's own square, or the one around its landmarks, by which errors are measured.
        looked_in: the squares that a detector is told: these, or those that were found.
    """

    names: list[str]
    samples: list[Sample]
    crops: Crops
    boxes: list[Crop]
    looked_in: list[Crop]

    @property
    def predict_arguments(self) -> tuple[list[Path], list[Box], list[bool], list[bool]]:
        """For `Predictor.predict`, of each: its file, the square, whether mirrored, whether the square was found."""
        files = [sample.image for sample in self.samples]
        squares = [(box.left, box.top, box.side) for box in self.looked_in]
        found = [box != own for box, own in zip(self.looked_in, self.boxes, strict=True)]
        return files, squares, [box.mirrored for box in self.looked_in], found


@dataclass(frozen=True)
class Data:
    """A data set, split; the crops of each part, and how their squares were found.

    Attributes:
        boxes: that were found in the photographs; None = those of the samples count.
    """

    dataset: Dataset
    split: Split
    schema: Schema
    recipe: Recipe
    training: Crops
    validation: Crops
    test: Crops
    boxes: FoundBoxes | None = None

    def part(self, name: str) -> tuple[list[str], list[Sample]]:
        """Names and samples of "training", "validation" or "test"."""
        names, chosen = image_names(self.dataset.samples), self.split.parts[name]
        return [names[index] for index in chosen], [self.dataset.samples[index] for index in chosen]

    def unseen(self, name: str, margin: float) -> UnseenImages:
        """The validation or the test part, to be predicted. margin: see `crop_around`."""
        names, samples = self.part(name)
        crops: Crops = getattr(self, name)
        looked_at = chosen_samples(self.dataset, self.split.parts[name], self.boxes)
        boxes, looked_in = (
            [sample_crop(sample, crops.size, margin) for sample in those] for those in (samples, looked_at)
        )
        return UnseenImages(names, samples, crops, boxes, looked_in)


class DataLoader:
    """Reads, splits, audits and crops; what several runs of one process share is read once.

    The last data set and the last three parts are kept: validation and test part stay while training parts change.
    What is to be said of the data is said once.
    """

    def __init__(self) -> None:
        self._dataset = lru_cache(maxsize=1)(read_dataset)
        self._boxes = lru_cache(maxsize=1)(self._find_boxes)
        self._recipe = lru_cache(maxsize=1)(self._fit_recipe)
        self._crops = lru_cache(maxsize=3)(self._load_crops)
        self._meshes: Meshes = {}  # of the last recipe's samples
        self._said: set[str] = set()

    def load(self, settings: Settings) -> Data:
        """The data of resolved settings; training crops carry the border that augmentation looks into.

        InputError where the source network knows people of the test part, or the schema lacks parts that are asked for.
        """
        whole = self._dataset(*dataset_key(settings))
        dataset = with_unseen_test(settings, whole)
        if settings.parts and not dataset.schema.parts:
            raise InputError(f"--parts: schema {dataset.schema.name} has no [[parts]]; add them, or leave the flag out")
        split = thinned(dataset, settings)
        lines = cautions(dataset.samples, split.training, dataset.schema, settings)
        lines += acquaintances(whole.split, dataset, split, settings.folds)
        for line in lines:
            if line not in self._said:
                warn(line)
            self._said.add(line)

        key, margin, boxes = dataset_key(settings), settings.crop_margin, None
        if settings.face_boxes == FOUND:
            boxes = self._boxes(key, split.training, (*split.validation, *split.test), margin)
        recipe = self._recipe(split.training, key, RecipeSettings.of(settings), boxes)

        def crops(part: str, context: int = 0) -> Crops:
            crop_settings = (margin, context, settings.memory_gb, recipe.alignment, recipe.label_shift)
            return self._crops(part, split.parts[part], key, boxes, *crop_settings)

        training = crops("training", AUGMENTATIONS[settings.augment].context_px(settings.image_size))
        if settings.parts:
            samples = [dataset.samples[index] for index in split.training]
            recipe = replace(recipe, parts=fit_parts(dataset.schema, samples, training.squares))
        return Data(dataset, split, dataset.schema, recipe, training, crops("validation"), crops("test"), boxes)

    def _find_boxes(self, key: tuple, training: tuple[int, ...], others: tuple[int, ...], margin: float) -> FoundBoxes:
        dataset = self._dataset(*key)
        return find_boxes(dataset.samples, training, others, margin, dataset.schema.is_one_sided)

    def _fit_recipe(
        self, indices: tuple[int, ...], key: tuple, wanted: RecipeSettings, boxes: FoundBoxes | None
    ) -> Recipe:
        dataset = self._dataset(*key)
        self._meshes.clear()
        return fit_recipe(wanted, chosen_samples(dataset, indices, boxes), dataset.schema, self._meshes)

    def _load_crops(
        self,
        part: str,
        indices: tuple[int, ...],
        key: tuple,
        boxes: FoundBoxes | None,
        margin: float,
        context: int,
        memory_gb: float,
        alignment: Alignment | None,
        label_shift: float,
    ) -> Crops:
        dataset, (_, _, image_size, *_) = self._dataset(*key), key

        def square(sample: Sample, image: np.ndarray, box: Crop) -> Crop:
            mesh = self._meshes.get((sample.image, box))
            if mesh is None and sample.box is None:
                mesh, _ = mesh_around(image, box)
            return Recipe(alignment).square(image, box, mesh)

        return load_crops(
            chosen_samples(dataset, indices, boxes),
            dataset.schema,
            size=image_size,
            margin=margin,
            context=context,
            label=f"reading {part} images",
            memory_gb=memory_gb,
            square=square if alignment else None,
            label_shift=label_shift,
        )


def chosen_samples(dataset: Dataset, indices: Sequence[int], boxes: FoundBoxes | None) -> list[Sample]:
    """Samples of a data set, with the boxes that were found, if any were looked for."""
    return [boxes.samples[index] if boxes else dataset.samples[index] for index in indices]


def fit_parts(schema: Schema, samples: Sequence[Sample], squares: Sequence[Crop]) -> FaceParts | None:
    """The parts of faces as they lie in the squares of training images; None, which is said, where no photograph has
    so many more pixels in its square than the network sees that a second look tells more, with labels of a part."""
    few = f"no training photograph has {FINER:g} times as many px in its face as the network sees"
    if any(map(is_finer, squares)):
        parts = FaceParts.fit(schema, squares, [sample.points for sample in samples], PART_SIZE)
        if any(parts_of(*face, parts) for face in zip(samples, squares, strict=True)):
            return parts
        few += " and labels of all landmarks of a part"
    warn(f"--parts: {few}, so that there is no second look")
    return None
