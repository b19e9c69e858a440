"""Who works by which calendar: read once for a batch of alarms."""

from ..tools.alarm_clock import Schedule, WorkClock


class Books:
    """Calendars of teams, people and companies, and their clocks.

    Read for one batch: a handful of queries however many alarms are in it. ``people``
    are rows that have ``user`` and ``company``.
    """

    def __init__(self, env, people):
        self._env = env
        self._clocks = {}
        self._memo = {}
        # sudo: calendars of colleagues, to count their hours
        self._calendars_sudo = env["resource.calendar"].sudo()
        users_sudo = env["res.users"].sudo().with_context(active_test=False)
        users_sudo = users_sudo.browse({row.user for row in people if row.user})
        companies_sudo = env["res.company"].sudo().search([])
        teams_sudo = env["crm.team"].sudo().with_context(active_test=False)
        teams_sudo = teams_sudo.search_fetch(
            [("crm_calendar_id", "!=", False)], ["crm_calendar_id"]
        )
        self.team_calendars = {team.id: team.crm_calendar_id.id for team in teams_sudo}
        self.user_calendars = self._read_user_calendars(users_sudo)
        self._user_companies = {user.id: user.company_id.id for user in users_sudo}
        self.company_calendars = {
            company.id: company.resource_calendar_id.id for company in companies_sudo
        }

    def _read_user_calendars(self, users_sudo):
        resources_sudo = users_sudo.env["resource.resource"].search_fetch(
            [("user_id", "in", users_sudo.ids)],
            ["user_id", "company_id", "calendar_id"],
        )
        return {
            (row.user_id.id, row.company_id.id): row.calendar_id.id
            for row in resources_sudo
        }

    def user_calendar(self, user_id, company_id):
        """Calendar by which a person works in a company; None: none of his own there."""
        calendars = self.user_calendars
        return calendars.get((user_id, company_id)) or calendars.get((user_id, False))

    def remember(self, key, make):
        """What ``make()`` answered for this key: a batch asks the same over and over."""
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]

    def complete(self, found):
        """A row with a company: its own, the responsible's, or ours."""
        if found.company:
            return found
        company = self._user_companies.get(found.user) or self._env.company.id
        return found._replace(company=company)

    def clock(self, calendar_id):
        if calendar_id not in self._clocks:
            calendar = self._calendars_sudo.browse(calendar_id or ())
            clocks = calendar._crm_alarm_get_clocks() if calendar else {}
            self._clocks[calendar_id] = clocks.get(calendar_id) or self._no_clock()
        return self._clocks[calendar_id]

    def _no_clock(self):
        """Nobody has a calendar: a clock without hours, reported as a mistake."""
        return WorkClock(Schedule())

    def zone(self, calendar_id):
        calendar = self._calendars_sudo.browse(calendar_id or ())
        return calendar.tz or self._env.user.tz or "UTC"

    def calendar_name(self, calendar_id):
        return self._calendars_sudo.browse(calendar_id or ()).name or ""
