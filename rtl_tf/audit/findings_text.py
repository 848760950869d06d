"""An audit in words: a paragraph a topic, each with what to do."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from rtl_tf.audit.common_faults import CommonFaults
from rtl_tf.audit.examination import Findings
from rtl_tf.audit.framing import INPUT_PX
from rtl_tf.audit.plain_and_mirrored import SHIFTED
from rtl_tf.records import image_names
from rtl_tf.system.notes import first_of

WIDTH = 100
SHOWN = 5  # names in a sentence, suspects in the list
FEW_PEOPLE = 10
MANY = 0.3  # share of the images
FEWEST_SIDED = 3  # mirrored pairs whose names are exchanged, from which on that has one cause


def findings_text(findings: Findings) -> str:
    """All that there is to say, for a terminal."""
    paragraphs = [
        ("Images", _images(findings)),
        ("Landmarks", _landmarks(findings)),
        ("Size", _size(findings)),
        ("Duplicates", _duplicates(findings)),
        ("Sides", _sides(findings)),
        ("Names", _names(findings)),
        ("Suspects", _suspects(findings)),
    ]
    filled = [
        textwrap.fill(
            " ".join(sentences), WIDTH, initial_indent=f"{title:12}", subsequent_indent=" " * 12, break_on_hyphens=False
        )
        for title, sentences in paragraphs
        if sentences
    ]
    return "\n\n".join([*filled, *_worst(findings)])


def _images(findings: Findings) -> list[str]:
    samples = findings.samples
    people = Counter(sample.subject for sample in samples)
    counts = sorted(people.values())
    files = len({sample.image for sample in samples})
    faces = (
        f"{_many(len(samples), 'face')} on {_many(files, 'image')}" if files < len(samples) else _many(files, "image")
    )
    lines = [f"{faces} of {_many(len(people), 'person', 'people')}, {_range(counts, '{:.0f}')} of each."]
    if len(people) < FEW_PEOPLE:
        lines.append("So few people say little about others: label more people before more images of each.")
    elif counts[-1] > 5 * np.median(counts):
        ((name, _),) = people.most_common(1)
        lines.append(f"{name} has {counts[-1]} of them: do all show one person?")
    return lines


def _landmarks(findings: Findings) -> list[str]:
    points = np.stack([sample.points for sample in findings.samples])
    missing = np.isnan(points).any(axis=-1)
    lines = [f"Schema {findings.schema.name}, {_many(len(findings.schema), 'landmark')};"]
    if not missing.any():
        return [lines[0][:-1] + ", none missing in any image."]
    lines.append(f"{missing.mean():.1%} are missing, in {_many(int(missing.any(axis=1).sum()), 'image')}.")
    rates = missing.mean(axis=0)
    never = [name for name, rate in zip(findings.schema.names, rates, strict=True) if rate == 1]
    often = [name for name, rate in zip(findings.schema.names, rates, strict=True) if 0.5 < rate < 1]
    if never:
        lines.append(f"Never labelled, so never learnt: {first_of(never, SHOWN)}.")
    if often:
        lines.append(f"Labelled in less than half of the images: {first_of(often, SHOWN)}.")
    return lines


def _size(findings: Findings) -> list[str]:
    framing = findings.framing
    lines = [f"The landmarks span {_range(framing.extent, '{:.0f}')} px of their images."]
    if framing.has_box.any():
        lines.append(f"They fill {_range(100 * framing.share[framing.has_box], '{:.0f}')} % of their boxes.")
    known = np.isfinite(framing.mm_per_px)
    if known.any():
        lines.append(f"Resolution: {_range(1 / framing.mm_per_px[known], '{:.2f}')} px a mm.")
    if not known.all():
        without = "No image has" if not known.any() else f"{_many(int((~known).sum()), 'image')} lack"
        lines.append(f"{without} mm_per_px: their errors can be given in px alone.")
    small = framing.is_enlarged
    if small.any():
        lines.append(
            f"Fewer px than an input of {INPUT_PX}: {_share(small)}; their crops are enlarged, which adds nothing: "
            "take the original photographs, if there are any, or a smaller --image-size."
        )
    if framing.is_cut_off.any():
        lines.append(
            f"In {_share(framing.is_cut_off)} the square around the face reaches far beyond the image: there the edge "
            "is repeated; crop the photographs less tightly."
        )
    return lines


def _duplicates(findings: Findings) -> list[str]:
    samples, pairs = findings.samples, findings.duplicates
    across = [pair for pair in pairs if samples[pair.first].subject != samples[pair.second].subject]
    equal = sum(pair.is_equal for pair in pairs)
    if not pairs:
        return ["None: no two images are equal or nearly so."]
    lines = [f"{_many(equal, 'pair')} of images with equal pixels, {len(pairs) - equal} nearly equal"]
    if across:
        lines[0] += f"; {len(across)} of them under two subjects: the same face would be trained on and tested on."
    else:
        lines[0] += ", all of one person each: no leak, and less to learn than the count promises."
    return lines


def _sides(findings: Findings) -> list[str]:
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
        few = f"of {len(findings.samples)} images {mirrored} are mirrored" if mirrored else "no image is mirrored"
        return [f"No shapes to compare: {few}."]
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
        f"Against face meshes in {_many(found.images, 'image')} all labels lie {side * abs(shift.value):.1f} px to the "
        f"{'right' if shift.value > 0 else 'left'} (standard error {side * shift.error:.1f}; {abs(shift.value):.1%} of "
        "the face's square)"
    )
    if not shift.is_certain:
        return f"{told}: hardly more than chance, p {shift.p:.2g}."
    return (
        f"{told}: more than chance, p {shift.p:.2g}; --label-shift, on in the presets quick and detector, takes it out."
    )


def _names(findings: Findings) -> list[str]:
    """Pairs of landmarks that are swapped in some images, or in all."""
    return [*_first(_exchanged(findings), "So have"), *_first(_misnamed(findings), "So do those of")]


def _first(told: Iterable[str], so: str) -> list[str]:
    """The first of sentences, each on a pair, and how many more there are."""
    lines = list(told)
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"{so} {_many(more, 'other pair')}."] if more > 0 else [])]


def _exchanged(findings: Findings) -> Iterator[str]:
    for one in sorted(findings.faces.exchanges if findings.faces else [], key=lambda one: -one.share):
        first, second = (findings.schema.names[each] for each in (one.first, one.second))
        told = f"{first} and {second} have each other's place in {one.swapped.sum()} of {_many(one.images, 'image')}"
        half = ", about half: look at one of either kind to know which are right" if one.is_about_half else ""
        yield f"{told} ({one.share:.0%}){half}."


def _misnamed(findings: Findings) -> Iterator[str]:
    misnamed, pairs = findings.common_faults.misnamed, len(findings.schema.mirrored_pairs)
    sided = sum(findings.schema.mirror_permutation[each.first] == each.second for each in misnamed)
    if sided >= FEWEST_SIDED and 2 * sided > pairs:
        yield (
            f"Left and right look exchanged in all images: {sided} of {pairs} pairs have each other's place where they "
            "were held against face meshes. Names are the person's own left and right, or the images are mirror images."
        )
        return
    in_some = {(one.first, one.second) for one in findings.faces.exchanges} if findings.faces else set()
    for each in misnamed:
        first, second = (findings.schema.names[index] for index in (each.first, each.second))
        other = "other " if (each.first, each.second) in in_some else ""
        yield (
            f"The names of {first} and {second} look swapped in all {other}images: so they "
            f"are in {each.swapped} of {each.images} that were held against face meshes."
        )


def _suspects(findings: Findings) -> list[str]:
    lines = []
    if findings.faces is None:
        lines.append("Too few images with four landmarks or more: their points were not compared with each other.")
    elif not findings.looked_at:
        lines.append("Too few images to tell whether each belongs to its labels.")
    if findings.faces is not None and not findings.faces.compared.all():
        alone = _many(int((~findings.faces.compared).sum()), "image")
        lines.append(f"{alone} with few landmarks, or with none that most others have: not compared with these.")
    if not findings.suspects:
        return [*lines, "None: nothing to look at, so there is no sheet."]
    kinds = Counter(suspect.what for suspect in findings.suspects)
    images = len({suspect.index for suspect in findings.suspects})
    told = ", ".join(f"{what}: {count}" for what, count in kinds.most_common())
    lines.append(f"{_many(images, 'image')} of {len(findings.samples)} to look at ({told}).")
    if images > MANY * len(findings.samples):
        lines.append("So many have one cause: look at a few, then at the schema and the order of the columns.")
    return lines


def _worst(findings: Findings) -> list[str]:
    """The first suspects, a line each."""
    if not findings.suspects:
        return []
    names = image_names(findings.samples)
    lines = []
    for suspect in findings.suspects[:SHOWN]:
        landmark = "" if suspect.landmark is None else f", {findings.schema.names[suspect.landmark]}"
        far = "" if suspect.px != suspect.px else f" by {suspect.px:.1f} px ({suspect.deviations:.1f} sd)"
        lines.append(f"  {names[suspect.index]}{landmark}: {suspect.what}{far}; {suspect.reason}: {suspect.advice}")
    more = len(findings.suspects) - SHOWN
    return ["\n".join([*lines, *([f"  and {more} more"] if more > 0 else [])])]


def _range(values: Sequence[float] | np.ndarray, template: str) -> str:
    """`12 (9 to 14)`, median and extremes; `12` where all are the same."""
    low, middle, high = (template.format(value) for value in (np.min(values), np.median(values), np.max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def _share(which: np.ndarray) -> str:
    return f"{_many(int(which.sum()), 'image')} ({which.mean():.0%})"


def _many(count: int, one: str, several: str | None = None) -> str:
    return f"{count} {one if count == 1 else several or one + 's'}"
