from odoo import models

SHOWN = 20


class CrmDeputy(models.Model):
    """What happened while somebody was away, in one notice on his return."""

    _inherit = "crm.deputy"

    def _get_summary(self, now, activities_sudo, leads_sudo):
        """Values of the template; ``*_sudo``: what comes back to the owner."""
        self.ensure_one()
        # sudo: it is told to the owner of all this
        activity_sudo = self.env["mail.activity"].sudo().with_context(active_test=False)
        done_sudo = activity_sudo.search(
            [
                ("crm_deputy_for_id", "=", self.user_id.id),
                ("active", "=", False),
                ("date_done", ">=", self.date_from),
            ],
            order="date_done DESC, id DESC",
        )
        since = self.started_at
        contacts = (
            self.env["crm.interaction"]
            .sudo()
            .search_count(
                [
                    ("owner_id", "=", self.user_id.id),
                    ("started_at", ">=", since),
                    ("started_at", "<=", now),
                    ("is_automatic", "=", False),
                ]
            )
        )
        closed_sudo = (
            self.env["crm.lead"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("user_id", "=", self.user_id.id),
                    ("date_closed", ">=", since),
                    ("won_status", "in", ("won", "lost")),
                ]
            )
        )
        return {
            "period": self,
            "returned": activities_sudo[:SHOWN],
            "returned_count": len(activities_sudo),
            "done": done_sudo[:SHOWN],
            "done_count": len(done_sudo),
            "arrived": leads_sudo[:SHOWN],
            "arrived_count": len(leads_sudo),
            "contact_count": contacts,
            "won_count": len(
                closed_sudo.filtered(lambda lead: lead.won_status == "won")
            ),
            "lost_count": len(
                closed_sudo.filtered(lambda lead: lead.won_status == "lost")
            ),
        }

    def _tell_owner(self, summary):
        owner = self.user_id
        row = self.with_context(lang=owner.lang)
        body = row.env["ir.qweb"]._render("crm_relations.deputy_summary", summary)
        row.message_notify(
            subject=row.env._("While you were away"),
            body=body,
            partner_ids=owner.partner_id.ids,
        )
