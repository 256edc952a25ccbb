"""Metric math, as much of it as alarms of Millrace use: arithmetic, comparisons, AND, OR, IF and FILL over series.

A series has a value or None for each period, the newest first. What is done with None is None, but for FILL.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache

Value = float | None
Series = Sequence[Value]

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARED: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
# Python reads the rest of it as it is.
_WORDS = {"AND": "and", "OR": "or", "&&": "and", "||": "or"}


def evaluate(expression: str, series: Mapping[str, Series]) -> list[Value]:
    """The expression's value in each period; `series` are those that it names, all equally long.

    ValueError : the expression holds something that is not known here.
    """
    body, periods = _parsed(expression), max(map(len, series.values()))
    return [_value(body, {name: one[period] for name, one in series.items()}) for period in range(periods)]


@cache
def _parsed(expression: str) -> ast.expr:
    """An alarm has one expression, and is evaluated every few seconds."""
    words = re.sub(r"\bAND\b|\bOR\b|&&|\|\|", lambda found: f" {_WORDS[found[0]]} ", expression)
    try:
        return ast.parse(words.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"not understood as metric math: {expression}") from error


def _value(node: ast.expr, names: Mapping[str, Value]) -> Value:
    """What a part of the expression comes to in one period."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _both(_BINARY[type(sign)], _value(left, names), _value(right, names))
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _COMPARED:
            return _both(_COMPARED[type(sign)], _value(left, names), _value(right, names))
        case ast.BoolOp(op=sign, values=parts):
            values = [_value(part, names) for part in parts]
            return None if None in values else float((all if isinstance(sign, ast.And) else any)(values))
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            chosen = _value(condition, names)
            return None if chosen is None else _value(then if chosen else otherwise, names)
        case ast.Call(func=ast.Name(id="FILL"), args=[filled, filling]):
            value = _value(filled, names)
            return _value(filling, names) if value is None else value
    raise ValueError(f"unknown in metric math: {ast.unparse(node)}; known are + - * / comparisons AND OR IF FILL")


def _both(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    try:
        return float(function(left, right))
    except ZeroDivisionError:
        return None
