"""The playground's page as a person uses it. Everything waits for a condition, nothing for a time."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from azure.messaging.webpubsubservice.emulator import Emulator

T = TypeVar("T")

OPERATIONS = {
    "all": "SendToAll",
    "group": "SendToGroup",
    "user": "SendToUser",
    "connection": "SendToConnection",
}
PARAMETERS = {"group": "group", "user": "userId", "connection": "connectionId"}


class Playground:
    """One page of one emulator."""

    def __init__(self, driver: Chrome, emulator: Emulator) -> None:
        self.driver = driver
        self.emulator = emulator

    # --- the browser ---

    def open(self) -> None:
        self.driver.get(f"{self.emulator.endpoint}/")
        self.until(lambda: self.text("#status") == "Live")

    def forget(self) -> None:
        """Have the browser forget what all its tabs keep for the page's address."""
        everything = {"origin": self.emulator.endpoint, "storageTypes": "all"}
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", everything)

    def resize(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme: str) -> None:
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},  # no colours on their way to others
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def until(self, condition: Callable[[], T]) -> T:
        """Return what the condition gives, once that is true of anything."""
        wait = WebDriverWait(
            self.driver, 60, 0.05, ignored_exceptions=[NoSuchElementException, StaleElementReferenceException]
        )
        try:
            return wait.until(lambda _: condition())
        except TimeoutException as error:
            raise AssertionError(f"The page shows:\n{self.text('body')}") from error

    def script(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(code, *arguments)

    def network(self) -> list[dict[str, Any]]:
        """What the browser's network did since the page was opened."""
        events = [json.loads(message)["message"] for message in self._log("performance")]
        return [event for event in events if event["method"].startswith("Network.")]

    def program(self) -> str:
        """The program for the form, in the language that is chosen."""
        return str(self.find("#send-programs .program").get_property("textContent"))

    def complaints(self) -> list[str]:
        """What the browser's console holds since this was last asked."""
        return self._log("browser")

    def _log(self, name: str) -> list[str]:
        entries: list[dict[str, str]] = self.driver.get_log(name)  # type: ignore[no-untyped-call] # selenium's
        return [entry["message"] for entry in entries]

    def texts_to_come(self, css: str) -> Callable[[], list[str]]:
        """Note each text that an element has from now on, however shortly; return what tells them."""
        self.script(
            "const one = document.querySelector(arguments[0]);"
            "const seen = (window.seen ??= {})[arguments[0]] = [];"
            "const options = { childList: true, characterData: true, subtree: true };"
            "new MutationObserver(() => seen.push(one.textContent)).observe(one, options);",
            css,
        )
        return lambda: self.script("return window.seen[arguments[0]]", css)

    # --- its elements ---

    def find(self, css: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def text(self, css: str) -> str:
        return self.find(css).text

    def texts(self, css: str) -> list[str]:
        found: list[str] = self.script(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)", css
        )
        return [" ".join(text.split()) for text in found]

    def click(self, css: str, index: int = 0) -> None:
        """Click an element; click it again if the page replaced it in between."""

        def clicked() -> bool:
            self.all(css)[index].click()
            return True

        self.until(clicked)

    def fill(self, css: str, text: str) -> None:
        """Paste a text in place of what is in a field."""
        field = self.shown(css)
        field.clear()
        field.send_keys("")  # gives it the focus
        self.driver.execute_cdp_cmd("Input.insertText", {"text": text})

    def choose(self, css: str, value: str) -> None:
        Select(self.shown(css)).select_by_value(value)

    def shown(self, css: str) -> WebElement:
        """A field, once it is in sight: the page draws in the frame after the choice that asks for it."""
        field = self.until(lambda: next((field for field in self.all(css) if field.is_displayed()), None))
        assert field is not None
        return field

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def tab_to(self, css: str) -> None:
        """Press Tab until an element has the focus."""
        for _ in range(80):
            if self.script("return document.activeElement.matches(arguments[0])", css):
                return
            self.press(Keys.TAB)
        raise AssertionError(f"Tab never leads to {css}")

    # --- what a person does ---

    def view(self, name: str) -> None:
        self.click(f".views [data-show={name}]")

    def connect(
        self,
        *,
        user: str = "",
        subprotocol: str = "json.webpubsub.azure.v1",
        roles: Sequence[str] | None = None,
        groups: Sequence[str] = (),
        hub: str = "chat",
    ) -> None:
        """Open a client connection of the page. Without ``roles`` the form's own stay."""
        self.view("clients")
        if self.find("#connect-part").get_attribute("open") is None:
            self.click("#connect-part > summary")
        self.fill("#connect [name=hub]", hub)
        self.fill("#connect [name=userId]", user)
        self.choose("#connect [name=subprotocol]", subprotocol)
        if self.find("#connect details").get_attribute("open") is None:
            self.click("#connect details summary")
        if roles is not None:
            for box in self.all("#connect [name=role]"):
                if box.is_selected():
                    box.click()
        self.fill("#connect [name=roles]", "\n".join(roles or ()))
        self.fill("#connect [name=groups]", "\n".join(groups))
        self.click("#connect [type=submit]")
        self.until(lambda: self.text("#own-state").startswith("Connected"))

    def say(self, action: str, *, group: str = "", data: str | None = None, data_type: str = "") -> None:
        """Do something as the chosen client."""
        if len(self.all("#say [name=action] option:not([hidden])")) > 1:
            self.choose("#say [name=action]", action)
        if group:
            self.fill("#say [name=group]", group)
        if data_type:
            self.choose("#say [name=dataType]", data_type)
        if data is not None:
            self.fill("#say [name=data]", data)
        self.click("#say [type=submit]")

    def frames(self) -> list[str]:
        """The visible frames of the selected client."""
        return self.texts("#own-log .item")

    def got(self, *parts: str) -> str:
        """The frame that the chosen client got with all of these in it."""
        self.view("clients")
        return self.until(
            lambda: next(
                (f for f in self.frames() if f.startswith("got") and all(part in f for part in parts)), ""
            )
        )

    def traffic(self) -> list[str]:
        """The entries in sight."""
        return self.texts("#traffic-list .item")

    def entry(self, *parts: str) -> str:
        """The first entry in sight with all of these in it."""
        return self.until(
            lambda: next((entry for entry in self.traffic() if all(part in entry for part in parts)), "")
        )

    def live(self, tab: str) -> list[str]:
        """What a tab of the live panel lists."""
        self.click(f"#tab-{tab}")
        return self.texts("#live-list .item")

    def operation(self, name: str) -> None:
        """Choose an operation in the form for calls as the server."""
        self.until(lambda: self.all("#send [name=operation] option"))
        self.choose("#send [name=operation]", f"WebPubSub_{name}")

    def send(
        self,
        *,
        to: str = "all",
        name: str = "",
        data: str | None = None,
        data_type: str = "json",
        hub: str = "chat",
    ) -> str:
        """Send as the server; the result's text."""
        self.view("server")
        self.operation(OPERATIONS[to])
        self.fill("#send [name='path.hub']", hub)
        if to != "all":
            self.fill(f"#send [name='path.{PARAMETERS[to]}']", name)
        self.choose("#send [name=dataType]", data_type)
        if data is not None:
            self.fill("#send [name=data]", data)
        self.script("document.getElementById('send-result').textContent = ''")
        self.click("#send [type=submit]")
        return self.until(lambda: self.text("#send-result").removesuffix("Sending"))
