"""Rows of the day that come from the ledger and the calendar."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

HORIZON = timedelta(days=62)  # meetings further away are in the calendar


class CrmDayItem(models.Model):
    _inherit = "crm.day.item"

    # ---------------------------------------------------------------- waiting

    @api.model
    def _get_waiting_columns(self, clock):
        user = SQL("COALESCE(i.owner_id, i.user_id)")
        return {
            "kind": SQL("'contact'"),
            "bucket": SQL("'waiting'"),
            "name": SQL(
                "COALESCE(NULLIF(i.subject, ''), NULLIF(i.preview, ''), "
                "channel.name ->> %s, channel.name ->> 'en_US')",
                self.env.lang or "en_US",
            ),
            "record_name": SQL("COALESCE(l.name, person.complete_name)"),
            "user_id": self._acting(user),
            "owner_id": self._in_place_of(user),
            "team_id": SQL("COALESCE(u.sale_team_id, i.team_id)"),
            "company_id": SQL("i.company_id"),
            "partner_id": SQL("COALESCE(i.partner_id, i.customer_id)"),
            "since_at": SQL("i.started_at"),
            "value": SQL("l.expected_revenue"),
            "currency_id": SQL("c.currency_id"),
            "res_model": SQL(
                "CASE WHEN l.id IS NULL THEN 'res.partner' ELSE 'crm.lead' END"
            ),
            "res_id": SQL("COALESCE(l.id, i.partner_id, i.customer_id)"),
            "interaction_id": SQL("i.id"),
        }

    @api.model
    def _select_waiting(self, number, clock):
        """Customers whom nobody answered: the oldest contact of each, no answer since.

        A lead that nobody has touched yet is *new* and not shown twice.
        """
        return SQL(
            """
            %(columns)s
              FROM (%(unanswered)s) AS i
              JOIN res_company c ON c.id = i.company_id
              JOIN crm_channel channel ON channel.id = i.channel_id
         LEFT JOIN crm_lead l ON l.id = i.lead_id
         LEFT JOIN res_partner person ON person.id = COALESCE(i.partner_id, i.customer_id)
         LEFT JOIN res_users u ON u.id = COALESCE(i.owner_id, i.user_id)
            """,
            columns=self._columns(
                number, SQL("i.id"), self._get_waiting_columns(clock)
            ),
            unanswered=self.env["crm.interaction"]._select_unanswered(clock["now"]),
        )

    # --------------------------------------------------------------- meetings

    @api.model
    def _unless_private(self, value, otherwise=None):
        """``value`` of a meeting ``e`` of ``u``; the others' private ones hide it."""
        return SQL(
            "CASE WHEN COALESCE(e.privacy, s.calendar_default_privacy) = 'private' "
            "AND u.id <> %s THEN %s ELSE %s END",
            self.env.uid,
            otherwise,
            value,
        )

    @api.model
    def _get_meeting_day(self, clock):
        return SQL(
            "(CASE WHEN e.allday THEN e.start_date ELSE "
            "(e.start AT TIME ZONE 'UTC' AT TIME ZONE %s)::date END)",
            clock["tz"],
        )

    @api.model
    def _get_who_goes(self, day):
        """Who goes to the meeting ``e`` of ``u``: his deputy on a ``day`` he is away.

        A deputy who takes part himself has it in his day already.
        """
        away = self.env["crm.deputy"]._get_away()
        if not away:
            return SQL("u.id")
        return SQL(
            "CASE %s ELSE u.id END",
            SQL(" ").join(
                SQL(
                    "WHEN u.id = %(absent)s AND %(day)s <= %(until)s AND NOT EXISTS ("
                    "SELECT FROM calendar_attendee own "
                    "JOIN res_users mate ON mate.partner_id = own.partner_id "
                    "WHERE own.event_id = e.id AND mate.id = %(acting)s "
                    "AND own.state IS DISTINCT FROM 'declined') THEN %(acting)s",
                    absent=absent,
                    day=day,
                    until=until,
                    acting=acting,
                )
                for absent, (acting, until) in away.items()
            ),
        )

    @api.model
    def _get_meeting_columns(self, clock):
        day = self._get_meeting_day(clock)
        last_noon = self._noon(SQL("e.stop_date"), clock)
        show = self._unless_private
        goes = self._get_who_goes(day)
        return {
            "kind": SQL("'meeting'"),
            "bucket": SQL(
                "CASE WHEN %s <= %s THEN 'today' ELSE 'later' END", day, clock["today"]
            ),
            "name": show(SQL("e.name"), self.env._("Busy")),
            "record_name": show(SQL("COALESCE(l.name, guest.complete_name)")),
            "user_id": goes,
            "owner_id": SQL("NULLIF(u.id, %s)", goes),
            "team_id": SQL("COALESCE(u.sale_team_id, l.team_id)"),
            "company_id": SQL("c.id"),
            "partner_id": show(SQL("COALESCE(l.partner_id, guest.id)")),
            "due_date": day,
            "start_at": SQL(
                "CASE WHEN e.allday THEN %s ELSE e.start END", self._noon(day, clock)
            ),
            "stop_at": SQL("CASE WHEN e.allday THEN %s ELSE e.stop END", last_noon),
            "is_all_day": SQL("COALESCE(e.allday, FALSE)"),
            "value": show(SQL("l.expected_revenue")),
            "currency_id": SQL("c.currency_id"),
            "res_model": SQL(
                "CASE WHEN l.id IS NULL THEN 'calendar.event' ELSE 'crm.lead' END"
            ),
            "res_id": SQL("COALESCE(l.id, e.id)"),
            "activity_id": SQL("task.id"),
            "event_id": SQL("e.id"),
        }

    @api.model
    def _select_meetings(self, number, clock):
        """Meetings not over yet, one row per colleague who did not decline.

        What a private meeting is about stays with those who take part.
        """
        return SQL(
            """
            %(columns)s
              FROM calendar_attendee seat
              JOIN calendar_event e ON e.id = seat.event_id
              JOIN res_users u ON u.partner_id = seat.partner_id AND NOT u.share
         LEFT JOIN res_users_settings s ON s.user_id = e.user_id
         LEFT JOIN crm_lead l ON l.id = e.opportunity_id
              JOIN res_company c ON c.id = COALESCE(l.company_id, u.company_id)
         LEFT JOIN LATERAL (
                   SELECT p.id, p.complete_name
                     FROM calendar_attendee other
                     JOIN res_partner p ON p.id = other.partner_id AND p.partner_share
                    WHERE other.event_id = e.id
                 ORDER BY other.id LIMIT 1) AS guest ON TRUE
         LEFT JOIN LATERAL (
                   SELECT a.id FROM mail_activity a
                    WHERE a.calendar_event_id = e.id AND a.active
                      AND (a.user_id = u.id OR a.crm_deputy_for_id = u.id)
                 ORDER BY a.id LIMIT 1) AS task ON TRUE
             WHERE e.active AND e.stop >= %(now)s AND e.start < %(horizon)s
               AND seat.state IS DISTINCT FROM 'declined'
            """,
            columns=self._columns(
                number, SQL("seat.id"), self._get_meeting_columns(clock)
            ),
            now=clock["now"],
            horizon=clock["now"] + HORIZON,
        )
