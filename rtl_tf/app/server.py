"""The routes: what the page asks for, and where it is answered. All paths lie below the token."""

import json
from collections.abc import Callable
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from rtl_tf.app.changes import Conflict
from rtl_tf.app.folder import Photo, Unreachable
from rtl_tf.app.pictures import as_png
from rtl_tf.app.security import Access, Guard, login_name
from rtl_tf.app.session import Session
from rtl_tf.datasets.table import TABLE
from rtl_tf.documents import Node, decoded, json_bytes, parse_json
from rtl_tf.exceptions import InputError, os_error_text

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PATIENCE = 2.0  # s, that an answer on a guess waits for it; the page asks again
HEAT = (255, 60, 0)  # RGB
OPAQUE = 200  # of 255, where a heatmap is highest


def application(session: Session, access: Access) -> Guard:
    """The whole server as an ASGI application."""
    routes = [
        Route("/", _file("index.html")),
        *(Route(f"/{name}", _file(name)) for name in page_files()),
        Route("/session", _json(lambda request: session.about() | {"who": _who(request, session, access)})),
        Route("/images", _json(lambda request: session.listing())),
        Route("/images/{index:int}", _json(lambda request: session.image(_index(request)))),
        Route("/images/{index:int}/guess", _json(lambda request: _guess(session, request))),
        Route("/images/{index:int}/overview", _jpeg(lambda request: _overview(session, request))),
        Route("/images/{index:int}/tiles/{column:int}/{row:int}", _jpeg(lambda request: _tile(session, request))),
        Route("/images/{index:int}/heatmap/{landmark}", _answered(lambda request: _heatmap(session, request))),
        Route("/images/{index:int}/changes", _posted(partial(_change, session, access)), methods=["POST"]),
        Route("/images/{index:int}/intervals", _posted(partial(_intervals, session)), methods=["POST"]),
        Route("/landmarks.csv", _answered(lambda request: _table(session))),
    ]
    return Guard(Starlette(routes=[Mount(f"/{access.token}", routes=routes)]), access)


@cache
def page_files() -> dict[str, bytes]:
    """The page's files, by name."""
    folder = resources.files("rtl_tf.app") / "page"
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if Path(entry.name).suffix in TYPES}


Ask = Callable[[Request], Any]


def _answered(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """An endpoint, which the server runs in a thread; what is wrong with a request is told in one line."""

    def endpoint(request: Request) -> Response:
        try:
            return answer(request)
        except Unreachable as problem:  # the page asks again
            return _problem(503, str(problem))
        except InputError as problem:
            return _problem(400, str(problem))
        except Conflict as problem:
            return _problem(409, str(problem))
        except OSError as problem:  # a full disk: nothing is changed, and the page says so
            return _problem(507, os_error_text(problem))

    return endpoint


class Json(JSONResponse):
    """With escapes for all that is not ASCII: a file's name may have what is no UTF-8."""

    def render(self, content: Any) -> bytes:
        return json_bytes(content)


def _json(ask: Ask) -> Callable[[Request], Response]:
    return _answered(lambda request: Json(ask(request)))


def _jpeg(ask: Ask) -> Callable[[Request], Response]:
    return _answered(lambda request: Response(ask(request), media_type="image/jpeg"))


def _file(name: str) -> Callable[[Request], Response]:
    return lambda request: Response(page_files()[name], media_type=TYPES[Path(name).suffix])


def _problem(status: int, what: str) -> Response:
    return Json({"problem": what}, status)


def _index(request: Request) -> int:
    return request.path_params["index"]


def _who(request: Request, session: Session, access: Access) -> str:
    return login_name(access, request.headers.get("authorization", "")) or session.who


def _photo(session: Session, request: Request) -> Photo:
    """The one that is asked for; Conflict where it is not `of` the content that the page shows any more."""
    photo, content = session.photo(_index(request)), request.query_params.get("of")
    if content:
        session.require_content(photo, content)
    return photo


def _guess(session: Session, request: Request) -> dict:
    photo = _photo(session, request)
    largest, guesser = session.guesses.wait_for(_index(request), PATIENCE), session.guesses.guesser
    guess = session.chosen(photo, largest)
    waiting = guess is None and not session.guesses.problem
    return {
        "waiting": waiting,
        "status": session.guesses.status,
        "heatmaps": guess is not None and guess.crop is not None,
        **({} if waiting else session.seen(guess)),
        **({} if guess is None or guesser is None else guess.to_json() | {"no_intervals": guesser.no_errors}),
        "faces": [] if largest is None else largest.faces,
        "face": None if guess is None else guess.centre,
        "asked": session.chosen_place(photo),
    }


def _overview(session: Session, request: Request) -> bytes:
    return session.pictures.overview(_photo(session, request).path)


def _tile(session: Session, request: Request) -> bytes:
    return session.pictures.tile(
        _photo(session, request).path, request.path_params["column"], request.path_params["row"]
    )


def _heatmap(session: Session, request: Request) -> Response:
    """A picture, and in the header X-Square where on the photograph it lies: left, top, side."""
    index, landmark = _index(request), session.schema.index(request.path_params["landmark"])
    photo, guesser = _photo(session, request), session.guesses.guesser
    guess = session.chosen(photo, session.guesses.done(index))
    found = None
    if guess is not None and guesser is not None:
        found = guesser.heatmap(guess, session.pictures.pixels(photo.path), landmark)
    if found is None:
        return _problem(404, "no heatmap: the photograph has none, or the detector's engine gives none")
    heatmap, square = found
    colours = np.zeros((*heatmap.shape, 4), np.uint8)
    colours[..., :3] = HEAT
    colours[..., 3] = np.clip(heatmap, 0, 1) * OPAQUE
    place = ",".join(f"{value:.3f}" for value in (square.left, square.top, square.side))
    return Response(as_png(colours), media_type="image/png", headers={"X-Square": place})


def _posted(answer: Callable[[Request, Node], dict]) -> Callable:
    """An endpoint that is sent JSON, and answers with JSON, in a thread."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        asked = _json(lambda request: answer(request, parse_json(decoded(body, "the request"), "the request")))
        return await run_in_threadpool(asked, request)

    return endpoint


def _change(session: Session, access: Access, request: Request, asked: Node) -> dict:
    return session.change(_index(request), asked, _who(request, session, access))


def _intervals(session: Session, request: Request, asked: Node) -> dict:
    return session.intervals(_index(request), asked)


def _table(session: Session) -> Response:
    """The table, to be saved in the folder of the photographs; in the header X-Notes what its reader should know."""
    table = session.table()
    content = table.content(session.folder.path / TABLE)
    headers = {"Content-Disposition": 'attachment; filename="landmarks.csv"', "X-Notes": json.dumps(table.notes)}
    return Response(content, media_type="text/csv", headers=headers)
