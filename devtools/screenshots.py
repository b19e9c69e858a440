"""Pictures of the running demo company in three languages: ``docs/img``.

``make run`` in one terminal, then ``make screenshots PORT=8069 DB=crm`` in another.
"""

import json
import sys

from .browser import Browser
from .paths import ROOT

LANGUAGES = {"en": "en_US", "uk": "uk_UA", "ru": "ru_RU"}
IMAGES = ROOT / "docs" / "img"
CALL = """
fetch('/web/dataset/call_kw', {method: 'POST', headers: {'Content-Type': 'application/json'},
  body: JSON.stringify({params: %s})}).then(r => r.json()).then(r => r.result ?? null)
"""


# the board of the funnel that the demo company sells tyres through
BUSIEST = "document.querySelectorAll('.o_kanban_record')[0].click()"


def _call(browser, model, method, args, **kwargs):
    params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
    return browser.evaluate(CALL % json.dumps(params))


def _first_customer(browser):
    """The customer with most contacts among those the salesperson may read."""
    groups = _call(
        browser, "crm.interaction", "formatted_read_group",
        [[("customer_id", "!=", False)], ["customer_id"], ["__count"]],
        order="__count DESC", limit=1,
    )  # fmt: skip
    return groups[0]["customer_id"][0]


def take(base_url, database):
    """Card, search and kanban as the salesperson sees them, wide and on a phone."""
    with Browser() as browser:
        browser.log_in(base_url, database, "sales", "sales")
        browser.resize(1366, 900)
        browser.open(f"{base_url}/odoo/crm")
        browser.wait(".o_kanban_renderer")
        user = browser.evaluate("odoo.session_info?.uid ?? null")
        user = (
            user
            or _call(browser, "res.users", "search", [[("login", "=", "sales")]])[0]
        )
        customer = _first_customer(browser)
        for short, code in LANGUAGES.items():
            _call(browser, "res.users", "write", [[user], {"lang": code}])
            browser.resize(1366, 900)
            browser.open(f"{base_url}/odoo/action-crm_relations.crm_funnel_action")
            browser.wait(".o_kanban_record")
            browser.evaluate(BUSIEST)
            browser.wait(".o_kanban_group .o_kanban_record")
            browser.evaluate("new Promise(done => setTimeout(done, 1500))")
            browser.screenshot(IMAGES / f"kanban-{short}.png")
            browser.click(".o_crm_search_toggle")
            browser.wait(".o_crm_search input")
            browser.evaluate("document.querySelector('.o_crm_search input').focus()")
            browser.type("rom" if short == "en" else "ром")
            browser.evaluate("new Promise(done => setTimeout(done, 2500))")
            browser.screenshot(IMAGES / f"search-{short}.png")
            browser.open(f"{base_url}/odoo/res.partner/{customer}")
            browser.wait(".o_form_view")
            browser.evaluate("new Promise(done => setTimeout(done, 1500))")
            browser.screenshot(IMAGES / f"card-{short}.png")
            browser.resize(390, 844, touch=True)
            browser.open(f"{base_url}/odoo/res.partner/{customer}")
            browser.wait(".o_form_view")
            browser.evaluate("new Promise(done => setTimeout(done, 1500))")
            browser.screenshot(IMAGES / f"card-phone-{short}.png")
        _call(browser, "res.users", "write", [[user], {"lang": "en_US"}])


if __name__ == "__main__":
    take(sys.argv[1], sys.argv[2])
