"""Node and Java for the site's checkers (axe, Nu HTML checker, Lighthouse), which npm installs, and newsboat.

Run as a program it looks for all of them, or says what to install and exits with status 1.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from browser import install_with_apt

SITE_TESTS = Path(__file__).resolve().parent / "site"
MODULES = SITE_TESTS / "node_modules"  # from package-lock.json by `make site`
NODE_VERSION = 18  # what Debian 12 has; Lighthouse 13 wants 22
JAVA_VERSION = 11


def node() -> str:
    """Path of Node. Raises FileNotFoundError with instructions where there is none."""
    return _found_or_installed("node", NODE_VERSION, ("nodejs", "npm"), "Node.js", "brew install node")


def npm() -> str:
    node()
    return _found_or_installed("npm", 0, ("npm",), "npm", "brew install node")


def java() -> str:
    """Path of a Java runtime. Raises FileNotFoundError with instructions where there is none."""
    mac = "brew install openjdk and what it tells you to link"
    return _found_or_installed("java", JAVA_VERSION, ("default-jre-headless",), "Java", mac)


def newsboat() -> str:
    """Path of the feed reader. Raises FileNotFoundError with instructions where there is none."""
    return _found_or_installed("newsboat", 0, ("newsboat",), "newsboat", "brew install newsboat")


def module(path: str) -> Path:
    """A file of an npm package. Raises FileNotFoundError when `make site` has not installed it."""
    found = MODULES / path
    if not found.is_file():
        raise FileNotFoundError(f"{found} is not there: `make site` installs it before the tests run.")
    return found


def _found_or_installed(name: str, least: int, packages: tuple[str, ...], what: str, mac: str) -> str:
    found = _recent(name, least)
    if found is None and shutil.which(name) is None and install_with_apt(*packages):
        found = _recent(name, least)
    if found is None:
        version = f" {least} or newer" if least else ""
        raise FileNotFoundError(
            f"The site's tests need {what}{version}: {name} is missing or too old. Install it "
            f"(Debian, Ubuntu: sudo apt-get install {' '.join(packages)}; macOS: {mac})."
        )
    return found


def _recent(name: str, least: int) -> str | None:
    """Its path if it runs and is new enough; macOS has a `java` that only says there is none."""
    path = shutil.which(name)
    if path is None:
        return None
    told = subprocess.run(  # noqa: S603
        [path, "-version" if name == "java" else "--version"], capture_output=True, text=True, check=False
    )
    version = re.search(r'(?:version "|^(?:newsboat )?v?)(\d+)', told.stdout + told.stderr)
    return path if told.returncode == 0 and version and int(version[1]) >= least else None


# What the checker may say without failing the test, and why. Nothing at present.
ALLOWED: dict[str, str] = {}


def check(*files: Path) -> list[str]:
    """The Nu HTML checker's errors and warnings; those without a file's name are about the checker itself."""
    jar = module("vnu-jar/build/dist/vnu.jar")
    # A heap that suits two cores and a few files; the serial collector starts fastest.
    command = [java(), "-Xmx512m", "-XX:+UseSerialGC", "-jar", str(jar)]
    ran = subprocess.run(  # noqa: S603
        [
            *command,
            "--format",
            "json",
            "--stdout",
            "--exit-zero-always",
            "--also-check-css",
            *map(str, files),
        ],
        capture_output=True,
        check=True,
        timeout=240,
    )
    messages: list[dict[str, Any]] = json.loads(ran.stdout)["messages"]
    return [told(m) for m in messages if not any(words in m["message"] for words in ALLOWED)]


def told(message: dict[str, Any]) -> str:
    place = f"{message.get('url', '')}:{message.get('lastLine', '')}"
    return f"{place}: {message['message']} {message.get('extract', '')}"


if __name__ == "__main__":
    try:
        for found in (node(), npm(), java(), newsboat()):
            print(found)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
