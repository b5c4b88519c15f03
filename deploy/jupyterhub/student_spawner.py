"""JupyterHub's spawner and proxy, for a hub that is killed and started again while students work."""

import pwd
import subprocess

from jupyterhub.proxy import ConfigurableHTTPProxy
from jupyterhub.spawner import LocalProcessSpawner
from processes import owner, words
from student_files import open_log


class StudentSpawner(LocalProcessSpawner):
    """Each server runs with its student's account, and outlives the hub."""

    async def start(self):
        # not on the hub's own terminal, which is closed with the hub
        with open_log(self.user.name, "ab") as log:
            self.popen_kwargs = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT}
            return await super().start()

    async def _signal(self, sig):
        """A hub that was restarted knows a server by its number only. Another's process is none of its business."""
        if owner(self.pid) != pwd.getpwnam(self.user.name).pw_uid:
            return False
        return await super()._signal(sig)


class OwnProxy(ConfigurableHTTPProxy):
    """Before it starts, it ends one that a killed hub has left: by the number in a file, which may be of last week."""

    def _check_pid(self, pid):
        if owner(pid) is None or "configurable-http-proxy" not in words(pid):
            raise ProcessLookupError
        super()._check_pid(pid)
