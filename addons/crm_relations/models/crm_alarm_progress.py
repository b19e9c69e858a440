"""Progress: what people did about a thing that waits. Automatic rows never count."""

from odoo import api, models
from odoo.tools import SQL

from .crm_alarm_books import Books

# tried, but nobody was reached
UNREACHED = ("missed", "busy", "no_answer", "bounced", "cancelled")

CONTACT = SQL(
    """
    i.started_at > a.started_at AND i.is_automatic IS NOT TRUE
    AND (r.progress_in AND i.direction = 'in'
         OR r.progress_out AND i.direction = 'out'
            AND (i.outcome IS NULL OR i.outcome NOT IN %s)
         OR r.progress_out AND i.direction = 'in' AND i.answered_at IS NOT NULL)
    """,
    UNREACHED,
)

# A call we answered is progress of ours when we answered it.
CONTACT_AT = SQL(
    "CASE WHEN i.direction = 'in' AND r.progress_in IS NOT TRUE THEN i.answered_at "
    "ELSE i.started_at END"
)

# One branch per index. OFFSET 0 holds PostgreSQL to them: it knows nothing of how few
# rows an alarm has.
FIND_PROGRESS = SQL(
    """
    (SELECT %(at)s AS at FROM crm_interaction i
      WHERE i.lead_id = a.lead_id AND %(contact)s OFFSET 0)
    UNION ALL
    (SELECT %(at)s FROM crm_interaction i
      WHERE i.res_model = a.res_model AND i.res_id = a.res_id AND %(contact)s OFFSET 0)
    UNION ALL
    (SELECT %(at)s FROM crm_interaction i
      WHERE r.progress_scope = 'customer' AND i.customer_id = a.customer_id
        AND %(contact)s OFFSET 0)
    UNION ALL
    (SELECT m.date FROM mail_message m
      WHERE r.progress_activity AND m.model = a.res_model AND m.res_id = a.res_id
        AND m.mail_activity_type_id IS NOT NULL AND m.date > a.started_at OFFSET 0)
    UNION ALL
    (SELECT l.date_last_stage_update FROM crm_lead l
      WHERE r.progress_stage AND a.res_model = 'crm.lead' AND l.id = a.res_id
        AND l.date_last_stage_update > a.started_at OFFSET 0)
    """,
    contact=CONTACT,
    at=CONTACT_AT,
)


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    @api.model
    def _find_touched(self, dirty):
        """Open alarms whose progress must be looked at.

        :param dirty: {model: ids} of changed records
        :return: list of alarm ids
        """
        branches = [
            SQL(
                "SELECT id FROM crm_alarm WHERE state <> 'stopped' "
                "AND res_model = %s AND res_id = ANY(%s)",
                model,
                ids,
            )
            for model, ids in dirty.items()
        ]
        if dirty.get("crm.lead"):
            branches.append(
                SQL(
                    "SELECT id FROM crm_alarm WHERE state <> 'stopped' "
                    "AND lead_id = ANY(%s)",
                    dirty["crm.lead"],
                )
            )
        if dirty.get("crm.interaction"):
            branches += self._get_contact_branches(dirty["crm.interaction"])
        if not branches:
            return []
        return [row[0] for row in self.env.execute_query(SQL(" UNION ").join(branches))]

    @api.model
    def _get_contact_branches(self, ids):
        """SELECTs of the alarms that these contacts may answer."""
        conditions = (
            "a.lead_id = i.lead_id",
            "a.res_model = i.res_model AND a.res_id = i.res_id",
            "a.customer_id = i.customer_id",
        )
        return [
            SQL(
                "SELECT a.id FROM crm_interaction i JOIN crm_alarm a ON "  # pylint: disable=sql-injection
                + condition
                + " WHERE a.state <> 'stopped' AND i.id = ANY(%s)",
                ids,
            )
            for condition in conditions
        ]

    @api.model
    def _apply_progress(self, alarm_ids, now):
        """Stop, or start anew, what somebody has made progress with."""
        if not alarm_ids:
            return
        self.env["crm.interaction"].flush_model()
        moments = self._search_progress(alarm_ids, now)
        if not moments:
            return
        alarms = self._read_known(SQL("a.id = ANY(%s)", list(moments)))
        books = Books(self.env, alarms)
        rules = self.env["crm.alarm.rule"].with_context(active_test=False)
        by_rule = {}
        for alarm in alarms:
            by_rule.setdefault(alarm.rule, []).append(alarm)
        for rule in rules.browse(by_rule):
            with rule._isolated(now):
                self._apply_rule_progress(rule, by_rule[rule.id], moments, books, now)

    @api.model
    def _search_progress(self, alarm_ids, now):
        """{alarm id: (first, last) moment of progress since its start}"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.id, EXTRACT(EPOCH FROM min(p.at))::int8,
                       EXTRACT(EPOCH FROM max(p.at))::int8
                  FROM crm_alarm a
                  JOIN crm_alarm_rule r ON r.id = a.rule_id
                  CROSS JOIN LATERAL (%s) p
                 WHERE a.id = ANY(%s) AND a.state <> 'stopped'
                   AND p.at <= to_timestamp(%s) AT TIME ZONE 'UTC'
                   AND (r.progress_in OR r.progress_out OR r.progress_activity
                        OR r.progress_stage)
                 GROUP BY a.id
                """,
                FIND_PROGRESS,
                list(alarm_ids),
                now,
            )
        )
        return {alarm_id: (first, last) for alarm_id, first, last in rows}

    @api.model
    def _apply_rule_progress(self, rule, alarms, moments, books, now):
        stops = rule.on_progress == "stop"
        ended, anew, changed = [], [], []
        steps = rule.step_ids._get_ladder()
        for alarm in alarms:
            first, last = moments[alarm.id]
            clock = rule._get_clock(alarm.calendar, books)
            if stops:
                ended.append((alarm.id, first, alarm.waited(clock, first)))
            elif alarm.reached >= 0:
                ended.append((alarm.id, first, alarm.waited(clock, first)))
                anew.append(alarm.found(last))
            else:
                again = alarm._replace(
                    start=last, consumed=0, held=0,
                    resumed=None if alarm.state == "paused" else last,
                )  # fmt: skip
                changed.append(self._arm(rule, again, steps, books, now))
        self._stop_known(ended, SQL("'progress'"), spent=stops)
        self._save_known(changed)
        self._open(rule, anew, books, now)
