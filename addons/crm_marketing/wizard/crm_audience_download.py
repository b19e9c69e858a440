import base64
import hashlib

from odoo import fields, models

from ..tools.audience import to_csv


class CrmAudienceDownload(models.TransientModel):
    """The files of one export: all, those who came, those who left."""

    _name = "crm.audience.download"
    _description = "Files of an Audience"

    audience_id = fields.Many2one("crm.audience", required=True, ondelete="cascade")
    network = fields.Selection(related="audience_id.network")
    export_id = fields.Many2one("crm.audience.export", readonly=True)
    people_count = fields.Integer(related="export_id.people_count")
    added_count = fields.Integer(related="export_id.added_count")
    removed_count = fields.Integer(related="export_id.removed_count")
    refused_count = fields.Integer(related="export_id.refused_count")
    whole = fields.Binary(string="Whole list", readonly=True, attachment=False)
    added = fields.Binary(string="Who came", readonly=True, attachment=False)
    removed = fields.Binary(string="Who left", readonly=True, attachment=False)
    whole_name = fields.Char(readonly=True)
    added_name = fields.Char(readonly=True)
    removed_name = fields.Char(readonly=True)

    def _prepare(self, now):
        """Hash, compare with what was given before, keep it and record who did it."""
        self.ensure_one()
        audience = self.audience_id
        people, refused = audience._get_people(now)
        audience._check_size(people)
        came, left = audience._get_differences(people)
        network = audience.network
        content = to_csv(network, sorted(set(people.values())))
        stem = f"{network}-{audience.segment_id.id}-{now:%Y%m%d-%H%M}"
        # sudo: the record of an export is written by the export alone
        export_sudo = self.env["crm.audience.export"].sudo().create(
            {
                "audience_id": audience.id,
                "segment_name": audience.segment_id.name,
                "conditions": audience.segment_id._get_conditions_text(),
                "company_id": audience.company_id.id,
                "purpose_id": audience.purpose_id.id,
                "at": now,
                "user_id": self.env.uid,
                "people_count": len(people),
                "added_count": len(came),
                "removed_count": len(left),
                "refused_count": refused,
                "fingerprint": hashlib.sha256(content).hexdigest(),
            }
        )  # fmt: skip
        audience._keep(people)
        self.write(
            {
                "export_id": export_sudo.id,
                "whole": base64.b64encode(content),
                "whole_name": f"{stem}.csv",
                "added": base64.b64encode(to_csv(network, came)) if came else False,
                "added_name": f"{stem}-added.csv",
                "removed": base64.b64encode(to_csv(network, left)) if left else False,
                "removed_name": f"{stem}-removed.csv",
            }
        )
