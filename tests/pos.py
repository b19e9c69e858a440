"""The process behind ``test_pos.py``: a till sells, closes, and the books are compared.

``python pos.py CONF DATABASE`` installs the host's point of sale beside the hub, sells for
100 without an invoice and for 70 with one, closes the session and prints the rows of the
reconciliation page as JSON ``{code: amount}``, with what opens behind the till's row.
"""

import json
import sys

import odoo
from odoo import SUPERUSER_ID, Command, api, fields
from odoo.modules.registry import Registry
from odoo.tools import config


def install(name):
    with Registry(name).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        module = env["ir.module.module"].search([("name", "=", "point_of_sale")])
        if module.state != "installed":
            module.button_immediate_install()


def sell(env):
    """One till, one session of two sales."""
    cash = env["account.journal"].create(
        {"name": "Till", "code": "TILL", "type": "cash"}
    )
    method = env["pos.payment.method"].create(
        {"name": "Cash of the Till", "journal_id": cash.id}
    )
    shop = env["pos.config"].create(
        {"name": "Shop", "payment_method_ids": [Command.set(method.ids)]}
    )
    product = env["product.product"].create(
        {"name": "Wipers", "type": "consu", "list_price": 100, "taxes_id": False,
         "available_in_pos": True}
    )  # fmt: skip
    customer = env["res.partner"].create({"name": "Regular"})
    shop.open_ui()
    session = shop.current_session_id
    session.set_opening_control(0, "")
    _order(env, session, method, product, 100)
    _order(env, session, method, product, 70, customer)
    session.post_closing_cash_details(session.cash_register_balance_end)
    session.close_session_from_ui()
    assert session.state == "closed", session.state
    return session


def _order(env, session, method, product, price, customer=None):
    line = {"product_id": product.id, "qty": 1, "price_unit": price, "tax_ids": [],
            "price_subtotal": price, "price_subtotal_incl": price}  # fmt: skip
    order = env["pos.order"].create(
        {
            "session_id": session.id,
            "company_id": env.company.id,
            "partner_id": customer.id if customer else False,
            "to_invoice": bool(customer),
            "amount_total": price,
            "amount_tax": 0,
            "amount_paid": 0,
            "amount_return": 0,
            "lines": [Command.create(line)],
        }
    )
    payment = env["pos.make.payment"].with_context(
        active_ids=order.ids, active_id=order.id
    )
    payment.create({"payment_method_id": method.id, "amount": price}).check()
    assert order.state in ("paid", "invoiced", "done"), order.state


def compare(env, session):
    page = env["crm.reconciliation"].create(
        {"month": fields.Date.context_today(session)}
    )
    rows = {line.code: line.amount for line in page.line_ids}
    till = page.line_ids.filtered(lambda line: line.code == "revenue_pos")
    items = env["account.move.line"].search(till.action_open_lines()["domain"])
    rows["opens"] = -sum(items.mapped("balance"))
    rows["documents"] = items.move_id == session.move_id
    rows["difference"] = page.difference
    return rows


def main(name):
    install(name)
    with Registry(name).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        seller = env.ref("base.user_admin")  # only a person may open a till
        seller.group_ids += env.ref("point_of_sale.group_pos_manager")
        seller.group_ids += env.ref("account.group_account_manager")
        env = env(user=seller.id)
        rows = compare(env, sell(env))
        cr.rollback()
    print(json.dumps(rows), flush=True)


if __name__ == "__main__":
    config.parse_config(
        ["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=error"],
        setup_logging=True,
    )
    odoo.modules.module.initialize_sys_path()
    main(sys.argv[2])
