from datetime import datetime

from odoo import api, models
from odoo.exceptions import AccessError, MissingError
from odoo.tools import SQL

from odoo.addons.mail.tools.discuss import Store

from ..tools.ledger import mail_key

# Order of what happened in the same microsecond; part of the cursor. Glue modules
# add their source with a number of their own.
SOURCE_RANKS = {
    "message": 10,
    "interaction": 20,
    "lead": 30,
    "order": 40,
    "invoice": 60,
    "payment": 70,
}
# What every branch of the union yields besides (at, rank, id): column -> SQL type.
COLUMNS = {
    "source": "text",
    "kind": "text",
    "title": "text",
    "preview": "text",
    "state": "text",
    "direction": "text",
    "channel_id": "int4",
    "user_id": "int4",
    "author_id": "int4",
    "person_id": "int4",
    "amount": "numeric",
    "currency_id": "int4",
    "seconds": "int4",
    "is_automatic": "bool",
    "res_model": "text",
    "res_id": "int4",
    "gate_model": "text",
    "gate_id": "int4",
}
MAX_PAGE = 100


class CrmTimeline(models.AbstractModel):
    """Everything that happened with a customer, in one stream, newest first.

    Access has two tiers (docs/architecture.md): whoever may read the customer sees
    *that* something took place (when, what kind, who); subject, preview, amount and
    document are given only when the record rules of the row itself let him read it.
    """

    _name = "crm.timeline"
    _description = "Customer Timeline"

    @api.model
    @api.readonly
    def load_card(self, partner_id, kinds=None, before=None, limit=30):
        """Head and first page in one call; with ``before``, the next page alone.

        :param int partner_id: the customer or person whose form is open
        :param list kinds: codes of ``kinds`` of the answer; empty means all
        :param str before: ``cursor`` of the page before
        :param int limit: rows of the page, at most 100
        :return: ``{"items": [...], "cursor": str|False}``, and on the first page
            ``head``, ``planned`` (activities still to do) and ``kinds`` too
        :raise AccessError: when the caller may not read the customer
        """
        scope = self._get_scope(partner_id)
        kinds = set(kinds or ())
        rows = self._fetch_rows(scope, kinds, before, max(1, min(limit, MAX_PAGE)))
        rows, cursor = self._cut_page(rows, max(1, min(limit, MAX_PAGE)))
        if before:
            planned = []
        else:
            planned = self._fetch_planned(scope)
        readable = self._get_readable(rows + planned)
        result = {
            "items": [self._format_row(scope, row, readable) for row in rows],
            "cursor": cursor,
        }
        if not before:
            result["planned"] = [self._format_planned(row, readable) for row in planned]
            result["kinds"] = self._get_kinds()
            result["head"] = self.env["crm.card.head"]._get_head(
                scope, planned, readable
            )
        return result

    @api.model
    @api.readonly
    def load_item(self, source, res_id):
        """What a row of the stream shows when it is opened in place.

        :return: ``{"text": str, "message_id": int|False, "store": dict|False}``;
            ``store`` is what the client's mail store needs to show the message
        :raise AccessError: when the caller may not read the row itself
        """
        self._check_internal()
        if source == "message":
            return self._get_message(self.env["mail.message"].browse(res_id))
        interaction = self.env["crm.interaction"].browse(res_id)
        interaction.check_access("read")
        result = {
            "text": interaction.preview or "",
            "message_id": False,
            "store": False,
        }
        message = self._find_message(interaction)
        # the contact's own rule said yes; the letter on a document has a rule more
        if message and message.has_access("read"):
            result.update(self._get_message(message))
        return result

    def _find_message(self, interaction):
        """The letter behind a row of the ledger: the key names its Message-Id."""
        key = interaction.external_key
        # sudo: only finds the record; its own rule is asked by the caller
        messages_sudo = self.env["mail.message"].sudo()
        if key.startswith("mail:sha256:"):
            domain = [
                ("model", "=", interaction.res_model),
                ("res_id", "=", interaction.res_id),
            ]
            found = messages_sudo.search_fetch(domain, ["message_id"]).filtered(
                lambda message: message.message_id
                and mail_key(message.message_id) == key
            )
        elif key.startswith("hand:"):
            found = messages_sudo.search([("message_id", "=", f"<{key}>")], limit=1)
        elif key.startswith("mail:"):
            domain = [("message_id", "=", key.removeprefix("mail:"))]
            found = messages_sudo.search(domain, limit=1)
        else:
            found = messages_sudo
        return found[:1].sudo(False)

    def _get_message(self, message):
        message.check_access("read")
        return {
            "text": "",
            "message_id": message.id,
            "store": Store().add(message).get_result(),
        }

    def _check_internal(self):
        # A customer of the portal may read his own partner, never our notes on him.
        if not self.env.user._is_internal():
            raise AccessError(self.env._("The customer's card is for employees."))

    # ------------------------------------------------------------------ scope

    def _get_scope(self, partner_id):
        """Whose rows: the customer with his people, or one person alone."""
        self._check_internal()
        self.env.flush_all()  # the stream is read by SQL
        commercial_id, family = self._get_family(partner_id)
        return {
            "partner": self.env["res.partner"].browse(partner_id),
            "commercial_id": commercial_id,
            "family": family,
            "companies": self.env.companies.ids,
            # {channel id: (timeline kind, name, icon)}
            "channels": self.env["crm.channel"]._get_timeline_channels(
                self.env.lang or "en_US"
            ),
        }

    def _get_family(self, partner_id):
        """(commercial partner, [whose rows]) that the caller may read, by one query."""
        partners = self.env["res.partner"].with_context(active_test=False)
        query = partners._search(
            ["|", ("id", "=", partner_id), ("commercial_partner_id", "=", partner_id)]
        )
        rows = dict(
            self.env.execute_query(
                query.select(
                    SQL.identifier(query.table, "id"),
                    SQL.identifier(query.table, "commercial_partner_id"),
                )
            )
        )
        if partner_id not in rows:
            # not there or not for him: the host says it in its own words
            partners.browse(partner_id).check_access("read")
            raise MissingError(self.env._("This contact does not exist any more."))
        commercial_id = rows[partner_id]
        if commercial_id != partner_id:
            return commercial_id, [partner_id]
        family = [one for one, commercial in rows.items() if commercial == partner_id]
        return partner_id, family

    def _get_kinds(self):
        """What the filter offers, in this order: label of the button, name of a row."""
        kinds = [
            ("call", self.env._("Calls"), self.env._("Call"), "fa-phone"),
            ("email", self.env._("Mail"), self.env._("Letter"), "fa-envelope-o"),
            ("chat", self.env._("Chat"), self.env._("Message"), "fa-comments-o"),
            ("meeting", self.env._("Meetings"), self.env._("Meeting"), "fa-users"),
            ("web", self.env._("Web"), self.env._("Web"), "fa-globe"),
            ("deal", self.env._("Deals"), self.env._("Deal"), "fa-star-o"),
            ("order", self.env._("Orders"), self.env._("Order"), "fa-shopping-cart"),
            (
                "invoice",
                self.env._("Invoices"),
                self.env._("Invoice"),
                "fa-file-text-o",
            ),
            ("payment", self.env._("Payments"), self.env._("Payment"), "fa-money"),
            (
                "activity",
                self.env._("Activities"),
                self.env._("Activity"),
                "fa-clock-o",
            ),
            ("note", self.env._("Notes"), self.env._("Note"), "fa-sticky-note-o"),
        ]
        return [
            {"code": code, "label": label, "name": name, "icon": icon}
            for code, label, name, icon in kinds
        ]

    # ------------------------------------------------------------------- page

    def _fetch_rows(self, scope, kinds, before, limit):
        """One UNION ALL; each branch is cut at ``limit`` inside its own index."""
        cursor = self._parse_cursor(before)
        branches = [
            SQL("(%s)", branch)
            for rank, method in self._get_sources()
            if (branch := method(scope, kinds, self._get_tail(rank, cursor, limit)))
        ]
        if not branches:
            return []
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT page.*, author.name AS who, person.name AS person
                  FROM (
                        SELECT *
                          FROM (%(branches)s) AS stream
                         ORDER BY at DESC, rank DESC, id DESC
                         LIMIT %(limit)s
                       ) AS page
             LEFT JOIN res_users u ON u.id = page.user_id
             LEFT JOIN res_partner author
                    ON author.id = COALESCE(page.author_id, u.partner_id)
             LEFT JOIN res_partner person ON person.id = page.person_id
                 ORDER BY page.at DESC, page.rank DESC, page.id DESC
                """,
                branches=SQL(" UNION ALL ").join(branches),
                limit=limit + 1,
            )
        )

    def _parse_cursor(self, before):
        """``"2026-03-02T09:00:00.000123|20|77"`` -> (datetime, rank, id)."""
        if not before:
            return None
        at, rank, res_id = before.split("|")
        return datetime.fromisoformat(at), int(rank), int(res_id)

    def _get_tail(self, rank, cursor, limit):
        """The end of a branch: older than the cursor, newest first, no more than asked.

        ``at`` and ``id`` are what the branch calls its time and its key; the row
        comparison is one index range for (…, started_at DESC, id DESC).
        """

        def tail(at, res_id):
            older = SQL("TRUE")
            if cursor:
                cursor_at, cursor_rank, cursor_id = cursor
                if rank == cursor_rank:
                    older = SQL("(%s, %s) < (%s, %s)", at, res_id, cursor_at, cursor_id)
                elif rank < cursor_rank:
                    older = SQL("%s <= %s", at, cursor_at)
                else:
                    older = SQL("%s < %s", at, cursor_at)
            return SQL(
                "AND %s ORDER BY %s DESC, %s DESC LIMIT %s",
                older,
                at,
                res_id,
                limit + 1,
            )

        return tail

    def _select(self, rank, at, res_id, columns):
        """The SELECT list that all branches share.

        :param dict columns: name of COLUMNS -> SQL; missing ones are NULL
        """
        # the types are our constants
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
            "SELECT %s::timestamp AS at, %s AS rank, %s AS id, %s",
            at, rank, res_id, SQL(", ").join(names),
        )  # fmt: skip

    def _cut_page(self, rows, limit):
        """(the page, cursor of the next one): one row more than asked was read."""
        if len(rows) <= limit:
            return rows, False
        last = rows[limit - 1]
        return rows[:limit], f"{last['at'].isoformat()}|{last['rank']}|{last['id']}"

    # ----------------------------------------------------------------- access

    def _get_readable(self, rows):
        """{(model, id)} of what the rows point to and the caller may read: one query.

        Also the documents of contacts: their link is shown only when it will open.
        """
        wanted = {}  # {model: {ids}}
        for row in rows:
            for model, res_id in (
                (row["gate_model"], row["gate_id"]),
                (row["res_model"], row["res_id"]),
            ):
                if model in self.env and res_id:
                    wanted.setdefault(model, set()).add(res_id)
        selects = []
        for model, ids in wanted.items():
            records = self.env[model].with_context(active_test=False)
            if not records.has_access("read"):
                continue
            query = records._search([("id", "in", list(ids))])
            if query.is_empty():
                continue
            selects.append(
                SQL("SELECT %s AS model, id FROM %s AS t", model, query.subselect())
            )
        if not selects:
            return set()
        return set(self.env.execute_query(SQL(" UNION ALL ").join(selects)))
