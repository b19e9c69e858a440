"""Is it still so? Asked before each thing that is said: days pass while one waits."""

from odoo import models
from odoo.tools import SQL

ASSET = """
    EXISTS (SELECT FROM crm_customer_asset asset
             WHERE asset.id = run.res_id AND asset.active
               AND asset.partner_id = run.partner_id
               AND run.occurrence = %s || ':' || asset.id || ':' || asset.%s)
"""


class CrmScenarioRun(models.Model):
    _inherit = "crm.scenario.run"

    def _find_over(self):
        """Ids of the runs whose reason is gone; a query for each scenario."""
        self.env.flush_all()
        over = set()
        for scenario, runs in self.grouped("scenario_id").items():
            still = getattr(scenario, f"_still_{scenario.trigger}", None)
            if not still:
                continue  # what has happened stays so
            rows = self.env.execute_query(
                SQL(
                    "SELECT run.id FROM crm_scenario_run run WHERE run.id = ANY(%s) "
                    "AND NOT (%s)",
                    runs.ids,
                    still(),
                )
            )
            over |= {run_id for (run_id,) in rows}
        return over


class CrmScenario(models.Model):
    """``_still_<trigger>``: a condition on ``run``; triggers without one never end so."""

    _inherit = "crm.scenario"

    def _asks_bought(self):
        """A recipe that asks it decides itself what to say to who has bought."""
        return "bought" in self.step_ids.filtered(
            lambda step: step.kind == "check"
        ).mapped("question")

    def _still_birthday(self):
        return SQL(
            """
            EXISTS (SELECT FROM res_partner person
                     CROSS JOIN to_char(run.occurred_on - %s, 'MM-DD') AS day
                     WHERE person.id = run.partner_id
                       AND (right(person.crm_birthday, 5) = day
                            OR (right(person.crm_birthday, 5) = '02-29'
                                AND day = '02-28')))
            """,
            self.offset_days,
        )

    def _still_asset_service(self):
        """Sold, put away, serviced (and due another day): nothing to say any more."""
        return SQL(ASSET, "service", SQL.identifier("next_service_date"))  # pylint: disable=sql-injection

    def _still_asset_since(self):
        return SQL(ASSET, "since", SQL.identifier("acquired_date"))  # pylint: disable=sql-injection

    def _still_first_purchase(self):
        return SQL(
            "EXISTS (SELECT FROM account_move move WHERE move.id = run.res_id "
            "AND move.state = 'posted' "
            "AND move.payment_state IS DISTINCT FROM 'reversed')"
        )

    def _still_silent(self):
        if self._asks_bought():
            return SQL("TRUE")
        return SQL(
            """
            EXISTS (SELECT FROM res_partner person
                      JOIN crm_customer_metric metric
                        ON metric.customer_id = person.commercial_partner_id
                     WHERE person.id = run.partner_id
                       AND metric.company_id = run.company_id
                       AND 'since:' || metric.last_order_on = run.occurrence)
            """
        )

    def _still_quotation(self):
        states = ["sent", "sale"] if self._asks_bought() else ["sent"]
        return SQL(
            "EXISTS (SELECT FROM sale_order quote WHERE quote.id = run.res_id "
            "AND quote.state = ANY(%s))",
            states,
        )

    def _still_arrivals(self):
        return SQL(
            "EXISTS (SELECT FROM product_template template "
            "WHERE template.id = run.res_id AND template.active AND template.sale_ok)"
        )

    def _still_price_drop(self):
        return SQL(
            """
            EXISTS (SELECT FROM crm_product_price_drop fall
                      JOIN product_template template ON template.id = fall.product_tmpl_id
                     WHERE fall.id = split_part(run.occurrence, ':', 2)::int4
                       AND template.active AND template.sale_ok
                       AND template.list_price <= fall.new_price)
            """
        )
