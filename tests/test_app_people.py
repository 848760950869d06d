"""Whose faces the training table has: people's codes, and the names of photographs whose person nobody has told."""

import numpy as np
import pytest
from PIL import Image
from test_app_cli import labelled

from rtl_tf.app.folder import Folder
from rtl_tf.app.labels import AllLabels
from rtl_tf.app.training_table import training_table
from rtl_tf.datasets import load
from rtl_tf.schema import load_schema

FAS14 = load_schema("fas14")


@pytest.mark.parametrize(("names", "code"), [(["0001.png", "3.png"], "3"), (["0001.png", "0002.png"], "2")])
def test_a_photographs_name_is_nobodys_code(tmp_path, names, code):
    (tmp_path / "photos").mkdir()
    entries = []
    for number, name in enumerate([*names, "x.bmp", "x.png"]):
        Image.fromarray(np.full((90, 120, 3), number, np.uint8)).save(tmp_path / "photos" / name)
        entries += labelled(tmp_path / "photos", name, {"nasion": (10.0, 20.0), "gnathion": (30.0, 40.0)}, number)
    (said,) = labelled(tmp_path / "photos", names[0], {"subject": code}, 9)
    entries.append(type(said)(**{**vars(said), "kind": "attribute"}))
    folder, labels = Folder(tmp_path / "photos"), AllLabels(entries)
    folder.find_all(labels)
    table = training_table(folder, labels, FAS14)
    table.write(tmp_path / "landmarks.csv")
    assert [one.subject for one in load(tmp_path / "landmarks.csv", "fas14")] == [code, names[1], "x.bmp", "x.png"]
    assert table.notes[0].startswith(f"3 without a person's code ({names[1]} first)")
