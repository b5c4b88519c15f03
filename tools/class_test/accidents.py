"""What goes wrong in the middle: a kernel, a student's server and the hub are killed, one after the other.

Each as a crash is: SIGKILL to the process, from outside. What must hold then is asked here; whoever runs this has saved
a notebook before, and compares it afterwards.
"""

import asyncio
import contextlib
import time
from pathlib import Path

from .hub import Hub
from .kernel import Kernel
from .limits import Failure, within
from .machine import end, kernel_process, processes_of, server_process, still_there, uid_of
from .web import Student

ORPHANS = 30  # seconds in which a killed server's kernels must end by themselves
LONG_CELL = "import time\nremembered = 1\nprint('begun', flush=True)\ntime.sleep(600)"
NEW_KERNEL = "import os\nprint('remembered' in globals(), os.getpid())"
BACK = ".hub-is-back"  # a file in the student's home: the witness's cell ends when it is there
WITNESS = f"""\
import os, pathlib, time
began = os.getpid()
for tick in range(1200):
    print(tick, flush=True)
    time.sleep(0.5)
    if (pathlib.Path.home() / {BACK!r}).exists():
        break
print("went on through", began == os.getpid())"""


async def lose_kernel(student: Student, kernel: Kernel, kernel_id: str) -> float:
    """Kill a kernel that is busy; seconds until a new one, in its place, has run a cell."""
    begun = asyncio.Event()
    busy = asyncio.create_task(kernel.run(LONG_CELL, student.deadlines.cell + 60, "the busy cell", begun))
    try:
        await within(student.deadlines.cell, begun.wait(), "the busy cell's beginning")
        victim = await asyncio.to_thread(kernel_process, student.name, kernel_id)
        killed = time.monotonic()
        victim.kill()
        lost = await busy
    finally:
        busy.cancel()
    if lost.lost is None:
        raise Failure(f"a kernel was killed, and its page was told {lost.error or 'that the cell is done'!r}")
    after = await kernel.run(NEW_KERNEL, student.deadlines.start, "the first cell of the new kernel")
    if after.error:
        raise Failure(f"the new kernel: {after.error}")
    words = after.text.split()
    if words[0] != "False" or int(words[1]) == victim.pid:
        raise Failure("the kernel that was killed answers still")
    return time.monotonic() - killed


async def lose_server(student: Student) -> float:
    """Kill a student's server; seconds until a new one is ready. The hub notices at the latest when it is asked.

    Its kernels must not stay behind: nobody could reach them, and they keep their memory.
    """
    victim = await asyncio.to_thread(server_process, student.name)
    before = await asyncio.to_thread(processes_of, uid_of(student.name))
    began = time.monotonic()
    victim.kill()
    if await asyncio.to_thread(still_there, [victim], ORPHANS):  # a large process takes a moment to end
        raise Failure("a server was killed and did not end")
    await student.start_server()
    seconds = time.monotonic() - began
    if (await asyncio.to_thread(server_process, student.name)).pid == victim.pid:
        raise Failure("the server that was killed is there still")
    left = await asyncio.to_thread(still_there, before, ORPHANS)
    if left:
        await asyncio.to_thread(end, left)
        raise Failure(f"{len(left)} processes of a server that was killed stayed for {ORPHANS} s")
    return seconds


async def lose_hub(student: Student, kernel: Kernel, hub: Hub) -> float:
    """Kill the hub while a cell runs, start it again with its state; seconds until it answers again.

    The student's server and kernel are the same as before, the cell runs through, cookie and token are good.
    """
    sign = Path(f"~{student.name}/{BACK}").expanduser()
    server, begun = await asyncio.to_thread(server_process, student.name), asyncio.Event()
    patience = student.deadlines.start + 2 * student.deadlines.cell
    witness = asyncio.create_task(kernel.run(WITNESS, patience, "the cell that ran while the hub was killed", begun))
    try:
        await within(student.deadlines.cell, begun.wait(), "the witness's first output")
        killed = time.monotonic()
        await asyncio.to_thread(hub.kill)
        await asyncio.to_thread(hub.start)
        await asyncio.to_thread(hub.wait_ready, student.deadlines.start)
        seconds = time.monotonic() - killed
        state = await student.server_state()  # by the token
        sign.touch()
        seen = await witness
    finally:
        witness.cancel()
        with contextlib.suppress(OSError):
            sign.unlink()
    if state != "ready" or not server.is_running():
        raise Failure(f"the hub came back, and a server that ran is {state!r} to it")
    if seen.error or (seen.reply and "went on through True" not in seen.text):
        raise Failure(f"a cell that ran while the hub was killed: {seen.error or seen.text[-200:]!r}")
    if not await student.still_logged_in():
        raise Failure("the hub came back and asks a student to log in again")
    return seconds
