"""Images that belong to a file by its name, whatever system wrote the two names."""

import unicodedata

import pytest
from test_turned import WRITERS
from test_unnamed_people import images

from rtl_tf import datasets


@pytest.mark.parametrize("kind", ["morphoj", "slicer", "pts"])
def test_accents_in_either_form_of_unicode(kind, tmp_path):
    composed, parted = (unicodedata.normalize(form, "José") for form in ("NFC", "NFD"))
    for named, there in ((composed, parted), (parted, composed)):
        folder = tmp_path / there
        images(folder, f"{there}.png")
        WRITERS[kind](folder)
        for file in folder.glob("a.*"):
            file.rename(folder / file.name.replace("a.", f"{named}.", 1))
        for file in folder.glob("faces.txt"):
            file.write_text(file.read_text("utf-8").replace("\na\t", f"\n{named}\t"), encoding="utf-8")
        (sample,) = datasets.load(folder)
        assert sample.image == folder / f"{there}.png"
