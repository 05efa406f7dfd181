"""Tokens into a tree: a recursive-descent parser, one method for each level of precedence.

    OR < AND < NOT < comparison, BETWEEN, IN < + - < * < unary minus < ::type

Whatever is outside the grammar is refused with its name and position; nothing is ignored. Unary
minus belongs to numbers alone. Source: as for the lexer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aicrypto.sql.planner import syntax as s
from aicrypto.sql.planner.lexer import Token, UnsupportedSql, tokens
from aicrypto.sql.types import (
    BIGINT,
    BOOLEAN,
    INTEGER_BYTES,
    VARBINARY,
    VARCHAR,
    ColumnType,
    OutOfRange,
    decimal,
    timestamp,
)

COMPARISONS = ("=", "<>", "!=", "<", ">", "<=", ">=")
TYPE_NAMES = {"bool": "boolean", "integer": "int", "text": "varchar", "binary": "varbinary"}
PLAIN_TYPES = ("boolean", *INTEGER_BYTES, "varchar", "varbinary")
DIGITS_PER_UNIT = 3

Item = TypeVar("Item")


class InvalidLiteral(ValueError):
    """A literal stands for no value: too large, or an odd number of hexadecimal digits."""


class UnsupportedAggregateOperation(ValueError):
    """An aggregate that has no proof here: MIN, MAX, AVG."""


def parse(sql: str, uppercase: bool = False) -> s.Query:
    """The query that the text says; names upper-cased if asked for.

    Raises:
        UnsupportedSql: naming the construct and its position.
        InvalidLiteral: if a literal has no value.
        UnsupportedAggregateOperation: for MIN, MAX and AVG.
    """
    parser = _Parser(tokens(sql), uppercase)
    query = parser._query()
    parser._expect("end")
    return query


class _Parser:
    """A position among tokens."""

    def __init__(self, found: list[Token], uppercase: bool) -> None:
        self.tokens, self.at, self.uppercase = found, 0, uppercase

    @property
    def _token(self) -> Token:
        return self.tokens[self.at]

    def _accept(self, *texts: str) -> bool:
        """Moves on over these keywords or operators, if all are there."""
        following = self.tokens[self.at : self.at + len(texts)]
        if [t.text for t in following if t.kind in ("keyword", "operator")] != list(texts):
            return False
        self.at += len(texts)
        return True

    def _expect(self, text: str) -> None:
        """Moves on over what must be there."""
        if text == "end" and self._token.kind == "end":
            return
        if not self._accept(text):
            raise self._unsupported(f"expected {text!r}")

    def _unsupported(self, why: str = "not supported") -> UnsupportedSql:
        found = self._token.text or "the end"
        return UnsupportedSql(f"{found!r} at position {self._token.position}: {why}")

    def _take(self, kind: str) -> str:
        """The text of the next token, which must be of the kind."""
        if self._token.kind != kind:
            raise self._unsupported(f"expected a {kind}")
        self.at += 1
        return self.tokens[self.at - 1].text

    def _several(self, read: Callable[[], Item]) -> tuple[Item, ...]:
        """One or more, with commas between."""
        found = [read()]
        while self._accept(","):
            found.append(read())
        return tuple(found)

    def _identifier(self) -> str:
        name = self._take("word")
        return name.upper() if self.uppercase else name

    def _dotted(self) -> tuple[str, ...]:
        parts = [self._identifier()]
        while self._accept("."):
            parts.append(self._identifier())
        return tuple(parts)

    def _query(self) -> s.Query:
        selects = [*self._term()]
        while self._accept("union", "all"):
            selects += self._term()
        return s.Query(tuple(selects))

    def _term(self) -> tuple[s.Select, ...]:
        if self._accept("("):
            inner = self._query()
            self._expect(")")
            return inner.selects
        return (self._select(),)

    def _select(self) -> s.Select:
        self._expect("select")
        items = self._several(self._item)
        self._expect("from")
        source = self._source()
        where = self._expression() if self._accept("where") else None
        groups = self._several(self._expression) if self._accept("group", "by") else ()
        having = self._expression() if self._accept("having") else None
        limit = int(self._take("integer")) if self._accept("limit") else None
        offset = int(self._take("integer")) if self._accept("offset") else 0
        return s.Select(items, source, where, groups, having, limit, offset)

    def _item(self) -> s.Item:
        if self._accept("*"):
            return s.Item(None, None)
        expression = self._expression()
        return s.Item(expression, self._alias())

    def _alias(self) -> str | None:
        if self._accept("as") or self._token.kind == "word":
            return self._identifier()
        return None

    def _source(self) -> str | s.TableJoin | s.Query:
        if self._accept("("):
            inner = self._query()
            self._expect(")")
            self._alias()
            return inner
        left = ".".join(self._dotted())
        if not (self._accept("inner", "join") or self._accept("join")):
            return left
        right = ".".join(self._dotted())
        self._expect("on")
        return s.TableJoin(left, right, self._expression())

    def _expression(self) -> s.Expr:
        left = self._conjunction()
        while self._accept("or"):
            left = s.Operation("or", left, self._conjunction())
        return left

    def _conjunction(self) -> s.Expr:
        left = self._negation()
        while self._accept("and"):
            left = s.Operation("and", left, self._negation())
        return left

    def _negation(self) -> s.Expr:
        return s.Negation(self._negation()) if self._accept("not") else self._comparison()

    def _comparison(self) -> s.Expr:
        left = self._additive()
        for operator in COMPARISONS:
            if self._accept(operator):
                return s.Operation(operator, left, self._additive())
        if self._accept("between"):
            return s.Between(left, *self._range())
        if self._accept("not", "between"):
            return s.NotBetween(left, *self._range())
        if self._accept("in"):
            return s.In(left, self._list())
        return s.Negation(s.In(left, self._list())) if self._accept("not", "in") else left

    def _range(self) -> tuple[s.Expr, s.Expr]:
        low = self._additive()
        self._expect("and")
        return low, self._additive()

    def _list(self) -> tuple[s.Expr, ...]:
        self._expect("(")
        values = self._several(self._additive)
        self._expect(")")
        return values

    def _additive(self) -> s.Expr:
        left = self._product()
        while self._token.text in ("+", "-") and self._token.kind == "operator":
            operator = self._take("operator")
            left = s.Operation(operator, left, self._product())
        return left

    def _product(self) -> s.Expr:
        left = self._cast()
        while self._accept("*"):
            left = s.Operation("*", left, self._cast())
        return left

    def _cast(self) -> s.Expr:
        operand = self._number() if self._accept("-") else self._primary()
        while self._accept("::"):
            operand = s.CastTo(operand, self._type())
        return operand

    def _number(self) -> s.Expr:
        if self._token.kind not in ("integer", "decimal"):
            raise self._unsupported("a minus sign belongs to a number")
        return self._literal("-")

    def _primary(self) -> s.Expr:
        if self._accept("("):
            inner = self._expression()
            self._expect(")")
            return inner
        if self._token.kind == "word":
            return s.Name(self._dotted())
        if self._token.kind == "parameter":
            return s.Placeholder(int(self._take("parameter")[1:]))
        return self._literal("") if self._token.kind != "keyword" else self._function()

    def _function(self) -> s.Expr:
        if self._accept("cast", "("):
            operand = self._expression()
            self._expect("as")
            type_ = self._type()
            self._expect(")")
            return s.CastTo(operand, type_)
        if self._token.text in ("true", "false"):
            return s.Constant(BOOLEAN, self._take("keyword") == "true")
        return self._aggregate()

    def _aggregate(self) -> s.Expr:
        name = self._token.text
        if name in ("min", "max", "avg"):
            raise UnsupportedAggregateOperation(f"{name} at position {self._token.position}")
        if self._accept("count", "(", "*", ")"):
            return s.Count(None)
        if not (self._accept("sum", "(") or self._accept("count", "(")):
            raise self._unsupported()
        operand = self._expression()
        self._expect(")")
        return s.Sum(operand) if name == "sum" else s.Count(operand)

    def _literal(self, sign: str) -> s.Expr:
        kind, text = self._token.kind, self._token.text
        if kind not in ("integer", "decimal", "text", "hex"):
            raise self._unsupported()
        self.at += 1
        if kind == "text":
            return s.Constant(VARCHAR, text[1:-1].replace("''", "'"))
        if kind == "hex":
            return s.Constant(VARBINARY, _bytes(text))
        return _integer(sign + text) if kind == "integer" else _decimal(sign, text)

    def _type(self) -> ColumnType:
        if self._token.kind != "word":
            raise self._unsupported("expected a type")
        name = self._take("word").lower()
        name = TYPE_NAMES.get(name, name)
        made = _type(name, () if name in PLAIN_TYPES else self._numbers())
        if made is None:
            self.at -= 1
            raise self._unsupported("no type of a column")
        return made

    def _numbers(self) -> tuple[int, ...]:
        if not self._accept("("):
            return ()
        found = self._several(lambda: int(self._take("integer")))
        self._expect(")")
        return found


def _type(name: str, numbers: tuple[int, ...]) -> ColumnType | None:
    """The type with this name and these numbers behind it; timestamps name their digits."""
    if name in PLAIN_TYPES:
        return ColumnType(name)
    match name, numbers:
        case (("decimal" | "decimal75" | "numeric"), (digits, *places)) if len(places) < 2:
            return decimal(digits, *places) if places else decimal(digits, 0)
        case "timestamp", (0 | 3 | 6 | 9 as digits,):
            return timestamp(digits // DIGITS_PER_UNIT)
    return None


def _integer(text: str) -> s.Constant:
    try:
        BIGINT.check(int(text))
    except OutOfRange:
        raise InvalidLiteral(f"{text} does not fit 64 bits") from None
    return s.Constant(BIGINT, int(text))


def _decimal(sign: str, text: str) -> s.Constant:
    """a.b: as many digits as the number ab has, or b; 0.00 counts as 1 + len(b)."""
    whole, fraction = text.split(".")
    digits = (whole + fraction).lstrip("0")
    n_digits = max(len(digits), len(fraction)) if digits else len(fraction) + 1
    return s.Constant(decimal(n_digits, len(fraction)), int(sign + whole + fraction))


def _bytes(text: str) -> bytes:
    if len(text) % 2:
        raise InvalidLiteral(f"{text} has an odd number of digits")
    return bytes.fromhex(text[2:])
