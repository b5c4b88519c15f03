"""Firefox and WebKit, each from Debian's packages, behind the few methods of Playwright's page that tests need.

Playwright drives these two only in builds of its own. Firefox speaks the WebDriver BiDi protocol over a web socket,
without another program; WebKitGTK brings WebKitWebDriver, which Selenium drives. Both take W3C's input actions, and
what is read goes through JavaScript, so a test is written once.

Where they are: ``firefox-esr`` or ``firefox`` on the PATH, or ``VAE_FIREFOX``; ``WebKitWebDriver`` and ``Xvfb`` on the
PATH, and the ``MiniBrowser`` that comes with the first, or ``VAE_WEBKIT``. Sources: w3.org/TR/webdriver-bidi and
w3.org/TR/webdriver2, section "Actions".
"""

import glob
import itertools
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from driving import SECONDS, end

SIZE = (1280, 900)
KEYS = {"ArrowLeft": "\ue012", "ArrowRight": "\ue014", "End": "\ue010", "Home": "\ue011"}


class Missing(Exception):
    """There is no such browser on this machine."""


class Engine:
    """A browser with one page. A subclass has ``goto``, ``_call`` and ``_perform``."""

    def goto(self, url: str) -> None:
        raise NotImplementedError

    def _call(self, function: str, argument: str) -> str:
        """The text that an asynchronous JavaScript function of a text returns."""
        raise NotImplementedError

    def _perform(self, actions: list[dict]) -> None:
        raise NotImplementedError

    def evaluate(self, function: str, arg: Any = None) -> Any:
        """What a JavaScript function of one argument returns, or promises; both go through JSON."""
        wrapped = f"async argument => JSON.stringify(await ({function})(JSON.parse(argument)) ?? null)"
        return json.loads(self._call(wrapped, json.dumps(arg)))

    def wait_for_function(self, function: str, arg: Any = None, timeout: float = 1000 * SECONDS) -> Any:
        """What the function returns once that is true; ``timeout`` in ms, as Playwright has it."""
        end = time.monotonic() + timeout / 1000
        while not (found := self.evaluate(function, arg)):
            assert time.monotonic() < end, f"still not true after {timeout} ms: {function}"
            time.sleep(0.05)
        return found

    def press(self, key: str) -> None:
        value = KEYS.get(key, key)
        self._perform([_source("key", [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}])])

    def drag(self, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """With the mouse, from one place of the window to another, in CSS pixels."""
        steps = [{"type": "pointerMove", "x": round(start[0]), "y": round(start[1]), "duration": 0}]
        steps += [{"type": "pointerDown", "button": 0}]
        for share in (0.25, 0.5, 0.75, 1.0):
            x, y = (round(a + share * (b - a)) for a, b in zip(start, stop, strict=True))
            steps.append({"type": "pointerMove", "x": x, "y": y, "duration": 20})
        self._perform([_source("pointer", [*steps, {"type": "pointerUp", "button": 0}])])


def _source(kind: str, actions: list[dict]) -> dict:
    mouse = {"parameters": {"pointerType": "mouse"}} if kind == "pointer" else {}
    return {"type": kind, "id": f"the {kind}", "actions": actions} | mouse


class Firefox(Engine):
    def __init__(self, address: str):
        from websocket import create_connection  # of the package websocket-client

        # it refuses a page's connection, which names its origin; `timeout` is for one answer
        self._socket = create_connection(f"{address}/session", suppress_origin=True, timeout=5 * SECONDS)
        self._numbers = itertools.count()
        self._send("session.new", capabilities={})
        # a tab of its own: the one that Firefox opens never gets the focus, and JupyterLab follows the focus
        self._page = self._send("browsingContext.create", type="tab")["context"]
        size = dict(zip(("width", "height"), SIZE, strict=True))
        self._send("browsingContext.setViewport", context=self._page, viewport=size)

    def _send(self, method: str, **parameters: Any) -> dict:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv())).get("id") != number:
            pass  # an event
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]

    def goto(self, url: str) -> None:
        self._send("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def _call(self, function: str, argument: str) -> str:
        answer = self._send(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": argument}],
            target={"context": self._page},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"]["value"]

    def _perform(self, actions: list[dict]) -> None:
        self._send("input.performActions", context=self._page, actions=actions)


class WebKit(Engine):
    def __init__(self, driver):
        self._driver = driver
        driver.set_window_size(*SIZE)
        driver.set_script_timeout(5 * SECONDS)

    def goto(self, url: str) -> None:
        self._driver.get(url)

    def _call(self, function: str, argument: str) -> str:
        program = f"const [argument, done] = arguments; ({function})(argument).then("
        program += "answer => done({answer}), error => done({error: `${error}`}));"
        result = self._driver.execute_async_script(program, argument)
        if "error" in result:
            raise RuntimeError(result["error"])
        return result["answer"]

    def _perform(self, actions: list[dict]) -> None:
        self._driver.execute("actions", {"actions": actions})


@contextmanager
def firefox(home: Path) -> Iterator[Firefox]:
    """A Firefox without a window, its profile in ``home``."""
    program = os.environ.get("VAE_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if not program:
        raise Missing("no Firefox on this machine; name one with VAE_FIREFOX=/path/to/firefox")
    log = home / "log"
    command = [program, "--headless", "--no-remote", "--profile", str(home), "--remote-debugging-port", "0"]
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield Firefox(
            _wait_for(
                lambda: re.search(r"BiDi listening on (ws://\S+)", log.read_text(encoding="utf-8")), process, log
            )[1]
        )
    finally:
        end(process)


@contextmanager
def webkit(home: Path) -> Iterator[WebKit]:
    """WebKitGTK's MiniBrowser, in a screen that nobody sees."""
    from selenium import webdriver
    from selenium.webdriver.webkitgtk.service import Service

    driver = shutil.which("WebKitWebDriver")
    browser = os.environ.get("VAE_WEBKIT") or next(iter(glob.glob("/usr/lib*/*/webkit*gtk*/MiniBrowser")), None)
    if not (driver and browser and shutil.which("Xvfb")):
        raise Missing("no WebKitWebDriver, MiniBrowser and Xvfb on this machine (Debian: webkit2gtk-driver and xvfb)")
    options = webdriver.WebKitGTKOptions()
    options.binary_location = browser
    options.add_argument("--automation")
    options.set_capability("browserName", "MiniBrowser")
    with screen(home) as display:
        own = {"DISPLAY": display, "XDG_DATA_HOME": str(home), "XDG_CACHE_HOME": str(home)}
        own["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"  # it does not start as root; it shows our own pages only
        service = Service(driver, log_output=str(home / "log"), env=os.environ | own)
        session = webdriver.WebKitGTK(options=options, service=service)
        try:
            yield WebKit(session)
        finally:
            session.quit()


@contextmanager
def screen(home: Path) -> Iterator[str]:
    """An X server of its own, with a number that is free."""
    number, log = home / "display", home / "Xvfb"
    with open(number, "w", encoding="utf-8") as given, open(log, "w", encoding="utf-8") as output:
        size = f"{SIZE[0] + 120}x{SIZE[1] + 120}x24"
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp"]
        process = subprocess.Popen(command, stdout=given, stderr=output)
    try:
        yield f":{_wait_for(lambda: number.read_text(encoding='utf-8').strip(), process, log)}"
    finally:
        end(process)


def _wait_for(read: Callable[[], Any], process: subprocess.Popen, log: Path) -> Any:
    """What ``read()`` finds, once a program that was started has come so far."""
    end = time.monotonic() + SECONDS
    while not (found := read()):
        assert process.poll() is None and time.monotonic() < end, log.read_text(encoding="utf-8")
        time.sleep(0.05)
    return found
