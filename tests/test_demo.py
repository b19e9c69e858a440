"""The demo company as ``make run`` builds it: every role can log in and has work to see."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import database, postgres, running

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(
    not os.environ.get("CRM_TEST_TEMPLATE"), reason="runs under `make test` only"
)

# {login: (group, not in group)}: a demo user is his role and nothing more
GROUPS = {
    "sales": (
        "sales_team.group_sale_salesman",
        "sales_team.group_sale_salesman_all_leads",
    ),
    "head": ("sales_team.group_sale_salesman", "sales_team.group_sale_manager"),
    "owner": ("crm_relations.group_director", "base.group_system"),
    "agent": (
        "crm_callcenter.group_callcenter_user",
        "crm_callcenter.group_callcenter_manager",
    ),
    "supervisor": (
        "crm_callcenter.group_callcenter_manager",
        "sales_team.group_sale_salesman",
    ),
    "marketer": (
        "mass_mailing.group_mass_mailing_user",
        "sales_team.group_sale_salesman",
    ),
    "accountant": ("account.group_account_invoice", "sales_team.group_sale_salesman"),
    "stock": ("stock.group_stock_user", "sales_team.group_sale_salesman"),
    "analyst": ("crm_reports.group_analyst", "sales_team.group_sale_salesman"),
    "admin": ("base.group_system", "base.group_portal"),
}
SCRIPT = """
import json
result = {}
groups = json.loads(%r)
for login, (wanted, unwanted) in groups.items():
    user = env["res.users"].search([("login", "=", login)])
    if not user:
        result[login] = None
        continue
    credential = {"login": login, "password": login, "type": "password"}
    answer = env["res.users"].sudo(False).authenticate(credential, {"interactive": False})
    result[login] = [answer["uid"] == user.id, user.has_group(wanted), user.has_group(unwanted)]
    if login in ("agent", "supervisor"):
        rows = env["crm.interaction"].with_user(user)
        result[login].append(rows.search_count([("is_waiting", "=", True)]))
    if login in ("marketer", "sales", "head", "owner"):
        report = env["crm.campaign.report"].with_user(user)
        result[login].append(report.search_count([("kind", "=", "lead")]))
    if login == "analyst":
        result[login].append(env["crm.response.report"].with_user(user).search_count([]))
    if login == "accountant":
        moves = env["account.move"].with_user(user)
        paid = [("payment_state", "in", ("paid", "in_payment"))]
        result[login].append(moves.search_count(paid))
print("RESULT", json.dumps(result))
"""


@pytest.fixture(scope="module")
def logins():
    """{login: [password fits, in group, in the other group, rows of his work]}."""
    name = database.free_name("demo")
    try:
        running.ensure_database(name, fresh=True)
        script = SCRIPT % json.dumps(GROUPS)
        command = [sys.executable, "-m", "odoo", "shell", "--no-http", "-d", name]
        done = subprocess.run(
            [*command, "-c", os.environ["CRM_CONF"], "--log-level=error"],
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        found = [
            line for line in done.stdout.splitlines() if line.startswith("RESULT ")
        ]
        assert found, done.stderr[-3000:]
        yield json.loads(found[0].removeprefix("RESULT "))
    finally:
        database.drop(name)
        running.forget(name)


@pytest.mark.parametrize(("login", "_role"), running.DEMO_LOGINS)
def test_every_role_logs_in(logins, login, _role):
    answer = logins[login]
    if login == "stock" and "crm_relations_stock" not in database.our_modules():
        pytest.skip("the stock keeper comes with crm_relations_stock")
    assert answer, f"no demo user {login}"
    assert answer[:3] == [True, True, False]
    assert all(count > 0 for count in answer[3:]), "an empty screen tells no story"


def test_the_story_is_read_within_ones_rights(logins):
    assert logins["sales"][3] < logins["head"][3] <= logins["owner"][3]
    assert postgres.answers()
