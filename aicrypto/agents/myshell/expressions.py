"""Expressions in `{{ }}`: what they are worth, without running anybody's code.

The deployed runner hands them to Python's `eval`, with numpy, json and time at hand: who writes a
workflow runs what he likes on the server. Here an expression is parsed and a tree of few kinds is
walked: literals, names, attributes of objects (never of Python's), items, comparisons, and/or/not,
arithmetic with bounded results, and a handful of functions. Anything else is refused, and so is a
value that would not fit on paper: `[x, x]`, remembered as the next `x`, doubles at every step
although it takes no memory until somebody prints it.

A text that is one `{{ }}` has the value; one with several, or with words around, is text with the
values put in; one without is itself. So a condition `context.money > 100` without braces is a text,
and true: the deployed system says so too.
Source: ShellAgent@2bd01332 proconfig/utils/expressions.py (behaviour).
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from aicrypto.agents.myshell.refusals import BAD_EXPRESSION, ShellRefusal

MAX_LENGTH = 1000  # characters of an expression
MAX_NUMBER_BITS = 1024
MAX_ITEMS = 100_000  # of a text or list that arithmetic makes, and of a value written out
MAX_LEVELS = 200  # of an expression's tree; every reader of trees calls itself
MAX_DEPTH = 64  # of lists and objects within one another
MAX_DIGITS = 308  # to round to: of the largest float, and of the largest integer here
PLAIN = (str, int, float, bool, type(None))
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def text_of(value: Any) -> str:
    """The value in words.

    Raises:
        ValueError: if they would be too many.
    """
    if not isinstance(value, str):
        _weigh(value, with_texts=True)
    return str(value)


def rounded(number: Any, digits: int | None = None) -> Any:
    """The number rounded as Python does, which takes 10 to the power of the digits for it.

    Raises:
        ValueError: if no number has so many digits.
    """
    if digits is not None and abs(digits) > MAX_DIGITS:
        raise ValueError(f"{digits} digits, must be at most {MAX_DIGITS}")
    return round(number, digits)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "bool": bool,
    "float": float,
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "round": rounded,
    "str": text_of,
}


def value_of(text: Any, variables: Mapping[str, Any], node: str = "expression") -> Any:
    """What a value of a workflow stands for; whatever is no text with braces is itself.

    Raises:
        ShellRefusal: SHELL-1107 at the node, if an expression in it cannot be evaluated.

    >>> value_of("{{context.money * 2}}", {"context": {"money": 50}})
    100
    >>> value_of("You have {{context.money}} coins", {"context": {"money": 50}})
    'You have 50 coins'
    """
    if not isinstance(text, str):
        return text
    fields = _fields(text)
    if len(fields) == 1 and text.startswith("{{") and text.endswith("}}"):
        return evaluate(text[2:-2].strip(), variables, node)
    pieces, end, length = [], 0, 0
    for first, last in fields:
        value = evaluate(text[first:last].strip(), variables, node)
        put_in = text[first - 2 : last + 2] if value is None else _named(node, text_of, value)
        pieces += [text[end : first - 2], put_in]
        end, length = last + 2, length + len(put_in)
        if length > MAX_ITEMS:
            raise ShellRefusal(BAD_EXPRESSION, node, f"text grows beyond {MAX_ITEMS} characters")
    return "".join([*pieces, text[end:]])


def values_in(document: Any, variables: Mapping[str, Any], node: str = "expression") -> Any:
    """The document with the value of every text in it, as deep as it goes.

    Raises:
        ShellRefusal: SHELL-1107 as `value_of`, and for a document or result that is too large.
    """
    _named(node, _weigh, document)
    values = _values_in(document, variables, node)
    _named(node, _weigh, values)
    return values


def _values_in(document: Any, variables: Mapping[str, Any], node: str) -> Any:
    if isinstance(document, Mapping):
        return {k: _values_in(v, variables, f"{node}.{k}") for k, v in document.items()}
    if isinstance(document, list | tuple):
        return [_values_in(v, variables, f"{node}[{i}]") for i, v in enumerate(document)]
    return value_of(document, variables, node)


def _named(node: str, function: Callable[[Any], Any], value: Any) -> Any:
    """What the function says of the value, its ValueError as a refusal at the node."""
    try:
        return function(value)
    except ValueError as error:
        raise ShellRefusal(BAD_EXPRESSION, node, str(error)) from None


def _inside(value: Any) -> Sequence[Any]:
    """What a list or an object holds."""
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    return value if isinstance(value, list | tuple) else ()


def _texts(values: Sequence[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _weigh(value: Any, with_texts: bool = False) -> None:
    """Refuses a value that is too large or too deep, counting what stands in it twice twice."""
    level, count = [value], 0
    for _ in range(MAX_DEPTH + 1):
        inner = [_inside(part) for part in level if type(part) not in PLAIN]
        count += sum(map(len, [*inner, *_texts(level)] if with_texts else inner))
        if count > MAX_ITEMS:
            raise ValueError(f"a value has more than {MAX_ITEMS} items")
        level = list(chain.from_iterable(inner))
        if not level:
            return
    raise ValueError(f"a value is nested too deep, must have <= {MAX_DEPTH} levels")


def _fields(text: str) -> list[tuple[int, int]]:
    """First and last place of what stands between braces; a third brace belongs to it."""
    fields, start = [], text.find("{{")
    while start >= 0 and (end := text.find("}}", start + 3)) >= 0:
        while text.startswith("}", end + 2):
            end += 1
        fields.append((start + 2, end))
        start = text.find("{{", end + 2)
    return fields


def evaluate(expression: str, variables: Mapping[str, Any], node: str = "expression") -> Any:
    """The value of what stands between braces; ShellRefusal as `value_of`."""
    try:
        if len(expression) > MAX_LENGTH:
            raise ValueError(f"it has {len(expression)} characters, must have <= {MAX_LENGTH}")
        value = _walk(_parsed(expression), variables)
        _weigh(value)
        return value
    except (ArithmeticError, LookupError, MemoryError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
    except (AttributeError, SyntaxError, TypeError, ValueError) as error:
        reason = str(error)
    raise ShellRefusal(BAD_EXPRESSION, node, f"{expression[:80]!r}: {reason}")


def _parsed(expression: str) -> ast.expr:
    """The expression's tree; ValueError if it is too deep, whatever the recursion limit."""
    tree = ast.parse(expression, mode="eval").body
    level: list[ast.AST] = [tree]
    for _ in range(MAX_LEVELS):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return tree
    raise ValueError(f"it is nested too deep, must have <= {MAX_LEVELS} levels")


