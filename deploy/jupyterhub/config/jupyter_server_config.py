"""What all students' servers have in common; the hub names this folder to them in JUPYTER_CONFIG_PATH."""

c = get_config()  # noqa: F821 (Jupyter's loader brings it)

# A kernel that nobody has used for an hour gives its memory back, also where its notebook is still open in a tab. Its
# variables are lost, the notebook is not.
c.MappingKernelManager.cull_idle_timeout = 3600  # seconds
c.MappingKernelManager.cull_interval = 300
c.MappingKernelManager.cull_connected = True

# Jupyter signs what a kernel and its server say to each other, but does not hide it: on a TCP port of this machine
# every account could listen to another's cells and outputs. Sockets in the student's own folder are closed to others.
# (JupyterLab's debugger, which opens a port to whoever comes, is turned off in labconfig/page_config.json.)
c.KernelManager.transport = "ipc"

# No search for the language servers of twenty languages at each start: none is installed.
c.LanguageServerManager.autodetect = False

# A few megabytes less for each server, and no question to the network.
c.LabApp.extension_manager = "readonly"
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
