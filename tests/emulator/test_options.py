"""Every option of the emulator takes what it is documented to take; what is unset is not "off"."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from azure.messaging.webpubsubservice.emulator import (
    AsyncEmulator,
    Emulator,
    EmulatorOptions,
    EventHandler,
    Fault,
    NoEventHandlers,
)
from azure.messaging.webpubsubservice.emulator._events.handlers import HandlerTable
from azure.messaging.webpubsubservice.emulator._fault_rules import RULES as FAULT_RULES
from azure.messaging.webpubsubservice.emulator._service.settings import RULES, Settings

ODD: list[Any] = [None, "", " ", 0, -1, True, 1.5, float("nan"), [], {}, ["x"], 5j, b"x"]
#: What of these an option takes, beside its default.
TAKEN: dict[str, Callable[[Any], bool]] = {
    "host": lambda value: value == " ",
    "port": lambda _: False,
    "event_handlers": lambda value: value == {},
    "recovery_window": lambda value: value in (0, 1.5),
    "keep_alive_interval": lambda value: value == 1.5,
    "seed": lambda value: value == -1,
    "allow_unvalidated_entra_tokens": lambda value: value is True,
    "allow_anonymous": lambda value: value is True,
    "development_key": lambda value: value is True,
    "https": lambda value: value is True,
    "certificate": lambda value: value == " ",
}


def refusal(construct: Callable[[], object]) -> str | None:
    """Why something cannot be constructed; ``None`` if it can."""
    try:
        construct()
    except ValueError as error:
        return str(error)
    return None


def test_every_option_has_a_rule_a_default_and_a_description() -> None:
    assert set(RULES) == set(EmulatorOptions.__annotations__) == set(Settings.__dataclass_fields__)


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("name", RULES)
def test_an_odd_value_is_an_error_or_the_default(name: str, value: Any) -> None:
    default = getattr(Settings(), name)
    refused = refusal(lambda: Settings.of({name: value}))  # type: ignore[misc]
    if refused is None:
        same = type(value) is type(default) and value == default
        assert value is None or same or TAKEN.get(name, lambda _: False)(value)
    else:
        assert refused.startswith((f"{name} must be ", "private_key needs a certificate"))


def test_keys_that_are_not_given_are_made_up() -> None:
    one, other = Settings.of({"access_key": None}), Settings.of({})
    keys = {one.access_key, one.secondary_access_key, other.access_key, other.secondary_access_key}
    assert len(keys) == 4
    assert min(map(len, keys)) >= 32


@pytest.mark.parametrize("key", ["", " ", "a;b", 5, b"bytes", [], "\ud800"])
@pytest.mark.parametrize("name", ["access_key", "secondary_access_key"])
def test_a_bad_key_is_never_shown(name: str, key: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be text that is not empty, without semicolons$"):
        Emulator(**{name: key})


def test_an_option_that_is_misspelt_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Emulator has no option 'acess_key'\. Did you mean access_key\?"):
        Emulator(acess_key="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"Emulator has no option 'x'\. It has: host, port, access_key, "):
        Emulator(x=1)  # type: ignore[call-arg]


def test_two_receivers_of_the_same_events_are_refused() -> None:
    with pytest.raises(ValueError, match="pass only one"):
        Emulator(events=NoEventHandlers(), event_handlers={})


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("name", ["url", "user_events", "system_events", "timeout"])
def test_an_odd_value_of_an_event_handler(name: str, value: Any) -> None:
    fields: dict[str, Any] = {"url": "http://host"} | {name: value}
    refused = refusal(lambda: EventHandler(**fields))
    if refused is not None:
        assert name in refused or "a system event" in refused
    else:
        none = name in {"user_events", "system_events"} and value in ([], {})
        assert none or (name, value) in [("timeout", 1.5), ("user_events", " "), ("user_events", ["x"])]


@pytest.mark.parametrize("value", [None, "", 0, [], {}, [None], [[]], 5j], ids=repr)
def test_an_odd_value_for_the_handlers_of_a_hub(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^(event_handlers\['chat'\]|url) must be "):
        HandlerTable({"chat": value})


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("name", FAULT_RULES)
def test_an_odd_value_of_a_fault(name: str, value: Any) -> None:
    fields: dict[str, Any] = {"reset": "before"} | ({"status": 500} if name == "retry_after" else {})
    if name == "retry_after":
        del fields["reset"]
    default = Fault.__dataclass_fields__[name].default
    refused = refusal(lambda: Fault(**fields | {name: value}))
    if refused is not None:
        assert name in refused or "a fault needs one of" in refused
    else:
        same = type(value) is type(default) and value == default
        numbers = name in {"delay", "retry_after", "drop_after", "probability"} and value in (0, 1.5)
        assert (
            value is None
            or same
            or numbers
            or (name, value)
            in [
                ("method", " "),
                ("path", " "),
                ("refuse_recovery", True),
            ]
        )


def test_every_field_of_a_fault_has_a_rule() -> None:
    assert list(FAULT_RULES) == list(Fault.__dataclass_fields__)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hub": ""}, "hub must be"),
        ({"user_id": ""}, "user_id must be text that is not blank, or None, got ''"),
        ({"user_id": " "}, "user_id must be"),
        ({"user_id": 0}, "user_id must be"),
        ({"roles": None}, "roles must be"),
        ({"roles": "one"}, "roles must be"),
        ({"groups": None}, "groups must be"),
        ({"groups": [""]}, "groups must be"),
        ({"minutes_to_expire": 0}, "minutes_to_expire must be an integer from 1, got 0"),
        ({"minutes_to_expire": None}, "minutes_to_expire must be"),
        ({"minutes_to_expire": True}, "minutes_to_expire must be"),
    ],
)
def test_arguments_of_a_client_url(arguments: dict[str, Any], message: str) -> None:
    with Emulator() as emulator, pytest.raises(ValueError, match=message):
        emulator.client_url(**cast("Any", {"hub": "chat"} | arguments))


BAD_WAITS: list[tuple[dict[str, Any], str]] = [
    ({"count": 0}, "count must be an integer from 1, got 0"),
    ({"count": -1}, "count must be"),
    ({"count": None}, "count must be"),
    ({"where": 5}, "where must be"),
    ({"timeout": None}, "timeout must be"),
    ({"timeout": -1}, "timeout must be a number of seconds from 0, got -1"),
    ({"timeout": float("inf")}, "timeout must be"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_WAITS)
@pytest.mark.parametrize("what", ["connections", "deliveries", "requests"])
async def test_arguments_of_waiting(
    emulator: AsyncEmulator, what: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        await getattr(emulator, f"wait_for_{what}")(**arguments)
    with Emulator() as blocking, pytest.raises(ValueError, match=message):
        getattr(blocking, f"wait_for_{what}")(**arguments)
