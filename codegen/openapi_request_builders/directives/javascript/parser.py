"""Parse statements into functions of a scope."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from openapi_request_builders.directives.javascript.evaluation import Binding, Block, Expression
from openapi_request_builders.directives.javascript.expressions import ExpressionParser
from openapi_request_builders.directives.javascript.scope import Run, Scope
from openapi_request_builders.directives.javascript.values import UNDEFINED, ScriptError, is_true

BREAK: Final = ("break",)
CONTINUE: Final = ("continue",)


def compile_script(source: str) -> Callable[..., Any]:
    """Return a function that takes the value of ``$`` and returns its new value. Keywords set more variables.

    :raises ScriptError: The script uses a part of JavaScript that is not supported.
    """
    try:
        parser = _Parser(source)
        run = parser.statements(until="")
    except RecursionError:
        raise ScriptError("it is nested too deeply") from None

    def change(value: Any, **names: Any) -> Any:
        scope = Scope(Run(), names={"$": value, **names})
        try:
            returned = run(scope)
        except RecursionError:
            raise ScriptError("it calls itself too deeply") from None
        result = scope.names["$"] if returned is None or returned is CONTINUE else returned[0]
        return value if result is UNDEFINED else result

    return change


class _Parser(ExpressionParser):
    """Parses statements."""

    def statements(self, until: str) -> Block:
        """Read statements until a sign, or until the end."""
        found: list[Block] = []
        while not (self.token.kind == "end" if not until else self.skip(until)):
            if not self.skip(";"):
                found.append(self._statement())

        def run(scope: Scope) -> Any:
            for statement in found:
                scope.run.step()
                if (returned := statement(scope)) is not None:
                    return returned
            return None

        return run

    def body(self) -> Block:
        """Read statements in braces."""
        self.expect("{")
        return self.statements(until="}")

    def _statement(self) -> Block:
        if self.token.text == "{" and self.token.kind == "sign":
            block = self.body()
            return lambda scope: block(scope.inner())
        if self.token.kind == "name":
            for words, read in _STATEMENTS.items():
                if self.skip(words):
                    return read(self)
        expression = self.expression()
        self._end()

        def run(scope: Scope) -> None:
            expression.get(scope)

        return run

    def _end(self) -> None:
        """Require the end of a statement: a semicolon, a brace, or a new line."""
        if not self.skip(";") and self.token.text != "}" and not self.token.after_line_break:
            raise self.error()

    def read_return(self) -> Block:
        """Read a ``return`` statement."""
        if self.token.text in (";", "}") or self.token.kind == "end":
            self._end()
            return lambda _: (UNDEFINED,)
        value = self.expression()
        self._end()
        return lambda scope: (value.get(scope),)

    def read_declare(self) -> Block:
        """Read a declaration of variables."""
        declared: list[tuple[Binding, Expression | None]] = []
        while True:
            binding = self.binding()
            declared.append((binding, self.expression() if self.skip("=") else None))
            if not self.skip(","):
                break
        self._end()

        def run(scope: Scope) -> None:
            for binding, value in declared:
                binding(scope, UNDEFINED if value is None else value.get(scope))

        return run

    def read_if(self) -> Block:
        """Read a condition and its branches."""
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        then = self._statement()
        otherwise: Block = self._statement() if self.skip("else") else lambda _: None
        return lambda scope: (then if is_true(condition.get(scope)) else otherwise)(scope)

    def read_for(self) -> Block:
        """Read a ``for`` loop over items or over names, or with a counter."""
        self.expect("(")
        start = self.place
        for word in ("const", "let", "var"):
            self.skip(word)
        binding = self.binding()
        over_names = self.skip("in")
        if not over_names and not self.skip("of"):
            self.place = start
            return self._count_up()
        values = self.expression()
        self.expect(")")
        body = self._statement()

        def rounds(scope: Scope) -> Iterator[Scope]:
            for value in _items(values.get(scope), over_names=over_names):
                inner = scope.inner()
                binding(inner, value)
                yield inner

        return lambda scope: _loop(rounds(scope), body)

    def _count_up(self) -> Block:
        """Read ``for (start; condition; update)``, after the parenthesis."""
        begin = self._statement()
        condition = self.expression()
        self.expect(";")
        update = self.expression()
        self.expect(")")
        body = self._statement()

        def rounds(scope: Scope) -> Iterator[Scope]:
            inner = scope.inner()
            begin(inner)
            while is_true(condition.get(inner)):
                yield inner
                update.get(inner)

        return lambda scope: _loop(rounds(scope), body)

    def read_while(self) -> Block:
        """Read a loop with a condition."""
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        body = self._statement()

        def rounds(scope: Scope) -> Iterator[Scope]:
            while is_true(condition.get(scope)):
                yield scope.inner()

        return lambda scope: _loop(rounds(scope), body)

    def read_leave(self, how: tuple[str]) -> Block:
        """Read ``break`` or ``continue``."""
        self._end()
        return lambda _: how


def _loop(rounds: Iterable[Scope], body: Block) -> Any:
    for scope in rounds:
        scope.run.step()
        returned = body(scope)
        if returned is BREAK:
            return None
        if returned is not None and returned is not CONTINUE:
            return returned
    return None


def _items(value: Any, *, over_names: bool) -> Iterable[Any]:
    if over_names:
        return list(value) if isinstance(value, dict) else [str(place) for place in range(len(value or ()))]
    if not isinstance(value, list | str):
        raise ScriptError("`for ... of` needs a list")
    return list(value)


_STATEMENTS: dict[str, Callable[[_Parser], Block]] = {
    "return": _Parser.read_return,
    "const": _Parser.read_declare,
    "let": _Parser.read_declare,
    "var": _Parser.read_declare,
    "if": _Parser.read_if,
    "for": _Parser.read_for,
    "while": _Parser.read_while,
    "break": lambda parser: parser.read_leave(BREAK),
    "continue": lambda parser: parser.read_leave(CONTINUE),
}
