"""A student at a browser, over HTTP: log in by the form, a token, a server, files and kernels."""

import asyncio
import contextlib
import json
import re
import time
from urllib.parse import quote

import httpx

from .kernel import Kernel
from .limits import Deadlines, Failure, within

XSRF = re.compile(r'name="_xsrf"\s+value="([^"]+)"')
PAUSE = 0.5  # seconds between two looks


def server_event(line: str) -> dict | None:
    """One line of the hub's report on a starting server, or ``None`` for a line that says nothing."""
    return json.loads(line[len("data:") :]) if line.startswith("data:") else None


class Student:
    """One account: what its owner's browser would do."""

    def __init__(self, name: str, password: str, hub: str, deadlines: Deadlines):
        """``hub``: the address that browsers see, http://127.0.0.1:PORT."""
        self.name, self.password, self.hub, self.deadlines = name, password, hub, deadlines
        self.token = ""
        self._web = httpx.AsyncClient(base_url=hub, timeout=deadlines.request, trust_env=False)
        self._server = f"/user/{quote(name)}"

    async def close(self) -> None:
        """Close the browser; server and kernels run on."""
        await self._web.aclose()

    # --- the hub

    async def log_in(self) -> None:
        """By the form, as in a browser: the page's hidden value, name and password."""
        page = await self._ask("GET", "/hub/login")
        hidden = XSRF.search(page.text)
        if not hidden:
            raise Failure("the log-in page has no form with a hidden _xsrf value")
        form = {"_xsrf": hidden[1], "username": self.name, "password": self.password}
        answer = await self._ask("POST", "/hub/login", data=form, accept=(302, 403))
        if answer.status_code != 302:
            raise Failure("name and password are refused")

    async def still_logged_in(self) -> bool:
        """Does the cookie still open the student's own page?"""
        return (await self._ask("GET", "/hub/home", accept=(200, 302))).status_code == 200

    async def take_token(self) -> None:
        """A token for all that follows."""
        headers = {"X-XSRFToken": self._cookie("_xsrf")}
        body = {"note": "class test", "expires_in": int(self.deadlines.total) + 3600}
        path = f"/hub/api/users/{quote(self.name)}/tokens"
        answer = await self._ask("POST", path, json=body, headers=headers, accept=(200, 201), by_cookie=True)
        self.token = answer.json()["token"]

    def _cookie(self, name: str) -> str:
        return next((c.value for c in self._web.cookies.jar if c.name == name and c.path.startswith("/hub")), "")

    async def start_server(self) -> None:
        """Ask the hub for the server, and wait until it is ready."""
        await within(self.deadlines.start, self._start_server(), "starting the server")

    async def _start_server(self) -> None:
        path = f"/hub/api/users/{quote(self.name)}/server"
        while True:
            answer = await self._ask("POST", path, accept=(201, 202, 400, 429, 503))
            if answer.status_code in (201, 202):
                break
            ready = answer.status_code == 400 and (await self.server_state()) == "ready"
            if ready and await self._server_answers():
                return
            if answer.status_code == 400 and not ready and "pending" not in answer.text:
                raise Failure(f"the hub starts no server: {answer.text[:300]}")
            await asyncio.sleep(min(float(answer.headers.get("Retry-After", 2)), 10))  # too many at once: it says so
        while (await self.server_state()) != "ready":
            await self._follow(path + "/progress")

    async def _server_answers(self) -> bool:
        """A server that died this moment is "already running" to the hub, until the system has cleared it away."""
        with contextlib.suppress(httpx.TransportError):
            return (await self._web.get(f"{self._server}/api/status", headers=self._headers())).status_code == 200
        return False

    async def _follow(self, path: str) -> None:
        """The hub's report on a starting server, to its end."""
        try:
            async with self._web.stream("GET", path, headers=self._headers(), timeout=self.deadlines.start) as report:
                async for line in report.aiter_lines():
                    event = server_event(line)
                    if event and event.get("failed"):
                        raise Failure(f"the server did not start: {event.get('message')}")
                    if event and event.get("ready"):
                        return
        except httpx.TransportError:
            pass
        await asyncio.sleep(PAUSE)

    async def server_state(self) -> str:
        """What the hub believes of this student's server: "ready", "pending" or "none"."""
        user = (await self._ask("GET", f"/hub/api/users/{quote(self.name)}")).json()
        server = user["servers"].get("")
        if not server:
            return "none"
        return "ready" if server["ready"] else "pending"

    # --- the student's own server

    async def read(self, path: str) -> dict:
        """A notebook of the student's folder."""
        return (await self._ask("GET", f"{self._server}/api/contents/{quote(path)}")).json()["content"]

    async def save(self, path: str, notebook: dict) -> None:
        """Save it, as Ctrl-S does."""
        body = {"type": "notebook", "format": "json", "content": notebook}
        await self._ask("PUT", f"{self._server}/api/contents/{quote(path)}", json=body, accept=(200, 201))

    async def open_notebook(self, path: str) -> tuple[str, str]:
        """Start a kernel on a notebook: ids of the session and of the kernel."""
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        answer = await self._ask("POST", f"{self._server}/api/sessions", json=body, accept=(201,))
        return answer.json()["id"], answer.json()["kernel"]["id"]

    async def shut(self, session: str) -> None:
        """Shut a notebook's kernel down."""
        await self._ask("DELETE", f"{self._server}/api/sessions/{session}", accept=(204, 404, 410))

    def kernel(self, kernel_id: str) -> Kernel:
        """The connection to a kernel, not yet open."""
        address = self.hub.replace("http", "ws", 1) + f"{self._server}/api/kernels/{kernel_id}/channels"
        return Kernel(address, self.token, self.deadlines.start)

    # ---

    def _headers(self) -> dict:
        return {"Authorization": f"token {self.token}"} if self.token else {}

    async def _ask(
        self,
        method: str,
        path: str,
        accept: tuple = (200,),
        by_cookie: bool = False,
        headers: dict | None = None,
        **body,
    ) -> httpx.Response:
        """One request; again, while the hub or its proxy is not there. An answer not in ``accept`` is a failure."""
        headers = {**(headers or {}), **({} if by_cookie else self._headers())}
        end = time.monotonic() + self.deadlines.request
        while True:
            try:
                answer = await self._web.request(method, path, headers=headers, **body)
                problem = f"status {answer.status_code}: {answer.text[:200]}"
                if answer.status_code in accept:
                    return answer
                if answer.status_code not in (502, 503, 504):
                    break
            except httpx.TransportError as error:
                problem = repr(error)
            if time.monotonic() > end:
                break
            await asyncio.sleep(PAUSE)
        raise Failure(f"{method} {path}: {problem}")
