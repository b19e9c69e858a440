"""Messages, steps with their time, and the one kind of error a person sees."""

import contextlib
import errno
import os
import re
import subprocess
import sys
import threading
import time


class Fail(Exception):
    """One clear sentence for the person at the terminal; no traceback is shown."""


def say(text):
    print(text, flush=True)


# {title: time.monotonic() of its start}: what goes on now, for the heartbeat
_running = {}
_lock = threading.Lock()
QUIET_SECONDS = 30


@contextlib.contextmanager
def step(title):
    """Print ``title`` now, a sign of life now and then, and its duration when done."""
    started = time.monotonic()
    say(f"  … {title}")
    with _lock:
        _running[title] = started
    ended = threading.Event()
    threading.Thread(
        target=_heartbeat, args=(title, started, ended), daemon=True
    ).start()
    try:
        yield
        done = "✓"
    except BaseException:
        done = "✗"
        raise
    finally:
        ended.set()
        with _lock:
            del _running[title]
        say(f"  {done} {title} ({time.monotonic() - started:.0f} s)")


def _heartbeat(title, started, ended):
    """On a terminal the seconds run in one line; in a log a line every half minute."""
    terminal = sys.stdout.isatty()
    while not ended.wait(1 if terminal else QUIET_SECONDS):
        if not terminal:
            say(f"    still at it: {title}, {time.monotonic() - started:.0f} s")
            continue
        with _lock:
            if next(iter(_running), None) == title:
                seconds = f"{time.monotonic() - started:4.0f} s"
                print(f"\r{seconds}\r", end="", flush=True)


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
        out.write(f"--- {what}\n".encode())
        out.flush()
        done = subprocess.run(
            [str(part) for part in command],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=stdin or subprocess.DEVNULL,
            env=env,
            cwd=cwd,
            check=False,
        )
    if done.returncode < 0 or done.returncode == 130:
        raise Fail(f"Could not {what}: it was stopped (signal {-done.returncode}).")
    if done.returncode:
        raise Fail(explain_log(what, log))


# What the tools we call say when the fault is not ours: (their words, our sentence).
KNOWN_CAUSES = (
    (
        "No space left on device|ENOSPC|Disk quota exceeded",
        "the disk is full (the cache needs about 4 GB free)",
    ),
    (
        "Temporary failure (in name resolution|resolving)|Could not resolve|ENOTFOUND"
        "|EAI_AGAIN|Name or service not known|Failed to establish a new connection"
        "|Connection (refused|reset|timed out)|Could not connect|ETIMEDOUT|ECONNRESET"
        "|ECONNREFUSED|Read timed out|IncompleteRead|Network is unreachable"
        "|Connection broken|Max retries exceeded|\\(from versions: none\\)",
        "the network or the package registry does not answer; run it again, what was "
        "fetched stays",
    ),
    (
        "Hash Sum mismatch|hash mismatch|DO NOT MATCH THE HASHES|EINTEGRITY"
        "|not a Debian format archive|corrupt",
        "what was downloaded is broken; run it again",
    ),
    (
        "Failed to fetch|404 +Not Found|E404",
        "the package registry does not have it now; try again later",
    ),
)


def explain_log(what, log):
    """One sentence about why ``what`` failed, from the end of its log."""
    text = log.read_text(errors="replace").rpartition(f"--- {what}\n")[2]
    lines = text.strip().splitlines()
    recent = "\n".join(lines[-60:])
    for pattern, cause in KNOWN_CAUSES:
        if re.search(pattern, recent, re.IGNORECASE):
            return f"Could not {what}: {cause}. Details: {log}"
    tail = "\n".join(f"    {line}" for line in lines[-12:])
    return f"Could not {what} (details in {log}):\n{tail}"


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
