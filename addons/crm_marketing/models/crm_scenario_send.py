"""The outbox: what was decided is said, each with its ``sent`` in one savepoint."""

from datetime import timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_consent import CHANNEL_KINDS
from odoo.addons.crm_relations.tools.contact_window import Verdict

from .crm_scenario_step import WAYS

TELL = 200
WINDOW = 5  # times as many are looked at, because a person has one at a time
ATTEMPTS = 4


class Choice(NamedTuple):
    """What becomes of an event now: a way, or why not, or when to try again."""

    way: str = ""
    reason: str = ""
    until: object = None


class CrmScenarioEvent(models.Model):
    _inherit = "crm.scenario.event"

    @api.model
    def _tell(self, now, limit=TELL):
        """Say one batch, in this transaction; how many events were handled.

        One person has one event in a batch: the next one is asked about when the first
        is in the ledger, where frequency is counted.
        """
        if not self.env["crm.scenario"]._lock_pass():
            return 0
        self.env.flush_all()
        events = self.browse(self._get_turn(now, limit))
        self.env.cr.execute(
            SQL(
                "SELECT FROM crm_scenario_event WHERE id = ANY(%s) ORDER BY id "
                "FOR NO KEY UPDATE",
                events.ids,
            )
        )
        self.invalidate_model()
        for scenario, group in events.grouped("scenario_id").items():
            group = group.with_env(scenario._with_own_company().env)
            for step, same in group.grouped("step_id").items():
                same._tell_step(step, now)
        return len(events)

    @api.model
    def _get_turn(self, now, limit):
        """Ids of the next events to tell: the oldest of each person.

        From a window of the oldest ones that PostgreSQL reads once: after ten thousand
        decisions it knows nothing of the table yet, and would take minutes to join it.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT min(due.id)
                  FROM (SELECT id, run_id FROM crm_scenario_event
                         WHERE state = 'pending' AND scenario_id = ANY(%s)
                           AND (retry_at IS NULL OR retry_at <= %s)
                         ORDER BY id LIMIT %s) due
                 CROSS JOIN LATERAL (SELECT run.partner_id FROM crm_scenario_run run
                                      WHERE run.id = due.run_id OFFSET 0) run
                 GROUP BY COALESCE(run.partner_id, -due.run_id)
                 ORDER BY 1 LIMIT %s
                """,
                self.env["crm.scenario"]._get_running().ids,
                now,
                limit * WINDOW,
                limit,
            )
        )
        return [row[0] for row in rows]

    def _tell_step(self, step, now):
        """All of one step: those who may be told are told together."""
        choices = self._choose_ways(step, now)
        ways = {}
        for event in self:
            choice = choices[event]
            if choice.way:
                ways.setdefault(choice.way, self.browse())
                ways[choice.way] |= event
            else:
                event._put_off(choice, now)
        for way, events in ways.items():
            events._deliver(way, now)

    def _deliver_together(self, way, now):
        with self.env.cr.savepoint():
            getattr(self, f"_act_{way}")(now)
            self.write({"state": "sent", "way": way, "sent_at": now, "error": False})
            self.run_id._step_on(now)

    def _fail(self, error, now):
        """Tried again later, then given up; the person goes on without it."""
        self.ensure_one()
        attempts = self.attempts + 1
        is_over = attempts >= ATTEMPTS
        self.write(
            {
                "attempts": attempts,
                "error": str(error)[:500],
                "state": "failed" if is_over else "pending",
                "retry_at": now + timedelta(minutes=5 * 4**attempts),
            }
        )
        if is_over:
            self.run_id._step_on(now)

    def _put_off(self, choice, now):
        """Later, when that helps and is not too late; else skipped, and why."""
        self.ensure_one()
        last = self.planned_at + timedelta(days=self.scenario_id.late_days)
        if choice.until and choice.until <= last:
            self.write({"retry_at": choice.until, "reason": choice.reason})
            return
        self.write({"state": "skipped", "reason": choice.reason, "retry_at": False})
        if choice.reason == "over":
            self.run_id._write_ways([(self.run_id.id, "over", None, None)], now)
        else:
            self.run_id._step_on(now)

    # ------------------------------------------------------------ by which way

    def _choose_ways(self, step, now):
        """{event: Choice} in a fixed number of queries."""
        over = self.run_id._find_over()
        reasons = {event: event._why_never(step, now, over) for event in self}
        choices = {
            event: Choice(reason=reason) for event, reason in reasons.items() if reason
        }
        left = self.filtered(lambda event: not reasons[event])
        if step.kind in WAYS or step.kind == "message":
            return choices | left._choose_for_people(step, now)
        return choices | dict.fromkeys(left, Choice(way=step.kind))

    def _why_never(self, step, now, over):
        """Why nothing at all is done any more, colleagues' tasks too; empty: it is.

        :param over: ids of runs whose reason is gone
        """
        self.ensure_one()
        if not step or not self.partner_id.active:
            return "gone"
        if self.run_id.id in over:
            return "over"
        last = self.planned_at + timedelta(days=self.scenario_id.late_days)
        return (self.reason or "late") if now > last else ""

    def _choose_for_people(self, step, now):
        partners = self.partner_id
        if step.kind == "message":
            ways = {partner: partner._crm_scenario_ways() for partner in partners}
        else:
            ways = {
                partner: partner._crm_reachable([WAYS[step.kind]])
                for partner in partners
            }
        verdicts = self._ask_gate(self.scenario_id.purpose_id, ways, now)
        return {
            event: pick(ways[event.partner_id], verdicts, event.partner_id.id)
            for event in self
        }

    @api.model
    def _pick_way(self, scenario, partner, ways, now):
        """What would become of a message to one person."""
        verdicts = self.with_env(scenario.env)._ask_gate(
            scenario.purpose_id, {partner: ways}, now
        )
        return pick(ways, verdicts, partner.id)

    @api.model
    def _ask_gate(self, purpose, ways, now):
        """{(way, partner id): verdict}: the hub's gate, at the moment of sending.

        :param ways: {partner: ways}
        """
        gate = self.env["crm.consent"]
        verdicts = {}
        for way in {way for found in ways.values() for way in found}:
            partners = self.env["res.partner"].union(
                *(partner for partner, found in ways.items() if way in found)
            )
            if way == "letter":
                found = gate._get_letter_verdicts(partners, purpose)
            else:
                found = gate._may_contact_many(partners, way, purpose.code, now)
            verdicts |= {(way, key): verdict for key, verdict in found.items()}
        return verdicts


