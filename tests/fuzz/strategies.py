"""Free values for the readers of structured files: what Hypothesis makes up and makes small again."""

import csv
import io
import json

from hypothesis import strategies as st

from .structured import toml_value

KEYS = st.text(max_size=8) | st.sampled_from(
    ("id", "name", "image", "images", "keypoints", "subject", "runs", "method")
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(10**400) | st.just("1e999")
)


def json_values(leaves: int = 12) -> st.SearchStrategy:
    """Any value that JSON can hold, NaN and infinity included."""
    return st.recursive(
        SCALARS,
        lambda children: st.lists(children, max_size=4) | st.dictionaries(KEYS, children, max_size=4),
        max_leaves=leaves,
    )


def json_texts() -> st.SearchStrategy[bytes]:
    return json_values().map(lambda value: json.dumps(value).encode())


def toml_texts() -> st.SearchStrategy[bytes]:
    """A document whose values are of any kind, written in line."""
    documents = st.dictionaries(KEYS, json_values(), max_size=5)

    def written(document: dict) -> bytes:
        return "\n".join(f"{json.dumps(key)} = {toml_value(value)}" for key, value in document.items()).encode()

    return documents.map(written)


def csv_texts(header: list[str]) -> st.SearchStrategy[bytes]:
    """Rows of any cells, mostly as many as there are columns, below a header that is right or any."""
    cells = st.text(max_size=12) | st.floats().map(str) | st.integers().map(str)
    row = st.lists(cells, min_size=len(header), max_size=len(header)) | st.lists(cells, max_size=len(header) + 2)
    columns = st.just(header) | st.permutations(header) | st.lists(st.text(max_size=8), max_size=5)

    def written(rows: tuple[list[str], list[list[str]]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([rows[0], *rows[1]])
        return text.getvalue().encode("utf-8", "surrogatepass")

    return st.tuples(columns, st.lists(row, max_size=4)).map(written)


def changed_json(document: object) -> st.SearchStrategy[bytes]:
    """A valid document with one node replaced by any value: Hypothesis finds the smallest that does harm."""
    places = list(_paths(document))
    return st.tuples(st.sampled_from(places), json_values(4)).map(
        lambda change: json.dumps(_replaced(document, *change)).encode()
    )


def _paths(value: object, path: tuple = ()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))


def _replaced(document: object, path: tuple, value: object) -> object:
    """A copy in which the node at `path` is another value."""
    if not path:
        return value
    key, *rest = path
    other = _replaced(document[key], tuple(rest), value)
    if isinstance(document, dict):
        return {**document, key: other}
    return [*document[:key], other, *document[key + 1 :]]
