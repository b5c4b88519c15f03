"""An account on this machine for each student, made and removed with the system's own commands. As root:

    python deploy/jupyterhub/accounts.py add names.txt             makes those that are missing
    python deploy/jupyterhub/accounts.py stop names.txt            ends their servers and kernels
    python deploy/jupyterhub/accounts.py remove names.txt          ends them, deletes accounts and all their files

A file of names has one on each line, of small letters, digits, - and _; what follows a # is a comment.
"""

import argparse
import grp
import os
import pwd
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

from processes import running
from settings import GROUP, make_state_folder

NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")  # what useradd takes, and JupyterHub leaves as it is
MADE_HERE = "vae-class"  # in the account's comment; only these are ever removed
CONSONANTS, VOWELS = "bdfghjkmnprstvwz", "aeiu"  # none that is taken for another when it is read aloud


def read_names(path: Path) -> list[tuple[int, str]]:
    """The names in the file, each with the number of its line.

    Raises:
        ValueError: a line is not a name, or a name comes twice. It tells of all such lines.
    """
    found, wrong = {}, []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if not NAME.fullmatch(name):
            wrong.append(
                f"line {number}: {name!r} is no name for an account: a small letter, then up to 30 of a-z 0-9 - _"
            )
        elif name in found:
            wrong.append(f"line {number}: {name} is in line {found[name]} already")
        else:
            found[name] = number
    if wrong:
        raise ValueError(f"{path}\n" + "\n".join(wrong))
    if not found:
        raise ValueError(f"{path} has no names: write one on each line")
    return [(number, name) for name, number in found.items()]


def is_account(name: str) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def is_group(name: str) -> bool:
    with suppress(KeyError):
        return bool(grp.getgrnam(name))
    return False


def is_of_the_class(name: str) -> bool:
    """By group alone: an instructor may have let in accounts that were there before."""
    return is_group(GROUP) and name in grp.getgrnam(GROUP).gr_mem


def is_made_here(name: str) -> bool:
    """What follows a comma in the comment the student may change, with chfn."""
    return pwd.getpwnam(name).pw_gecos.split(",")[0] == MADE_HERE


def refuse_strangers(names: list[tuple[int, str]]) -> None:
    """
    Raises:
        ValueError: a name is that of an account which is not of the class, or something of that name is left over.
    """
    wrong = []
    for number, name in names:
        if is_of_the_class(name):
            continue
        if is_account(name):
            wrong.append(f"line {number}: the account {name} is there already and not of the group {GROUP}")
        elif is_group(name):
            wrong.append(f"line {number}: there is a group {name} already")
        elif os.path.lexists(f"/home/{name}"):
            wrong.append(f"line {number}: there is a folder /home/{name} already, of an account that is gone")
    if wrong:
        raise ValueError("\n".join(wrong))


def add(names: list[tuple[int, str]], new_passwords: bool = False) -> list[str]:
    """Make the accounts that are missing; return the names that got a password, kept in the file ``passwords_file()``.

    Nothing is changed unless all names can be had. Accounts that exist keep their password, unless ``new_passwords``;
    one whose making broke off before it had a password gets it now. Those that an instructor has let in are left alone.
    """
    refuse_strangers(names)
    run("groupadd", "--force", GROUP)
    served = []
    for _, name in names:
        if not is_account(name):
            make_account(name)
        if is_made_here(name) and (new_passwords or not has_password(name)):
            give_password(name)
            served.append(name)
    return served


def make_account(name: str) -> None:
    forget(name)
    run(
        *("useradd", "--create-home", "--home-dir", f"/home/{name}", "--key", "HOME_MODE=0700", "--user-group"),
        *("--groups", GROUP, "--shell", "/bin/bash", "--comment", MADE_HERE, name),
    )


def forget(name: str) -> None:
    """A hub knows a student by the name alone: tokens and cookies of last year's would open this year's server.

    A hub that runs remembers the cookie until it is started again, and lets neither in.
    """
    database = make_state_folder() / "jupyterhub.sqlite"
    if database.exists():
        with closing(sqlite3.connect(database, timeout=30)) as hub, hub:
            for table in ("api_tokens", "oauth_codes"):
                hub.execute(f"DELETE FROM {table} WHERE user_id = (SELECT id FROM users WHERE name = ?)", [name])
            changed = hub.execute(
                "UPDATE users SET cookie_id = ?, admin = 0 WHERE name = ?", [secrets.token_hex(16), name]
            )
        if changed.rowcount:
            print(f"{name}: a new account of an old name. If a hub is running, start it again: it lets {name} in then")


