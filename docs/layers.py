"""Draws pictures/layers.svg, which architecture.md shows, from the package's imports: `python docs/layers.py`.

The layers are those of tests/test_layers.py. A box is a module or package below rtl_tf, the smallest of layer 0 in one;
an arrow goes to what it imports, unless a longer way leads there too.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "pictures" / "layers.svg"
sys.path.insert(0, str(ROOT / "tests"))
from test_layers import LAYERS, MODULES, imports, parts  # noqa: E402

VOCABULARY = "vocabulary"
COLOURS = ("#eeeeee", "#dcebf7", "#d5f0e3", "#fbe9c6", "#f9dccb", "#e6dff5", "#f7d9e8", "#d9f1f5", "#fff3b0", "#e2e2e2")
WIDTH, ROW, BOX = 930, 74, (118, 34)


def box_of(room: str) -> str:
    return VOCABULARY if LAYERS[room] == 0 else room


def edges() -> dict[str, set[str]]:
    """Box -> boxes that it imports."""
    found = {box_of(room): set() for room in LAYERS}
    for path in MODULES:
        own = parts(path)[0]
        names = [name.split(".") for name in imports(path)]
        rooms = {name[1] for name in names if name[0] == "rtl_tf" and len(name) > 1} & set(LAYERS)
        if own in LAYERS:
            found[box_of(own)] |= {box_of(room) for room in rooms} - {box_of(own)}
    return found


def below(graph: dict[str, set[str]], box: str) -> set[str]:
    """All that a box reaches."""
    return set().union(*({other} | below(graph, other) for other in graph[box]))


def reduced(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Without the arrows that a longer way replaces."""
    return {box: to - set().union(*(below(graph, other) for other in to)) for box, to in graph.items()}


def heights(graph: dict[str, set[str]]) -> dict[str, int]:
    """Row of each box, counted from below: one above the highest that it imports."""
    found: dict[str, int] = {}

    def height(box: str) -> int:
        if box not in found:
            found[box] = 1 + max(map(height, graph[box]), default=-1)
        return found[box]

    return {box: height(box) for box in sorted(graph)}


def places(graph: dict[str, set[str]]) -> dict[str, tuple[float, float]]:
    """Middle of each box, px: rows by height, in a row by the mean place of what is imported."""
    rows = heights(graph)
    top, middles = max(rows.values()), {}
    for row in range(top + 1):
        boxes = [box for box, height in rows.items() if height == row]
        wanted = {box: [middles[other][0] for other in sorted(graph[box])] for box in boxes}
        boxes.sort(key=lambda box: (sum(wanted[box]) / max(len(wanted[box]), 1), box))
        for index, box in enumerate(boxes):
            middles[box] = (WIDTH * (index + 0.5 + 0.12 * (row % 2)) / (len(boxes) + 0.12), ROW * (top - row + 0.5))
    return middles


def picture() -> str:
    """The SVG's text."""
    graph = reduced(edges())
    middles, layer = places(graph), {box_of(room): number for room, number in LAYERS.items()}
    width, height = BOX
    lines, boxes = [], []
    for box, (x, y) in middles.items():
        for other in sorted(graph[box], key=lambda name: middles[name]):
            to_x, to_y = middles[other][0], middles[other][1] - height / 2 - 3
            bend = f"C {x:.0f} {y + 46:.0f}, {to_x:.0f} {to_y - 34:.0f}, {to_x:.0f} {to_y:.0f}"
            lines.append(f'<path d="M {x:.0f} {y:.0f} {bend}" marker-end="url(#head)"/>')
        corner = f'x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width}" height="{height}"'
        boxes.append(f'<rect {corner} rx="5" fill="{COLOURS[layer[box]]}"/>')
        boxes.append(f'<text x="{x:.0f}" y="{y + 4:.0f}">{layer[box]} {box}</text>')
    size = f'viewBox="0 0 {WIDTH} {ROW * (max(heights(graph).values()) + 1)}"'
    head = '<marker id="head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="7" markerHeight="7" orient="auto">'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13" text-anchor="middle">',
        f'<defs>{head}<path d="M0 0L6 3L0 6z" fill="#666"/></marker></defs>',
        '<rect width="100%" height="100%" fill="white"/>',
        '<g fill="none" stroke="#666">', *lines, '</g>',
        '<g stroke="#999">', *(box for box in boxes if box.startswith("<rect")), '</g>',
        *(box for box in boxes if box.startswith("<text")),
        "</svg>\n",
    ])  # fmt: skip


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
