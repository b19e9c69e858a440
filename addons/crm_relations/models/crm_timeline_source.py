from odoo import api, models
from odoo.tools import SQL, ormcache

from ..tools.ledger import KEY_LENGTH
from .crm_timeline import SOURCE_RANKS

# crm.channel.kind -> what the filter of the timeline calls it
CHANNEL_KINDS = {
    "email": "email",
    "call": "call",
    "meeting": "meeting",
    "chat": "chat",
    "messenger": "chat",
    "sms": "chat",
}


class CrmChannel(models.Model):
    _inherit = "crm.channel"

    @api.model
    @ormcache("lang")
    def _get_timeline_channels(self, lang):
        """{channel id: (timeline kind, name, icon)}, archived ones too."""
        # sudo: everybody who works here may read channels
        channels_sudo = self.sudo().with_context(active_test=False, lang=lang)
        return {
            channel.id: (channel._get_timeline_kind(), channel.name, channel.icon)
            for channel in channels_sudo.search_fetch([], ["name", "kind", "icon"])
        }

    def _get_timeline_kind(self):
        """Filter of the timeline that shows this channel's contacts."""
        self.ensure_one()
        return CHANNEL_KINDS.get(self.kind, "web")


class CrmTimeline(models.AbstractModel):
    """The sources of the stream: one branch of the union each.

    Raw SQL goes round the record rules on purpose: that something took place is seen
    by everybody who may read the customer. What is *in* the row is taken out again by
    ``_get_readable`` for those whose own rule does not let them read it.
    """

    _inherit = "crm.timeline"

    def _get_sources(self):
        """[(rank, method(scope, kinds, tail) -> SQL or None)]; glue modules append."""
        ranks = SOURCE_RANKS
        return [
            (ranks["interaction"], self._select_interactions),
            (ranks["message"], self._select_messages),
            (ranks["message"], self._select_activities_done),
            (ranks["lead"], self._select_leads),
            (ranks["order"], self._select_orders),
            (ranks["invoice"], self._select_invoices),
            (ranks["payment"], self._select_payments),
        ]

    def _get_documents(self, scope):
        """[SELECT model, id] of the customer's documents that have activities."""
        family = scope["family"]
        return [
            SQL("SELECT 'res.partner' AS model, unnest(%s) AS id", family),
            SQL(
                "SELECT 'crm.lead', id FROM crm_lead WHERE partner_id = ANY(%s)", family
            ),
            SQL(
                "SELECT 'sale.order', id FROM sale_order WHERE partner_id = ANY(%s)",
                family,
            ),
            SQL(
                "SELECT 'account.move', id FROM account_move WHERE partner_id = ANY(%s) "
                "AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')",
                family,
            ),
        ]

    def _select_interactions(self, scope, kinds, tail):
        channels = [
            channel_id
            for channel_id, (kind, _name, _icon) in scope["channels"].items()
            if not kinds or kind in kinds
        ]
        if not channels:
            return None
        # a person's rows have an index of their own; both end in (started_at, id)
        whose = SQL("i.customer_id = %s", scope["commercial_id"])
        if scope["partner"].id != scope["commercial_id"]:
            whose = SQL("i.partner_id = %s", scope["partner"].id)
        columns = {
            "source": SQL("'interaction'"),
            "title": SQL("i.subject"),
            "preview": SQL("i.preview"),
            "state": SQL("i.outcome"),
            "direction": SQL("i.direction"),
            "channel_id": SQL("i.channel_id"),
            "user_id": SQL("i.user_id"),
            "person_id": SQL("i.partner_id"),
            "amount": SQL("i.cost_amount"),
            "currency_id": SQL("i.currency_id"),
            "seconds": SQL("i.handling_seconds"),
            "is_automatic": SQL("i.is_automatic"),
            "res_model": SQL(
                "COALESCE(i.res_model, CASE WHEN i.lead_id > 0 THEN 'crm.lead' END)"
            ),
            "res_id": SQL(
                "CASE WHEN i.res_model IS NULL THEN i.lead_id ELSE i.res_id END"
            ),
            "gate_model": SQL("'crm.interaction'"),
            "gate_id": SQL("i.id"),
        }
        return SQL(
            "%s FROM crm_interaction i WHERE %s AND i.channel_id = ANY(%s) "
            "AND i.company_id = ANY(%s) %s",
            self._select(
                SOURCE_RANKS["interaction"], SQL("i.started_at"), SQL("i.id"), columns
            ),
            whose,
            channels,
            scope["companies"],
            tail(SQL("i.started_at"), SQL("i.id")),
        )

    def _get_message_columns(self):
        return {
            "source": SQL("'message'"),
            "title": SQL("m.subject"),
            "preview": SQL(
                "COALESCE(NULLIF(m.body, ''), %s)", self._select_changed_fields()
            ),
            "author_id": SQL("m.author_id"),
            "is_automatic": SQL("m.message_type IN ('notification', 'auto_comment')"),
            "gate_model": SQL("m.model"),
            "gate_id": SQL("m.res_id"),
        }

    def _select_changed_fields(self):
        """Names of the fields that a tracking message says were changed."""
        return SQL(
            """(
            SELECT string_agg(
                       COALESCE(f.field_description->>%s, f.field_description->>'en_US'), ', '
                   )
              FROM mail_tracking_value t
              JOIN ir_model_fields f ON f.id = t.field_id
             WHERE t.mail_message_id = m.id
            )""",
            self.env.lang or "en_US",
        )

    def _get_mail_key(self, message_id):
        """tools.ledger.mail_key in SQL; the note of a contact logged by hand has its key."""
        key = SQL("'mail:' || regexp_replace(%s, '\\s', '', 'g')", message_id)
        return SQL(
            "CASE WHEN %(id)s LIKE '<hand:%%' THEN btrim(%(id)s, '<>') "
            "WHEN char_length(%(key)s) <= %(length)s THEN %(key)s ELSE "
            "'mail:sha256:' || encode(sha256(convert_to(%(key)s, 'UTF8')), 'hex') END",
            key=key,
            id=message_id,
            length=KEY_LENGTH,
        )

    def _select_messages(self, scope, kinds, tail):
        """What is on the thread of the customer's card and has no row in the ledger."""
        if kinds and not kinds & {"email", "activity", "note"}:
            return None
        sent = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
        kind = SQL(
            """CASE WHEN m.mail_activity_type_id > 0 THEN 'activity'
                    WHEN m.message_type IN ('email', 'email_outgoing')
                         OR m.message_type = 'comment' AND m.subtype_id = %s THEN 'email'
                    ELSE 'note' END""",
            sent,
        )
        return SQL(
            """
            %(select)s
              FROM mail_message m
             WHERE m.model = 'res.partner'
               AND m.res_id = ANY(%(family)s)
               AND m.message_type != 'user_notification'
               AND %(kind_filter)s
               AND NOT (
                       (
                           m.message_type IN
                               ('email', 'email_outgoing', 'comment', 'auto_comment')
                           OR m.message_id LIKE '<hand:%%'
                       )
                       AND EXISTS (
                           SELECT FROM crm_interaction i
                            WHERE i.company_id = ANY(ARRAY(SELECT id FROM res_company))
                              AND i.channel_id = ANY(%(channels)s)
                              AND i.external_key = %(key)s
                       )
                   )
              %(tail)s
            """,
            select=self._select(
                SOURCE_RANKS["message"],
                SQL("m.date"),
                SQL("m.id"),
                {
                    **self._get_message_columns(),
                    "kind": kind,
                    "person_id": SQL("NULLIF(m.res_id, %s)", scope["partner"].id),
                },
            ),
            family=scope["family"],
            kind_filter=SQL("%s = ANY(%s)", kind, list(kinds))
            if kinds
            else SQL("TRUE"),
            channels=list(scope["channels"]),
            key=self._get_mail_key(SQL("m.message_id")),
            tail=tail(SQL("m.date"), SQL("m.id")),
        )

    def _select_activities_done(self, scope, kinds, tail):
        """Activities done on the customer's leads, orders and invoices."""
        if kinds and "activity" not in kinds:
            return None
        columns = {
            **self._get_message_columns(),
            "kind": SQL("'activity'"),
            "res_model": SQL("m.model"),
            "res_id": SQL("m.res_id"),
        }
        return SQL(
            """
            %s
              FROM mail_message m
              JOIN (%s) AS doc(model, id) ON doc.model = m.model AND doc.id = m.res_id
             WHERE m.mail_activity_type_id IS NOT NULL %s
            """,
            self._select(SOURCE_RANKS["message"], SQL("m.date"), SQL("m.id"), columns),
            SQL(" UNION ALL ").join(self._get_documents(scope)[1:]),
            tail(SQL("m.date"), SQL("m.id")),
        )

    def _select_document(self, scope, kinds, tail, **parts):
        """A branch of documents: one row each.

        :param parts: source, kind, table, model, at, company, where: SQL or str;
            every other one is a column
        """
        if kinds and parts["kind"] not in kinds:
            return None
        source, model = parts.pop("source"), parts.pop("model")
        at, table = parts.pop("at"), parts.pop("table")
        where = parts.pop("where", SQL("TRUE"))
        columns = {
            **parts,
            "source": SQL("%s", source),
            "kind": SQL("%s", parts["kind"]),
            "res_model": SQL("%s", model),
            "res_id": SQL("d.id"),
            "gate_model": SQL("%s", model),
            "gate_id": SQL("d.id"),
        }
        return SQL(
            "%s FROM %s d WHERE d.partner_id = ANY(%s) "
            "AND (d.company_id = ANY(%s) OR d.company_id IS NULL) AND %s %s",
            self._select(SOURCE_RANKS[source], at, SQL("d.id"), columns),
            SQL.identifier(table),
            scope["family"],
            scope["companies"],
            where,
            tail(at, SQL("d.id")),
        )

    def _select_leads(self, scope, kinds, tail):
        return self._select_document(
            scope, kinds, tail,
            source="lead", kind="deal", model="crm.lead", table="crm_lead",
            at=SQL("d.create_date"),
            title=SQL("d.name"),
            state=SQL(
                """CASE WHEN d.won_status = 'lost' THEN 'lost' ELSE
                   (SELECT COALESCE(s.name->>%s, s.name->>'en_US')
                      FROM crm_stage s WHERE s.id = d.stage_id) END""",
                self.env.lang or "en_US",
            ),
            user_id=SQL("d.user_id"),
            amount=SQL("NULLIF(d.expected_revenue, 0)"),
            currency_id=SQL(
                "(SELECT c.currency_id FROM res_company c WHERE c.id = COALESCE(d.company_id, %s))",
                self.env.company.id,
            ),
        )  # fmt: skip

    def _select_orders(self, scope, kinds, tail):
        return self._select_document(
            scope, kinds, tail,
            source="order", kind="order", model="sale.order", table="sale_order",
            at=SQL("d.date_order"),
            title=SQL("d.name"),
            state=SQL("d.state"),
            user_id=SQL("d.user_id"),
            amount=SQL("d.amount_total"),
            currency_id=SQL("d.currency_id"),
        )  # fmt: skip

    def _get_booked_at(self, day):
        """The moment of a document that the books know only by its day.

        Its creation when that was the same day, give or take the time zone; else noon.
        """
        return SQL(
            "CASE WHEN COALESCE(abs(%(day)s - d.create_date::date), 0) <= 1 "
            "THEN d.create_date ELSE %(day)s + interval '12 hours' END",
            day=day,
        )

    def _select_invoices(self, scope, kinds, tail):
        return self._select_document(
            scope, kinds, tail,
            source="invoice", kind="invoice", model="account.move", table="account_move",
            at=self._get_booked_at(SQL("d.invoice_date")),
            title=SQL("NULLIF(d.name, '/')"),
            state=SQL(
                "CASE WHEN d.state = 'posted' THEN d.payment_state ELSE d.state END"
            ),
            direction=SQL("CASE WHEN d.move_type = 'out_refund' THEN 'out' ELSE 'in' END"),
            user_id=SQL("d.invoice_user_id"),
            amount=SQL("CASE WHEN d.move_type = 'out_refund' THEN -1 ELSE 1 END * d.amount_total"),
            currency_id=SQL("d.currency_id"),
            where=SQL("d.move_type IN ('out_invoice', 'out_refund', 'out_receipt')"),
        )  # fmt: skip

    def _select_payments(self, scope, kinds, tail):
        return self._select_document(
            scope, kinds, tail,
            source="payment", kind="payment", model="account.payment", table="account_payment",
            at=self._get_booked_at(SQL("d.date")),
            title=SQL("COALESCE(d.name, d.memo)"),
            state=SQL("d.state"),
            direction=SQL("CASE WHEN d.payment_type = 'outbound' THEN 'out' ELSE 'in' END"),
            user_id=SQL("d.create_uid"),
            amount=SQL("CASE WHEN d.payment_type = 'outbound' THEN -1 ELSE 1 END * d.amount"),
            currency_id=SQL("d.currency_id"),
            where=SQL("d.partner_type = 'customer'"),
        )  # fmt: skip

    def _fetch_planned(self, scope):
        """Activities still to do on the customer and his documents, nearest first."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT a.id, a.date_deadline, a.summary, a.user_id, author.name AS who,
                       COALESCE(t.name->>%(lang)s, t.name->>'en_US') AS type_name,
                       t.icon, a.res_model, a.res_id,
                       a.res_model AS gate_model, a.res_id AS gate_id
                  FROM mail_activity a
                  JOIN (%(documents)s) AS doc(model, id) ON doc.model = a.res_model AND doc.id = a.res_id
             LEFT JOIN mail_activity_type t ON t.id = a.activity_type_id
             LEFT JOIN res_users u ON u.id = a.user_id
             LEFT JOIN res_partner author ON author.id = u.partner_id
                 WHERE a.active
                 ORDER BY a.date_deadline, a.id
                 LIMIT 20
                """,
                lang=self.env.lang or "en_US",
                documents=SQL(" UNION ALL ").join(self._get_documents(scope)),
            )
        )
