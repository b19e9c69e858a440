"""The board of those who lead: which rung was reached, for how much money, who acts."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

TOP_RUNG = 4
# {model: field of the money that waits}
AMOUNTS = {
    "crm.lead": "expected_revenue",
    "sale.order": "amount_total",
    "account.move": "amount_residual",
    "crm.promise": "amount",
}
CURRENCY = "company_currency"  # of a lead; the others have currency_id
# records whose document is opened, not they themselves
DOCUMENTS = {"mail.activity", "crm.interaction"}


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    rung = fields.Selection(
        [
            ("0", "Nobody told yet"),
            ("1", "First step"),
            ("2", "Second step"),
            ("3", "Third step"),
            ("4", "Fourth step and above"),
        ],
        string="Climbed to",
        compute="_compute_rung",
        search="_search_rung",
        group_expand="_expand_rungs",
        help="How many steps of its rule the alarm has reached.",
    )
    waited_hours = fields.Float(
        string="Waited (h)",
        compute="_compute_waited_hours",
        aggregator="avg",
        help="Hours of the rule's clock, until it ended.",
    )
    amount = fields.Monetary(
        compute="_compute_amount", help="What the document is for."
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_amount")

    # -- rungs: not stored, the engine knows the level only ------------------------

    @api.depends("level")
    def _compute_rung(self):
        for alarm in self:
            alarm.rung = str(min(alarm.level, TOP_RUNG))

    @api.depends("waited_seconds")
    def _compute_waited_hours(self):
        for alarm in self:
            alarm.waited_hours = (alarm.waited_seconds or 0) / 3600

    @api.model
    def _search_rung(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain.FALSE
        for rung in value:
            if not rung:
                continue
            is_top = int(rung) >= TOP_RUNG
            domain |= Domain("level", ">=" if is_top else "=", int(rung))
        return domain

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "rung":
            return SQL(
                "LEAST(%s, %s)::varchar",
                self._field_to_sql(alias, "level", query),
                TOP_RUNG,
            )
        if field_expr == "waited_hours":
            seconds = self._field_to_sql(alias, "waited_seconds", query)
            return SQL("(%s / 3600.0)", seconds)
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def _expand_rungs(self, values, domain):
        """Three columns are always there, others when something is in them."""
        return sorted({*values, "1", "2", "3"})

    # -- amounts -------------------------------------------------------------------

    @api.depends("res_model", "res_id")
    def _compute_amount(self):
        self.amount, self.currency_id = 0, False
        for model, alarms in self.grouped("res_model").items():
            if model not in AMOUNTS:
                continue
            # only what the caller may read
            records = self.env[model].with_context(active_test=False)
            found = {
                record.id: record
                for record in records.search([("id", "in", alarms.mapped("res_id"))])
            }
            for alarm in alarms:
                record = found.get(alarm.res_id)
                if record is None:
                    continue
                alarm.amount = record[AMOUNTS[model]]
                name = "currency_id" if "currency_id" in record._fields else CURRENCY
                alarm.currency_id = record[name] or alarm.company_id.currency_id

    # -- opening -------------------------------------------------------------------

    def action_open_record(self):
        """What waits; the alarm itself for who may not open that."""
        self.ensure_one()
        self.check_access("read")
        for model, res_id in self._get_opened():
            if model not in self.env:
                continue
            record = self.env[model].browse(res_id)
            if record.exists() and record.has_access("read"):
                return {
                    "type": "ir.actions.act_window",
                    "res_model": model,
                    "res_id": res_id,
                    "views": [(False, "form")],
                }
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def _get_opened(self):
        """[(model, id)] where one can act, the best first."""
        model = self.env.get(self.res_model)
        of_customer = getattr(model, "_crm_alarm_of_customer", False)
        if self.res_model not in DOCUMENTS and not of_customer:
            return [(self.res_model, self.res_id)]
        places = []
        if self.res_model == "mail.activity":
            # sudo: where an activity hangs; the document has its own rules
            activity_sudo = self.env["mail.activity"].sudo().browse(self.res_id)
            if activity_sudo.exists() and activity_sudo.res_model:
                places.append((activity_sudo.res_model, activity_sudo.res_id))
        if self.lead_id:
            places.append(("crm.lead", self.lead_id.id))
        if self.customer_id:
            places.append(("res.partner", self.customer_id.id))
        return [*places, (self.res_model, self.res_id)]

    # -- many at once --------------------------------------------------------------

    def action_acknowledge_all(self):
        """Acknowledge what runs of the chosen alarms, and say what came of it."""
        self.check_access("read")
        running = self.filtered(
            lambda row: row.state in ("running", "exhausted")
            and not row._is_acknowledged_here()
        )
        if not running:
            raise UserError(self.env._("None of these alarms runs."))
        silenced = len(running.action_acknowledge())
        text = self.env._("%(count)s acknowledged.", count=silenced)
        if silenced < len(running):
            text = self.env._(
                "%(count)s acknowledged. %(other)s are at a level above yours: those "
                "people go on being told.",
                count=silenced,
                other=len(running) - silenced,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if silenced == len(running) else "warning",
                "message": text,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_open_snooze(self):
        """The dialog that asks until when, and why."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_alarm_snooze_action"
        )
        return dict(action, context={"default_alarm_ids": self.ids})
