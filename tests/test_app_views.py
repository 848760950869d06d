"""The page knows a head's view as rtl-measure does, whoever guessed the landmarks."""

from types import SimpleNamespace

import numpy as np
import pytest

from rtl_tf.app.detector_guesses import DetectorGuesser
from rtl_tf.app.folder import Photo
from rtl_tf.app.labels import AllLabels
from rtl_tf.app.mesh_guesses import MeshGuesser
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.sights import sight_of
from rtl_tf.images import read_image
from rtl_tf.inference.looked_at import Found
from rtl_tf.records import Prediction
from rtl_tf.schema import load_schema

FAS14 = load_schema("fas14")


def test_the_view_is_that_of_rtl_measure(heads):
    for head in heads:
        photo, pixels = Photo(head.image, head.image.name), read_image(head.image)
        found = Found(Prediction(head.points, np.full(14, 0.9), head.points), (0.0, 0.0, 256.0), (256, 256))
        predictor = SimpleNamespace(
            schema=FAS14,
            image_size=256,
            confidence=None,
            face_square=None,
            outcomes=lambda *images, found=found: iter([found]),
        )
        expected = sight_of(MarkedFace(head.image, photo.name, "", head.points))
        mesh = MeshGuesser(FAS14, AllLabels(), SimpleNamespace(labelled=lambda labels: ({}, [])))
        for guesser in (DetectorGuesser(predictor, "toy", None), mesh):
            sight = guesser.guess(photo, pixels).sight
            assert sight.view == expected.view == "oblique"
            assert sight.yaw == pytest.approx(expected.yaw)
            assert abs(sight.yaw) == pytest.approx(abs(float(head.attributes["yaw"])), abs=12)
