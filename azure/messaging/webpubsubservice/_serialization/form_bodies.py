"""Bodies that can be a form or something else, and forms with two media types."""

from collections.abc import Collection, Mapping
from typing import Any

from ._body import Body
from ._parameter import Parameter, Values
from ._text import essence, listed, show

MULTIPART = "multipart/form-data"


class FormBody(Body):
    """A body that can be passed as the fields of a form.

    :param content_types: The media types that the operation takes, forms included, the preferred one first.
    :param forms: The media types of forms, each with the names of the fields that it lacks.
    """

    def __init__(self, *content_types: str, forms: Mapping[str, Collection[str]], **shape: Any) -> None:
        self.forms = forms
        super().__init__(*content_types, **shape)

    def chosen_form(
        self, form: Values, content: Any, json: Any, content_type: str | None
    ) -> tuple[str, Values] | None:
        """Return the media type of the form to write and its fields, or None if the body is not a form.

        :raises TypeError: There are fields and another body, or a required body is missing.
        :raises ValueError: ``content_type`` is not that of a form with these fields.
        """
        given = [name for name, (_, value) in form.items() if value is not None]
        whole = "json" if json is not None else "content" if content is not None else None
        if whole:
            if given:
                field = form[given[0]][0].name
                raise TypeError(f"{whole} and {field} are both given: the body is either {whole} or a form")
            return None
        if content_type is not None:
            self.check_content_type(content_type)
        chosen = None if content_type is None else essence(content_type)
        if not given and chosen not in self.forms and (self.whole or not self.required):
            if self.required:
                raise TypeError(f"a body is needed: {self._choices(form)}")
            return None
        media_type = self._fitting(form, given, chosen)
        return media_type, {name: form[name] for name in form if name not in self.forms[media_type]}

    def _fitting(self, form: Values, given: Collection[str], chosen: str | None) -> str:
        """Return the media type that the caller chose, or that of the first form with all fields."""
        if chosen is not None and chosen not in self.forms:
            forms = listed(self.forms)
            raise ValueError(
                f"{show('content_type', chosen)} is not that of a form: pass {forms}, or no fields"
            )
        has_file = any(_is_file(*form[name]) for name in given)
        lacking: list[str] = []
        for media_type in (chosen,) if chosen else self.forms:
            lacking = [name for name in given if name in self.forms[media_type]]
            if not lacking and (media_type == MULTIPART or not has_file):
                return media_type
        if chosen and lacking:
            raise TypeError(f"{form[lacking[0]][0].name} is not a field of {chosen}")
        raise TypeError(
            "no form has all of these fields" if not has_file else "a file needs multipart/form-data"
        )

    def _choices(self, form: Values) -> str:
        whole = [*["json"] * self.takes_json, *["content"] * bool(self.whole)]
        fields = [parameter.name for parameter, _ in form.values()]
        more = ", ..." if len(fields) > 5 else ""
        return f"pass {', '.join(whole)} or fields of the form ({', '.join(fields[:5])}{more})"


def _is_file(parameter: Parameter, value: Any) -> bool:
    taking = getattr(parameter, "taking", None)
    found = parameter if taking is None else taking(value)
    items = getattr(found, "items", None)
    return bool(found.is_file or (isinstance(items, Parameter) and items.is_file))
