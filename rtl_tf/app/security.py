"""Who may ask the server: who has the address with its token, from a page of its own, under the host's own name.

The token is the first part of every path, so that a page of another site can neither ask nor guess; nothing is stored
in a cookie. The host's name is looked at because another site's name can be made to lead here (DNS rebinding).
"""

import asyncio
import base64
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rtl_tf.exceptions import InputError

HTTP = 80  # the port of addresses without one
LARGEST_BODY = 2**20  # bytes
ELSEWHERE = "Another site's page may not ask, nor lead here: paste the address into the browser."
SHORTEST_PASSWORD = 10
LONGEST_NAME = 100
PAUSE = 1.0  # s, after a wrong password
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",  # the browser leaves nothing of a photograph on the disk
}


@dataclass(frozen=True)
class Access:
    """Attributes:
    token: the first part of every path.
    host, port: that the server listens on.
    password: that is asked for too; "" = none.
    """

    host: str
    port: int
    token: str
    password: str = ""

    @property
    def names(self) -> set[str]:
        """Values of the header Host of a request that was meant for this server."""
        hosts = {"127.0.0.1", "localhost"} if self.host == "127.0.0.1" else {self.host}
        ends = {f":{self.port}", *([""] if self.port == HTTP else [])}  # browsers leave that port out
        return {f"{_in_url(host)}{end}" for host in hosts for end in ends}

    @property
    def url(self) -> str:
        return f"http://{_in_url(self.host)}:{self.port}/{self.token}/"


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def require_address(host: str) -> str:
    """One address of this machine, as its browser and others write it.

    Raises:
        InputError: a name, or all addresses at once, under which nobody could tell what a request was meant for.
    """
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise InputError(f"--host {host}: no address of this machine in digits, such as 192.168.1.20") from None
    if address.is_unspecified or address.is_multicast:
        raise InputError(f"--host {host}: name one address of this machine, not all of them")
    return str(address)


def is_own_machine(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback


def require_password(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise InputError(f"the password needs {SHORTEST_PASSWORD} characters at least")
    return password


class Guard:
    """ASGI middleware: refuses whoever may not ask, and sends the headers that hold a browser to this server."""

    def __init__(self, app: ASGIApp, access: Access):
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # no websockets
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        status, why = refusal(self.access, scope["method"], scope["path"], headers)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *own]}
            await send(message)

        if not status:
            await self.app(scope, receive, answer)
            return
        asked = {"WWW-Authenticate": 'Basic realm="rtl-app", charset="UTF-8"'} if status == 401 else {}
        if status == 401 and any(name == b"authorization" for name, _ in headers):
            await asyncio.sleep(PAUSE)
        await PlainTextResponse(why + "\n", status, asked)(scope, receive, answer)


def refusal(access: Access, method: str, path: str, headers: Sequence[tuple[bytes, str]]) -> tuple[int, str]:
    """Why a request is not answered, with its HTTP status; 0 where it is."""
    given = dict(headers)
    if [value for name, value in headers if name == b"host"] not in [[name] for name in access.names]:
        return 421, "Open the address as rtl-app printed it; a tunnel (ssh -L) needs the same port on both ends."
    if not hmac.compare_digest("".join(path.split("/")[1:2]).encode(), access.token.encode()):
        return 404, "Open the address that rtl-app printed, all of it."
    if given.get(b"origin", f"http://{given[b'host']}") != f"http://{given[b'host']}":
        return 403, ELSEWHERE
    if given.get(b"sec-fetch-site", "none") not in ("none", "same-origin"):
        return 403, ELSEWHERE
    if access.password and not hmac.compare_digest(_login(given)[1].encode(), access.password.encode()):
        return 401, "The password is missing or wrong."
    if method != "POST":
        return 0, ""
    if given.get(b"content-type", "").split(";")[0].strip() != "application/json":
        return 415, "Expected JSON."
    length = given.get(b"content-length", "")
    if not length.isascii() or not length.isdecimal():
        return 411, "Say how long it is."
    return (413, "Too long.") if int(length[:20]) > LARGEST_BODY else (0, "")


def login_name(access: Access, authorization: str) -> str:
    """Under which name somebody has given the password; "" where none is asked for."""
    name = _login({b"authorization": authorization})[0] if access.password else ""
    return "".join(filter(str.isprintable, name))[:LONGEST_NAME]


def _login(headers: dict[bytes, str]) -> tuple[str, str]:
    kind, _, told = headers.get(b"authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(told, validate=True).decode().partition(":")
    except ValueError:  # no base64, no UTF-8, no ASCII
        return "", ""
    return name, password


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
