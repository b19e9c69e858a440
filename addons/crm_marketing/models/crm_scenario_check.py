"""What a person did since: the questions of a recipe, and goals, by sets."""

from odoo import api, models
from odoo.tools import SQL

# when he did it, of a run ``run`` whose person is ``person``: an order counts with its
# own day, so an invoice of what was ordered before the run is no new purchase
BOUGHT = """
    SELECT min(at) FROM (
        SELECT GREATEST(sold.date_order, run.started_at) AS at
          FROM sale_order sold JOIN res_partner buyer ON buyer.id = sold.partner_id
         WHERE buyer.commercial_partner_id = person.commercial_partner_id
           AND sold.company_id = run.company_id AND sold.state = 'sale'
           AND sold.date_order >= run.started_at
         UNION ALL
        SELECT GREATEST(move.invoice_date, run.started_at) FROM account_move move
         WHERE move.commercial_partner_id = person.commercial_partner_id
           AND move.company_id = run.company_id AND move.state = 'posted'
           AND move.move_type IN ('out_invoice', 'out_receipt')
           AND (move.invoice_date > run.started_at::date
                OR (move.invoice_date = run.started_at::date
                    AND move.create_date >= run.started_at))
           AND (run.res_model IS DISTINCT FROM 'account.move' OR run.res_id <> move.id)
           AND NOT EXISTS (
               SELECT FROM account_move_line line
                 JOIN sale_order_line_invoice_rel billed ON billed.invoice_line_id = line.id
                 JOIN sale_order_line ordered ON ordered.id = billed.order_line_id
                 JOIN sale_order earlier ON earlier.id = ordered.order_id
                WHERE line.move_id = move.id AND earlier.date_order < run.started_at)
         ) did
"""
ANSWERED = """
    SELECT min(at) FROM (
        SELECT min(said.started_at) AS at FROM crm_interaction said
         WHERE said.customer_id = person.commercial_partner_id
           AND said.company_id = run.company_id
           AND said.direction = 'in' AND said.is_automatic IS NOT TRUE
           AND said.started_at >= run.started_at
         UNION ALL
        SELECT min(trace.reply_datetime) FROM crm_scenario_event event
          JOIN mailing_trace trace ON trace.id = event.trace_id
         WHERE event.run_id = run.id) did
"""
# of the last letter before the question: whether the first was opened was asked before
TRACE = """
    SELECT trace.%s FROM (
        SELECT event.trace_id FROM crm_scenario_event event
         WHERE event.run_id = run.id AND event.kind IN ('mail', 'message')
         ORDER BY event.id DESC LIMIT 1) letter
      JOIN mailing_trace trace ON trace.id = letter.trace_id
"""
MEMBER = """
    SELECT min(member.entered_at) FROM crm_segment_member member
     WHERE member.segment_id = %s AND member.left_at IS NULL
       AND member.partner_id IN (person.id, person.commercial_partner_id)
"""


class CrmScenarioRun(models.Model):
    _inherit = "crm.scenario.run"

    @api.model
    def _did_sql(self, what, segment=None):
        """When the person of ``run`` did something, as a scalar SQL; NULL: not yet."""
        if what == "bought":
            return SQL(BOUGHT)  # pylint: disable=sql-injection
        if what == "answered":
            return SQL(ANSWERED)  # pylint: disable=sql-injection
        if what == "segment":
            return SQL(MEMBER, segment.id)  # pylint: disable=sql-injection
        column = "open_datetime" if what == "opened" else "links_click_datetime"
        return SQL(TRACE, SQL.identifier(column))  # pylint: disable=sql-injection

    def _ask(self, step):
        """Ids of the runs whose person did what the step asks."""
        self.env.flush_all()
        did = self._did_sql(step.question, step.segment_id)
        if step.question == "opened":  # whoever clicked has opened it, pictures or not
            did = SQL("COALESCE((%s), (%s))", did, self._did_sql("clicked"))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT run.id FROM crm_scenario_run run
                  JOIN res_partner person ON person.id = run.partner_id
                 WHERE run.id = ANY(%s) AND (%s) IS NOT NULL
                """,
                self.ids,
                did,
            )
        )
        return {run_id for (run_id,) in rows}


class CrmScenario(models.Model):
    _inherit = "crm.scenario"

    def _note_goals(self, now):
        """Who reached the goal in time, control group too; how many are new."""
        self.ensure_one()
        if self.goal == "none":
            return 0
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH reached AS (
                    SELECT run.id, (%(did)s) AS at
                      FROM crm_scenario_run run
                      JOIN res_partner person ON person.id = run.partner_id
                     WHERE run.scenario_id = %(scenario)s AND run.goal_at IS NULL
                       AND run.state NOT IN ('past', 'gone')
                       AND run.started_at >= %(since)s - interval '1 day'
                )
                UPDATE crm_scenario_run run SET goal_at = reached.at
                  FROM reached
                 WHERE run.id = reached.id AND reached.at <= %(now)s
                   AND reached.at < run.started_at + %(days)s * interval '1 day'
                """,
                did=self.env["crm.scenario.run"]._did_sql(self.goal),
                scenario=self.id,
                days=self.goal_days,
                since=self._get_goal_border(now),
                now=now,
            )
        )
        count = self.env.cr.rowcount
        self._leave_in_peace(now)
        self.env["crm.scenario.run"].invalidate_model()
        return count

    def _leave_in_peace(self, now):
        """What was still to be said to those who reached the goal is not said."""
        if not self.is_goal_end:
            return
        self.env.cr.execute(
            SQL(
                """
                WITH reached AS (
                    UPDATE crm_scenario_run
                       SET state = 'goal', next_at = NULL, ended_at = %(now)s
                     WHERE scenario_id = %(id)s AND goal_at IS NOT NULL
                       AND state IN ('new', 'waiting')
                 RETURNING id
                )
                UPDATE crm_scenario_event SET state = 'skipped', reason = 'goal'
                 WHERE state = 'pending' AND run_id IN (SELECT id FROM reached)
                """,
                now=now,
                id=self.id,
            )
        )
        self.env["crm.scenario.event"].invalidate_model(flush=False)
