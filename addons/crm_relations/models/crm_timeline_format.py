"""A row of the timeline as the browser shows it: what anybody sees, what its readers see."""

from odoo import models
from odoo.tools.mail import html_to_inner_content


class CrmTimeline(models.AbstractModel):
    _inherit = "crm.timeline"

    def _format_row(self, scope, row, readable):
        kind, name, icon = scope["channels"].get(
            row["channel_id"], (row["kind"], "", "")
        )
        item = {
            "key": f"{row['source']}-{row['id']}",
            "source": row["source"],
            "id": row["id"],
            "at": row["at"].strftime("%Y-%m-%d %H:%M:%S"),
            "kind": kind,
            "channel": name,
            "icon": icon,
            "direction": row["direction"] or "",
            "who": row["who"] or "",
            "person": row["person"] or "",
            "is_automatic": bool(row["is_automatic"]),
            "is_open": False,
        }
        if (row["gate_model"], row["gate_id"]) in readable:
            item.update(self._format_open(row, readable))
        return item

    def _format_open(self, row, readable):
        """The second tier: only for those whom the row's own rule lets in."""
        document = (row["res_model"], row["res_id"])
        return {
            "is_open": True,
            "title": row["title"] or "",
            "preview": self._get_preview(row),
            "state": self._get_state_label(row),
            "amount": float(row["amount"]) if row["amount"] is not None else False,
            "currency_id": row["currency_id"] or False,
            "seconds": row["seconds"] or 0,
            "has_body": row["source"] in ("interaction", "message"),
            "document": (
                {"model": document[0], "id": document[1]}
                if document in readable
                else False
            ),
        }

    def _format_planned(self, row, readable):
        """The host shows an activity to its responsible even without the document."""
        is_open = (row["gate_model"], row["gate_id"]) in readable
        mine = row["user_id"] == self.env.uid
        return {
            "id": row["id"],
            "deadline": row["date_deadline"].isoformat(),
            "type": row["type_name"] or "",
            "icon": row["icon"] or "fa-tasks",
            "who": row["who"] or "",
            "summary": row["summary"] or "" if is_open or mine else "",
            "document": {"model": row["res_model"], "id": row["res_id"]}
            if is_open
            else False,
        }

    def _get_preview(self, row):
        text = row["preview"] or ""
        if row["source"] == "message":
            text = html_to_inner_content(text)
        return text[:200]

    def _get_state_label(self, row):
        """The state in the caller's language."""
        source, state = row["source"], row["state"]
        if not state or source not in self._get_state_fields():
            return state or ""
        for model, name in self._get_state_fields()[source]:
            field = self.env[model]._fields[name]
            labels = dict(field._description_selection(self.env))
            if state in labels:
                return labels[state]
        return state

    def _get_state_fields(self):
        """{source: [(model, field)]} whose labels name the state; glue adds."""
        return {
            "interaction": [("crm.interaction", "outcome")],
            "lead": [("crm.lead", "won_status")],
            "order": [("sale.order", "state")],
            "invoice": [("account.move", "state"), ("account.move", "payment_state")],
            "payment": [("account.payment", "state")],
        }
