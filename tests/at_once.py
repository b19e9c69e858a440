"""The process behind ``test_at_once.py``: two people press one button in one moment.

``python at_once.py CONF DATABASE``. Every work runs in two threads, each with a
transaction of its own that has begun before either writes, and with the host's retries.
Prints one JSON object ``{work: what was found afterwards}``.
"""

import json
import sys
import threading
from datetime import datetime

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import config

NOW = datetime(2026, 3, 3, 9, 0, 0)
POST = "crm_relations.mail_activity_type_post_invoice"
DELIVER = "crm_relations_stock.mail_activity_type_deliver"


class Twice:
    """Run ``work(env)`` in two transactions that see the same past."""

    def __init__(self, registry, work):
        self.registry, self.work = registry, work
        self.barrier = threading.Barrier(2, timeout=60)
        self.errors = []

    def run(self):
        threads = [threading.Thread(target=self._click) for _person in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def _click(self):
        try:
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                waited = []

                def work():
                    cr.execute("SELECT 1")  # the snapshot is taken here
                    if not waited:
                        waited.append(self.barrier.wait())
                    self.work(env)

                retrying(work, env)
        except Exception as error:  # kept for run(), which raises it
            self.errors.append(error)


def make_order(env):
    """A confirmed order with a delivery to do and a draft invoice."""
    env.company.crm_posting_user_id = env.ref("base.user_admin")
    product = env["product.product"].create(
        {
            "name": "At once",
            "type": "consu",
            "invoice_policy": "order",
            "list_price": 10,
        }
    )
    order = env["sale.order"].create(
        {
            "partner_id": env["res.partner"].create({"name": "At once"}).id,
            "order_line": [(0, 0, {"product_id": product.id})],
        }
    )
    order.action_confirm()
    order._create_invoices()
    order.warehouse_id.crm_keeper_id = env.ref("base.user_admin")
    return order.id


def ask_posting(registry, order):
    Twice(
        registry, lambda env: env["sale.order"].browse(order).action_crm_ask_posting()
    ).run()
    return count(registry, "sale.order", [order], POST)


def ask_warehouse(registry, order):
    Twice(
        registry, lambda env: env["sale.order"].browse(order).action_crm_ask_warehouse()
    ).run()
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        pickings = env["sale.order"].browse(order).picking_ids.ids
    return count(registry, "stock.picking", pickings, DELIVER)


def count(registry, model, ids, kind):
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        return len(env[model].browse(ids).activity_search([kind]))


def web_form(registry, form):
    body = {"name": "Oksana", "phone": "0671234567", "message": "Tyres R16"}

    def submit(env):
        form_record = env["crm.web.form"].browse(form)
        form_record.env["crm.web.form.intake"]._take(
            form_record, body, [], "10.0.0.1", NOW
        )

    Twice(registry, submit).run()
    with registry.cursor() as cr:
        cr.execute(
            "SELECT count(*) FROM crm_interaction WHERE external_key LIKE 'form:%'"
        )
        rows = cr.fetchone()[0]
        cr.execute("SELECT count(*) FROM crm_lead WHERE phone LIKE '%67%123%'")
        return rows, cr.fetchone()[0]


def ingest(registry):
    """Two senders bring the same contact of the same unknown number."""
    row = {
        "channel": "call",
        "external_key": "at-once",
        "direction": "in",
        "started_at": NOW.isoformat(),
        "address": "+380671112233",
    }
    Twice(
        registry, lambda env: env["crm.interaction"]._ingest([dict(row)], now=NOW)
    ).run()
    with registry.cursor() as cr:
        cr.execute(
            "SELECT count(*) FROM crm_interaction WHERE external_key = 'at-once'"
        )
        return cr.fetchone()[0]


def main(database):
    registry = Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        order = make_order(env)
        team = env["crm.team"].create({"name": "At once", "use_leads": True})
        form = env["crm.web.form"].create({"name": "At once", "team_id": team.id}).id
    result = {
        "ask_posting": ask_posting(registry, order),
        "ask_warehouse": ask_warehouse(registry, order),
        "web_form": web_form(registry, form),
        "ingest": ingest(registry),
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    config.parse_config(
        ["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=error"],
        setup_logging=True,
    )
    odoo.modules.module.initialize_sys_path()
    main(sys.argv[2])
