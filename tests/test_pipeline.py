import dataclasses
import itertools

import numpy as np
import pytest
from toys import SCHEMA, toy_samples

from rtl_tf import images
from rtl_tf.augment import context_px
from rtl_tf.coordinates import Crop
from rtl_tf.pipeline import Preparation, evaluation_batches, labels_in, load_crops, steps_an_epoch, training_batches

SIZE = 64


@pytest.fixture
def samples(tmp_path):
    return toy_samples(tmp_path)


def training(data, epochs=(0, 1, 2), seed=0, batch_size=5):
    """What the training step makes of the batches of some epochs."""
    prepare = Preparation(SIZE, sigma=1.5, jitter=0.05, permutation=SCHEMA.mirror_permutation)
    epoch = iter(epochs).__next__
    batches = training_batches(data, batch_size=batch_size, seed=seed, epoch=epoch)
    prepared = [prepare(batch) for _ in epochs for batch in batches]
    return [(image.numpy(), {k: v.numpy() for k, v in target.items()}) for image, target in prepared]


def colour_centroids(image):
    """Where the red, green and blue spots are, in px of the image."""
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    spots = np.maximum(image.astype(float) - 120, 0)
    return np.stack([[(spots[..., c] * a).sum() / spots[..., c].sum() for a in (x, y)] for c in range(3)])


def test_plain_crops_show_the_landmarks_where_they_are_said_to_be(samples):
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    assert data.images.shape == (12, 80, 80, 3) and data.plain.shape == (12, 64, 64, 3)
    for image, points in zip(data.plain, data.points, strict=True):
        np.testing.assert_allclose(colour_centroids(image), points, atol=1.0)


def test_the_border_of_a_square_may_lie_beyond_what_a_person_may_give(samples, monkeypatch):
    expected = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    assert samples[0].box[2] == 48 and expected.squares[0].widened(context_px(SIZE)).side == 60
    monkeypatch.setattr(images, "MAX_PIXELS", 48**2)
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    np.testing.assert_array_equal(data.images, expected.images)


def test_labels_are_seen_without_their_shift_and_by_the_names_of_the_view():
    points, square = np.array([[20.0, 30], [60, 30], [40, 80]]), Crop(-10.0, 0.0, 100.0, 50)
    np.testing.assert_allclose(labels_in(square, points, SCHEMA), [[14.5, 14.5], [34.5, 14.5], [24.5, 39.5]])
    mirrored = labels_in(dataclasses.replace(square, mirrored=True), points, SCHEMA, shift=10)
    np.testing.assert_allclose(mirrored, [[19.5, 14.5], [39.5, 14.5], [29.5, 39.5]])  # the first two are a pair


def test_mirrored_samples_are_mirrored_and_their_pair_swapped(samples):
    mirrored = [dataclasses.replace(sample, mirrored=True) for sample in samples]
    plain = load_crops(samples, SCHEMA, size=SIZE, margin=0.25)
    data = load_crops(mirrored, SCHEMA, size=SIZE, margin=0.25)
    np.testing.assert_allclose(data.images, plain.images[:, :, ::-1], atol=1)
    expected = np.stack([SIZE - 1 - plain.points[..., 0], plain.points[..., 1]], axis=-1)[:, [1, 0, 2]]
    np.testing.assert_allclose(data.points, expected, atol=1e-4)


def test_without_a_box_the_crop_is_the_landmarks_square_with_a_margin(samples):
    sample = dataclasses.replace(samples[0], box=None)
    points = load_crops([sample], SCHEMA, size=SIZE, margin=0.25).points[0]
    low, high = points.min(axis=0), points.max(axis=0)
    assert (high - low).max() == pytest.approx(SIZE / 1.5, abs=1e-3)
    np.testing.assert_allclose((low + high) / 2, (SIZE - 1) / 2, atol=1e-3)


def test_an_epoch_is_a_function_of_seed_and_epoch_alone(samples):
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    whole, rest, other = training(data), training(data, epochs=(1, 2)), training(data, seed=1)
    assert len(whole) == 6 and len(rest) == 4  # 12 images, batches of 5, the incomplete one dropped
    for (image, target), (again, target_again) in zip(whole[2:], rest, strict=True):
        np.testing.assert_array_equal(image, again)
        np.testing.assert_array_equal(target["heatmaps"], target_again["heatmaps"])
    assert not np.array_equal(whole[0][0], whole[2][0])
    assert not np.array_equal(whole[0][0], other[0][0])


def test_augmentation_does_not_depend_on_the_batch(samples):
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    one = np.concatenate([image for image, _ in training(data, epochs=[0], batch_size=1)])
    four = np.concatenate([image for image, _ in training(data, epochs=[0], batch_size=4)])
    np.testing.assert_array_equal(one, four)


