"""`python tests/app_kills.py FOLDER KILLS`: a server that is killed between and within requests, again and again.

Each server is a fork of this process, which has imported everything. Prints what was acknowledged as JSON: of each
change its name and place; a change that had no answer is asked for again of the next server.
"""

import http.client
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from app_server import TOKEN, listening_at, serve, write_photographs

from rtl_tf.system.hashing import file_hash


def start(folder: Path, port: int) -> tuple[int, int]:
    """A server's process id, and its port."""
    listening = listening_at(port)
    process = os.fork()
    if not process:
        try:
            serve(folder, listening)
        finally:
            os._exit(1)
    port = listening.getsockname()[1]
    listening.close()
    return process, port


def ask(port: int, body: dict, killed_after: float | None, process: int) -> bool:
    """Send a change; whether it was acknowledged. `killed_after` s the server dies."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", f"/{TOKEN}/images/0/changes", json.dumps(body), {"Content-Type": "application/json"})
        if killed_after is not None:
            time.sleep(killed_after)
            os.kill(process, signal.SIGKILL)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        assert answer.status == 200, told
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def place(number: int) -> list[float]:
    return [1 + number % 80, 2.25 + number % 60]


def change(saved: list, sha256: str) -> dict:
    """The one after those that were acknowledged: without an answer the same once more."""
    number = len(saved)
    changes = [{"landmark": "nasion", "old": place(number - 1) if number else None, "new": place(number)}]
    return {"change": f"change-{number}", "kind": "place", "sha256": sha256, "changes": changes}


def main(folder: Path, kills: int) -> None:
    write_photographs(folder, "a")
    sha256, chance = file_hash(folder / "a.png"), random.Random(0)
    saved, port = [], 0
    for _ in range(kills):
        process, port = start(folder, port)
        try:
            for left in reversed(range(chance.randint(1, 3))):
                within = chance.choice([chance.uniform(0, 0.012), None]) if left == 0 else None
                if ask(port, change(saved, sha256), within, process):
                    saved.append([f"change-{len(saved)}", place(len(saved))])
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
    print(json.dumps(saved))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
