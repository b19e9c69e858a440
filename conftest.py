"""Whole runs share the work: each process of pytest-xdist has a database of its own."""

import os

import pytest

# taken away before pytest-odoo sees it: that would copy the database with programs it
# looks for on the PATH, and share one folder of files
WORKER = os.environ.pop("PYTEST_XDIST_WORKER", "")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_cmdline_main(config):
    if WORKER:
        config.option.odoo_database += f"_{WORKER}"
    yield
