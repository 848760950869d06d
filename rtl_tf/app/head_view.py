"""The view of the head, as a person said or as it was found; and why values do not stand for the head's in it."""

from rtl_tf.app.entries import VIEW
from rtl_tf.app.labels import Labels
from rtl_tf.clinic.sights import Sight, out_of_view
from rtl_tf.measurement import VIEWS
from rtl_tf.schema import Schema

COLUMN = "view"  # of a table


def view_cells(said: Labels) -> dict[str, str]:
    """The column of a table that `rtl-measure` reads; none where nobody has said the view."""
    view = said.points.get(VIEW)
    return {} if view is None else {COLUMN: str(view)}


def outside(schema: Schema, sight: Sight) -> dict[str, str]:
    """Why values of a photograph do not stand for the head's, by measurement; those that do are not in it."""
    reasons = {one.name: out_of_view(one, sight) for one in schema.measurements}
    return {name: reason for name, reason in reasons.items() if reason}


def view_json(schema: Schema) -> dict:
    """What the page has to know, so that values follow at once: `outside` in each view. As of a table's column `view`,
    no yaw is known beside it."""
    return {"name": VIEW, "outside": {view: outside(schema, Sight(view)) for view in VIEWS}}