def pick(ways, verdicts, partner_id):
    """The first way that is allowed now, else the one that will be soonest."""
    if not ways:
        return Choice(reason="no_address")
    found = [(way, verdicts[way, partner_id]) for way in ways]
    for way, verdict in found:
        if verdict.allowed:
            return Choice(way=way)
    later = [verdict for _way, verdict in found if verdict.until]
    if later:
        soonest = min(later, key=lambda verdict: verdict.until)
        return Choice(reason=soonest.reason, until=soonest.until)
    return Choice(reason=found[0][1].reason)


class CrmConsent(models.Model):
    _inherit = "crm.consent"

    @api.model
    def _get_letter_verdicts(self, partners, purpose):
        """A letter rings nowhere: only what was said about every means counts."""
        refusals = {}
        if purpose.basis != "always":
            # sudo: a refusal counts, whether or not the one who asks may read the card
            refusals = self._get_refusals(
                partners.sudo(), "letter", purpose, self.env.company
            )
        return {
            partner_id: Verdict(
                partner_id not in refusals, refusals.get(partner_id, "")
            )
            for partner_id in partners.ids
        }


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _crm_scenario_ways(self):
        """Means of contact of one person: his own best one first."""
        self.ensure_one()
        best = CHANNEL_KINDS.get(self.crm_effective_channel_id.kind)
        ways = self.env["crm.scenario.step"]._get_ways()
        return self._crm_reachable(sorted(ways, key=lambda way: way != best))

    def _crm_reachable(self, ways):
        """Those of the ways that have an address; adapters add a messenger's."""
        self.ensure_one()
        return [way for way in ways if self._crm_has_address(way)]

    def _crm_has_address(self, way):
        if way == "email":
            return bool(self.email_normalized)
        if way == "sms":
            return "sms.sms" in self.env and bool(self.phone_sanitized)
        if way == "call":
            return bool(self.phone_sanitized)
        return way == "letter" and bool(self.street or self.city)
