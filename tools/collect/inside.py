"""The one program inside the sandbox: imports PyTorch once, then forks a confined process for each notebook.

Importing takes longer than all the rest, so a process for each notebook that starts from nothing would take twice the
time. No student's code runs in this process or in the one that watches, and neither can be seen from where it runs.
"""

import ast
import gc
import json
import os
import select
import signal
import socket
import sys
import time

from collect import confine

LARGEST = 400_000  # bytes that a notebook's results may take


def load(imports: list[str]) -> None:
    """Import what the course's notebooks import, so that no notebook has to."""
    from collect import answers  # noqa: F401

    for text in imports:
        for node in ast.parse(text).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                exec(compile(ast.Module([node], []), "<imports>", "exec"), {})


def serve(connection: socket.socket) -> None:
    """A notebook after the other, until the other end is closed."""
    while True:
        message, files, _, _ = socket.recv_fds(connection, 1, 2)
        if not message:
            return
        watcher = os.fork()
        if watcher == 0:
            confine.die_with_parent()
            connection.close()
            try:
                watch(*files)
            finally:
                os._exit(0)
        for number in files:
            os.close(number)
        os.waitpid(watcher, 0)


def watch(job_file: int, results: int) -> None:
    """Run one notebook in a process of its own; pass on what it says, and how it ended."""
    with os.fdopen(job_file, "rb") as file:
        job = json.load(file)
    memory = confine.memory_now() + job["memory"]
    confine.leave_the_others()
    reader, writer = os.pipe()
    process = os.fork()  # number 1 in its world: if it is gone, so is all that it started
    if process == 0:
        confine.die_with_parent()
        student(job, writer, memory)
    os.close(writer)
    said, ended = listen(reader, time.monotonic() + job["wall"])
    if ended == "closed":
        ended = how_it_ended(process, job["seconds"])
    else:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    with os.fdopen(results, "wb") as file:
        used = sum(os.times()[:4])  # seconds of the processor, of this process and of the one that it watched
        file.write(json.dumps({"ended": ended, "used": used}).encode() + b"\n" + said)


def how_it_ended(process: int, seconds: int) -> str:
    """It has closed its end, so it is about to exit; if not within a second, it is made to."""
    for _ in range(100):
        found, status, used = os.wait4(process, os.WNOHANG)
        if found:
            if not os.WIFSIGNALED(status):
                return "exit"
            return "time" if used.ru_utime + used.ru_stime > seconds - 1 else "crash"
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return "exit"


def listen(reader: int, deadline: float) -> tuple[bytes, str]:
    """What comes until the other end is closed, time is up, or it is too much."""
    said = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([reader], [], [], left)[0]:
            break
        part = os.read(reader, 65536)
        if not part:
            return said, "closed"
        said += part
        if len(said) > LARGEST:
            return said[:LARGEST], "talk"
    return said, "time"


def student(job: dict, writer: int, memory: int) -> None:
    """Confine this process, then run the notebook's exercises. Does not return."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    try:
        os.chdir(confine.SCRATCH)
        os.chdir(job["folder"])
        confine.give_up({0, 1, 2, writer}, job["seconds"], memory)
    except BaseException as error:
        os.write(writer, json.dumps({"sandbox": str(error)}).encode())
        os._exit(1)
    from collect import answers

    def tell(event: dict) -> None:
        os.write(writer, json.dumps(event).encode() + b"\n")

    try:
        answers.Run(job, tell).run()
        tell({"end": True})
    except BaseException as error:
        tell({"failed": f"{type(error).__name__}: {error}"[:300]})
    os._exit(0)


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    with os.fdopen(os.dup(0), encoding="utf-8") as file:
        load(json.load(file))
    gc.collect()
    gc.freeze()  # or the collector of garbage would touch, and so copy, all memory in each process
    connection.sendall(b"ready %f" % sum(os.times()[:2]))
    serve(connection)


if __name__ == "__main__":
    main()
