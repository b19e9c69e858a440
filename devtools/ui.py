"""Messages, steps with their time, and the one kind of error a person sees."""

import contextlib
import errno
import os
import subprocess
import sys
import time


class Fail(Exception):
    """One clear sentence for the person at the terminal; no traceback is shown."""


def say(text):
    print(text, flush=True)


@contextlib.contextmanager
def step(title):
    """Print ``title`` now and its duration when done."""
    started = time.monotonic()
    say(f"  … {title}")
    yield
    say(f"  ✓ {title} ({time.monotonic() - started:.0f} s)")


def explain_oserror(error):
    """A sentence for the operating-system errors people really meet."""
    if error.errno == errno.ENOSPC:
        return "The disk is full: free some space (the cache needs about 4 GB)."
    if error.errno == errno.EACCES:
        return f"No permission for {error.filename}: choose another folder with CRM_CACHE=."
    return f"{error.strerror}: {error.filename}"


def run(command, *, what, log, env=None, cwd=None, stdin=None):
    """Run ``command`` with its output in ``log``; on failure raise Fail naming both.

    :param what: what is being done, in words that end a sentence "Could not …".
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as out:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=stdin or subprocess.DEVNULL,
            env=env,
            cwd=cwd,
            check=False,
        )
    if done.returncode:
        tail = log.read_text(errors="replace").strip().splitlines()[-12:]
        hint = "\n".join(f"    {line}" for line in tail)
        if "No space left" in hint:
            raise Fail(f"Could not {what}: the disk is full.\n{hint}")
        raise Fail(f"Could not {what} (details in {log}):\n{hint}")


def python_env(**extra):
    """The environment for child processes: UTF-8 everywhere, no foreign Python paths."""
    env = dict(os.environ, LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="", **extra)
    env.pop("PYTHONPATH", None)
    env.pop("PYTHONHOME", None)
    return env


def main_guard(function):
    """Run ``function`` and turn Fail, full disks and Ctrl-C into one sentence."""
    try:
        sys.exit(function() or 0)
    except Fail as error:
        say(f"✗ {error}")
        sys.exit(1)
    except OSError as error:
        say(f"✗ {explain_oserror(error)}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("\nStopped.")
        sys.exit(130)
