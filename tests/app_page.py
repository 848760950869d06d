"""The page of `app_server.py` in a real browser, and what its tests do to it; they take the fixtures by name."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from app_server import TOKEN, listening_at, write_photographs
from browser import Browser, wait

from rtl_tf.app.journal import NAME, read
from rtl_tf.system import child

NAME_SHOWN = "document.querySelector('#stage').ariaLabel.match(/^Photograph ?(.*?)(: arrow keys.*)?$/)[1]"
STATE = """({ name: NAME_SHOWN,
  selected: document.querySelector('#landmarks [aria-selected=true]')?.dataset.landmark,
  saved: document.querySelector('#saved').textContent })""".replace("NAME_SHOWN", NAME_SHOWN)


class Server:
    """The server of `app_server.py` as a process, at an address that stays."""

    def __init__(self, folder: Path, *more: str):
        self.folder, self.more = folder, more
        with listening_at() as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/{TOKEN}/"
        self.start()

    def start(self) -> None:
        script = Path(__file__).with_name("app_server.py")
        words = [sys.executable, str(script), str(self.folder), str(self.port), *self.more]
        self.process = subprocess.Popen(words, env=child.environment(), start_new_session=True)
        wait(self._answers, "the server")

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def entries(self) -> list:
        return read(self.folder / NAME)[1]

    def _answers(self) -> bool:
        """Whether it answers, and has looked at all photographs where it looks ahead: flags tell which comes first."""
        assert self.process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{self.url}images", timeout=20) as answer:
                return "label" in self.more or all(row["guessed"] for row in json.load(answer)["images"])
        except OSError:
            return False


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    made = Browser(tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()


@pytest.fixture
def serve(browser):
    """Serve a folder and open its page, once the detector's points are there."""
    servers = []

    def start(folder: Path, *more: str) -> Server:
        servers.append(Server(folder, *more))
        browser.asked.clear()
        browser.errors.clear()
        open_page(browser, servers[-1])
        return servers[-1]

    yield start
    try:
        browser.open("about:blank")
    finally:
        for server in servers:
            server.kill()


def open_page(browser: Browser, server: Server) -> None:
    browser.open(server.url)
    browser.until("document.querySelector('.mark') !== null")


@pytest.fixture
def server(serve, tmp_path) -> Server:
    write_photographs(tmp_path / "photos")
    return serve(tmp_path / "photos")


def saved(browser: Browser) -> None:
    browser.until("document.querySelector('#saved').textContent === 'All changes are saved'")


def mark(name: str) -> str:
    return f".mark[data-landmark={name}] .dot"


def shown(browser: Browser, name: str) -> str:
    """A measurement, as it is shown."""
    return browser.run(f"document.querySelector('[data-measurement={name}] td').firstChild.textContent")


def fill(browser: Browser, field: str, text: str) -> None:
    """Put text into a field, and leave it."""
    events = "field.dispatchEvent(new Event('input')); field.dispatchEvent(new Event('change'))"
    browser.run(f"{{ const field = document.querySelector('{field}'); field.value = '{text}'; {events} }}")


def point_of(name: str) -> str:
    """Where somebody has placed a landmark of the open photograph."""
    return f"import('./state.js').then(({{ state }}) => state.photo?.points.{name})"


def go(browser: Browser, key: str, name: str) -> None:
    """To another photograph, and wait until it is there."""
    browser.press(key)
    wait(lambda: browser.run(STATE)["name"] == name, name)


def idle(browser: Browser, server: Server, number: int) -> None:
    """Wait until the journal has this number of entries, and the page knows it."""
    busy = "import('./photographs.js').then(({ saver }) => saver.busy)"
    wait(lambda: len(server.entries()) == number and not browser.run(busy), f"{number} changes")


def scale(browser: Browser) -> float:
    """Screen px for one of the photograph."""
    return browser.run("document.querySelector('#scene').getCTM().a")
