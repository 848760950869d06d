"""An audit in words: a paragraph a topic, each with what to do."""

import textwrap
from collections import Counter

import numpy as np

from rtl_tf.audit.examination import Findings
from rtl_tf.audit.framing import INPUT_PX
from rtl_tf.audit.names_text import names_text
from rtl_tf.audit.sides_text import sides_text
from rtl_tf.audit.wording import SHOWN, many, median_and_range, share_of
from rtl_tf.measuring.face_lengths import ADVICE, wrong_length
from rtl_tf.records import image_names
from rtl_tf.system.notes import first_of

WIDTH = 100
FEW_PEOPLE = 10
MANY = 0.3  # share of the images


def findings_text(findings: Findings) -> str:
    """All that there is to say, for a terminal."""
    paragraphs = [
        ("Images", _images(findings)),
        ("Landmarks", _landmarks(findings)),
        ("Size", _size(findings)),
        ("Duplicates", _duplicates(findings)),
        ("Sides", sides_text(findings)),
        ("Names", names_text(findings)),
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
    faces = f"{many(len(samples), 'face')} on {many(files, 'image')}" if files < len(samples) else many(files, "image")
    lines = [f"{faces} of {many(len(people), 'person', 'people')}, {median_and_range(counts, '{:.0f}')} of each."]
    if len(people) < FEW_PEOPLE:
        lines.append("So few people say little about others: label more people before more images of each.")
    elif counts[-1] > 5 * np.median(counts):
        ((name, _),) = people.most_common(1)
        lines.append(f"{name} has {counts[-1]} of them: do all show one person?")
    return lines


def _landmarks(findings: Findings) -> list[str]:
    points = np.stack([sample.points for sample in findings.samples])
    missing = np.isnan(points).any(axis=-1)
    lines = [f"Schema {findings.schema.name}, {many(len(findings.schema), 'landmark')};"]
    if not missing.any():
        return [lines[0][:-1] + ", none missing in any image."]
    lines.append(f"{missing.mean():.1%} are missing, in {many(int(missing.any(axis=1).sum()), 'image')}.")
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
    lines = [f"The landmarks span {median_and_range(framing.extent, '{:.0f}')} px of their images."]
    if framing.has_box.any():
        lines.append(f"They fill {median_and_range(100 * framing.share[framing.has_box], '{:.0f}')} % of their boxes.")
    known = np.isfinite(framing.mm_per_px)
    if known.any():
        lines.append(f"Scale: {median_and_range(framing.mm_per_px[known], '{:.3g}')} mm a px.")
        lines += _no_faces(findings)
    if not known.all():
        without = "No image has" if not known.any() else f"{many(int((~known).sum()), 'image')} lack"
        lines.append(f"{without} mm_per_px: their errors can be given in px alone.")
    small = framing.is_enlarged
    if small.any():
        lines.append(
            f"Fewer px than an input of {INPUT_PX}: {share_of(small)}; their crops are enlarged, which adds nothing: "
            "take the original photographs, if there are any, or a smaller --image-size."
        )
    if framing.is_cut_off.any():
        lines.append(
            f"In {share_of(framing.is_cut_off)} the square around the face reaches far beyond the image: there the "
            "edge is repeated; crop the photographs less tightly."
        )
    return lines


def _no_faces(findings: Findings) -> list[str]:
    """Of scales at which landmarks make no face."""
    samples, names = findings.samples, findings.schema.names
    lengths = list(filter(None, (wrong_length(sample.mm_per_px, sample.points, names) for sample in samples)))
    return [f"{many(len(lengths), 'image')} would show no face ({lengths[0]}): {ADVICE}."] if lengths else []


def _duplicates(findings: Findings) -> list[str]:
    samples, pairs = findings.samples, findings.duplicates
    across = [pair for pair in pairs if samples[pair.first].subject != samples[pair.second].subject]
    equal = sum(pair.is_equal for pair in pairs)
    if not pairs:
        return ["None: no two images are equal or nearly so."]
    lines = [f"{many(equal, 'pair')} of images with equal pixels, {len(pairs) - equal} nearly equal"]
    if across:
        lines[0] += f"; {len(across)} of them under two subjects: the same face would be trained on and tested on."
    else:
        lines[0] += ", both of one person in each: no leak, but they teach little more than one."
    return lines


def _suspects(findings: Findings) -> list[str]:
    lines = []
    if findings.faces is None:
        lines.append("Too few images with four landmarks or more: their points were not compared with each other.")
    elif not findings.looked_at:
        lines.append("Too few images to tell whether each belongs to its labels.")
    if findings.faces is not None and not findings.faces.compared.all():
        alone = many(int((~findings.faces.compared).sum()), "image")
        lines.append(f"{alone} with few landmarks, or with none that most others have: not compared with these.")
    if not findings.suspects:
        return [*lines, "None: nothing to look at, so there is no sheet."]
    kinds = Counter(suspect.what for suspect in findings.suspects)
    images = len({suspect.index for suspect in findings.suspects})
    told = ", ".join(f"{what}: {count}" for what, count in kinds.most_common())
    lines.append(f"{many(images, 'image')} of {len(findings.samples)} to look at ({told}).")
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
