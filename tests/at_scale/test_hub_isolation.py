"""No student reads or writes another's files, tried on a real hub with two accounts: `intruder.py` says what is tried.

The owner makes the same attempts. What succeeds there shows that an attempt that was refused was a real one.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from tools.class_test import hub as hubs  # noqa: E402
from tools.class_test import machine  # noqa: E402
from tools.class_test.limits import Deadlines, usable_cores  # noqa: E402
from tools.class_test.readable_python import readable_python  # noqa: E402
from tools.class_test.web import Student  # noqa: E402

pytestmark = pytest.mark.slow
INTRUDER = (Path(__file__).parent / "intruder.py").read_text(encoding="utf-8")
NOTEBOOK = "06_latent_space.ipynb"
OWNER, OTHER = "vae-pair-1-of-the-longest-names", "vae-pair-2"
COURSE = {
    "secrets": ["passwords.csv", "cookie_secret", "jupyterhub.sqlite", "proxy.pid", f"servers/{OWNER}.log"],
    "course": str(ROOT),
    "course files": [f"notebooks/{NOTEBOOK}", "vae_helpers/__init__.py", "deploy/jupyterhub/jupyterhub_config.py"],
    "course folders": ["", "notebooks", "vae_helpers", "data", "data/weights", "deploy/jupyterhub/config"],
    "notebook": NOTEBOOK,
}
AS_BROWSER = [f"/user/{OWNER}/lab", f"/user/{OWNER}/api/contents", f"/hub/user/{OWNER}/", f"/hub/spawn/{OWNER}"]
BY_TOKEN = [f"/user/{OWNER}/api/{name}" for name in ("contents", "kernels", "sessions", "terminals", "status")]


PRINT = "import time\nfor moment in range(600):\n    print('secret', flush=True)\n    time.sleep(0.2)"


async def sit_down(name: str, password: str, hub: hubs.Hub):
    """A student with a server and a kernel; and what an intruder could know of the two."""
    student = Student(name, password, hub.address, Deadlines(2, usable_cores()))
    await student.log_in()
    await student.take_token()
    await student.start_server()
    _, kernel_id = await student.open_notebook(NOTEBOOK)
    kernel = student.kernel(kernel_id)
    await kernel.connect()
    await kernel.run("secret = 1", 60, "the first cell")
    home = Path(f"~{name}").expanduser()
    target = {
        "name": name,
        "uid": machine.uid_of(name),
        "home": str(home),
        "kernel": kernel_id,
        "sockets": [str(path) for path in home.rglob(f"kernel-{kernel_id}-ipc-*")],
        "processes": {
            "the server": machine.server_process(name).pid,
            "the kernel": machine.kernel_process(name, kernel_id).pid,
        },
        "port": hub.port,
        "state": str(hub.state),
        **COURSE,
    }
    return student, kernel, target


async def probe(kernel, target: dict) -> dict[str, str]:
    run = await kernel.run(f"TARGET = {target!r}\n{INTRUDER}", 60, "the attempts")
    assert run.error is None, run.error
    return json.loads(run.text)


async def try_all(hub: hubs.Hub, passwords: dict[str, str]) -> dict[str, dict[str, str]]:
    """All attempts: the owner's own, the other's from a notebook, and the other's over the web."""
    found = await asyncio.gather(*(sit_down(name, passwords[name], hub) for name in (OWNER, OTHER)))
    (owner, owners_kernel, target), (other, others_kernel, _) = found
    by_owner = await probe(owners_kernel, target)
    roots = {process.name(): process.pid for process in hub.own_processes()}
    target["processes"] |= {f"root's {name}": pid for name, pid in roots.items()}
    printing = asyncio.create_task(owners_kernel.run(PRINT, 130, "printing"))
    by_other = await probe(others_kernel, target)
    printing.cancel()  # it has been printing all the time
    web = {}
    anything = tuple(range(200, 600))
    for path in AS_BROWSER:
        answer = await other._ask("GET", path, accept=anything, by_cookie=True, follow_redirects=True)
        web[f"{path} as a browser"] = str(answer.status_code)
    for path in BY_TOKEN:
        web[f"{path} by token"] = str((await other._ask("GET", path, accept=anything)).status_code)
        web[f"{path} by the owner's token"] = str((await owner._ask("GET", path, accept=anything)).status_code)
    for student, kernel in ((owner, owners_kernel), (other, others_kernel)):
        kernel.close()
        await student.close()
    return {"owner": by_owner, "other": by_other, "web": web, "target": target}


@pytest.fixture(scope="module")
def tried():
    if os.geteuid() != 0:
        reason = "accounts can be made by root only: run this test as root"
        pytest.fail(reason) if os.environ.get("VAE_REQUIRE_CLASS") else pytest.skip(reason)
    state, environment = (Path(tempfile.mkdtemp(prefix="vae-isolation-")) for _ in range(2))
    environment.chmod(0o755)
    hub = hubs.Hub(ROOT / ".hub" / "bin", machine.free_port(None), readable_python(environment), state)
    try:
        hub.refuse_unless_usable()
        passwords = machine.make_accounts([OWNER, OTHER], state)
        hub.start()
        hub.wait_ready(60)
        yield asyncio.run(try_all(hub, passwords))
    finally:
        hub.stop()
        machine.remove_accounts(state)
        for folder in (state, environment):
            shutil.rmtree(folder, ignore_errors=True)


def test_all_that_another_student_tries_from_a_notebook_is_refused(tried):
    assert {name: got for name, got in tried["other"].items() if got != "refused"} == {}
    assert len(tried["other"]) > 60


def test_the_owner_succeeds_with_the_same_attempts(tried):
    """Else a file that is not there, or not where we look, would pass for a file that is kept."""
    own = [
        *("list the home", "list the notebooks", "read a notebook", "write a notebook", "make a file in the home"),
        *("read the kernel's key", "list Jupyter's runtime folder", "send signals to the server"),
        *("send signals to the kernel", "read environ of the server", "list fd of the kernel"),
    ]
    assert [name for name in own if tried["owner"][name] == "refused"] == []
    sockets = [name for name in tried["owner"] if name.startswith("connect to kernel-")]
    assert len(sockets) == 5 and {tried["owner"][name] for name in sockets} == {"connected"}


def test_a_kernel_has_no_port_for_its_messages(tried):
    """They are signed, not hidden: on TCP, every account could read them. What is left is a port of ipykernel's own, to
    which a process that the kernel has started tells its outputs; it says nothing itself.
    """
    ports = [name for name in tried["other"] if name.startswith("listen to a kernel at port ")]
    assert len(ports) <= 1
    assert sum(name.startswith("ask port ") for name in tried["other"]) == 2  # one server, asked twice


def test_the_owner_may_not_change_the_course_either(tried):
    about_course = {name: got for name, got in tried["owner"].items() if "the course's" in name or "the hub's" in name}
    assert {name: got for name, got in about_course.items() if got != "refused"} == {}
    assert len(about_course) > 10


def test_the_hub_opens_no_server_to_another_student(tried):
    for page, status in tried["web"].items():
        assert status in (["200"] if "the owner's" in page else ["403", "404"]), page
