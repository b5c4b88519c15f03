"""``python tools/collect FOLDER``: see run.py."""

import sys
from pathlib import Path

if sys.platform != "linux":
    sys.exit("students' code is run in a sandbox only, which needs Linux: use a virtual machine, or the class's server")
sys.path[0] = str(Path(__file__).resolve().parents[1])  # Python puts this folder itself there
from collect.run import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
