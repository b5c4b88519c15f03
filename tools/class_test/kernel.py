"""A kernel over its websocket, as JupyterLab talks to it: one process holds the connections of all students.

Jupyter's own libraries do the work (``jupyter_client`` makes the messages, ``tornado`` carries them); what is here is
the order of things, and what a page does when the connection breaks: come back with the same session, for the server
keeps what the kernel said meanwhile.
"""

import asyncio
import json

from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from tornado.httpclient import HTTPError, HTTPRequest
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, websocket_connect

from .cells import CellRun
from .limits import Failure, within

LARGEST_MESSAGE = 256 * 2**20  # bytes: a notebook's largest output is far below
OFFLINE = (HTTPError, OSError, StreamClosedError, WebSocketClosedError)
PAUSE = 0.5  # seconds between two tries to connect


class Kernel:
    """One connection to one kernel."""

    def __init__(self, address: str, token: str, patience: float):
        """``address``: ws://.../api/kernels/ID/channels; ``patience``: seconds in which a connection must succeed."""
        self.session = Session()
        self.reconnected = self.replies_lost = 0
        self._patience = patience
        self._request = HTTPRequest(
            f"{address}?session_id={self.session.session}",
            headers={"Authorization": f"token {token}"},
            connect_timeout=20,
            request_timeout=20,
        )
        self._socket = None

    async def connect(self) -> None:
        """Open the websocket; as often as it takes, until the patience ends."""
        await within(self._patience, self._keep_trying(), "connecting to the kernel")

    async def _keep_trying(self) -> None:
        self.close()
        while True:
            try:
                self._socket = await websocket_connect(self._request, max_message_size=LARGEST_MESSAGE)
                return
            except OFFLINE as error:
                if getattr(error, "code", None) in (403, 404):  # not offline: no such kernel, or no right to it
                    raise Failure(f"the kernel refuses the connection: {error}") from None
                await asyncio.sleep(PAUSE)

    def close(self) -> None:
        """Leave; the kernel runs on."""
        if self._socket:
            self._socket.close()
            self._socket = None

    async def run(self, code: str, seconds: float, what: str, on_start: asyncio.Event | None = None) -> CellRun:
        """Execute ``code`` and wait for its end; ``on_start`` is set at its first output. A lost kernel ends it too."""
        try:
            run = await within(seconds, self._run(code, on_start), what)
        except Failure as failure:
            raise Failure(f"{failure}{'' if self._socket else ', and the connection is broken'}") from None
        if run.lost:  # as JupyterLab does: a new connection, for the old one may lead to the kernel that is gone
            self.close()
        return run

    async def _run(self, code: str, on_start: asyncio.Event | None) -> CellRun:
        run = await self._ask_to_execute(code)
        probe = None
        while not run.done:
            message = await self._receive()
            if message is None:  # the connection broke: back, and ask whether the kernel has come past this cell
                await self.connect()
                self.reconnected += 1
                probe = self.session.msg("kernel_info_request", {})
                await self._send(probe)
                continue
            run.take(message)
            if on_start and run.outputs:
                on_start.set()
            if probe and _answers(message, probe) and not run.done:  # a kernel answers in order: this cell has ended
                if await self._drain(run):
                    break
                run, probe = await self._ask_to_execute(code), None  # or it never came there
        return run

    async def _ask_to_execute(self, code: str) -> CellRun:
        # no input() here: in a kernel that knows that nobody answers, it raises at once instead of waiting
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        request = self.session.msg("execute_request", {**content, "stop_on_error": True})
        await self._send(request)
        return CellRun(request["header"]["msg_id"])

    async def _drain(self, run: CellRun) -> bool:
        """Take what still comes. Has the cell run, though its end may have gone down with the connection?"""
        for _ in range(200):
            try:
                message = await asyncio.wait_for(self._receive(), 1)
            except (TimeoutError, asyncio.TimeoutError):
                break
            if message is None:
                self.close()
                break
            run.take(message)
            if run.done:
                return True
        self.replies_lost += run.heard
        return run.heard

    async def _send(self, message: dict) -> None:
        text = json.dumps({**message, "channel": "shell", "buffers": []}, default=json_default)
        while True:
            if self._socket is None:
                await self.connect()
            try:
                await self._socket.write_message(text)
                return
            except OFFLINE:
                self.close()

    async def _receive(self) -> dict | None:
        """The next message in text; widgets' pictures come as bytes, and are passed over. ``None``: cut off."""
        while True:
            message = await self._socket.read_message()
            if message is None:
                return None
            if isinstance(message, str):
                return json.loads(message)


def _answers(message: dict, request: dict) -> bool:
    parent = (message.get("parent_header") or {}).get("msg_id")
    return message["header"]["msg_type"].endswith("_reply") and parent == request["header"]["msg_id"]
