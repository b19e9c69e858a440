"""The first rhythms of a rule: worked out by the pass, in committed pieces."""

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_repeat_pass import LOCK

FILL = 20_000  # customers in one piece
END = 2**31 - 1  # above every customer


class CrmRepeatRule(models.Model):
    _inherit = "crm.repeat.rule"

    is_filling = fields.Boolean(
        string="Being worked out",
        readonly=True,
        copy=False,
        help="Everybody's rhythm is being worked out; deals follow when it is done.",
    )
    filled_to = fields.Integer(
        readonly=True,
        copy=False,
        help="Customers up to this number have their rhythms: where a pass goes on.",
        export_string_translation=False,
    )

    def _ask_for_rhythms(self):
        """Mark rules that were just started, and call the pass."""
        for is_needed, rules in self.grouped(
            lambda rule: rule.basis != "asset"
        ).items():
            rules.write({"is_filling": is_needed, "filled_to": 0})
        # sudo: whoever may start a rule may have it worked out
        self.env.ref("crm_marketing.ir_cron_run_repeat_rules").sudo()._trigger()

    @api.model
    def _fill_some(self, now, limit=FILL):
        """Rhythms of the next customers of one rule; 0 when every rule has its own."""
        if not self._lock_engine(LOCK):
            return 0
        rule = self._get_running().filtered("is_filling")[:1]
        if not rule:
            return 0
        upto = rule._get_fill_end(limit)
        self.env["crm.repeat.rhythm"]._refresh(rule, span=(rule.filled_to, upto))
        rule.write({"filled_to": upto, "is_filling": upto != END})
        if not rule.is_filling:
            # the first search for needs is planned by what is there now
            self.env.cr.execute("ANALYZE crm_repeat_rhythm")
        return 1

    def _get_fill_end(self, limit):
        """The last customer of the next piece."""
        rows = self.env.execute_query(
            SQL(
                "SELECT max(id) FROM (SELECT id FROM res_partner WHERE id > %s "
                "AND id = commercial_partner_id ORDER BY id LIMIT %s) piece "
                "HAVING count(*) = %s",
                self.filled_to,
                limit,
                limit,
            )
        )
        return rows[0][0] if rows else END
