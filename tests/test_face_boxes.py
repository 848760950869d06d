"""Boxes of the face finder in the place of those around labels: crops, recipe and predictions follow them."""

from dataclasses import replace

import numpy as np
import pytest

from rtl_tf.config import Asked
from rtl_tf.datasets.synthetic import portraits
