"""The page that says what the emulator covers is true, and up to date."""

import pytest

from azure.messaging.webpubsubservice.emulator._specification import ROUTES
from tests.emulator.coverage import OPERATIONS, PAGE, exists, named_tests, page


def test_every_operation_names_its_tests() -> None:
    assert set(OPERATIONS) == {route.operation for route in ROUTES}
    assert all(OPERATIONS.values())


@pytest.mark.parametrize("test", sorted(set(named_tests())))
def test_what_proves_it_is_there(test: str) -> None:
    assert exists(test)


def test_the_page_is_what_the_command_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.emulator.coverage"
