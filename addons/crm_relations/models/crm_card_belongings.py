"""The second line of the card: habits, things, consent, promises, acquaintances."""

from odoo import fields, models
from odoo.tools import SQL

from ..tools.consent_summary import summarise

SHOWN = 3  # of each; the rest is behind "all"


class CrmCardHead(models.AbstractModel):
    _inherit = "crm.card.head"

    def _get_figure_parts(self, scope, today, sees_money):
        """The lists ride along with the figures: one row, a column of JSON for each."""
        lists = SQL(
            "SELECT %s",
            SQL(", ").join(
                SQL(
                    "(SELECT json_agg(part) FROM (%s) AS part) AS %s",
                    part,
                    SQL.identifier(name),
                )
                for name, part in self._get_parts(scope).items()
            ),
        )
        return [*super()._get_figure_parts(scope, today, sees_money), lists]

    def _format_parts(self, scope, figures):
        (partner,) = figures["partner"]
        return {
            **super()._format_parts(scope, figures),
            "preferences": self._format_preferences(scope, partner),
            "phone": partner["phone"] or "",
            "can_plan": self.env["crm.interaction"].has_access("create"),
            "consent": self._format_consent(figures["consent"] or []),
            "assets": self._format_assets(figures),
            "promises": self._format_promises(figures),
            "acquaintances": self._format_acquaintances(figures),
        }

    def _get_parts(self, scope):
        """{name: SQL of its rows} of what the caller may read; modules add theirs."""
        parts = {
            "partner": self._select_partner(scope),
            "consent": self._select_consent(scope),
        }
        for name, model, method in (
            ("assets", "crm.customer.asset", self._select_assets),
            ("promises", "crm.promise", self._select_promises),
            ("acquaintances", "crm.acquaintance", self._select_acquaintances),
        ):
            if self.env[model].has_access("read"):
                parts[name] = method(scope)
        return parts

    def _select_partner(self, scope):
        """What he told us and what he does: one row."""
        return SQL(
            """
            SELECT told.phone, told.crm_preferred_channel_id AS told_channel_id,
                   told.crm_preferred_delivery AS told_delivery,
                   told.crm_preferred_payment AS told_payment, habit.*
              FROM res_partner told JOIN (%s) AS habit ON habit.id = told.id
            """,
            scope["partner"]._select_crm_habits(fields.Datetime.now()),
        )

    def _select_some(self, query, order, columns):
        """The first rows of ``query`` and how many there are."""
        return SQL(
            "SELECT %s, count(*) OVER ()::int AS total FROM (%s) AS t ORDER BY %s LIMIT %s",
            columns,
            query.select(SQL("%s.*", SQL.identifier(query.table))),
            order,
            SHOWN,
        )

    def _select_assets(self, scope):
        query = self.env["crm.customer.asset"]._search(
            [("partner_id", "in", [*scope["family"], scope["commercial_id"]])]
        )
        return self._select_some(
            query,
            SQL("t.next_service_date, t.name, t.id"),
            SQL("t.id, t.name, t.serial"),
        )

    def _select_promises(self, scope):
        query = self.env["crm.promise"]._search(
            [("partner_id", "in", scope["family"]), ("state", "=", "open")]
        )
        return self._select_some(
            query,
            SQL("t.due_date, t.id"),
            SQL("t.id, t.kind, t.name, t.due_date, t.amount, t.currency_id"),
        )

    def _select_acquaintances(self, scope):
        one = scope["partner"].id
        query = self.env["crm.acquaintance"]._search(
            ["|", ("partner_id", "=", one), ("other_id", "=", one)]
        )
        return SQL(
            """
            SELECT few.*, person.complete_name AS name
              FROM (%s) AS few JOIN res_partner person ON person.id = few.other
            """,
            self._select_some(
                query,
                SQL("t.id"),
                SQL(
                    "t.id, t.kind, t.note, t.other_id = %(one)s AS is_reverse, "
                    "CASE WHEN t.other_id = %(one)s THEN t.partner_id "
                    "ELSE t.other_id END AS other",
                    one=one,
                ),
            ),
        )

    def _select_consent(self, scope):
        """Answers of the person and of his company, newest first."""
        query = self.env["crm.consent"]._search(
            [("partner_id", "in", [scope["partner"].id, scope["commercial_id"]])]
        )
        return SQL(
            """
            SELECT t.state, t.kind,
                   COALESCE(purpose.name ->> %s, purpose.name ->> 'en_US') AS purpose
              FROM (%s) AS t
         LEFT JOIN crm_contact_purpose purpose ON purpose.id = t.purpose_id
          ORDER BY t.at DESC, t.id DESC
             LIMIT 50
            """,
            self.env.lang or "en_US",
            query.select(SQL("%s.*", SQL.identifier(query.table))),
        )

    # ------------------------------------------------------------------ format

    def _format_list(self, rows):
        return {"total": rows[0]["total"] if rows else 0, "items": rows or []}

    def _format_assets(self, figures):
        return "assets" in figures and self._format_list(figures["assets"])

    def _format_preferences(self, scope, row):
        """{channel, delivery, payment}: text, and whether the customer told us so."""
        told = row["told_channel_id"]
        _kind, name, icon = scope["channels"].get(
            told or row["channel_id"], ("", "", "")
        )
        return {
            "channel": {"text": name, "icon": icon, "is_told": bool(told)},
            "delivery": self._format_habit(row["told_delivery"], row["delivery"]),
            "payment": self._format_habit(row["told_payment"], row["payment"]),
            "can_edit": self.env["res.partner"].has_access("write"),
        }

    def _format_habit(self, told, derived):
        return {"text": told or derived or "", "is_told": bool(told)}

    def _format_consent(self, rows):
        """[{"state", "text"}]: what still holds, in words."""
        model = self.env["crm.consent"]
        states = dict(model._fields["state"]._description_selection(self.env))
        kinds = dict(model._selection_kind())
        summary = summarise(
            [(row["state"], row["kind"], row["purpose"]) for row in rows]
        )
        return [
            {
                "state": state,
                "label": states[state],
                "text": ", ".join(
                    filter(None, (purpose, kind != "any" and kinds[kind]))
                )
                or self.env._("everything"),
            }
            for state, kind, purpose in summary
        ]

    def _format_promises(self, figures):
        if "promises" not in figures:
            return False
        result = self._format_list(figures["promises"])
        result["can_close"] = self.env["crm.promise"].has_access("write")
        return result

    def _format_acquaintances(self, figures):
        if "acquaintances" not in figures:
            return False
        model = self.env["crm.acquaintance"]
        result = self._format_list(figures["acquaintances"])
        for row in result["items"]:
            row["label"] = model._get_kind_label(row["kind"], row["is_reverse"])
        result["can_edit"] = model.has_access("create")
        return result
