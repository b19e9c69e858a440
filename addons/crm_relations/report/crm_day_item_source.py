"""Where the rows of the day come from: one SELECT each, all with the same columns."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

# Column -> SQL type; every branch yields these in this order.
COLUMNS = {
    "kind": "text",
    "bucket": "text",
    "name": "text",
    "record_name": "text",
    "user_id": "int4",
    "owner_id": "int4",
    "team_id": "int4",
    "company_id": "int4",
    "partner_id": "int4",
    "due_date": "date",
    "start_at": "timestamp",
    "stop_at": "timestamp",
    "is_all_day": "bool",
    "since_at": "timestamp",
    "value": "numeric",
    "currency_id": "int4",
    "res_model": "text",
    "res_id": "int4",
    "activity_id": "int4",
    "activity_type_id": "int4",
    "promise_id": "int4",
    "interaction_id": "int4",
    "event_id": "int4",
}
# The last digit of a row's id says which branch it is of.
BRANCH_COUNT = 8
HORIZON = timedelta(days=62)  # meetings further away are in the calendar

# Document of an activity -> its columns: customer, money, company, team. Activities on
# other documents (leave, vehicles ...) are shown to nobody but their own person.
DAY_MODELS = {
    "crm.lead": ("d.partner_id", "d.expected_revenue", "d.company_id", "d.team_id"),
    "sale.order": (
        "d.partner_id",
        "d.amount_total / NULLIF(d.currency_rate, 0)",
        "d.company_id",
        "d.team_id",
    ),
    "account.move": (
        "d.partner_id",
        "d.amount_residual_signed",
        "d.company_id",
        "d.team_id",
    ),
    "crm.customer.asset": ("d.partner_id", "NULL", "d.company_id", "d.team_id"),
    "res.partner": ("d.id", "NULL", "d.company_id", "NULL"),
}


class CrmDayItem(models.Model):
    _inherit = "crm.day.item"

    _depends = {
        "mail.activity": [
            "res_model", "res_id", "res_name", "activity_type_id", "summary",
            "date_deadline", "user_id", "active", "calendar_event_id", "crm_deputy_for_id",
        ],
        "mail.activity.type": ["name"],
        "crm.promise": [
            "name", "partner_id", "company_id", "user_id", "team_id", "due_date",
            "amount", "currency_id", "state", "crm_deputy_for_id",
        ],
        "crm.lead": [
            "name", "partner_id", "user_id", "team_id", "company_id", "active", "type",
            "won_status", "expected_revenue", "date_open",
        ],
        "crm.interaction": [
            "customer_id", "partner_id", "lead_id", "owner_id", "user_id", "team_id",
            "company_id", "direction", "started_at", "answered_at", "ended_at",
            "is_automatic", "subject", "preview", "channel_id", "settled_at", "outcome",
        ],
        "calendar.event": [
            "name", "start", "stop", "start_date", "stop_date", "allday", "active", "privacy", "user_id",
            "opportunity_id",
        ],
        "calendar.attendee": ["event_id", "partner_id", "state"],
        "sale.order": ["partner_id", "amount_total", "currency_rate", "team_id"],
        "account.move": ["partner_id", "amount_residual_signed", "team_id"],
        "crm.customer.asset": ["partner_id", "company_id", "team_id"],
        "res.partner": ["complete_name", "partner_share"],
        "res.users": ["partner_id", "company_id", "sale_team_id"],
        "res.company": ["currency_id"],
    }  # fmt: skip

    @api.model
    def _get_branches(self, clock):
        """SQL of every source; a module that adds one takes the next number."""
        return [
            self._select_activities(1, clock),
            self._select_promises(2, clock),
            self._select_leads(3, clock),
            self._select_waiting(4, clock),
            self._select_meetings(5, clock),
        ]

    @api.model
    def _columns(self, number, key, columns):
        """The SELECT list all branches share; missing columns are NULL."""
        # the types and names are our constants
        names = [
            SQL(
                "(%s)::%s AS %s",
                columns.get(name, SQL("NULL")),
                SQL(sql_type),  # pylint: disable=sql-injection
                SQL.identifier(name),
            )
            for name, sql_type in COLUMNS.items()
        ]
        return SQL(
            "SELECT %s::int8 * %s + %s AS id, %s",
            key,
            BRANCH_COUNT,
            number,
            SQL(", ").join(names),
        )

    @api.model
    def _noon(self, day, clock):
        """Noon of a date where the reader is, in UTC: a calendar shows it that day."""
        return SQL(
            "(%s + time '12:00') AT TIME ZONE %s AT TIME ZONE 'UTC'", day, clock["tz"]
        )

    @api.model
    def _acting(self, user):
        """Who does the work of ``user`` now: his deputy while he is away."""
        away = self.env["crm.deputy"]._get_away()
        if not away:
            return user
        return SQL(
            "CASE %s %s ELSE %s END",
            user,
            SQL(" ").join(
                SQL("WHEN %s THEN %s", absent, acting)
                for absent, (acting, __) in away.items()
            ),
            user,
        )

    @api.model
    def _in_place_of(self, user):
        return SQL("NULLIF(%s, %s)", user, self._acting(user))

    @api.model
    def _bucket_of_date(self, day, clock):
        return SQL(
            "CASE WHEN %(day)s < %(today)s THEN 'overdue' "
            "WHEN %(day)s = %(today)s THEN 'today' ELSE 'later' END",
            day=day,
            today=clock["today"],
        )

    # ------------------------------------------------------------- activities

    @api.model
    def _get_activity_documents(self):
        """One row for each document of an open activity: model, id, and its columns."""
        parts = []
        for model, (partner, value, company, team) in DAY_MODELS.items():
            # names and columns are our constants
            parts.append(
                SQL(
                    "(SELECT %s AS partner_id, %s AS value, %s AS company_id, %s AS team_id"
                    " FROM %s d WHERE a.res_model = %s AND d.id = a.res_id)",
                    SQL(f"({partner})::int4"),  # pylint: disable=sql-injection
                    SQL(f"({value})::numeric"),  # pylint: disable=sql-injection
                    SQL(f"({company})::int4"),  # pylint: disable=sql-injection
                    SQL(f"({team})::int4"),  # pylint: disable=sql-injection
                    SQL.identifier(self.env[model]._table),
                    model,
                )
            )
        return SQL(" UNION ALL ").join(parts)

    @api.model
    def _select_activities(self, number, clock):
        """Open activities; that of a meeting to come is shown by the meeting."""
        day = SQL("a.date_deadline")
        columns = {
            "kind": SQL("'activity'"),
            "bucket": self._bucket_of_date(day, clock),
            "name": SQL(
                "COALESCE(NULLIF(a.summary, ''), t.name ->> %s, t.name ->> 'en_US')",
                self.env.lang or "en_US",
            ),
            "record_name": SQL("a.res_name"),
            "user_id": SQL("a.user_id"),
            "owner_id": SQL("a.crm_deputy_for_id"),
            "team_id": SQL("COALESCE(u.sale_team_id, document.team_id)"),
            "company_id": SQL("COALESCE(document.company_id, u.company_id)"),
            "partner_id": SQL("document.partner_id"),
            "due_date": day,
            "start_at": self._noon(day, clock),
            "stop_at": self._noon(day, clock),
            "is_all_day": SQL("TRUE"),
            "value": SQL("document.value"),
            "currency_id": SQL("c.currency_id"),
            "res_model": SQL("a.res_model"),
            "res_id": SQL("a.res_id"),
            "activity_id": SQL("a.id"),
            "activity_type_id": SQL("a.activity_type_id"),
        }
        return SQL(
            """
            %(columns)s
              FROM mail_activity a
              JOIN res_users u ON u.id = a.user_id
         LEFT JOIN mail_activity_type t ON t.id = a.activity_type_id
         LEFT JOIN LATERAL (%(documents)s) AS document ON TRUE
         LEFT JOIN res_company c
                ON c.id = COALESCE(document.company_id, u.company_id)
             WHERE a.active
               AND (a.user_id = %(uid)s OR a.res_model = ANY(%(models)s))
               AND NOT EXISTS (
                   SELECT FROM calendar_event e
                    WHERE e.id = a.calendar_event_id AND e.active AND e.stop >= %(now)s)
            """,
            columns=self._columns(number, SQL("a.id"), columns),
            documents=self._get_activity_documents(),
            uid=self.env.uid,
            models=list(DAY_MODELS),
            now=clock["now"],
        )

    # --------------------------------------------------------------- promises

    @api.model
    def _select_promises(self, number, clock):
        """Open promises: due ones are *promised*, however late."""
        day = SQL("p.due_date")
        columns = {
            "kind": SQL("'promise'"),
            "bucket": SQL(
                "CASE WHEN p.due_date <= %s THEN 'promised' ELSE 'later' END",
                clock["today"],
            ),
            "name": SQL("p.name"),
            "record_name": SQL("person.complete_name"),
            "user_id": SQL("p.user_id"),
            "owner_id": SQL("p.crm_deputy_for_id"),
            "team_id": SQL("COALESCE(u.sale_team_id, p.team_id)"),
            "company_id": SQL("p.company_id"),
            "partner_id": SQL("p.partner_id"),
            "due_date": day,
            "start_at": self._noon(day, clock),
            "stop_at": self._noon(day, clock),
            "is_all_day": SQL("TRUE"),
            "value": self._to_company_currency(),
            "currency_id": SQL("c.currency_id"),
            "res_model": SQL("'res.partner'"),
            "res_id": SQL("p.partner_id"),
            "promise_id": SQL("p.id"),
        }
        return SQL(
            """
            %(columns)s
              FROM crm_promise p
              JOIN res_company c ON c.id = p.company_id
              JOIN res_partner person ON person.id = p.partner_id
         LEFT JOIN res_users u ON u.id = p.user_id
             WHERE p.state = 'open'
            """,
            columns=self._columns(number, SQL("p.id"), columns),
        )

    @api.model
    def _to_company_currency(self):
        """Amount of a promise ``p`` in the currency of its company ``c``, today's rate."""
        return SQL(
            "CASE WHEN p.currency_id = c.currency_id THEN p.amount "
            "ELSE p.amount / %s * %s END",
            self._get_rate(SQL("p.currency_id")),
            self._get_rate(SQL("c.currency_id")),
        )

    @api.model
    def _get_rate(self, currency):
        return SQL(
            """
            COALESCE((SELECT r.rate FROM res_currency_rate r
                       WHERE r.currency_id = %s AND r.name <= CURRENT_DATE
                         AND (r.company_id IS NULL
                              OR c.parent_path LIKE r.company_id || '/%%')
                    ORDER BY r.company_id, r.name DESC LIMIT 1), 1)
            """,
            currency,
        )

    # ------------------------------------------------------------------ leads

    @api.model
    def _select_leads(self, number, clock):
        """Open leads and deals for which nothing is planned: untouched ones are new."""
        user = SQL("l.user_id")
        columns = {
            "kind": SQL("'lead'"),
            "bucket": SQL(
                """
                CASE WHEN EXISTS (SELECT FROM mail_activity a
                          WHERE a.res_model = 'crm.lead' AND a.res_id = l.id)
                       OR EXISTS (SELECT FROM crm_interaction i
                          WHERE i.lead_id = l.id AND i.is_automatic IS NOT TRUE
                            AND (i.direction = 'out' OR i.answered_at IS NOT NULL))
                     THEN 'idle' ELSE 'new' END
                """
            ),
            "name": SQL("l.name"),
            "record_name": SQL(
                "COALESCE(customer.complete_name, l.contact_name, l.partner_name)"
            ),
            "user_id": self._acting(user),
            "owner_id": self._in_place_of(user),
            "team_id": SQL("COALESCE(u.sale_team_id, l.team_id)"),
            "company_id": SQL("c.id"),
            "partner_id": SQL("l.partner_id"),
            "since_at": SQL("COALESCE(l.date_open, l.create_date)"),
            "value": SQL("l.expected_revenue"),
            "currency_id": SQL("c.currency_id"),
            "res_model": SQL("'crm.lead'"),
            "res_id": SQL("l.id"),
        }
        return SQL(
            """
            %(columns)s
              FROM crm_lead l
              JOIN res_users u ON u.id = l.user_id
              JOIN res_company c ON c.id = COALESCE(l.company_id, u.company_id)
         LEFT JOIN res_partner customer ON customer.id = l.partner_id
             WHERE l.active AND l.won_status = 'pending'
               AND NOT EXISTS (
                   SELECT FROM mail_activity a
                    WHERE a.res_model = 'crm.lead' AND a.res_id = l.id AND a.active)
               AND NOT EXISTS (
                   SELECT FROM calendar_event e
                    WHERE e.opportunity_id = l.id AND e.active AND e.stop >= %(now)s)
            """,
            columns=self._columns(number, SQL("l.id"), columns),
            now=clock["now"],
        )

    # ---------------------------------------------------------------- waiting

    @api.model
    def _select_waiting(self, number, clock):
        """Customers whom nobody answered: the oldest contact of each, no answer since.

        A lead that nobody has touched yet is *new* and not shown twice.
        """
        user = SQL("COALESCE(i.owner_id, i.user_id)")
        columns = {
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
            columns=self._columns(number, SQL("i.id"), columns),
            unanswered=self.env["crm.interaction"]._select_unanswered(clock["now"]),
        )

    # --------------------------------------------------------------- meetings

    @api.model
    def _select_meetings(self, number, clock):
        """Meetings not over yet, one row per colleague who did not decline.

        What a private meeting is about stays with those who take part.
        """
        day = SQL(
            "CASE WHEN e.allday THEN e.start_date ELSE "
            "(e.start AT TIME ZONE 'UTC' AT TIME ZONE %s)::date END",
            clock["tz"],
        )
        hidden = SQL(
            "(COALESCE(e.privacy, s.calendar_default_privacy, 'public') = 'private' "
            "AND u.id <> %s)",
            self.env.uid,
        )
        columns = {
            "kind": SQL("'meeting'"),
            "bucket": SQL(
                "CASE WHEN (%s) <= %s THEN 'today' ELSE 'later' END",
                day,
                clock["today"],
            ),
            "name": SQL(
                "CASE WHEN %s THEN %s ELSE e.name END", hidden, self.env._("Busy")
            ),
            "record_name": SQL(
                "CASE WHEN NOT %s THEN COALESCE(l.name, guest.complete_name) END",
                hidden,
            ),
            "user_id": SQL("u.id"),
            "team_id": SQL("COALESCE(u.sale_team_id, l.team_id)"),
            "company_id": SQL("c.id"),
            "partner_id": SQL(
                "CASE WHEN NOT %s THEN COALESCE(l.partner_id, guest.id) END", hidden
            ),
            "due_date": day,
            "start_at": SQL(
                "CASE WHEN e.allday THEN %s ELSE e.start END", self._noon(day, clock)
            ),
            "stop_at": SQL(
                "CASE WHEN e.allday THEN %s ELSE e.stop END",
                self._noon(SQL("e.stop_date"), clock),
            ),
            "is_all_day": SQL("COALESCE(e.allday, FALSE)"),
            "value": SQL("CASE WHEN NOT %s THEN l.expected_revenue END", hidden),
            "currency_id": SQL("c.currency_id"),
            "res_model": SQL(
                "CASE WHEN l.id IS NULL THEN 'calendar.event' ELSE 'crm.lead' END"
            ),
            "res_id": SQL("COALESCE(l.id, e.id)"),
            "activity_id": SQL("task.id"),
            "event_id": SQL("e.id"),
        }
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
                    WHERE a.calendar_event_id = e.id AND a.user_id = u.id AND a.active
                 ORDER BY a.id LIMIT 1) AS task ON TRUE
             WHERE e.active AND e.stop >= %(now)s AND e.start < %(horizon)s
               AND seat.state IS DISTINCT FROM 'declined'
            """,
            columns=self._columns(number, SQL("seat.id"), columns),
            now=clock["now"],
            horizon=clock["now"] + HORIZON,
        )
