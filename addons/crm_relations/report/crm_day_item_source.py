"""Where the rows of the day come from: one SELECT each, all with the same columns."""

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
    def _get_activity_columns(self, clock):
        day = SQL("a.date_deadline")
        return {
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

    @api.model
    def _select_activities(self, number, clock):
        """Open activities; that of a meeting to come is shown by the meeting."""
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
            columns=self._columns(
                number, SQL("a.id"), self._get_activity_columns(clock)
            ),
            documents=self._get_activity_documents(),
            uid=self.env.uid,
            models=list(DAY_MODELS),
            now=clock["now"],
        )

    # --------------------------------------------------------------- promises

    @api.model
    def _get_promise_columns(self, clock):
        day = SQL("p.due_date")
        return {
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

    @api.model
    def _select_promises(self, number, clock):
        """Open promises: due ones are *promised*, however late."""
        return SQL(
            """
            %(columns)s
              FROM crm_promise p
              JOIN res_company c ON c.id = p.company_id
              JOIN res_partner person ON person.id = p.partner_id
         LEFT JOIN res_users u ON u.id = p.user_id
             WHERE p.state = 'open'
            """,
            columns=self._columns(
                number, SQL("p.id"), self._get_promise_columns(clock)
            ),
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
    def _get_lead_columns(self, clock):
        user = SQL("l.user_id")
        return {
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

    @api.model
    def _select_leads(self, number, clock):
        """Open leads and deals for which nothing is planned: untouched ones are new."""
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
            columns=self._columns(number, SQL("l.id"), self._get_lead_columns(clock)),
            now=clock["now"],
        )
