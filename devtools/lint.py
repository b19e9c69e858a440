"""``make lint`` and ``make format``: pre-commit with local hooks, all tools pinned."""

import hashlib
import os
import shutil
import subprocess

from . import host
from .paths import ADDONS, CACHE, LOGS, ROOT, TOOLS_VENV
from .ui import Fail, python_env, run, step

NODE_DIR = CACHE / "node"
NODE_TOOLS = {"prettier": "prettier/bin/prettier.cjs", "eslint": "eslint/bin/eslint.js"}


def _digest(*paths):
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _stamped(stamp, digest):
    return stamp.exists() and stamp.read_text() == digest


def ensure():
    """Install the tools when a pin has changed."""
    _ensure_python_tools()
    _ensure_node_tools()


def _ensure_python_tools():
    pins = ROOT / "requirements-lint.txt"
    stamp, digest = TOOLS_VENV / ".stamp", _digest(pins)
    if _stamped(stamp, digest):
        return
    with step("lint tools from PyPI"):
        if not (TOOLS_VENV / "bin" / "pip").exists():
            host.make_venv(TOOLS_VENV)
        command = [TOOLS_VENV / "bin" / "pip", "install", "-q", "-r", pins]
        run(command, what="install the lint tools", log=LOGS / "pip.log")
        stamp.write_text(digest)


def _ensure_node_tools():
    manifest = ROOT / "devtools" / "package.json"
    stamp, digest = NODE_DIR / ".stamp", _digest(manifest)
    if _stamped(stamp, digest):
        return
    with step("prettier and eslint from npm"):
        NODE_DIR.mkdir(parents=True, exist_ok=True)
        shutil.copy(manifest, NODE_DIR / "package.json")
        command = [host.npm(), "install", "--silent", "--no-audit", "--no-fund"]
        run(
            command,
            what="install prettier and eslint",
            log=LOGS / "npm.log",
            cwd=NODE_DIR,
            env=host.npm_env(),
        )
        stamp.write_text(digest)


def _command(name):
    if name in NODE_TOOLS:
        node = shutil.which("node", path=host.npm_env()["PATH"])
        command = [node, NODE_DIR / "node_modules" / NODE_TOOLS[name]]
        if name == "prettier":
            plugin = NODE_DIR / "node_modules/@prettier/plugin-xml/src/plugin.js"
            command.append(f"--plugin={plugin}")
        return command
    if name == "pylint-odoo":
        return [TOOLS_VENV / "bin" / "pylint", "--rcfile=.pylintrc", "-j1"]
    if name == "ruff":
        return [TOOLS_VENV / "bin" / "ruff"]
    raise Fail(f"No lint tool is called {name}.")


def _pylint_paths(files):
    """Changed Python files with the manifests of their modules, where its other checks hang.

    Files of every module, or none, mean the whole modules.
    """
    modules = {path.parent for path in ADDONS.glob("*/__manifest__.py")}
    paths = [ROOT / file for file in files]
    changed = {module for module in modules if any(module in p.parents for p in paths)}
    if not paths or changed == modules:
        return sorted(modules)
    python = {path for path in paths if path.suffix == ".py" and path.exists()}
    return sorted(python | {module / "__manifest__.py" for module in changed})


def tool(name, arguments):
    """Run one tool; what the hooks of .pre-commit-config.yaml call."""
    if name == "pylint-odoo":
        arguments = _pylint_paths(arguments)
    command = [str(part) for part in [*_command(name), *arguments]]
    return subprocess.run(command, cwd=ROOT, env=python_env(), check=False).returncode


def lint(files=()):
    """All hooks over all files (or ``files``); pre-commit's exit code."""
    ensure()
    command = [TOOLS_VENV / "bin" / "pre-commit", "run", "--color=never"]
    command += ["--files", *files] if files else ["--all-files"]
    env = python_env(PRE_COMMIT_HOME=str(CACHE / "pre-commit"))
    # the hooks name python3: the one that runs us
    env["PATH"] = f"{TOOLS_VENV / 'bin'}:{os.environ['PATH']}"
    command = [str(part) for part in command]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def rewrite(files=()):
    """Let ruff, prettier and eslint rewrite what they can."""
    ensure()
    files = list(files) or _tracked()
    by_suffix = {}
    for name in files:
        by_suffix.setdefault(os.path.splitext(name)[1], []).append(name)
    python = by_suffix.get(".py", [])
    scripts = by_suffix.get(".js", []) + by_suffix.get(".mjs", [])
    texts = [name for name in files if os.path.splitext(name)[1] in PRETTIER]
    codes = []
    if python:
        codes.append(tool("ruff", ["check", "--fix", *python]))
        codes.append(tool("ruff", ["format", *python]))
    if texts:
        codes.append(tool("prettier", ["--write", "--log-level=warn", *texts]))
    if scripts:
        codes.append(tool("eslint", ["--fix", *scripts]))
    return max(codes, default=0)


PRETTIER = {".xml", ".js", ".mjs", ".css", ".scss", ".json", ".yaml", ".yml"}


def _tracked():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [name for name in listed if name and (ROOT / name).is_file()]
