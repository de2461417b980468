"""Parse expressions into functions of a scope."""

from collections.abc import Callable, Mapping
from typing import Any

from openapi_request_builders.directives.javascript import library, tokens, values
from openapi_request_builders.directives.javascript.evaluation import (
    OPERATORS,
    Binding,
    Block,
    Evaluate,
    Expression,
    add,
    bind_items,
    call,
    constant,
    counting,
    function,
    lazy,
    member,
    numbers,
    operation,
    spread,
)
from openapi_request_builders.directives.javascript.scope import Scope
from openapi_request_builders.directives.javascript.tokens import Token
from openapi_request_builders.directives.javascript.values import ScriptError, is_true

_LITERALS: Mapping[str, Callable[[str], Any]] = {
    "text": lambda text: tokens.unescaped(text[1:-1]),
    "number": lambda text: int(text) if text.isdigit() else float(text),
    "regex": lambda text: library.regex(*tokens.regex_parts(text)),
}
_CONSTANTS = {"true": True, "false": False, "null": None}


class ExpressionParser:
    """Parses expressions."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = tokens.tokens(source)
        self.place = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.place]

    def advance(self) -> Token:
        """Return the next token, and move past it."""
        token = self.token
        self.place += token.kind != "end"
        return token

    def skip(self, *texts: str) -> bool:
        """Move past the next tokens if they are these signs or words, and return whether they are."""
        found = [token.text for token in self.tokens[self.place : self.place + len(texts)]]
        kinds = {token.kind for token in self.tokens[self.place : self.place + len(texts)]}
        if tuple(found) == texts and kinds <= {"sign", "name"}:
            self.place += len(texts)
            return True
        return False

    def expect(self, text: str) -> None:
        """Move past a sign or word that is required here."""
        if not self.skip(text):
            raise self.error()

    def error(self) -> ScriptError:
        """Return the error for an unexpected token."""
        before = self.source[: self.token.at].strip()[-40:]
        if self.token.kind == "end":
            return ScriptError("it ends too early")
        return ScriptError(f"{self.token.text!r} after {before!r}" if before else f"{self.token.text!r}")

    def body(self) -> Block:
        """Read the body of a function."""
        raise NotImplementedError

    def expression(self) -> Expression:
        """Read an expression: a function, a conditional, or an assignment."""
        if (function := self._arrow()) is not None:
            return function
        target = self._choice()
        if self.token.text in ("=", "+=") and self.token.kind == "sign":
            return self._assignment(target, self.advance().text)
        return target

    def _assignment(self, target: Expression, sign: str) -> Expression:
        set_target = target.set
        if set_target is None:
            raise self.error()
        value = self.expression()

        def get(scope: Scope) -> Any:
            new = value.get(scope)
            new = add(target.get(scope), new) if sign == "+=" else new
            set_target(scope, new)
            return new

        return Expression(get)

    def _arrow(self) -> Expression | None:
        """Read an arrow function, if there is one."""
        start = self.place
        try:
            bindings = self._bindings(")") if self.skip("(") else [self.binding()]
            self.expect("=>")
        except ScriptError:
            self.place = start
            return None
        if self.token.text == "{":
            return function(bindings, self.body())
        value = self.expression()
        return function(bindings, lambda scope: (value.get(scope),))

    def binding(self) -> Binding:
        """Read a name, or names in brackets or braces, that a value is assigned to."""
        if self.skip("["):
            inner = self._bindings("]")
            return lambda scope, value: bind_items(inner, scope, value)
        if self.skip("{"):
            names = []
            while not self.skip("}"):
                names.append(self._variable())
                if self.token.text != "}":
                    self.expect(",")
            return lambda scope, value: scope.names.update(
                {name: values.member(value, name, library.method) for name in names}
            )
        name = self._variable()
        return lambda scope, value: scope.names.update({name: value})

    def _variable(self) -> str:
        if self.token.kind != "name":
            raise self.error()
        return self.advance().text

    def _bindings(self, end: str) -> list[Binding]:
        found = []
        while not self.skip(end):
            found.append(self.binding())
            if self.token.text != end:
                self.expect(",")
        return found

    def _choice(self) -> Expression:
        condition = self._either()
        if not self.skip("?"):
            return condition
        one = self.expression()
        self.expect(":")
        other = self.expression()
        return Expression(lambda scope: (one if is_true(condition.get(scope)) else other).get(scope))

    def _either(self) -> Expression:
        left = self._both()
        while self.token.text in ("||", "??"):
            left = lazy(left, self.advance().text, self._both())
        return left

    def _both(self) -> Expression:
        left = self._operation(0)
        while self.token.text == "&&":
            left = lazy(left, self.advance().text, self._operation(0))
        return left

    def _operation(self, level: int) -> Expression:
        if level == len(OPERATORS):
            return self._unary()
        left = self._operation(level + 1)
        while self.token.kind in ("sign", "name") and self.token.text in OPERATORS[level]:
            left = operation(left, OPERATORS[level][self.advance().text], self._operation(level + 1))
        return left

    def _unary(self) -> Expression:
        if self.skip("!"):
            value = self._unary()
            return Expression(lambda scope: not is_true(value.get(scope)))
        if self.skip("-"):
            value = self._unary()
            return Expression(lambda scope: numbers(0, value.get(scope), lambda a, b: a - b))
        if self.skip("typeof"):
            value = self._unary()
            return Expression(lambda scope: values.type_of(value.get(scope)))
        if self.skip("delete"):
            remove = self._unary().remove
            if remove is None:
                raise ScriptError("`delete` is for a member, such as $.name")
            return Expression(remove)
        return self._postfix(self._primary())

    def _postfix(self, value: Expression) -> Expression:
        """Read the members and calls after a value."""
        while True:
            optional = self.skip("?.")
            if self.token.text == "(" and self.token.kind == "sign":
                value = call(value, self._arguments(), optional=optional)
            elif self.skip("["):
                key = self.expression()
                self.expect("]")
                value = member(value, key.get, optional=optional)
            elif optional or self.skip("."):
                if self.token.kind != "name":
                    raise self.error()
                value = member(value, constant(self.advance().text).get, optional=optional)
            elif self.token.text in ("++", "--") and value.set is not None:
                value = counting(value, value.set, 1 if self.advance().text == "++" else -1)
            else:
                return value

    def _arguments(self) -> list[tuple[bool, Expression]]:
        self.expect("(")
        return self._items(")")

    def _items(self, end: str) -> list[tuple[bool, Expression]]:
        """Read a list of expressions, each with whether it is spread."""
        found = []
        while not self.skip(end):
            found.append((self.skip("..."), self.expression()))
            if self.token.text != end:
                self.expect(",")
        return found

    def _primary(self) -> Expression:
        if self.token.kind in _LITERALS:
            return constant(_LITERALS[self.token.kind](self.advance().text))
        if self.token.kind == "template":
            return self._template(self.advance().text[1:-1])
        if self.token.kind == "name":
            return self._name(self.advance().text)
        if self.skip("("):
            value = self.expression()
            self.expect(")")
            return value
        if self.skip("["):
            items = self._items("]")
            return Expression(lambda scope: spread(items, scope))
        if self.skip("{"):
            return self._object()
        raise self.error()

    def _name(self, name: str) -> Expression:
        if name in _CONSTANTS:
            return constant(_CONSTANTS[name])
        if name == "new":
            return self._postfix(self._primary())
        if name == "function":
            if self.token.kind == "name":
                self.advance()
            self.expect("(")
            return function(self._bindings(")"), self.body())
        return Expression(lambda scope: scope.get(name), lambda scope, value: scope.set(name, value))

    def _template(self, text: str) -> Expression:
        """Read a text with ``${expressions}`` in it."""
        first, *rest = text.split("${")
        parts = [constant(tokens.unescaped(first)).get]
        for piece in rest:
            inner, brace, plain = piece.partition("}")
            if not brace:
                raise ScriptError(f"`}}` is missing after {inner.strip()[-40:]!r}")
            parts += [type(self)(inner).expression().get, constant(tokens.unescaped(plain)).get]
        return Expression(lambda scope: "".join(values.as_text(part(scope)) for part in parts))

    def _object(self) -> Expression:
        members: list[tuple[Evaluate | None, Expression]] = []
        while not self.skip("}"):
            if self.skip("..."):
                members.append((None, self.expression()))
            else:
                members.append(self._object_member())
            if self.token.text != "}":
                self.expect(",")

        def get(scope: Scope) -> Any:
            found: dict[str, Any] = {}
            for name, value in members:
                if name is None:
                    spread = value.get(scope)
                    found.update(spread if isinstance(spread, dict) else {})
                else:
                    values.assign(found, name(scope), value.get(scope))
            return found

        return Expression(get)

    def _object_member(self) -> tuple[Evaluate, Expression]:
        if self.skip("["):
            key = self.expression()
            self.expect("]")
            self.expect(":")
            return key.get, self.expression()
        if self.token.kind not in ("text", "name", "number"):
            raise self.error()
        token = self.advance()
        name = tokens.unescaped(token.text[1:-1]) if token.kind == "text" else token.text
        if token.kind == "name" and self.token.text in (",", "}"):
            return lambda _: name, self._name(name)
        self.expect(":")
        return lambda _: name, self.expression()
