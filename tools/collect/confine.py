"""What a process gives up before it runs a student's code, inside bubblewrap's sandbox.

Each line takes something away for good: other processes and files out of sight, then rights, then time and memory, then
system calls. The rules on system calls are made by libseccomp, Debian's package libseccomp2.
"""

import ctypes
import os
import resource
from contextlib import suppress

SCRATCH = "/scratch"  # the one place that can be written; it is gone with the process
SCRATCH_SIZE = 16_000_000
NAMESPACES = 0x00020000 | 0x20000000 | 0x08000000  # CLONE_NEWNS, _NEWPID, _NEWIPC
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CAPABILITY_VERSION_3 = 0x20080522
SCMP_ACT_ALLOW, SCMP_ACT_ERRNO = 0x7FFF0000, 0x00050000
EPERM, ENOSYS = 1, 38

# An exercise needs none of these. Without fork no fork bomb, without socket no network, without the rest no way to
# memory that no limit counts, and a smaller kernel to attack.
FORBIDDEN = (
    "fork vfork clone execve execveat socket ptrace process_vm_readv process_vm_writev pidfd_open pidfd_getfd kcmp "
    "unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount fsconfig fspick mount_setattr "
    "shmget msgget semget mq_open memfd_create memfd_secret add_key request_key keyctl bpf perf_event_open userfaultfd "
    "io_uring_setup io_setup name_to_handle_at open_by_handle_at personality quotactl syslog acct swapon swapoff "
    "reboot kexec_load kexec_file_load init_module finit_module delete_module settimeofday clock_settime"
)

libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Be killed when the parent dies."""
    libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)


def leave_the_others() -> None:
    """The next child begins in a world of its own: no other process, no /proc, an empty folder to write to."""
    _must(libc.unshare(NAMESPACES), "unshare")
    _must(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "private mounts")
    hidden = MS_NOSUID | MS_NODEV | MS_NOEXEC
    options = f"size={SCRATCH_SIZE},nr_inodes=1000,mode=700".encode()
    _must(libc.mount(b"tmpfs", SCRATCH.encode(), b"tmpfs", hidden, options), "scratch")
    _must(libc.mount(b"tmpfs", b"/proc", b"tmpfs", hidden | MS_RDONLY, b"size=4096"), "hide /proc")


def memory_now() -> int:
    """Bytes of address space that this process has, most of it libraries."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def give_up(keep: set[int], seconds: int, memory: int) -> None:
    """Close all files but ``keep``, then give up every right, set the limits, and forbid what no exercise needs."""
    library = ctypes.CDLL("libseccomp.so.2")
    for number in set(range(256)) - keep:
        with suppress(OSError):
            os.close(number)
    _drop_capabilities()
    limits = {"CPU": seconds, "AS": memory, "FSIZE": SCRATCH_SIZE, "NOFILE": 128, "CORE": 0, "MEMLOCK": 0, "NPROC": 0}
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    _forbid(library)


def _drop_capabilities() -> None:
    _must(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _must(libc.capset(header, (ctypes.c_uint32 * 6)()), "drop capabilities")


def _forbid(library: ctypes.CDLL) -> None:
    library.seccomp_init.restype = ctypes.c_void_p
    rules = library.seccomp_init(ctypes.c_uint32(SCMP_ACT_ALLOW))
    for name in FORBIDDEN.split():
        _rule(library, rules, name, EPERM)
    _rule(library, rules, "clone3", ENOSYS)  # as if the kernel were older, so that its callers ask for clone
    _must(library.seccomp_load(ctypes.c_void_p(rules)), "seccomp")


def _rule(library: ctypes.CDLL, rules: int, name: str, error: int) -> None:
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number < 0 and name not in ("clone", "clone3"):  # this kind of machine, or an older libseccomp, has no such call
        return
    action = ctypes.c_uint32(SCMP_ACT_ERRNO | error)
    _must(library.seccomp_rule_add(ctypes.c_void_p(rules), action, number, 0), f"forbid {name}")


def _must(result: int, what: str) -> None:
    """Nothing of this is optional."""
    if result != 0:
        raise OSError(ctypes.get_errno(), f"the sandbox is not tight: {what} failed")
