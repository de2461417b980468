"""The items of lists: what a type checker knows of what comes in pages."""

from typing import Any, get_type_hints

import pytest

from tests.codegen.conftest import Generate, document, document3, operation

PAGE = {"x-ms-pageable": {"nextLinkName": "nextLink"}}


def page(item: Any, **definitions: Any) -> Any:
    """A document with one list of these items."""
    schema = {"type": "object", "properties": {"value": {"type": "array", "items": item}}}
    answers = {"200": {"description": "A page.", "schema": schema}}
    listing = operation(name="Things_List", **PAGE) | {"responses": answers}
    return document({"/things": {"get": listing}}, definitions=definitions)


def page3(item: Any, **schemas: Any) -> Any:
    """The same in OpenAPI 3."""
    schema = {"type": "object", "properties": {"value": {"type": "array", "items": item}}}
    answers = {"200": {"description": "A page.", "content": {"application/json": {"schema": schema}}}}
    listing = {"operationId": "Things_List", "responses": answers, **PAGE}
    return document3({"/things": {"get": listing}}, components={"schemas": schemas})


def thing(**properties: Any) -> Any:
    return {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, **properties}}


def item_of(made: Any) -> str:
    """What the items of the list are, as the builder's annotation says."""
    text = str(made.build_list_request.__annotations__["return"])
    return text.removeprefix("ListRequest[").removesuffix("]")


def members(item: Any) -> dict[str, str]:
    """The members of a type, as text."""
    hints = get_type_hints(item, include_extras=True)
    return {name: str(hint).replace("typing_extensions.", "typing.") for name, hint in hints.items()}


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [
        ({"type": "string"}, "str"),
        ({"type": "string", "format": "date-time"}, "str"),
        ({"type": "integer"}, "int"),
        ({"type": "number"}, "float"),
        ({"type": "boolean"}, "bool"),
        ({"type": "string", "x-nullable": True}, "str | None"),
        ({"type": "array", "items": {"type": "integer"}}, "list[int]"),
        ({"type": "object"}, "dict[str, Any]"),
        ({"type": "object", "additionalProperties": True}, "dict[str, Any]"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "dict[str, int]"),
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, "ListItem"),
        ({"$ref": "#/definitions/Thing"}, "Thing"),
        ({"allOf": [{"$ref": "#/definitions/Thing"}], "description": "One."}, "Thing"),
        ({"$ref": "#/definitions/Alive"}, "dict[str, Any]"),
    ],
)
def test_what_an_item_is(schema: Any, annotation: str, generate: Generate) -> None:
    alive = {"type": "object", "discriminator": "kind", "properties": {"kind": {"type": "string"}}}
    assert item_of(generate(page(schema, Thing=thing(), Alive=alive))) == annotation


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [
        ({"type": "string", "nullable": True}, "str | None"),
        ({"type": ["string", "null"]}, "str | None"),
        ({"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]}, "Thing | None"),
        ({"type": "array", "items": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}, "list[Any]"),
        ({"type": "array", "items": {"type": ["string", "integer"]}}, "list[Any]"),
        ({"$ref": "#/components/schemas/Thing"}, "Thing"),
    ],
)
def test_what_an_item_is_in_openapi_3(schema: Any, annotation: str, generate: Generate) -> None:
    assert item_of(generate(page3(schema, Thing=thing()))) == annotation


@pytest.mark.parametrize(
    ("schema", "notes"),
    [({}, False), ({"type": "file"}, False), ({"$ref": "#/definitions/Nothing"}, True)],
)
def test_an_item_of_which_nothing_is_known_has_no_type(schema: Any, notes: bool, generate: Generate) -> None:
    made = generate(page(schema), notes=notes)
    assert made.build_list_request.__annotations__["return"].__name__ == "HttpRequest"
    assert made.__all__ == ["build_list_request"]


def test_members_are_required_or_not_and_may_contain_themselves(generate: Generate) -> None:
    tree = thing(
        parent={"$ref": "#/definitions/Tree"},
        children={"type": "array", "items": {"$ref": "#/definitions/Tree"}},
        place={"type": "object", "properties": {"x": {"type": "number", "x-nullable": True}}},
    )
    made = generate(page({"$ref": "#/definitions/Tree"}, Tree=tree))
    assert made.__all__ == ["Tree", "TreePlace", "build_list_request"]
    assert (made.Tree.__required_keys__, made.Tree.__optional_keys__) == (
        {"id"},
        {"parent", "children", "place"},
    )
    module = made.Tree.__module__
    assert members(made.Tree) == {
        "id": "<class 'str'>",
        "parent": f"typing.NotRequired[{module}.Tree]",
        "children": f"typing.NotRequired[list[{module}.Tree]]",
        "place": f"typing.NotRequired[{module}.TreePlace]",
    }
    assert members(made.TreePlace) == {"x": "typing.NotRequired[float | None]"}


def test_an_array_that_contains_itself_ends(generate: Generate) -> None:
    nest = {"type": "array", "items": {"$ref": "#/definitions/Nest"}}
    assert item_of(generate(page({"$ref": "#/definitions/Nest"}, Nest=nest))) == "list[Any]"


def test_parents_come_first(generate: Generate) -> None:
    child = {"allOf": [{"$ref": "#/definitions/Thing"}], "properties": {"age": {"type": "integer"}}}
    made = generate(page({"$ref": "#/definitions/Child"}, Thing=thing(), Child=child))
    assert list(members(made.Child)) == ["id", "age"]
    assert made.Child.__required_keys__ == {"id"}


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("thing", "Thing"),
        ("my-thing.v2", "MyThingV2"),
        ("my_thing", "MyThing"),
        ("None", "ItemNone"),
        ("2fa", "Item2fa"),
        ("Any", "Any2"),
        ("TypedDict", "TypedDict2"),
        ("list", "List"),
        ("用户", "Item用户"),
        ('a"b\nc', "ABC"),
        ("!", "Item"),
    ],
)
def test_names_of_types_are_those_of_classes(name: str, chosen: str, generate: Generate) -> None:
    made = generate(page({"$ref": f"#/definitions/{name}"}, **{name: thing(free={"type": "object"})}))
    assert item_of(made) == chosen
    assert getattr(made, chosen).__required_keys__ == {"id"}


