"""What a kernel says while a cell runs, gathered into outputs and an error: no network here."""

import re
from dataclasses import dataclass, field

from nbformat.v4 import output_from_msg

OUTPUTS = {"stream", "display_data", "execute_result", "error"}
LOST = {"restarting", "autorestarting", "dead"}  # what the server says of a kernel that is gone
MOST_TEXT = 2_000_000  # characters of printed text kept of one cell; the rest is counted and dropped
HELD_BACK = re.compile(r"IOPub (?:data|message) rate exceeded")  # the server, when it withholds outputs
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class CellRun:
    """One execution: feed it each message of the kernel; ``done`` once the reply and the last output are there."""

    request: str  # the message id of the execute_request
    outputs: list = field(default_factory=list)
    reply: dict | None = None
    idle: bool = False
    lost: str | None = None  # "restarting" or "dead", when the server said so of the kernel
    heard: bool = False  # has the kernel said anything on it? If not, the request may have been lost on the way
    dropped: int = 0  # characters
    _clear_next: bool = False

    @property
    def done(self) -> bool:
        """Nothing more will come."""
        return self.lost is not None or (self.reply is not None and self.idle)

    @property
    def error(self) -> str | None:
        """The last line of the traceback, or what else went wrong; ``None`` for a cell that went well."""
        if self.lost:
            return f"the kernel is {self.lost}"
        for output in self.outputs:
            if output.output_type == "error":
                return last_line(output)
            if output.output_type == "stream" and HELD_BACK.search(output.text):
                return f"the server held outputs back: {HELD_BACK.search(output.text)[0]}"
        if self.reply and self.reply.get("status") != "ok":
            return f"{self.reply.get('ename', 'not executed')}: {self.reply.get('evalue', self.reply.get('status'))}"
        return None

    @property
    def text(self) -> str:
        """All that it printed, and its last value as text."""
        pieces = [
            o.text if o.output_type == "stream" else o.get("data", {}).get("text/plain", "") for o in self.outputs
        ]
        return "".join(pieces)

    def take(self, message: dict) -> None:
        """Sort in one message; those of other requests and of widgets' comms change nothing."""
        kind, content = message["header"]["msg_type"], message["content"]
        parent = (message.get("parent_header") or {}).get("msg_id")
        if kind == "status" and content["execution_state"] in LOST:
            self.lost = "dead" if content["execution_state"] == "dead" else "restarting"
        elif parent != self.request:
            return
        else:
            self.heard = True
            self._sort(kind, content, message)

    def _sort(self, kind: str, content: dict, message: dict) -> None:
        if kind == "execute_reply":
            self.reply = content
        elif kind == "status":
            self.idle = content["execution_state"] == "idle"
        elif kind == "clear_output":
            self._clear_next = True
            if not content.get("wait"):
                self._clear()
        elif kind in OUTPUTS:
            self._clear()
            self._add(output_from_msg(message))

    def _clear(self) -> None:
        if self._clear_next:
            self.outputs.clear()
            self._clear_next = False

    def _add(self, output) -> None:
        if output.output_type != "stream":
            self.outputs.append(output)
            return
        kept = sum(len(o.text) for o in self.outputs if o.output_type == "stream")
        room = max(0, MOST_TEXT - kept)
        self.dropped += max(0, len(output.text) - room)
        output.text = output.text[:room]
        last = self.outputs[-1] if self.outputs else None
        if last and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
        elif output.text:
            self.outputs.append(output)


def last_line(error) -> str:
    """``NameError: name 'x' is not defined``, without the colours of the terminal."""
    lines = [line for line in COLOURS.sub("", "\n".join(error.get("traceback", []))).splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"{error.ename}: {error.evalue}"