def has_password(name: str) -> bool:
    """useradd makes an account locked: the second word says L."""
    return run("passwd", "--status", name).split()[1] != "L"


def give_password(name: str) -> None:
    """Write it down before it counts: one that nobody knows would lock the student out."""
    password = make_password()
    with open(passwords_file(), "a", encoding="utf-8", opener=private) as file:
        file.write(f"{name},{password}\n")
    run("chpasswd", typed=f"{name}:{password}\n")


def passwords_file() -> Path:
    return make_state_folder() / "passwords.csv"


def private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def make_password() -> str:
    """Eight syllables, such as bado-kemi-ruta-fisa: 48 bits, and a student can type it from paper."""
    syllables = [secrets.choice(CONSONANTS) + secrets.choice(VOWELS) for _ in range(8)]
    return "-".join(first + second for first, second in zip(syllables[::2], syllables[1::2], strict=True))


def stop(names: list[tuple[int, str]], seconds: float = 10) -> None:
    """End all that these accounts run. Saved files stay.

    Raises:
        ValueError: a name is not of the class.
        TimeoutError: something still runs after ``seconds``.
    """
    strangers = [f"line {number}: {name} is not of the group {GROUP}" for number, name in names if not is_ours(name)]
    if strangers:
        raise ValueError("\n".join(strangers))
    uids = {pwd.getpwnam(name).pw_uid for _, name in names if is_account(name)}
    if 0 in uids:  # whoever has put root into the group: this would end the machine
        raise ValueError("root's processes are not ended here")
    end = time.monotonic() + seconds
    while pids := running(uids):
        if time.monotonic() > end:
            raise TimeoutError(f"processes that do not end: {pids}")
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def is_ours(name: str) -> bool:
    """Of the class, or gone already."""
    return is_of_the_class(name) or not is_account(name)


def remove(names: list[tuple[int, str]]) -> None:
    """End what they run, then delete the accounts with their homes. Accounts that are gone already are passed over.

    Raises:
        ValueError: an account was not made by ``add``. Nothing has been changed.
    """
    found = [(number, name) for number, name in names if is_account(name)]
    strangers = [
        f"line {number}: the account {name} was not made here: it stays"
        for number, name in found
        if not (is_of_the_class(name) and is_made_here(name))
    ]
    if strangers:
        raise ValueError("\n".join(strangers))
    stop(found)
    for _, name in found:
        delete_litter(pwd.getpwnam(name).pw_uid)
        run("userdel", "--remove", name)


def delete_litter(uid: int) -> None:
    """What the account left in the folders that all share: the next account may get its number, and would own it."""
    for place in (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")):
        for path in place.iterdir() if place.is_dir() else []:
            with suppress(OSError):  # it ended meanwhile
                if path.lstat().st_uid == uid:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def run(*command: str, typed: str = "") -> str:
    """
    Raises:
        ValueError: the command failed; with what it said.
    """
    done = subprocess.run(command, input=typed, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise ValueError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Accounts of a class on this machine.")
    parser.add_argument("what", choices=["add", "stop", "remove"])
    parser.add_argument("names", type=Path, help="a file with one name on each line")
    parser.add_argument("--new-passwords", action="store_true", help="also for those that have one")
    parser.add_argument("--delete-work", action="store_true", help="remove deletes all files of these accounts: say so")
    options = parser.parse_args(arguments)
    names = read_names(options.names)
    if options.what == "add":
        served = add(names, options.new_passwords)
        print(f"{len(names)} accounts; new passwords: {len(served)}" + (f", in {passwords_file()}" if served else ""))
    elif options.what == "stop":
        stop(names)
    elif options.delete_work:
        remove(names)
    else:
        raise ValueError(f"this deletes {len(names)} accounts and all files in their homes: say it with --delete-work")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (ValueError, OSError, sqlite3.Error) as error:
        sys.exit(str(error))
