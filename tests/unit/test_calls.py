"""Calls that no builder takes: each of them says what it does take."""

import inspect

import pytest

from azure.messaging.webpubsubservice import rest

BUILDERS = [name for name in rest.__all__ if name.startswith("build_")]


@pytest.mark.parametrize("name", BUILDERS)
def test_a_misspelt_name_is_explained_by_every_builder(name: str) -> None:
    builder = getattr(rest, name)
    parameters = list(inspect.signature(builder).parameters)
    for parameter in parameters:
        with pytest.raises(TypeError) as raised:
            builder(**{f"{parameter}x": None})
        assert str(raised.value) == (
            f"{name}() got an unexpected keyword argument '{parameter}x'. Did you mean {parameter}? It takes "
            f"{', '.join(parameters)}."
        )


@pytest.mark.parametrize("name", BUILDERS)
def test_too_many_arguments_by_position_are_explained_by_every_builder(name: str) -> None:
    builder = getattr(rest, name)
    with pytest.raises(TypeError, match=rf"^{name}\(\) takes .* by (keyword: json|position; these need)"):
        builder(*["a"] * 9)


def test_a_missing_argument_and_none_are_told_apart() -> None:
    with pytest.raises(TypeError, match=r"takes hub, group, in this order: group is missing$"):
        rest.build_send_to_group_request("chat", content="a")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"^hub is a part of the path, and cannot be None$"):
        rest.build_group_exists_request(None, "a")  # type: ignore[arg-type]
