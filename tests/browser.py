"""Finds the Chromium that the browser tests drive, or installs Debian's when it may.

Run as a program it prints the browser's path, or says what to install and exits with status 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find() -> str | None:
    """Path of a Chromium: $CHROMIUM, or one of the usual names on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def find_or_install() -> str:
    """As `find`; as root on Debian or Ubuntu installs the `chromium` package and a CJK font.

    Raises FileNotFoundError with instructions where that is not possible.
    """
    found = find()
    if found:
        return found
    if install_with_apt("chromium", "fonts-noto-cjk"):
        found = find()
        if found:
            return found
    raise FileNotFoundError(
        "The browser tests need Chromium. Install it (Debian, Ubuntu: sudo apt-get install chromium "
        "fonts-noto-cjk; macOS: brew install --cask chromium) or set CHROMIUM to its path."
    )


def install_with_apt(*packages: str) -> bool:
    """Whether they were installed: only as root, on Debian or its kin."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    print(f"Installing {', '.join(packages)} with apt-get …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", *packages]):
        subprocess.run([apt, *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
    return True


if __name__ == "__main__":
    try:
        print(find_or_install())
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