def test_augmented_targets_follow_the_image(samples):
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    swapped = 0
    for batch, target in training(data):
        for image, points, maps in zip(batch, target["points"] * 4, target["heatmaps"], strict=True):
            spots = colour_centroids(image)
            flipped = np.abs(spots[0] - points[0]).max() > 2
            swapped += flipped
            np.testing.assert_allclose(spots[[1, 0, 2]] if flipped else spots, points, atol=1.2)
            peak = np.stack(np.unravel_index(maps.reshape(-1, 3).argmax(axis=0), maps.shape[:2])[::-1], axis=1)
            assert (np.abs(peak - points / 4) <= 0.5 + 1e-4).all()
    assert 5 < swapped < 25


def test_a_missing_landmark_is_nan_in_points_and_heatmaps(samples):
    points = samples[0].points.copy()
    points[1] = np.nan
    data = load_crops([dataclasses.replace(samples[0], points=points)] * 4, SCHEMA, size=SIZE, margin=0.25, context=8)
    for _, target in training(data, batch_size=4):
        missing = np.isnan(target["points"]).all(axis=-1)
        assert (missing.sum(axis=1) == 1).all()
        np.testing.assert_array_equal(np.isnan(target["heatmaps"]).all(axis=(1, 2)), missing)


def test_more_than_fits_into_memory_goes_to_a_file_and_gives_the_same(samples, tmp_path, monkeypatch):
    monkeypatch.setenv("RTL_TF_CACHE", str(tmp_path / "cache"))
    options = {"size": SIZE, "margin": 0.25, "context": context_px(SIZE)}
    memory, file = (load_crops(samples, SCHEMA, **options, memory_gb=gb) for gb in (1.0, 0.0))
    assert isinstance(file.images, np.memmap) and not isinstance(memory.images, np.memmap)
    assert not list((tmp_path / "cache" / "crops").iterdir())  # nameless: it ends with the process
    for (image, target), (other, other_target) in zip(training(memory), training(file), strict=True):
        np.testing.assert_array_equal(image, other)
        np.testing.assert_array_equal(target["points"], other_target["points"])
    batches = [list(evaluation_batches(data, batch_size=5)) for data in (memory, file)]
    for batch, other in zip(*batches, strict=True):
        np.testing.assert_array_equal(batch["crops"], other["crops"])


def test_an_epoch_knows_its_number_of_batches_and_is_asked_for_when_it_starts(samples):
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    asked = []
    batches = training_batches(data, batch_size=5, seed=0, epoch=lambda: asked.append(0) or len(asked))
    assert batches.cardinality() == 2 and not asked
    first, second = (np.concatenate([batch["points"] for batch in batches]) for _ in range(2))
    assert len(asked) == 2 and not np.array_equal(first, second)


@pytest.mark.parametrize(("batch_size", "steps"), [(4, 3), (5, 2), (12, 1), (50, 1)])
def test_the_steps_an_epoch_are_its_batches(batch_size, steps, samples):
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    batches = training_batches(data, batch_size=batch_size, seed=0, epoch=lambda: 0)
    assert steps_an_epoch(12, batch_size) == batches.cardinality() == len(list(batches)) == steps


def test_an_epoch_of_more_images_than_there_are_shows_them_again_and_otherwise(samples):
    data = load_crops(samples[:4], SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    turns = itertools.count()  # the epoch is asked for in each of its three turns
    batches = training_batches(data, batch_size=5, seed=0, epoch=lambda: next(turns) // 3, images_an_epoch=12)
    assert batches.cardinality() == 2
    first, second = ([{k: v.numpy() for k, v in batch.items()} for batch in batches] for _ in range(2))
    seen = np.concatenate([batch["points"] for batch in first])
    assert seen.shape[0] == 10
    for turn in (seen[:4], seen[4:8]):  # each image once before any comes again
        np.testing.assert_array_equal(np.sort(turn[:, 0, 0]), np.sort(data.points[:, 0, 0]))
    draws = np.concatenate([batch["draws"] for batch in first + second])
    assert len(np.unique(draws, axis=0)) == len(draws)


def test_no_epoch_waits_for_the_thread_of_a_tuner(samples):
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    for batches in (training_batches(data, batch_size=5, seed=0, epoch=lambda: 0), evaluation_batches(data)):
        assert batches.options().autotune.enabled is False


def test_labels_come_along(samples):
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    data = dataclasses.replace(data, labels=np.arange(12, dtype=np.int32))
    for batch in training_batches(data, batch_size=5, seed=0, epoch=lambda: 0):
        np.testing.assert_array_equal(batch["points"], data.points[batch["labels"]])
    batches = list(evaluation_batches(data))
    np.testing.assert_array_equal(np.concatenate([batch["labels"] for batch in batches]), data.labels)


def test_evaluation_batches_are_the_plain_crops_in_order(samples):
    data = load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    batches = [Preparation(SIZE, sigma=1.5)(batch) for batch in evaluation_batches(data, batch_size=5)]
    assert [len(image) for image, _ in batches] == [5, 5, 2]
    np.testing.assert_array_equal(np.concatenate([image for image, _ in batches]), data.plain)
    np.testing.assert_allclose(np.concatenate([target["points"] for _, target in batches]), data.points / 4)