def test_two_schemas_of_one_name_have_two_types(generate: Generate) -> None:
    both = thing(other={"$ref": "#/definitions/MyThing"})
    made = generate(page({"$ref": "#/definitions/my-thing"}, **{"my-thing": both, "MyThing": thing()}))
    assert made.__all__ == ["MyThing", "MyThing2", "build_list_request"]


@pytest.mark.parametrize("name", ["from", "@odata.type", "a-b", "__private", "a\"'\\\n", ""])
def test_any_name_can_be_a_member(name: str, generate: Generate) -> None:
    made = generate(page({"$ref": "#/definitions/Thing"}, Thing=thing(**{name: {"type": "integer"}})))
    assert members(made.Thing) == {"id": "<class 'str'>", name: "typing.NotRequired[int]"}


def test_a_description_cannot_change_the_code(generate: Generate) -> None:
    text = '"""\nimport os\\'
    hostile = {**thing(a={"type": "string", "description": text}), "description": text}
    made = generate(page({"$ref": "#/definitions/Thing"}, Thing=hostile))
    assert list(members(made.Thing)) == ["id", "a"]
    assert "import os" in str(made.Thing.__doc__)
    assert not hasattr(__import__(made.Thing.__module__, fromlist=["os"]), "os")


@pytest.mark.parametrize("where", ["items", "value"])
def test_the_list_is_where_the_document_says(where: str, generate: Generate) -> None:
    listing = page({"$ref": "#/definitions/Thing"}, Thing=thing())
    schema = listing["paths"]["/things"]["get"]["responses"]["200"]["schema"]
    schema["properties"] = {where: schema["properties"]["value"]}
    listing["paths"]["/things"]["get"]["x-ms-pageable"] = {"nextLinkName": None, "itemName": where}
    assert item_of(generate(listing)) == "Thing"


def test_a_list_of_xml_has_no_types(generate: Generate) -> None:
    listing = page({"$ref": "#/definitions/Thing"}, Thing=thing())
    listing["paths"]["/things"]["get"]["produces"] = ["application/xml"]
    assert generate(listing).__all__ == ["build_list_request"]


def test_a_group_shares_the_types(generate: Generate) -> None:
    listing = page({"$ref": "#/definitions/Thing"}, Thing=thing())
    made = generate(listing, options=("--operation-groups",))
    assert made.__all__ == ["Thing", "things"]
    assert item_of(made.things) == "Thing"
    assert made.Thing.__doc__ == "An item of a list, or a part of one."
