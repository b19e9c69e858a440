"""Debian packages: unpacked into a folder of ours (no root), or installed (root)."""

import os
import re
import shutil
import subprocess

from .paths import CACHE, LOGS
from .ui import Fail, run, say

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def require_debian():
    """Raise Fail where the host's package cannot be had."""
    if not shutil.which("apt-get") or not os.path.exists(KEYRING):
        raise Fail(
            "This system has no Debian packages: use `docker compose up`, or point "
            "ODOO_HOME= to the source of an Odoo 19 that is already here."
        )


def _options(suite):
    base = CACHE / "apt" / suite
    for folder in ("lists/partial", "cache/archives/partial"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    status = base / "status"
    status.touch()
    return base, [
        "-o", f"Dir::State::Lists={base}/lists",
        "-o", f"Dir::State::status={status}",
        "-o", f"Dir::Cache={base}/cache",
        "-o", f"Dir::Etc::SourceList={base}/sources.list",
        "-o", "Dir::Etc::SourceParts=/dev/null",
        "-o", "Dir::Etc::Preferences=/dev/null",
        "-o", "Dir::Etc::PreferencesParts=/dev/null",
        # the release file of unstable may be past its date
        "-o", "Acquire::Check-Valid-Until=false",
        "-o", "APT::Sandbox::User=root",
        "-o", "Acquire::Retries=3",
    ]  # fmt: skip


def _mirror():
    """The Debian mirror this machine is configured with, up to and with its last slash."""
    lists = CACHE / "apt" / "probe"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    uris = subprocess.run(
        ["apt-get", "-o", f"Dir::State::Lists={lists}", "--print-uris", "update"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    # security archives have another layout; other vendors' archives lack Debian's suites
    suites = "|".join({"stable", "bookworm", _codename()})
    match = re.search(rf"'([^'\s]+?)dists/(?:{suites})/InRelease'", uris)
    if not match:
        raise Fail(
            "apt on this machine knows no Debian mirror: check /etc/apt/sources.list."
        )
    return match.group(1)


def _codename():
    with open("/etc/os-release") as release:
        found = re.search(r"^VERSION_CODENAME=(\S+)", release.read(), re.MULTILINE)
    return found.group(1) if found else "stable"


def update(suite):
    """Fetch the package lists of ``suite`` into lists of our own."""
    base, options = _options(suite)
    (base / "sources.list").write_text(
        f"deb [signed-by={KEYRING}] {_mirror()} {suite} main\n"
    )
    run(
        ["apt-get", *options, "update"],
        what=f"fetch Debian's list of packages ({suite})",
        log=LOGS / "apt.log",
    )


def unpack(suite, packages, prefix):
    """Download ``packages`` of ``suite`` and unpack them into ``prefix``."""
    base, options = _options(suite)
    target = base / "debs"
    target.mkdir(exist_ok=True)
    run(
        ["apt-get", *options, "download", *packages],
        what=f"download {packages[0]} from Debian {suite}",
        log=LOGS / "apt.log",
        cwd=target,
    )
    for deb in sorted(target.glob("*.deb")):
        run(
            ["dpkg-deb", "-x", deb, prefix],
            what=f"unpack {deb.name}",
            log=LOGS / "apt.log",
        )
        deb.unlink()


def install_missing(wanted):
    """Install system packages that are absent.

    :param wanted: ``{package: (program or path that shows it is here, why)}``
    """
    missing = {
        package: why
        for package, (probe, why) in wanted.items()
        if not (shutil.which(probe) or os.path.exists(probe))
    }
    if not missing:
        return
    for package, why in missing.items():
        say(f"  missing: {package} ({why})")
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        command = ["sudo", "-n", *command]
        can_sudo = (
            shutil.which("sudo")
            and not subprocess.run(
                ["sudo", "-n", "true"], capture_output=True, check=False
            ).returncode
        )
        if not can_sudo:
            raise Fail(
                "These packages need root once. Run:\n"
                f"    sudo apt-get install -y --no-install-recommends {' '.join(missing)}"
            )
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    log = LOGS / "apt-system.log"
    update_command = command[: command.index("apt-get")] + ["apt-get", "update"]
    run(update_command, what="run apt-get update", log=log, env=env)
    run(command, what=f"install {', '.join(missing)}", log=log, env=env)
