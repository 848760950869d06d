"""What an audit says of left and right: halves of the face, mirrored samples, labels that lie to one side."""

import numpy as np

from rtl_tf.audit.common_faults import CommonFaults
from rtl_tf.audit.examination import Findings
from rtl_tf.audit.plain_and_mirrored import SHIFTED
from rtl_tf.audit.wording import many


def sides_text(findings: Findings) -> list[str]:
    """What plain and mirrored samples have different, and whether all labels lie to one side."""
    faces, schema = findings.faces, findings.schema
    lines = []
    if faces and faces.halves.is_mixed and schema.is_one_sided:
        lines.append(
            f"The images show both halves of the face, {faces.halves.share:.0%} one and {1 - faces.halves.share:.0%} "
            "the other: with `mirrored` true for those of one half, the network would have to learn one alone."
        )
    return [*lines, *_contrast(findings), _common_shift(findings.common_faults)]


def _contrast(findings: Findings) -> list[str]:
    sides, schema = findings.contrast, findings.schema
    if sides is None:
        mirrored = sum(sample.mirrored for sample in findings.samples)
        few = f"{mirrored} of {len(findings.samples)} images have" if mirrored else "no image has"
        return [f"No shapes of both kinds to compare: {few} `mirrored` true."]
    largest = int(np.nanargmax(sides.shares))
    lines = [
        f"{sides.plain} plain and {sides.mirrored} mirrored images; their mean shapes differ by at most "
        f"{sides.shares[largest]:.1%} of the face ({schema.names[largest]})."
    ]
    for first, second in sides.exchanged:
        lines.append(
            f"{schema.names[first]} and {schema.names[second]} seem exchanged in the mirrored ones: left and right are "
            "the person's own, whichever half is seen."
        )
    if not sides.exchanged and sides.shares[largest] > SHIFTED:
        lines.append("Were both labelled by the same rules?")
    return lines


def _common_shift(found: CommonFaults) -> str:
    if found.shift is None:
        return f"Whether all labels lie to one side is not known: {found.reason}."
    shift, side = found.shift, found.side
    told = (
        f"Against face meshes in {many(found.images, 'image')} all labels lie {side * abs(shift.value):.1f} px to the "
        f"{'right' if shift.value > 0 else 'left'} (standard error {side * shift.error:.1f}; {abs(shift.value):.1%} of "
        "the face's square)"
    )
    if not shift.is_certain:
        return f"{told}: hardly more than chance, p {shift.p:.2g}."
    return (
        f"{told}: more than chance, p {shift.p:.2g}; --label-shift, on in the presets quick and detector, takes it out."
    )
