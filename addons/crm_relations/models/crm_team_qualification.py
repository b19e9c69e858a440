from odoo import fields, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    qualification_profile_id = fields.Many2one(
        "crm.qualification.profile",
        string="Qualification",
        check_company=True,
        ondelete="set null",
        help="The questions asked on this team's new leads.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "qualification_profile_id" in vals:
            self._qualification_profile_changed()
        return result

    def _qualification_profile_changed(self):
        """Open leads that nobody has answered anything on get the new questions."""
        # sudo: the team's questions change on everybody's leads
        leads_sudo = (
            self.env["crm.lead"]
            .sudo()
            .search(
                [
                    ("team_id", "in", self.ids),
                    ("qualification_state", "=", "open"),
                    # a deal that runs is past these questions
                    "|",
                    ("type", "=", "lead"),
                    ("team_id.use_leads", "=", False),
                    (
                        "qualification_answer_ids",
                        "not any",
                        [("is_answered", "=", True)],
                    ),
                ]
            )
        )
        for team, team_leads_sudo in leads_sudo.grouped("team_id").items():
            profile = team.qualification_profile_id
            team_leads_sudo.write({"qualification_profile_id": profile.id})
