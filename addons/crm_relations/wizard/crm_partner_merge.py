from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL


class CrmPartnerMerge(models.TransientModel):
    """*Merge these two*: a preview, the reasons against it, a log with undo."""

    _name = "crm.partner.merge"
    _description = "Merge Two Customers"

    destination_id = fields.Many2one(
        "res.partner", string="Stays", required=True, ondelete="cascade"
    )
    source_id = fields.Many2one(
        "res.partner",
        string="Is merged into it",
        required=True,
        ondelete="cascade",
        domain="[('id', 'in', candidate_ids)]",
        help="Everything of this one moves; it is archived and can be brought back.",
    )
    candidate_ids = fields.Many2many("res.partner", compute="_compute_candidate_ids")
    reason = fields.Char(help="Why they are the same customer. Kept in the log.")
    problem = fields.Text(
        compute="_compute_preview", help="Why you may not merge these two."
    )
    preview = fields.Html(compute="_compute_preview", help="What would move.")

    @api.depends("destination_id")
    def _compute_candidate_ids(self):
        for wizard in self:
            wizard.candidate_ids = wizard.destination_id.crm_duplicate_ids

    @api.depends("destination_id", "source_id")
    def _compute_preview(self):
        for wizard in self:
            source, destination = wizard.source_id, wizard.destination_id
            wizard.problem = wizard.preview = False
            if source and destination:
                wizard.problem = "\n".join(wizard._get_problems())
                wizard.preview = wizard._get_preview()

    def _get_preview(self):
        # sudo: counts only, of rows that the merge itself moves past all rights
        log_sudo = self.env["crm.partner.merge.log"].sudo()
        summary = log_sudo._get_summary(log_sudo._collect(self.source_id.id))
        lines = [Markup("<li>%s</li>") % line for line in summary.splitlines()]
        if not lines:
            return Markup("<p>%s</p>") % self.env._("Nothing belongs to it.")
        return Markup("<ul>%s</ul>") % Markup("").join(lines)

    # ------------------------------------------------------------ may one?

    def _get_problems(self):
        """Sentences that say why the caller may not merge these two; empty: he may."""
        source, destination = self.source_id, self.destination_id
        if source == destination:
            return [self.env._("Choose two different customers.")]
        checks = [
            (not (source | destination).has_access("write"),
             self.env._("You may not change both of them.")),
            (not self._has_verified_point(),
             self.env._("They share no number or address through which the customer was reached.")),
            (source.company_id and destination.company_id
             and source.company_id != destination.company_id,
             self.env._("They belong to different companies.")),
            (self._is_family(), self.env._("One of them belongs to the other.")),
            (self._is_user_or_company(),
             self.env._("The one to be archived is a user's or a company's own card.")),
            (self._has_closed_books(),
             self.env._("Bookings of the one to be archived may not change their customer.")),
        ]  # fmt: skip
        return [message for wrong, message in checks if wrong]

    def _has_verified_point(self):
        self.env["crm.contact.point"].flush_model()
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    SELECT FROM crm_contact_point mine
                      JOIN crm_contact_point theirs USING (kind, normalized)
                     WHERE mine.partner_id = %s AND theirs.partner_id = %s
                       AND COALESCE(mine.verified_at, theirs.verified_at) IS NOT NULL
                       AND 'unusable' NOT IN (mine.state, theirs.state)
                       AND (mine.origin <> 'hand' OR mine.verified_at IS NOT NULL)
                       AND (theirs.origin <> 'hand' OR theirs.verified_at IS NOT NULL)
                     LIMIT 1
                    """,
                    self.source_id.id,
                    self.destination_id.id,
                )
            )
        )

    def _is_family(self):
        pair = self.source_id | self.destination_id
        parents = self.source_id.parent_id | self.destination_id.parent_id
        return bool(pair & parents) or self.destination_id in self.env[
            "res.partner"
        ].sudo().search(
            [
                ("id", "child_of", self.source_id.id)
            ]  # sudo: a hidden contact is family too
        )

    def _is_user_or_company(self):
        # sudo: users and companies of others are closed to a salesperson
        source_sudo = self.source_id.sudo().with_context(active_test=False)
        return bool(source_sudo.user_ids) or bool(
            self.env["res.company"]
            .sudo()
            .search_count([("partner_id", "=", source_sudo.id)])
        )

    def _has_closed_books(self):
        """Journal items that a hash protects, or that would go to another customer."""
        source, destination = self.source_id, self.destination_id
        both = source | destination
        moves_away = both.commercial_partner_id != both
        rows = self.env.execute_query(
            SQL(
                """
                SELECT FROM account_move_line line JOIN account_move move ON move.id = line.move_id
                 WHERE line.partner_id IN %s AND (%s OR move.inalterable_hash IS NOT NULL)
                 LIMIT 1
                """,
                (source.id, source.commercial_partner_id.id)
                if moves_away
                else (source.id,),
                moves_away,
            )
        )
        return bool(rows)

    # ------------------------------------------------------------ buttons

    def action_merge(self):
        """Merge, when nothing speaks against it, and open the one that stays."""
        self.ensure_one()
        problems = self._get_problems()
        if problems:
            raise UserError("\n".join(problems))
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why they are the same customer."))
        # sudo: rights were checked above; rows of other departments move as well
        self.env["crm.partner.merge.log"].sudo()._merge(
            self.source_id, self.destination_id, self.reason.strip()
        )
        return self.destination_id._get_records_action()

    def action_swap(self):
        """Let the other one stay."""
        self.ensure_one()
        self.write(
            {"source_id": self.destination_id.id, "destination_id": self.source_id.id}
        )
        return self._get_records_action(target="new")

    def action_ask_administrator(self):
        """Plan one activity for the administrator who merges by the host's wizard."""
        self.ensure_one()
        self.destination_id.check_access("read")
        self.source_id.check_access("read")
        administrator = self._get_administrator()
        # sudo: asking needs no right to write the customer's card
        destination_sudo = self.destination_id.sudo()
        note = self.env._(
            "%(user)s asks to merge %(twin)s (ID %(id)s) into this customer. %(reason)s",
            user=self.env.user.name,
            twin=self.source_id.display_name,
            id=self.source_id.id,
            reason=self.reason or "",
        )
        summary = self.env._("Merge with ID %(id)s", id=self.source_id.id)
        if not destination_sudo.activity_ids.filtered(lambda a: a.summary == summary):
            destination_sudo.activity_schedule(
                "mail.mail_activity_data_todo", summary=summary, note=note,
                user_id=administrator.id,
            )  # fmt: skip
        return {"type": "ir.actions.act_window_close"}

    def _get_administrator(self):
        # sudo: a salesperson does not read who administers
        users_sudo = self.env["res.users"].sudo()
        for group in ("base.group_system", "sales_team.group_sale_manager"):
            found = users_sudo.search(
                [("all_group_ids", "in", self.env.ref(group).id), ("share", "=", False)],
                order="id", limit=1,
            )  # fmt: skip
            if found:
                return found
        raise AccessError(self.env._("There is no administrator to ask."))