def _walk(tree: ast.expr, variables: Mapping[str, Any]) -> Any:
    """The value of a tree."""
    read = READERS.get(type(tree))
    if read is None:
        raise ValueError(f"{type(tree).__name__} is not allowed")
    return read(tree, variables)


def _constant(tree: Any, variables: Mapping[str, Any]) -> Any:
    """What JSON could say: no bytes, which can be repeated and formatted, and no `...`."""
    if type(tree.value) not in PLAIN:
        raise ValueError(f"{type(tree.value).__name__} is not allowed")
    return tree.value


def _name(tree: Any, variables: Mapping[str, Any]) -> Any:
    if tree.id not in variables:
        raise ValueError(f"unknown name {tree.id!r}")
    return variables[tree.id]


def _attribute(tree: Any, variables: Mapping[str, Any]) -> Any:
    """A field of an object: of what JSON calls one, of nothing else."""
    owner = _walk(tree.value, variables)
    if not isinstance(owner, Mapping) or tree.attr not in owner:
        raise ValueError(f"unknown field {tree.attr!r}")
    return owner[tree.attr]


def _item(tree: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(tree.slice, ast.Slice):
        ends = (tree.slice.lower, tree.slice.upper, tree.slice.step)
        chosen: Any = slice(*(end and _walk(end, variables) for end in ends))
    else:
        chosen = _walk(tree.slice, variables)
    return _walk(tree.value, variables)[chosen]


def _both(tree: Any, variables: Mapping[str, Any]) -> Any:
    """`and` and `or`: the part that decides, as in Python."""
    stops = isinstance(tree.op, ast.Or)
    value: Any = None
    for part in tree.values:
        value = _walk(part, variables)
        if bool(value) == stops:
            break
    return value


def _compare(tree: Any, variables: Mapping[str, Any]) -> Any:
    left, answer = _walk(tree.left, variables), True
    for sign, part in zip(tree.ops, tree.comparators, strict=True):
        right = _walk(part, variables)
        answer = COMPARISONS[type(sign)](left, right)
        if not answer:
            break
        left = right
    return answer


def _calculate(tree: Any, variables: Mapping[str, Any]) -> Any:
    left, right = _walk(tree.left, variables), _walk(tree.right, variables)
    if type(tree.op) not in ARITHMETIC:
        raise ValueError(f"{type(tree.op).__name__} is not allowed")
    texts = [part for part in (left, right) if isinstance(part, str | list | tuple)]
    if texts and not (isinstance(tree.op, ast.Add) and len(texts) == 2):
        raise TypeError("a text or list can only be added to another one")
    return _bounded(ARITHMETIC[type(tree.op)](left, right))


def _bounded(value: Any) -> Any:
    """The value, unless it has become so large that the next one could fill the memory."""
    if isinstance(value, int) and value.bit_length() > MAX_NUMBER_BITS:
        raise ValueError(f"a number has more than {MAX_NUMBER_BITS} bits")
    if isinstance(value, str | list | tuple) and len(value) > MAX_ITEMS:
        raise ValueError(f"a text or list has more than {MAX_ITEMS} items")
    return value


def _sign(tree: Any, variables: Mapping[str, Any]) -> Any:
    if type(tree.op) not in SIGNS:
        raise ValueError(f"{type(tree.op).__name__} is not allowed")
    return SIGNS[type(tree.op)](_walk(tree.operand, variables))


def _call(tree: Any, variables: Mapping[str, Any]) -> Any:
    """One of the few functions, with values; a variable of the same name is no function."""
    name = tree.func.id if isinstance(tree.func, ast.Name) else None
    if name not in FUNCTIONS or name in variables or tree.keywords:
        raise ValueError(f"{ast.unparse(tree.func)} is no function that may be called")
    return _bounded(FUNCTIONS[name](*(_walk(part, variables) for part in tree.args)))


def _object(tree: Any, variables: Mapping[str, Any]) -> Any:
    pairs = zip(tree.keys, tree.values, strict=True)
    return {_walk(key, variables): _walk(value, variables) for key, value in pairs}


READERS: dict[type[ast.expr], Callable[[Any, Mapping[str, Any]], Any]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _item,
    ast.BoolOp: _both,
    ast.Compare: _compare,
    ast.BinOp: _calculate,
    ast.UnaryOp: _sign,
    ast.Call: _call,
    ast.IfExp: lambda t, v: _walk(t.body if _walk(t.test, v) else t.orelse, v),
    ast.List: lambda tree, v: [_walk(part, v) for part in tree.elts],
    ast.Tuple: lambda tree, v: tuple(_walk(part, v) for part in tree.elts),
    ast.Dict: _object,
}
