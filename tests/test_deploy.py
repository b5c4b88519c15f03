"""The two ways to serve a class agree, and what deploy/ and the page on servers name is there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "servers.md").read_text(encoding="utf-8")
DOCKERFILE = (DEPLOY / "kubernetes" / "Dockerfile").read_text(encoding="utf-8")
CONFIG = (DEPLOY / "kubernetes" / "config.yaml").read_text(encoding="utf-8")
VALUES = yaml.safe_load(CONFIG)
STUDENT = VALUES["singleuser"]
IN_IMAGE = "/srv/vae"  # where the Dockerfile puts the course


# JupyterHub's own way to read such a file, without JupyterHub. What the hub asks of each account anew is left out: in a
# container a student has the machine's own folders, such as /tmp, to themselves.
READ = """
import json, sys
from traitlets.config import Config
c = Config()
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), {"get_config": lambda: c, "__file__": sys.argv[1]})
told = {key: value for key, value in c.Spawner.items() if isinstance(value, (str, int))}
told["environment"] = {name: value for name, value in c.Spawner.environment.items() if not callable(value)}
print(json.dumps({**told, "at once": c.JupyterHub.concurrent_spawn_limit, "services": c.JupyterHub.services}))
"""


@pytest.fixture(scope="module")
def one_machine(tmp_path_factory) -> dict:
    """What deploy/jupyterhub/jupyterhub_config.py tells the hub of a student's server."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VAE_")}
    environment["VAE_HUB_STATE"] = str(tmp_path_factory.mktemp("state"))
    command = [sys.executable, "-c", READ, str(DEPLOY / "jupyterhub" / "jupyterhub_config.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- one machine and Kubernetes: the same class ---


def test_a_student_has_the_same_memory_on_both(one_machine):
    assert STUDENT["memory"]["limit"] == one_machine["mem_limit"]


def test_a_students_server_has_the_same_environment_on_both(one_machine):
    wanted = {name: value.replace(str(ROOT.resolve()), IN_IMAGE) for name, value in one_machine["environment"].items()}
    assert STUDENT["extraEnv"] == wanted
    assert len(wanted) >= 4


def test_values_of_the_environment_are_texts():
    """Kubernetes refuses a number there, and YAML makes one of a bare 1."""
    assert {type(value) for value in STUDENT["extraEnv"].values()} == {str}


def test_a_student_finds_the_same_first_page_on_both(one_machine):
    assert STUDENT["defaultUrl"] == one_machine["default_url"]
    notebooks = VALUES["hub"]["config"]["KubeSpawner"]["notebook_dir"]
    assert notebooks == one_machine["notebook_dir"].replace("~", "/home/jovyan")
    first = STUDENT["defaultUrl"].removeprefix("/lab/tree/")
    assert (ROOT / "notebooks" / first).is_file(), f"defaultUrl: there is no notebook {first}"


def test_as_many_may_start_at_once_and_idle_servers_end_after_the_same_time(one_machine):
    assert VALUES["hub"]["concurrentSpawnLimit"] == one_machine["at once"]
    culler = next(service["command"] for service in one_machine["services"] if service["name"] == "idle-culler")
    assert VALUES["cull"]["enabled"] and f"--timeout={VALUES['cull']['timeout']}" in culler


# --- the values for the chart ---


def test_a_student_is_promised_no_more_than_they_may_take():
    sizes = {name: int(text[:-1]) * {"M": 1, "G": 1024}[text[-1]] for name, text in STUDENT["memory"].items()}
    assert 1024 <= sizes["guarantee"] <= sizes["limit"]
    assert 0 < STUDENT["cpu"]["guarantee"] <= STUDENT["cpu"]["limit"]


def test_shared_memory_is_mounted_and_bounded():
    names = {volume["name"]: volume["emptyDir"] for volume in STUDENT["storage"]["extraVolumes"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in STUDENT["storage"]["extraVolumeMounts"]}
    assert names[mounts["/dev/shm"]]["medium"] == "Memory" and names[mounts["/dev/shm"]]["sizeLimit"]


def test_nobody_is_let_in_who_was_not_asked_in():
    hub = VALUES["hub"]["config"]
    assert hub["JupyterHub"]["authenticator_class"] not in ("dummy", "null", None)
    assert hub["NativeAuthenticator"]["open_signup"] is False
    assert VALUES["proxy"]["https"]["enabled"], "passwords would be sent in the clear"


def test_what_has_to_be_filled_in_is_announced():
    """In the head of the file; and the page tells what becomes of each."""
    values = re.sub(r"#.*", "", CONFIG)
    to_fill_in = set(re.findall(r"(?<![\w/.-])(?:[A-Z]{4,})(?![\w.-]|/\w*:)", values)) - {"PASSIVE"}
    announced = set(re.search(r"Words in CAPITALS are yours to fill in: ([A-Z, ]+)\.", CONFIG)[1].split(", "))
    assert to_fill_in == announced
    assert [word for word in sorted(announced) if f"`{word}`" not in PAGE] == [], "docs/servers.md"


def paths_in_the_image() -> list[str]:
    texts = (CONFIG, DOCKERFILE, (DEPLOY / "kubernetes" / "start.sh").read_text(encoding="utf-8"))
    return sorted({path for text in texts for path in re.findall(rf"{IN_IMAGE}(?:/[\w.-]+)+", text)})


@pytest.mark.parametrize("path", paths_in_the_image())
def test_what_is_named_in_the_image_is_there(path):
    assert (ROOT / Path(path).relative_to(IN_IMAGE)).exists()


def test_lines_are_short():
    for text in (CONFIG, DOCKERFILE):
        assert max(map(len, text.splitlines())) <= 120


# --- the image ---


def copied() -> list[str]:
    lines = re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.M)
    return [source for line in lines for source in line.split()]


@pytest.mark.parametrize("source", copied())
def test_what_the_image_copies_is_there_and_reaches_the_builder(source):
    assert (ROOT / source).exists()
    ignored = (DEPLOY / "kubernetes" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert f"!{source}" in ignored


def test_the_builder_gets_nothing_that_is_made_here():
    """What Git ignores within the folders that are copied is ignored there too: pixels, downloads, models."""
    ignored = (DEPLOY / "kubernetes" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    theirs = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    for entry in (line.rstrip("/") for line in theirs if line.startswith(("data/", "notebooks/"))):
        assert entry in ignored, f"Dockerfile.dockerignore: want {entry}"
    assert ignored[ignored.index("!deploy") + 1] == "**/__pycache__"


def test_the_image_has_the_charts_jupyterhub():
    """A hub and a student's server of different versions may not understand each other."""
    chart, hub = re.search(r"chart (\d+\.\d+\.\d+), whose hub is JupyterHub\s+#?\s*(\d+\.\d+\.\d+)", CONFIG).groups()
    assert re.search(r"ARG JUPYTERHUB_VERSION=(.+)", DOCKERFILE)[1] == hub
    assert f"{hub} in chart {chart}" in DOCKERFILE
    assert f"--version {chart}" in PAGE


def test_the_hubs_own_environment_has_the_version_of_the_extra():
    requirements = (DEPLOY / "jupyterhub" / "requirements.txt").read_text(encoding="utf-8")
    extra = re.search(r'^hub = \["(jupyterhub==[\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert extra and extra[1] in requirements.splitlines()


def test_a_student_of_the_image_is_not_root():
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.M)[-1] == "1000"


@pytest.fixture
def start(tmp_path):
    """start.sh with a course and a home of its own, and an own_copy.py that is a line of Python."""

    def run(own_copy: str) -> subprocess.CompletedProcess:
        (tmp_path / "deploy").mkdir()
        (tmp_path / "deploy" / "own_copy.py").write_text(own_copy, encoding="utf-8")
        script = (DEPLOY / "kubernetes" / "start.sh").read_text(encoding="utf-8").replace(IN_IMAGE, str(tmp_path))
        environment = {**os.environ, "HOME": str(tmp_path / "home"), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        (tmp_path / "python").symlink_to(sys.executable)
        command = ["sh", "-c", script, "start.sh", sys.executable, "-c", "print('server')"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8")

    return run


def test_the_server_starts_after_the_copy(start, tmp_path):
    done = start("import sys; print(sys.argv[1:], flush=True)")
    assert done.stdout.splitlines() == [str([str(tmp_path), str(tmp_path / "home" / "vae")]), "server"]
    assert (tmp_path / "home" / "vae" / "notebooks").is_dir()


def test_a_copy_that_fails_keeps_nobody_out(start):
    done = start("raise OSError('no space left')")
    assert done.stdout == "server\n" and done.returncode == 0
    assert "no space left" in done.stderr and "starts with what is there" in done.stderr


# --- Binder and Colab ---


def test_the_first_notebook_of_the_links_is_there():
    for link in re.findall(r"https://(?:mybinder|colab)\S+", PAGE):
        name = re.search(r"notebooks/([\w.]+)", link)[1]
        assert (ROOT / "notebooks" / name).is_file(), link


def test_binder_installs_the_package_itself():
    """repo2docker takes environment.yml only where no folder binder/ or .binder/ hides it."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["dependencies"][-1] == {"pip": ["-e ."]}
    assert not any((ROOT / name).exists() for name in ("binder", ".binder", "Dockerfile", "requirements.txt"))


@pytest.mark.slow  # three seconds for a clone and PyTorch
def test_the_lines_for_colab_lead_to_the_course(tmp_path):
    """In a shell of IPython, with two steps replaced: a clone of this checkout, and what pip's link to it comes to."""
    fetch, enter = re.findall(r"```ipython\n(.*?)```", PAGE.partition("## Colab")[2], re.S)
    address = "https://github.com/OWNER/REPO"
    assert re.fullmatch(rf"!git clone --depth 1 {address} vae && pip install --quiet --editable \./vae\n", fetch)
    fetch = fetch.replace(f"--depth 1 {address}", f"-q '{ROOT}'").partition(" && pip")[0]
    enter, _, colab = enter.partition("from google.colab")
    assert colab.count("\n") == 1, "a line that this test leaves out"
    look = (
        "import vae_helpers\nfrom vae_helpers.checkpoints import load_checkpoint\n"
        "print(vae_helpers.__file__, type(load_checkpoint('../data/weights/vae_2d.pt')).__name__)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "vae"), "IPYTHONDIR": str(tmp_path / "ipython")}
    for cells in ((fetch,), (enter, look)):  # the page has Python started again between the two
        code = "\n".join(f"get_ipython().run_cell({cell!r}).raise_error()" for cell in cells)
        command = [sys.executable, "-m", "IPython", "-c", code]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.stdout.splitlines()[-1:] == [f"{tmp_path / 'vae' / 'vae_helpers' / '__init__.py'} VAE"], done.stderr
