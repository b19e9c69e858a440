"""Who is told, decided when it is told: present, entitled, and not told already."""

from odoo import api, models
from odoo.tools import SQL

from ..tools.alarm_clock import from_epoch

FALLBACK_GROUP = "sales_team.group_sale_manager"


class Targets:
    """Recipients of the steps of one rule for a batch of alarms.

    A handful of queries per batch, and one per person to ask whether he may read the
    records.
    """

    def __init__(self, rule, alarms, now):
        self._env = rule.env
        self._rule = rule
        self._alarms = alarms
        self._steps = rule.step_ids.sorted("limit_minutes")
        self._away = self._env["crm.deputy"]._get_away()
        self._raw = {}  # {step: {alarm id: user ids}}
        self._fallback = None
        self._leaders = self._read_leaders()
        self.told = self._read_told()
        self._absent = self._read_absent(now)
        self._readable = {}  # {user id: record ids}
        self._companies = {}  # {user id: company ids, none for who is never told}
        self._upper = {
            step.id: self._steps[place:] for place, step in enumerate(self._steps)
        }

    # -- reading -------------------------------------------------------------------

    def _read_told(self):
        """{alarm id: {step key: user ids}}"""
        rows = self._env.execute_query(
            SQL(
                """
                SELECT e.alarm_id, e.step_key, r.user_id
                  FROM crm_alarm_event e
                  JOIN crm_alarm_event_recipient_rel r ON r.event_id = e.id
                 WHERE e.alarm_id = ANY(%s)
                """,
                [alarm.id for alarm in self._alarms],
            )
        )
        told = {}
        for alarm_id, step_key, user_id in rows:
            told.setdefault(alarm_id, {}).setdefault(step_key, set()).add(user_id)
        return told

    def _read_absent(self, now):
        """Users who are on leave now."""
        # sudo: whether a colleague is away, not why
        leaves_sudo = self._env["resource.calendar.leaves"].sudo()
        moment = from_epoch(now)
        return set(
            leaves_sudo.search(
                [
                    ("resource_id.user_id", "!=", False),
                    ("date_from", "<=", moment),
                    ("date_to", ">", moment),
                ]
            ).resource_id.user_id.ids
        )

    def _get_raw(self, step):
        """{alarm id: user ids} whom a step names, present or not."""
        if step not in self._raw:
            self._raw[step] = getattr(self, f"_name_{step.target}")(step)
        return self._raw[step]

    def _name_responsible(self, _step):
        return {alarm.id: {alarm.user} - {None} for alarm in self._alarms}

    def _name_deputy(self, _step):
        return {
            alarm.id: {self._away[alarm.user][0]} if alarm.user in self._away else set()
            for alarm in self._alarms
        }

    def _read_leaders(self):
        """{team id: ids of who leads it}"""
        # sudo: who leads a team is no secret
        teams_sudo = self._env["crm.team"].sudo().with_context(active_test=False)
        teams_sudo = teams_sudo.browse({row.team for row in self._alarms} - {None})
        return {team.id: set(team.user_id.ids) for team in teams_sudo}

    def _name_leader(self, _step):
        return {
            alarm.id: self._leaders.get(alarm.team, set()) for alarm in self._alarms
        }

    def _name_role(self, step):
        users_sudo = step.sudo().role_id.user_ids  # sudo: users are not all readable
        by_company = {
            company: {
                user.id
                for user in users_sudo
                if company in self._get_companies(user.id)
            }
            for company in {alarm.company for alarm in self._alarms}
        }
        return {alarm.id: by_company[alarm.company] for alarm in self._alarms}

    def _name_user(self, step):
        return {alarm.id: set(step.user_id.ids) for alarm in self._alarms}

    def _name_path(self, step):
        records_sudo = self._rule._get_watched_model_sudo().browse(
            [alarm.res_id for alarm in self._alarms]
        )
        users = {
            record.id: set(record.mapped(step.path).ids)
            for record in records_sudo.exists()
        }
        return {alarm.id: users.get(alarm.res_id, set()) for alarm in self._alarms}

    # -- choosing ------------------------------------------------------------------

    def choose(self, alarm, step_id, repeat_no):
        """(ids of who is told, why nobody or somebody else)."""
        told = self.told.get(alarm.id, {})
        if repeat_no:
            again = self._filter(alarm, told.get(step_id, set()))
            if again:
                return again, None
        before = {
            user for key, users in told.items() if key != step_id for user in users
        }
        reason = None
        for upper in self._upper[step_id]:
            named = self._filter(alarm, self._get_raw(upper).get(alarm.id, set()))
            if named - before:
                return named - before, None if upper.id == step_id else "up"
            reason = "same" if named else reason
        if reason == "same":
            return set(), "same"  # everybody above has been told already
        chosen = self._filter(alarm, self._get_fallback(alarm.company))
        if chosen - before:
            return chosen - before, "nobody"
        return set(), "same" if chosen else "no_access"

    def _filter(self, alarm, user_ids):
        """Present, of the company, entitled; deputies for those who are away."""
        present = {self._away.get(user, (user,))[0] for user in user_ids}
        return {
            user
            for user in present - self._absent
            if alarm.company in self._get_companies(user)
            and (
                alarm.res_id in self._read(user)
                # whoever leads the team sees its alarms, the host's records or not
                or user in self._leaders.get(alarm.team, ())
            )
        }

    def _get_companies(self, user_id):
        """Companies a person works in; none when he is archived or a portal user."""
        if user_id not in self._companies:
            user_sudo = self._env["res.users"].sudo().browse(user_id)
            is_ours = user_sudo.active and not user_sudo.share
            self._companies[user_id] = set(user_sudo.company_ids.ids if is_ours else ())
        return self._companies[user_id]

    def _read(self, user_id):
        """Ids of the batch's records that a person may read."""
        if user_id not in self._readable:
            ids = {alarm.res_id for alarm in self._alarms}
            readable = self._search_readable(user_id, self._rule.model, ids)
            if getattr(self._env[self._rule.model], "_crm_alarm_of_customer", False):
                known = {alarm.customer for alarm in self._alarms} - {None}
                seen = self._search_readable(user_id, "res.partner", known)
                readable |= {
                    alarm.res_id for alarm in self._alarms if alarm.customer in seen
                }
            self._readable[user_id] = readable
        return self._readable[user_id]

    def _search_readable(self, user_id, model_name, ids):
        model = self._env[model_name].with_user(user_id)
        if not model.has_access("read"):
            return set()
        model = model.with_context(
            allowed_company_ids=list(self._get_companies(user_id)), active_test=False
        )
        return set(model.search([("id", "in", list(ids))]).ids)

    def _get_fallback(self, company_id):
        """Who decides about sales: never nobody."""
        if self._fallback is None:
            # sudo: who has a group
            self._fallback = self._env.ref(FALLBACK_GROUP).sudo().all_user_ids.ids
        return {
            user for user in self._fallback if company_id in self._get_companies(user)
        }


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    @api.model
    def _count_recent_notices(self, rule, alarms, since):
        """{record id: notices about it since then, of every rule}"""
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT a.res_id, count(*)
                      FROM crm_alarm a
                      JOIN crm_alarm_event e ON e.alarm_id = a.id
                     WHERE a.res_model = %s AND a.res_id = ANY(%s) AND e.kind = 'notice'
                       AND e.fired_at > to_timestamp(%s) AT TIME ZONE 'UTC'
                     GROUP BY a.res_id
                    """,
                    rule.model,
                    [alarm.res_id for alarm in alarms],
                    since,
                )
            )
        )
