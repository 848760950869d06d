"""What a run fitted to its training images beside the network, for people to read: in counts, px and shares."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rtl_tf.documents import Node


@dataclass(frozen=True)
class Fitted:
    """What a recipe was fitted to; no prediction depends on it.

    Attributes:
        images: of the training part; meshes: those with a face mesh; people: whose these are.
        shift, error: how far labels lie to the right, and its standard error, shares of the crop's side, where that may
            be chance as well; None where it was not looked for, or too few people tell it.
    """

    images: int
    meshes: int
    people: int
    shift: float | None = None
    error: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, node: Node) -> "Fitted":
        images, meshes, people = (node[name].whole(0) for name in ("images", "meshes", "people"))
        shift, error = (node.optional(name, Node.number) for name in ("shift", "error"))
        return cls(images, meshes, people, shift, error)


def fitted_in(recipe: Node, image_size: int, landmarks: Sequence[str]) -> dict[str, Any]:
    """What recipe.json says of it: for a model card. Recipes of earlier versions lack counts and the standard error.

    image_size: input px of the crop, whose px the shift is told in; landmarks: K names.
    """
    facts: dict[str, Any] = {}
    if known := recipe.optional("fitted", Fitted.from_json):
        facts |= {"training_images": known.images, "face_meshes": known.meshes, "people_with_mesh": known.people}
        if known.shift is not None and known.error is not None:
            facts["labels_lie_right_input_px"] = round(known.shift * image_size, 3)
            facts["standard_error_input_px"] = round(known.error * image_size, 3)
    if (shift := recipe.get("label_shift")) and shift.number():
        facts["label_shift_input_px"] = round(shift.number() * image_size, 3)
    if recipe.get("calibration"):
        facts["mesh_share"] = recipe["blend"].number()
    if parts := recipe.get("parts"):
        facts["parts"] = [
            [landmarks[index.whole(0, len(landmarks) - 1)] for index in part["landmarks"].elements()]
            for part in parts["parts"].elements()
        ]
    return facts


def fitted_text(facts: dict[str, Any]) -> str:
    """`fitted_in` in a line; "" where there is nothing."""
    said = []
    if "face_meshes" in facts:
        said.append(meshes_text(facts["face_meshes"], facts["training_images"], facts["people_with_mesh"]))
    shift, standard = facts.get("label_shift_input_px", 0.0), facts.get("standard_error_input_px")
    error = "" if standard is None else f" (standard error {standard:.2f})"
    if shift:
        said.append(f"labels lie {abs(shift):.2f} px of the crop to the {'right' if shift > 0 else 'left'}{error}")
    elif standard is not None:
        said.append(f"labels lie to neither side beyond chance, {facts['labels_lie_right_input_px']:.2f} px{error}")
    if "mesh_share" in facts:
        said.append(f"the mesh's share of the answer is {facts['mesh_share']:g}")
    if "parts" in facts:
        count = len(facts["parts"])
        part = "one part" if count == 1 else f"{count} parts"
        said.append(f"{part} of the face looked at again, {sum(map(len, facts['parts']))} landmarks")
    return "; ".join(said)


def meshes_text(meshes: int, images: int, people: int) -> str:
    return f"face meshes in {meshes} of {images} training images, of {people} people"
