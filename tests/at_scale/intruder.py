"""What a curious student may try from a notebook: run in the intruder's own kernel, it prints what was possible.

``TARGET`` stands before this text there: a dictionary of the other student's name, home, account number, processes and
kernel, the hub's state, ports and processes, and the course's folder. Each attempt either raises an OSError, which is
the machine's refusal, or returns what it got.
"""

import json
import os
import socket
import stat
import urllib.error
import urllib.request
from pathlib import Path

TARGET = globals().get("TARGET", {})


def read(path) -> str:
    with open(path, "rb") as file:
        return f"read {len(file.read(100))} bytes"


def write(path) -> str:
    with open(path, "r+b"):
        return "opened for writing"


def make(folder) -> str:
    path = Path(folder) / "left-by-an-intruder"
    path.write_text("", encoding="utf-8")
    path.unlink()
    return "made a file"


def signal(pid) -> str:
    os.kill(pid, 0)  # asks for the right to send one, and sends none
    return "may send signals"


def connect(path) -> str:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    return "connected"


def ask(url, token="", method="GET") -> str:
    headers = {"Authorization": f"token {token}"} if token else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
    with opener.open(urllib.request.Request(url, headers=headers, method=method), timeout=20) as answer:
        return f"status {answer.status}: {answer.read(100)!r}"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A page that sends to the log-in form has refused: with it, urllib raises."""

    def redirect_request(self, *_):
        return None


def is_zmq(port) -> bool:
    """ZeroMQ greets whoever connects; a web server waits to be asked."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.settimeout(1)
        try:
            return client.recv(1) == b"\xff"
        except TimeoutError:
            return False


def listen(port) -> str:
    """To what a kernel tells its page. The other student's prints all the time."""
    import zmq

    with zmq.Context() as context, context.socket(zmq.SUB) as subscriber:
        subscriber.linger = 0
        subscriber.subscribe(b"")
        subscriber.connect(f"tcp://127.0.0.1:{port}")
        if not subscriber.poll(3000):
            raise PermissionError("nothing was said")
        return f"heard {subscriber.recv_multipart()!r}"


def listening_ports(uid) -> list[int]:
    """TCP ports on which processes of an account listen: every account may see that."""
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text(encoding="utf-8").splitlines()[1:]
    ]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and int(row[7]) == uid]


def readable_litter(uid) -> str:
    """Files of that account that lie open in the folders that all share."""
    places = [Path(place) for place in ("/tmp", "/var/tmp", "/dev/shm") if os.path.isdir(place)]
    open_to_all = []
    for path in (path for place in places for path in place.iterdir()):
        mode = path.lstat()
        if mode.st_uid == uid and not stat.S_ISLNK(mode.st_mode) and os.access(path, os.R_OK):
            open_to_all.append(str(path))
    if not open_to_all:
        raise PermissionError("nothing lies open")
    return f"can read {open_to_all}"


def inherited_files() -> str:
    """Files that only root may open, but that came open from the hub into this kernel."""
    opened = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            with open(link, "rb") as file:
                if stat.S_ISREG(os.fstat(file.fileno()).st_mode) and os.fstat(file.fileno()).st_uid == 0:
                    opened.append(os.readlink(link))
        except OSError:
            continue
    closed = [path for path in opened if path.startswith(TARGET["state"])]
    if not closed:
        raise PermissionError("none")
    return f"inherited {closed}"


def attempts() -> dict:
    """What is tried: a name, a function, its arguments."""
    home, runtime = Path(TARGET["home"]), Path(TARGET["home"]) / ".jupyter/run"
    state, course, token = Path(TARGET["state"]), Path(TARGET["course"]), os.environ["JUPYTERHUB_API_TOKEN"]
    tried = {
        "list the home": (os.listdir, home),
        "list the notebooks": (os.listdir, home / "vae/notebooks"),
        "read a notebook": (read, home / "vae/notebooks" / TARGET["notebook"]),
        "write a notebook": (write, home / "vae/notebooks" / TARGET["notebook"]),
        "make a file in the home": (make, home),
        "read the kernel's key": (read, runtime / f"kernel-{TARGET['kernel']}.json"),
        "list Jupyter's runtime folder": (os.listdir, runtime),
        **{f"connect to {Path(path).name}": (connect, path) for path in TARGET["sockets"]},
        "read what lies in shared folders": (readable_litter, TARGET["uid"]),
        "use files that the hub left open": (inherited_files,),
        "list the hub's state": (os.listdir, state),
        **{f"read the hub's {name}": (read, state / name) for name in TARGET["secrets"]},
        **{f"write the course's {name}": (write, course / name) for name in TARGET["course files"]},
        **{f"make a file in the course's {name}": (make, course / name) for name in TARGET["course folders"]},
        "ask the proxy for its routes": (ask, f"http://127.0.0.1:{TARGET['port'] + 1}/api/routes", token),
    }
    for what, pid in TARGET["processes"].items():
        tried[f"send signals to {what}"] = (signal, pid)
        tried |= {f"read {name} of {what}": (read, f"/proc/{pid}/{name}") for name in ("environ", "maps", "mem")}
        tried |= {f"list {name} of {what}": (os.listdir, f"/proc/{pid}/{name}") for name in ("cwd", "fd")}
    for port in listening_ports(TARGET["uid"]):
        if is_zmq(port):
            tried[f"listen to a kernel at port {port}"] = (listen, port)
            continue
        url = f"http://127.0.0.1:{port}/user/{TARGET['name']}/api/contents"
        tried[f"ask port {port} without a token"] = (ask, url)
        tried[f"ask port {port} with the own token"] = (ask, url, token)
    hub = f"http://127.0.0.1:{TARGET['port'] + 2}/hub/api"
    for path, method in (
        ("/users", "GET"),
        (f"/users/{TARGET['name']}", "GET"),
        (f"/users/{TARGET['name']}/tokens", "POST"),
        (f"/users/{TARGET['name']}/server", "DELETE"),
        ("/proxy", "GET"),
        ("/shutdown", "POST"),
    ):
        tried[f"{method} {path} of the hub"] = (ask, hub + path, token, method)
    return tried


def outcome(function, *arguments) -> str:
    """ "refused", or what was got."""
    try:
        return f"{function(*arguments)}"[:300]
    except PermissionError:
        return "refused"
    except urllib.error.HTTPError as error:
        return "refused" if error.code in (302, 401, 403, 404) else f"status {error.code}"
    except OSError as error:  # not refused, but not there: then the attempt says nothing
        return repr(error)


if TARGET:
    print(json.dumps({name: outcome(*attempt) for name, attempt in attempts().items()}))
