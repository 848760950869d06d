"""Grids of text cells, written as aligned text, Markdown or LaTeX."""

import re
from dataclasses import dataclass, field

BOLD = "\033[1m{}\033[0m"
LATEX = {
    **{"±": r"$\pm$", "–": "--", "−": "$-$", "†": r"$^\dagger$", "λ": r"$\lambda$", "<": "$<$", ">": "$>$"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
}


@dataclass(frozen=True)
class Grid:
    """A table ready to be set.

    Attributes:
        caption: one sentence.
        header: column titles.
        rows: cells; every row has as many as the header. A row whose first cell is empty continues the one above.
        left: number of leading columns that hold words (set flush left; the others hold numbers, flush right).
        best: (row, column) of cells to emphasise.
        notes: sentences below the table.
    """

    caption: str
    header: list[str]
    rows: list[list[str]]
    left: int = 1
    best: frozenset[tuple[int, int]] = frozenset()
    notes: list[str] = field(default_factory=list)


def as_text(grid: Grid, bold: bool = False) -> str:
    """Aligned columns for a terminal. Best cells are bold there, by its own codes; elsewhere they carry a star."""
    header, rows = list(grid.header), [list(row) for row in grid.rows]
    if not bold:
        starred = {column for _, column in grid.best}
        header = [title + " " if column in starred else title for column, title in enumerate(header)]
        for index, row in enumerate(rows):  # a blank where others have a star keeps the digits in line
            for column in starred:
                digits = row[column].rstrip()
                star = "*" if (index, column) in grid.best else " "
                row[column] = digits + star + row[column][len(digits) :]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: list[str], index: int | None = None) -> str:
        aligned = [
            cell.ljust(width) if column < grid.left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        if bold:
            aligned = [
                BOLD.format(cell) if (index, column) in grid.best else cell for column, cell in enumerate(aligned)
            ]
        return "  ".join(aligned).rstrip()

    lines = [line(header), "  ".join("-" * width for width in widths)]
    lines += [line(row, index) for index, row in enumerate(rows)]
    return "\n".join([grid.caption, "", *lines, *([""] if grid.notes else []), *grid.notes])


def as_markdown(grid: Grid) -> str:
    """GitHub's tables; best cells in bold."""
    rule = [":--" if column < grid.left else "--:" for column in range(len(grid.header))]
    rows = [grid.header, rule, *_emphasised(grid, "**{}**")]
    lines = ["| " + " | ".join(cell.strip().replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([grid.caption, "", *lines, "", *(f"{note}  " for note in grid.notes)]).rstrip() + "\n"


def as_latex(grid: Grid) -> str:
    """A `table` for the booktabs package; best cells in bold."""
    escaped = Grid(
        _escape(grid.caption),
        [_escape(title) for title in grid.header],
        [[_escape(cell) for cell in row] for row in grid.rows],
        grid.left,
        grid.best,
        [_escape(note) for note in grid.notes],
    )
    columns = "l" * grid.left + "r" * (len(grid.header) - grid.left)
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{escaped.caption}}}",
        f"\\begin{{tabular}}{{{columns}}}",
        "\\toprule",
        " & ".join(escaped.header) + r" \\",
        "\\midrule",
        *(" & ".join(map(str.strip, row)) + r" \\" for row in _emphasised(escaped, r"\textbf{{{}}}")),
        "\\bottomrule",
        "\\end{tabular}",
        *(f"\\par\\footnotesize {note}" for note in escaped.notes),
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _emphasised(grid: Grid, template: str) -> list[list[str]]:
    return [
        [template.format(cell.strip()) if (index, column) in grid.best else cell for column, cell in enumerate(row)]
        for index, row in enumerate(grid.rows)
    ]


def _escape(text: str) -> str:
    return re.sub(r"[±–−†λ<>\\~^&%$#_{}]", lambda match: LATEX.get(match[0], "\\" + match[0]), text)
