"""What was put into the host's queues and has not left is taken back; calls count too."""

from odoo import api, models
from odoo.tools import SQL


class CrmScenarioEvent(models.Model):
    _inherit = "crm.scenario.event"

    @api.model
    def _withdraw(self, whose, reason, is_erased=False):
        """Letters and SMS that wait to be sent: the host sends them no more.

        Nor is a contact that was none left in the ledger, where frequency counts it.

        :param whose: SQL, a condition on ``event`` and ``run``
        :param is_erased: nothing of them is kept
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT event.id, mail.id, trace.id, sms.id,
                       CASE WHEN sms.id IS NULL THEN 'mailing:' || trace.id
                            ELSE 'sms:' || sms.uuid END
                  FROM crm_scenario_event event
                  JOIN crm_scenario_run run ON run.id = event.run_id
                  LEFT JOIN mailing_trace trace ON trace.id = event.trace_id
                  LEFT JOIN mail_mail mail ON mail.id = trace.mail_mail_id
                   AND mail.state = 'outgoing'
                  %s
                 WHERE event.state = 'sent' AND (%s)
                   AND (mail.id IS NOT NULL OR sms.id IS NOT NULL)
                """,
                self._waiting_sms_sql(),
                whose,
            )
        )
        if not rows:
            return
        events, mails, traces, messages, keys = (
            [value for value in column if value] for column in zip(*rows, strict=True)
        )
        # sudo: the queues are the host's, the ledger the engine's
        env = self.sudo().env
        env["mailing.trace"].browse(traces).set_canceled()
        queues = [env["mail.mail"].browse(mails)]
        if messages:
            queues.append(env["sms.sms"].browse(messages))
        for queue in queues:
            if is_erased:
                queue.unlink()
            else:
                queue.write(
                    {"state": "cancel" if queue._name == "mail.mail" else "canceled"}
                )
        env["crm.interaction"].search(
            [("external_key", "in", keys), ("direction", "=", "out")]
        ).unlink()
        env["crm.scenario.event"].browse(events).write(
            {"state": "skipped", "reason": reason, "sent_at": False}
        )

    @api.model
    def _waiting_sms_sql(self):
        if "sms.sms" not in self.env:
            return SQL(
                "CROSS JOIN (SELECT NULL::int4 AS id, NULL::varchar AS uuid) sms"
            )
        return SQL(
            "LEFT JOIN sms_sms sms ON event.res_model = 'sms.sms' "
            "AND sms.id = event.res_id AND sms.state = 'outgoing'"
        )


class CrmConsent(models.Model):
    _inherit = "crm.consent"

    @api.model
    def _earlier_sql(self, partners_sudo, purpose_sudo, since):
        """Calls and letters by post that scenarios asked for are contacts as well."""
        self.env["crm.scenario.event"].flush_model()
        return SQL(
            """
            %s
             UNION ALL
            SELECT run.partner_id, event.sent_at, event.way
              FROM crm_scenario_run run
              JOIN crm_scenario_event event ON event.run_id = run.id
              JOIN crm_scenario scenario ON scenario.id = run.scenario_id
             WHERE run.partner_id = ANY(%s) AND scenario.purpose_id = %s
               AND event.state = 'sent' AND event.way IN ('call', 'letter')
               AND event.sent_at > %s
            """,
            super()._earlier_sql(partners_sudo, purpose_sudo, since),
            partners_sudo.ids,
            purpose_sudo.id,
            since,
        )
