"""What an audit says of names: pairs of landmarks swapped in some images, or in all."""

from collections.abc import Iterable, Iterator

from rtl_tf.audit.examination import Findings
from rtl_tf.audit.wording import SHOWN, many

FEWEST_SIDED = 3  # mirrored pairs whose names are exchanged, from which on that has one cause


def names_text(findings: Findings) -> list[str]:
    """Each pair a sentence, the first ones alone where they are many."""
    return [*_first(_exchanged(findings), "So have"), *_first(_misnamed(findings), "So do those of")]


def _first(told: Iterable[str], so: str) -> list[str]:
    """The first of sentences, each on a pair, and how many more there are."""
    lines = list(told)
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"{so} {many(more, 'other pair')}."] if more > 0 else [])]


def _exchanged(findings: Findings) -> Iterator[str]:
    for one in sorted(findings.faces.exchanges if findings.faces else [], key=lambda one: -one.share):
        first, second = (findings.schema.names[each] for each in (one.first, one.second))
        told = f"{first} and {second} have each other's place in {one.swapped.sum()} of {many(one.images, 'image')}"
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
