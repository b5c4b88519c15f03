"""A clone on Windows, where Git would turn line ends into CRLF, has the same bytes as the repository."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def git(*arguments: str, folder: Path = ROOT) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, encoding="utf-8", check=True)
    return done.stdout


@pytest.mark.skipif(not shutil.which("git") or not (ROOT / ".git").exists(), reason="no clone with its history")
def test_a_clone_with_autocrlf_has_the_same_bytes(tmp_path):
    """All files: those with a checksum, those that a shell runs, and the others."""
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--no-checkout", "--shared", str(ROOT), str(clone))
    git("config", "core.autocrlf", "true", folder=clone)
    git("config", "core.eol", "crlf", folder=clone)
    shutil.copy(ROOT / ".gitattributes", clone / ".git" / "info" / "attributes")  # this one, committed or not
    git("checkout", "--quiet", "HEAD", "--", ".", folder=clone)
    changed, count = [], 0
    for entry in git("ls-files", "--stage", "-z", folder=clone).split("\0")[:-1]:
        (_, blob, _), name = entry.partition("\t")[0].split(), entry.partition("\t")[2]
        data = (clone / name).read_bytes()
        count += 1
        if hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() != blob:
            changed.append(name)
    assert changed == [] and count > 100
    assert (clone / ".ci" / "run").read_bytes().startswith(b"#!/usr/bin/env bash\n")
