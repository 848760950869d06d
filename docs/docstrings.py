"""For mkdocstrings: sections of docstrings here follow each other without the blank line that Google's style has."""

import re

import griffe

SECTION = re.compile(r"(?<!\n)\n( *(?:Args|Attributes|Examples|Raises|Returns):\n)")


class Sections(griffe.Extension):
    """Puts the blank line there before docstrings are parsed."""

    def on_object(self, *, obj: griffe.Object, **_) -> None:
        if obj.docstring:
            obj.docstring.value = SECTION.sub(r"\n\n\1", obj.docstring.value)
