"""Records become one: their alarms go to the one that stays, none doubled, none lost."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.alarm_clock import epoch
from .crm_alarm_books import Books


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    @api.model
    def _merge_records(self, model, source_ids, destination_id):
        """Of two alarms of a rule the older clock stays, with whoever sees to either.

        :param str model: of the records
        """
        self.env.flush_all()
        values = {
            "model": model, "sources": list(source_ids), "target": destination_id,
        }  # fmt: skip
        self._stop_younger(values)
        self._move_alarms(values)
        if model == "crm.lead":
            self.env.cr.execute(
                "UPDATE crm_alarm SET lead_id = %s WHERE lead_id = ANY(%s)",
                [destination_id, list(source_ids)],
            )
        self.invalidate_model()
        self.env["crm.alarm.dirty"]._touch(model, [destination_id])

    @api.model
    def _stop_younger(self, values):
        """One alarm of each rule stays.

        It takes over an acknowledgement or a snooze of one that had climbed as high.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH every AS (
                    SELECT id, state, reached_seconds, hold_until, hold_user_id,
                           hold_reason, snoozed_level, acked_level,
                           first_value(id) OVER ranked AS kept
                      FROM crm_alarm
                     WHERE res_model = %(model)s AND state <> 'stopped'
                       AND (res_id = ANY(%(sources)s) OR res_id = %(target)s)
                    WINDOW ranked AS (PARTITION BY rule_id ORDER BY started_at, id)
                ), held AS (
                    SELECT DISTINCT ON (other.kept) other.*
                      FROM every other JOIN crm_alarm own ON own.id = other.kept
                     WHERE other.id <> other.kept
                       AND other.state IN ('acknowledged', 'snoozed')
                       AND own.state IN ('running', 'exhausted')
                       AND other.reached_seconds >= own.reached_seconds
                  ORDER BY other.kept, other.hold_until DESC
                ), taken AS (
                    UPDATE crm_alarm a
                       SET state = held.state, hold_until = held.hold_until,
                           hold_user_id = held.hold_user_id,
                           hold_reason = held.hold_reason,
                           next_fire_at = held.hold_until,
                           snoozed_level = GREATEST(a.snoozed_level, held.snoozed_level),
                           acked_level = GREATEST(a.acked_level, held.acked_level)
                      FROM held WHERE a.id = held.kept
                )
                SELECT id FROM every WHERE id <> kept
                """,
                **values,
            )
        )
        if not rows:
            return
        now = epoch(fields.Datetime.now())
        known = self._read_known(SQL("a.id = ANY(%s)", [row[0] for row in rows]))
        books = Books(self.env, known)
        rules = self.env["crm.alarm.rule"].with_context(active_test=False)
        ends = [
            (
                alarm.id,
                now,
                alarm.waited(
                    rules.browse(alarm.rule)._get_clock(alarm.calendar, books), now
                ),
            )
            for alarm in known
        ]
        self._stop_known(ends, SQL("'merged'"))

    @api.model
    def _move_alarms(self, values):
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_alarm a
                   SET res_id = %(target)s,
                       lead_id = CASE WHEN %(model)s = 'crm.lead' THEN %(target)s
                                 ELSE a.lead_id END,
                       episode = 1 + (SELECT COALESCE(max(o.episode), 0)
                                        FROM crm_alarm o WHERE o.rule_id = a.rule_id
                                         AND o.res_id = %(target)s)
                 WHERE res_model = %(model)s AND res_id = ANY(%(sources)s)
                   AND state <> 'stopped'
                """,
                **values,
            )
        )


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Alarms go to the customer that stays; columns that name him follow."""
        result = super()._crm_merge_partners(source_ids, destination)
        # sudo: the merge passes every right
        alarms_sudo = self.env["crm.alarm"].sudo()
        ids = list(source_ids)
        ((watched, named),) = self.env.execute_query(
            SQL(
                """
                SELECT EXISTS (SELECT FROM crm_alarm WHERE res_model = 'res.partner'
                                AND state <> 'stopped' AND res_id = ANY(%(ids)s)),
                       EXISTS (SELECT FROM crm_alarm WHERE customer_id = ANY(%(ids)s))
                """,
                ids=ids,
            )
        )
        if watched:
            alarms_sudo._merge_records(self._name, ids, destination.id)
        if named:
            customer = destination.commercial_partner_id.id
            if customer in ids:
                customer = destination.id
            self.env.cr.execute(
                "UPDATE crm_alarm SET customer_id = %s WHERE customer_id = ANY(%s)",
                [customer, ids],
            )
            alarms_sudo.invalidate_model(["customer_id"], flush=False)
        return result
