"""The errors that are put in: a node of the syntax tree -> what may stand in its place."""

import ast
from collections.abc import Iterator

Change = tuple[str, ast.AST]  # the operator's name, and the node in place of the other

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
PAIRS = (
    ("min", "max"),
    ("minimum", "maximum"),
    ("fmin", "fmax"),
    ("nanmin", "nanmax"),
    ("argmin", "argmax"),
    ("floor", "ceil"),
    ("any", "all"),
)
OTHER_NAME = {name: other for pair in PAIRS for name, other in (pair, pair[::-1])}


def changes(node: ast.AST, parent: ast.AST, field: str) -> Iterator[Change]:
    """All that may stand in place of a node which is (in) `field` of its parent. The node itself is left as it is."""
    make = MAKERS.get(type(node))
    if make is not None:
        yield from make(node)
    if field in ("test", "ifs") and not _is_not(node):
        yield "condition", ast.UnaryOp(ast.Not(), node)
    if field in ("defaults", "kw_defaults"):
        yield from _default(node)
    if isinstance(node, ast.stmt):
        yield from _statement(node)


def _compare(node: ast.Compare) -> Iterator[Change]:
    for index, operator in enumerate(node.ops):
        swapped = [*node.ops[:index], COMPARISONS[type(operator)](), *node.ops[index + 1 :]]
        yield "comparison", ast.Compare(node.left, swapped, node.comparators)


def _arithmetic(node: ast.BinOp) -> Iterator[Change]:
    """Not of text and lists: what cannot be subtracted is no small error."""
    if type(node.op) in ARITHMETIC and not any(map(_is_sequence, (node.left, node.right))):
        yield "arithmetic", ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)


def _is_sequence(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _and_or(node: ast.BoolOp) -> Iterator[Change]:
    yield "and/or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _unary(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.operand, ast.Constant):
        yield "constant", ast.Constant(1 - node.operand.value)
    else:
        yield "not" if isinstance(node.op, ast.Not) else "sign", node.operand


def _is_number(node: ast.Constant) -> bool:
    return isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _constant(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield "constant", ast.Constant(not node.value)
    elif _is_number(node):
        yield "constant", ast.Constant(node.value + 1)
        if node.value == 1:
            yield "constant", ast.Constant(type(node.value)(0))


def _default(node: ast.AST) -> Iterator[Change]:
    """Numbers and flags of a default are constants as elsewhere."""
    if isinstance(node, ast.Constant) and node.value is None:
        yield "default", ast.Constant(0)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield "default", ast.Constant(node.value + "x")


def _call(node: ast.Call) -> Iterator[Change]:
    """The other of a pair of functions; an axis left out."""
    called = node.func
    if isinstance(called, ast.Name) and called.id in OTHER_NAME:
        yield "min/max", ast.Call(ast.Name(OTHER_NAME[called.id]), node.args, node.keywords)
    elif isinstance(called, ast.Attribute) and called.attr in OTHER_NAME:
        yield "min/max", ast.Call(ast.Attribute(called.value, OTHER_NAME[called.attr]), node.args, node.keywords)
    for index, keyword in enumerate(node.keywords):
        if keyword.arg == "axis":
            yield "axis", ast.Call(called, node.args, node.keywords[:index] + node.keywords[index + 1 :])


def _slice(node: ast.Slice) -> Iterator[Change]:
    for part in ("lower", "upper", "step"):
        if getattr(node, part) is not None:
            yield (
                "slice",
                ast.Slice(**{name: getattr(node, name) for name in ("lower", "upper", "step") if name != part}),
            )


def _return(node: ast.Return) -> Iterator[Change]:
    if not _is_none(node.value):
        yield "return", ast.Return(ast.Constant(None))


def _assign(node: ast.Assign) -> Iterator[Change]:
    if not _is_none(node.value):
        yield "assignment", ast.Assign(node.targets, ast.Constant(None))


def _augmented(node: ast.AugAssign) -> Iterator[Change]:
    if type(node.op) in ARITHMETIC and not _is_sequence(node.value):
        yield "arithmetic", ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)


def _is_none(node: ast.AST | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _statement(node: ast.stmt) -> Iterator[Change]:
    """Statements that may go without a word. An assignment to a name is not among them: it becomes None."""
    if isinstance(node, ast.Break | ast.Continue):
        yield "statement", ast.Continue() if isinstance(node, ast.Break) else ast.Break()
    elif isinstance(node, ast.AugAssign | ast.Raise | ast.Delete | ast.Expr):
        yield "statement", ast.Pass()


MAKERS = {
    ast.Compare: _compare,
    ast.BinOp: _arithmetic,
    ast.BoolOp: _and_or,
    ast.UnaryOp: _unary,
    ast.Constant: _constant,
    ast.Call: _call,
    ast.Slice: _slice,
    ast.Return: _return,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
}
