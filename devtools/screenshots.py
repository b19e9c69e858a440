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
    """What salesperson and marketer see, wide and on a phone, in each language."""
    with Browser() as browser:
        _log_in(browser, base_url, database, "sales")
        customer = _first_customer(browser)
        for short in _languages(browser, "sales"):
            _take_funnel(browser, base_url, short)
            _take_card(browser, base_url, customer, short)
    with Browser() as browser:
        _log_in(browser, base_url, database, "marketer")
        pages = _find_marketing(browser)
        for short in _languages(browser, "marketer"):
            for name, path in pages.items():
                _take(browser, f"{base_url}/odoo/{path}", f"{name}-{short}")


def _log_in(browser, base_url, database, login):
    browser.log_in(base_url, database, login, login)
    browser.resize(1366, 900)
    browser.open(f"{base_url}/odoo")
    browser.wait(".o_web_client")


def _languages(browser, login):
    """Each language's short name, with the person's screens set to it; English at last."""
    [user] = _call(browser, "res.users", "search", [[("login", "=", login)]])
    for short, code in LANGUAGES.items():
        _call(browser, "res.users", "write", [[user], {"lang": code}])
        browser.resize(1366, 900)
        yield short
    _call(browser, "res.users", "write", [[user], {"lang": "en_US"}])


def _take(browser, url, name, selector=".o_action_manager .o_content"):
    browser.open(url)
    browser.wait(selector)
    browser.evaluate("new Promise(done => setTimeout(done, 2500))")
    browser.screenshot(IMAGES / f"{name}.png")


def _take_funnel(browser, base_url, short):
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


def _take_card(browser, base_url, customer, short):
    url = f"{base_url}/odoo/res.partner/{customer}"
    _take(browser, url, f"card-{short}", ".o_form_view")
    browser.resize(390, 844, touch=True)
    _take(browser, url, f"card-phone-{short}", ".o_form_view")


def _find_marketing(browser):
    """``{name of the picture: address}``: a campaign, a scenario, who fades."""
    campaign = _call(browser, "utm.campaign", "search", [[]], order="id", limit=1)[0]
    scenario = _call(
        browser, "crm.scenario", "search", [[("state", "=", "running")]], limit=1
    )[0]
    return {
        "campaign": f"action-utm.utm_campaign_action/{campaign}",
        "scenario": f"action-crm_marketing.crm_scenario_action/{scenario}",
        "fading": "action-crm_marketing.crm_retention_episode_action",
    }


if __name__ == "__main__":
    take(sys.argv[1], sys.argv[2])
