"""Where everything lives. One cache per machine user, shared by all clones."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ROOT / "addons"
SHARED = Path(os.environ.get("CRM_SHARED") or ROOT.parent / "shared")


def _cache():
    if os.environ.get("CRM_CACHE"):
        return Path(os.environ["CRM_CACHE"]).resolve()
    if os.geteuid() == 0:
        # embedded PostgreSQL runs as its own user and opens the parent folders
        # for reading; /root must stay closed, /var/cache is open anyway.
        return Path("/var/cache/odoo-crm")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "odoo-crm"


CACHE = _cache()
LOGS = CACHE / "logs"
PREFIX = CACHE / "odoo-19"
DIST = PREFIX / "usr" / "lib" / "python3" / "dist-packages"
VENV = CACHE / f"venv-{sys.version_info[0]}.{sys.version_info[1]}"
PYTHON = VENV / "bin" / "python"
TOOLS_VENV = CACHE / "tools"
PGDATA = CACHE / "pg"
DATA_DIR = CACHE / "data"
FILESTORE = DATA_DIR / "filestore"
