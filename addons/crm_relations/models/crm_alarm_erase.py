from odoo import models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _get_erased_also(self):
        """Words about a forgotten person in alarms go; when, how long, who was told stay.

        An alarm is about him when he is its customer, is watched himself, or is the
        contact of the deal, order, invoice … that is watched.
        """
        about = self._get_alarms_about_sql()
        return [
            *super()._get_erased_also(),
            SQL(
                "UPDATE crm_alarm SET hold_reason = NULL, stop_note = NULL, "
                "customer_id = CASE WHEN customer_id = ANY(%s) THEN NULL "
                "ELSE customer_id END WHERE id IN (%s)",
                self.ids,
                about,
            ),
            # codes of the engine (late, up, cap …) are not a person's words
            SQL(
                "UPDATE crm_alarm_event SET error = NULL, reason = CASE WHEN kind IN "
                "('ack', 'snooze', 'stop') AND reason <> 'below' THEN NULL ELSE reason "
                "END WHERE alarm_id IN (%s)",
                about,
            ),
            # the to-do that told of it repeats its sentence
            SQL(
                "UPDATE mail_activity SET summary = NULL, note = NULL "
                "WHERE crm_alarm_id IN (%s)",
                about,
            ),
        ]

    def _get_alarms_about_sql(self):
        """Ids of alarms of records that name these people."""
        branches = [
            SQL("SELECT id FROM crm_alarm WHERE customer_id = ANY(%s)", self.ids),
            SQL(
                "SELECT id FROM crm_alarm WHERE res_model = 'res.partner' "
                "AND res_id = ANY(%s)",
                self.ids,
            ),
            SQL(
                "SELECT id FROM crm_alarm WHERE lead_id IN "
                "(SELECT id FROM crm_lead WHERE partner_id = ANY(%s))",
                self.ids,
            ),
        ]
        # sudo: whatever rule watched them, chosen or not
        rules_sudo = self.env["crm.alarm.rule"].sudo().with_context(active_test=False)
        for (name,) in rules_sudo._read_group([], ["model"], order="model"):
            field = (
                self.env[name]._fields.get("partner_id") if name in self.env else None
            )
            if field and field.store and field.comodel_name == "res.partner":
                branches.append(
                    SQL(
                        "SELECT id FROM crm_alarm WHERE res_model = %s AND res_id IN "
                        "(SELECT id FROM %s WHERE partner_id = ANY(%s))",
                        name,
                        SQL.identifier(self.env[name]._table),
                        self.ids,
                    )
                )
        return SQL(" UNION ").join(branches)

    def _erase_interactions(self):
        self.env.flush_all()
        count = super()._erase_interactions()
        for name in ("crm.alarm", "crm.alarm.event", "mail.activity"):
            self.env[name].invalidate_model(flush=False)
        return count
