"""Mutants: a module of the package with one small error, drawn by chance.

Left out, since no test should depend on it or no run of a valid program can tell:
- docstrings, `__all__`, imports, annotations, decorators, base classes; `if TYPE_CHECKING` and `if __name__`;
- text, as of messages, and all within f-strings;
- `strict` of `zip`: a guard against the programmer, of whom tests know nothing;
- the types that `isinstance` asks for;
- a `not` of a condition is taken away once, not once as an operator and once as a negation.
What is left out by hand, with a reason each, stands in equivalents.toml.
"""

import ast
import difflib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .operators import changes

HIDDEN = {"annotation", "returns", "decorator_list", "bases", "type_params"}
NOT_RUN = {"__name__", "TYPE_CHECKING"}


@dataclass(frozen=True)
class Mutant:
    """An error at a place.

    Attributes:
        file: below the root of the checkout, with slashes.
        line: where it stands.
        scope: first and last line of the code whose tests can notice it; None = all of the module.
        operator: the kind of error.
        text: the whole module.
        was, now: the lines that differ, without indentation.
    """

    file: str
    line: int
    scope: tuple[int, int] | None
    operator: str
    text: str
    was: str
    now: str


@dataclass(frozen=True)
class Place:
    """A node, where it hangs, and the functions and statements around it, from the outside."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    around: tuple[ast.AST, ...]


def modules(root: Path, package: str, names: Sequence[str]) -> list[str]:
    """The Python files of paths and folders below the package. Raises FileNotFoundError for one that is not there."""
    found = {}
    for name in names:
        path = root / package / name
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        if not path.exists() or not files:
            raise FileNotFoundError(f"no module {package}/{name}: give --modules, or mend MODULES of tests/strength")
        found |= dict.fromkeys(file.relative_to(root).as_posix() for file in files)
    return list(found)


def draw(root: Path, files: Sequence[str], count: int, seed: int) -> list[Mutant]:
    """So many mutants; each module has a share by the number of its possible ones."""
    possible = {file: list(candidates(ast.parse((root / file).read_text("utf-8")))) for file in files}
    drawn = []
    for file, number in shares({file: len(found) for file, found in possible.items()}, count).items():
        text = (root / file).read_text("utf-8")
        chosen = random.Random(f"{seed} {file}").sample(possible[file], number)
        drawn += [mutant(file, text, *candidate) for candidate in chosen]
    return drawn


def shares(sizes: dict[str, int], count: int) -> dict[str, int]:
    """Shares of `count` by size, by the largest remainders; no more than there are."""
    total = sum(sizes.values())
    exact = {name: min(count, total) * size / max(total, 1) for name, size in sizes.items()}
    found = {name: int(share) for name, share in exact.items()}
    for name in sorted(sizes, key=lambda name: found[name] - exact[name])[: min(count, total) - sum(found.values())]:
        found[name] += 1
    return found


def candidates(tree: ast.Module) -> Iterator[tuple[Place, str, ast.AST]]:
    """Place, operator, and the node that comes there."""
    for place in places(tree):
        for operator, node in changes(place.node, place.parent, place.field):
            yield place, operator, node


def places(node: ast.AST, around: tuple[ast.AST, ...] = ()) -> Iterator[Place]:
    if isinstance(node, ast.stmt | ast.Module):
        around = (*around, node)
    for field, value in ast.iter_fields(node):
        is_list = isinstance(value, list)
        for index, child in enumerate(value if is_list else [value]):
            if isinstance(child, ast.AST) and not left_out(child, node, field, index):
                yield Place(child, node, field, index if is_list else None, around)
                yield from places(child, around)


def left_out(child: ast.AST, parent: ast.AST, field: str, index: int) -> bool:
    match child:
        case ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(ast.Constant()) | ast.Assign([ast.Name("__all__")]) | ast.keyword("strict"):
            return True
        case ast.If(test):
            return any(isinstance(node, ast.Name) and node.id in NOT_RUN for node in ast.walk(test))
        case ast.Constant() if isinstance(parent, ast.UnaryOp):  # a negative number is one constant
            return True
    is_type = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "isinstance"
    return field in HIDDEN or (is_type and field == "args" and index == 1)


def mutant(file: str, text: str, place: Place, operator: str, node: ast.AST) -> Mutant:
    """The module's text with the node in the place, and nothing else changed."""
    ast.fix_missing_locations(node)
    expected, source = _unparsed_with(place, node), ast.unparse(node)
    new = next(
        new for new in (_spliced(text, place, source), _spliced(text, place, f"({source})")) if _is(new, expected)
    )
    lines = list(difflib.unified_diff(text.splitlines(), new.splitlines(), lineterm="", n=0))[3:]
    was, now = ("\n".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return Mutant(file, place.node.lineno, scope(place), operator, new, was, now)


def scope(place: Place) -> tuple[int, int] | None:
    """First and last line of the code whose tests can notice an error in the place; None = all of the module.

    A default is noticed by those who run the function; what is run once, at the import or before a cache, by anyone.
    """
    functions = [node for node in place.around if isinstance(node, ast.FunctionDef)]
    if not functions or any("cache" in _names(decorator) for node in functions for decorator in node.decorator_list):
        return None
    statement = place.node if isinstance(place.node, ast.stmt) else place.around[-1]
    if isinstance(statement, ast.FunctionDef):
        return statement.body[0].lineno, statement.end_lineno
    body = getattr(statement, "body", None)  # of a compound statement, only the head
    return statement.lineno, max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _spliced(text: str, place: Place, new: str) -> str:
    """Columns of the syntax tree count bytes."""
    lines = text.encode().splitlines(keepends=True)
    node = place.node
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    data = b"".join(lines)
    return (data[:start] + new.encode() + data[end:]).decode()


def _is(text: str, unparsed: str) -> bool:
    try:
        return ast.unparse(ast.parse(text)) == unparsed
    except SyntaxError:
        return False


def _unparsed_with(place: Place, node: ast.AST) -> str:
    """The module with the node in the place, as Python writes it; the tree is left as it was."""
    holder, key = (
        (place.parent.__dict__, place.field) if place.index is None else (vars(place.parent)[place.field], place.index)
    )
    holder[key] = node
    text = ast.unparse(place.around[0])
    holder[key] = place.node
    return text
