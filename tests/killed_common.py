"""Workers that are killed: forked, two at once, after a while (``killed_*.py``)."""

import os
import signal
import sys
import time
import traceback

import odoo
from odoo import SUPERUSER_ID, api, sql_db
from odoo.tools import config


def fork_worker(registry, model, now):
    """The child runs the passes of ``model`` at ``now`` until it has finished or is killed."""
    child = os.fork()
    if child:
        return child
    code = 0
    try:
        with registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})[model]._run_all(now)
    except BaseException:
        traceback.print_exc()
        code = 1
    os._exit(code)


def kill_round(registry, model, now, delay):
    """Two workers at once, killed after ``delay`` seconds; how many died of it."""
    sql_db.close_all()
    children = [fork_worker(registry, model, now) for __ in range(2)]
    if delay is not None:
        time.sleep(delay)
        for child in children:
            os.kill(child, signal.SIGKILL)
    codes = [os.waitpid(child, 0)[1] for child in children]
    failed = [code for code in codes if code not in (0, signal.SIGKILL)]
    assert not failed, failed
    return sum(code == signal.SIGKILL for code in codes)


def start(main):
    """``main(database, number…)`` as the command line names them after CONF."""
    conf, database, *numbers = sys.argv[1:]
    config.parse_config(
        ["-c", conf, "-d", database, "--no-http", "--log-level=error"],
        setup_logging=True,
    )
    odoo.modules.module.initialize_sys_path()
    main(database, *(float(text) if "." in text else int(text) for text in numbers))
