"""A real headless Chromium, driven over its DevTools protocol: mouse, keys, screenshots, and what it asks of whom."""

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    *("--headless=new", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--remote-debugging-port=0"),
    *("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--remote-allow-origins=*", "--no-sandbox"),
    *("--disable-background-networking", "--window-size=1400,900"),
)
CODES = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Enter": 13, "Delete": 46, "Tab": 9}
SHIFT, CONTROL = 8, 2  # DevTools' numbers of modifiers
PATIENCE = 60  # s; the machine may have other work


class Browser:
    """One page. Its console's errors and the addresses that it asked are kept."""

    def __init__(self, folder: Path):
        websocket = pytest.importorskip("websocket", reason="websocket-client is not installed")
        if CHROMIUM is None:
            pytest.skip("no Chromium on this machine")
        home = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
        words = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        self.process = subprocess.Popen(words, env=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = wait(lambda: self._port(folder / "profile" / "DevToolsActivePort"))
        self.socket = websocket.create_connection(wait(lambda: self._page(port)), timeout=PATIENCE)
        self.asked: list[str] = []
        self.errors: list[str] = []
        self._number = 0
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters) -> dict:
        """Ask Chromium; its answer."""
        self._number += 1
        number = self._number
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self.socket.recv())
            self._note(told)
            if told.get("id") == number:
                assert "error" not in told, told
                return told["result"]

    def run(self, code: str):
        """The value of an expression in the page; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def until(self, code: str):
        """Wait until an expression is true in the page; its value."""
        return wait(lambda: self.run(code), code)

    def mouse(self, kind: str, x: float, y: float, **more) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def drag(self, x: float, y: float, dx: float, dy: float) -> None:
        self.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
        for share in (0.3, 0.7, 1.0):
            self.mouse("mouseMoved", x + share * dx, y + share * dy, button="left", buttons=1)
        self.mouse("mouseReleased", x + dx, y + dy, button="left", clickCount=1)

    def click(self, x: float, y: float) -> None:
        self.drag(x, y, 0, 0)

    def press(self, key: str, modifiers: int = 0, times: int = 1) -> None:
        for _ in range(times):
            self.hold(key, 1, modifiers)

    def hold(self, key: str, times: int, modifiers: int = 0) -> None:
        """A key that goes down this number of times, from the second on by itself, before it comes up once."""
        text = {"text": key} if len(key) == 1 and not modifiers & CONTROL else {"text": "\r"} if key == "Enter" else {}
        code = CODES.get(key, ord(key.upper()) if len(key) == 1 else 0)
        pressed = {"key": key, "modifiers": modifiers, "windowsVirtualKeyCode": code}
        for number in range(times):
            self.call("Input.dispatchKeyEvent", type="keyDown", autoRepeat=number > 0, **pressed, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def middle(self, selector: str) -> tuple[float, float]:
        """Where on the screen an element's middle is."""
        found = (
            f"const found = document.querySelector({json.dumps(selector)}); found.scrollIntoView({{block: 'nearest'}})"
        )
        code = "const box = found.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]"
        return tuple(self.run(f"(() => {{ {found}; {code} }})()"))

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait()

    def _note(self, told: dict) -> None:
        parameters = told.get("params", {})
        if told.get("method") == "Network.requestWillBeSent":
            self.asked.append(parameters["request"]["url"])
        elif told.get("method") == "Page.javascriptDialogOpening":  # whether to leave a page that is still saving
            self._number += 1
            answer = {"id": self._number, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
            self.socket.send(json.dumps(answer))
        elif told.get("method") == "Runtime.exceptionThrown":
            self.errors.append(parameters["exceptionDetails"].get("exception", {}).get("description", "?"))
        elif told.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")

    def _port(self, file: Path) -> int | None:
        assert self.process.poll() is None, "Chromium did not start"
        lines = file.read_text().splitlines() if file.exists() else []
        return int(lines[0]) if len(lines) > 1 else None

    def _page(self, port: int) -> str | None:
        from urllib.request import urlopen

        with urlopen(f"http://127.0.0.1:{port}/json", timeout=PATIENCE) as answer:
            pages = [page for page in json.load(answer) if page["type"] == "page"]
        return pages[0]["webSocketDebuggerUrl"] if pages else None


def wait(look, what: str = "a start"):
    """The first true value of `look()`."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := look():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE} s for {what}")
