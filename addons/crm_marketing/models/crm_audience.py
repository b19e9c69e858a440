from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import split_every

from ..tools.audience import NETWORKS, hash_email, hash_phone

BATCH = 5000
# Why an address may not be given away; frequency and quiet hours do not forbid it.
FORBIDDEN = ("blacklist", "refused", "withdrawn", "no_consent")


class CrmAudience(models.Model):
    """A segment given to an advertising network, and whom it was given last."""

    _name = "crm.audience"
    _description = "Audience"
    _order = "segment_id, network, id"

    name = fields.Char(compute="_compute_name")
    segment_id = fields.Many2one("crm.segment", required=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="segment_id.company_id", store=True, index=True, precompute=True
    )
    network = fields.Selection(
        [("google", "Google Ads"), ("meta", "Meta"), ("yandex", "Yandex Audience")],
        required=True,
        default="google",
    )
    purpose_id = fields.Many2one(
        "crm.contact.purpose",
        string="Consent for",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env["crm.contact.purpose"].search(
            [("code", "=", "marketing")], limit=1
        ),
        help="Only addresses whose owner may be contacted for this are given away.",
    )
    person_ids = fields.One2many("crm.audience.person", "audience_id")
    export_ids = fields.One2many("crm.audience.export", "audience_id", string="Exports")
    person_count = fields.Integer(
        string="Given away", compute="_compute_person_count", help="In the network now."
    )

    _segment_network_uniq = models.Constraint(
        "UNIQUE(segment_id, network, purpose_id)",
        "This segment has an audience in this network already.",
    )

    @api.depends("segment_id.name", "network")
    def _compute_name(self):
        networks = dict(self._fields["network"]._description_selection(self.env))
        for audience in self:
            audience.name = " · ".join(
                filter(None, (audience.segment_id.name, networks.get(audience.network)))
            )

    @api.depends("person_ids")
    def _compute_person_count(self):
        counts = dict(
            self.env["crm.audience.person"]._read_group(
                [("audience_id", "in", self.ids)], ["audience_id"], ["__count"]
            )
        )
        for audience in self:
            audience.person_count = counts.get(audience, 0)

    def action_export(self):
        """Make the files; opens the page to download them."""
        self.ensure_one()
        self.check_access("write")
        download = self.env["crm.audience.download"].create({"audience_id": self.id})
        download._prepare(fields.Datetime.now())
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": download._name,
            "res_id": download.id,
            "view_mode": "form",
            "target": "new",
        }

    # ------------------------------------------------------------ who

    def _get_people(self, now):
        """({partner id: (hash of the e-mail, hash of the phone)}, how many were refused)

        The gate is asked for each address by its own means: who wants no SMS does not
        give his number either.
        """
        self.ensure_one()
        people, refused = {}, 0
        members = self.env["res.partner"].search(
            [("crm_segment_ids", "in", self.segment_id.ids)]
        )
        gate = self.env["crm.consent"].with_company(self.company_id)
        for ids in split_every(BATCH, members.ids):
            batch = self.env["res.partner"].browse(ids)
            verdicts = {
                kind: gate._may_contact_many(batch, kind, self.purpose_id.code, now)
                for kind in ("email", "sms")
            }
            for partner in batch:
                hashes, forbidden = self._hash(partner, verdicts)
                if any(hashes):
                    people[partner.id] = hashes
                else:
                    refused += forbidden
            batch.invalidate_recordset(["email_normalized", "phone_sanitized"])
        return people, refused

    def _hash(self, partner, verdicts):
        """((hash of the e-mail, hash of the phone), whether the gate kept one back)"""
        email, phone = partner.email_normalized, partner.phone_sanitized
        email_kept = verdicts["email"][partner.id].reason in FORBIDDEN
        phone_kept = verdicts["sms"][partner.id].reason in FORBIDDEN
        hashes = (
            "" if email_kept else hash_email(self.network, email),
            "" if phone_kept else hash_phone(self.network, phone),
        )
        return hashes, bool((email and email_kept) or (phone and phone_kept))

    def _check_size(self, people):
        least = NETWORKS[self.network].minimum
        if len(people) < least:
            raise UserError(
                self.env._(
                    "%(network)s takes lists of at least %(least)s people; %(count)s of "
                    "this segment may be given away.",
                    network=dict(
                        self._fields["network"]._description_selection(self.env)
                    )[self.network],
                    least=least,
                    count=len(people),
                )
            )

    def _get_differences(self, people):
        """([hashes that are new], [hashes given before that must go])

        A changed address is both: the old one goes, the new one comes.
        """
        before_sudo = self.env["crm.audience.person"].sudo()  # the engine's own rows
        given = {
            (row["email_hash"] or "", row["phone_hash"] or "")
            for row in before_sudo.search_read(
                [("audience_id", "=", self.id)], ["email_hash", "phone_hash"]
            )
        }
        now = set(people.values())
        return sorted(now - given), sorted(given - now)

    def _keep(self, people):
        """What is in the network from now on."""
        self.env.cr.execute(
            SQL("DELETE FROM crm_audience_person WHERE audience_id = %s", self.id)
        )
        rows = [(key, *hashes) for key, hashes in people.items()]
        if rows:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO crm_audience_person
                           (audience_id, company_id, partner_id, email_hash, phone_hash)
                    SELECT %s, %s, * FROM unnest(%s::int[], %s::text[], %s::text[])
                    """,
                    self.id,
                    self.company_id.id,
                    *map(list, zip(*rows, strict=True)),
                )
            )
        self.env["crm.audience.person"].invalidate_model(flush=False)
        self.invalidate_recordset(["person_ids", "person_count"], flush=False)
