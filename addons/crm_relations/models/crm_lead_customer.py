from odoo import fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import SQL

from ..tools.contact_point import normalize, split_emails, split_phones

# two-key advisory locks of PostgreSQL: this is our first key
IDENTITY_LOCK = 7201


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # ---- qualify

    def action_qualify(self):
        """This lead is ours: link or make the customer's card and open the deal.

        Asks first when there is something to ask: answers that do not fit, or more
        than one customer with this phone or e-mail.
        """
        self.ensure_one()
        self._check_can_be_qualified()
        candidates = self._find_customer_candidates()
        fits = self.qualification_verdict in (False, "fit")
        if not fits or len(candidates) > 1:
            return self.env["ir.actions.act_window"]._for_xml_id(
                "crm_relations.crm_lead_qualify_action"
            ) | {"context": {"default_lead_id": self.id}}
        self._qualify(candidates)
        return self.redirect_lead_opportunity_view()

    def _check_can_be_qualified(self):
        for lead in self:
            if lead.won_status == "lost":
                raise UserError(
                    self.env._(
                        "%(lead)s is lost. Restore it first, then decide again.",
                        lead=lead.display_name,
                    )
                )
            if lead.qualification_state == "rejected":
                raise UserError(
                    self.env._(
                        "%(lead)s is rejected. Restore it first, then decide again.",
                        lead=lead.display_name,
                    )
                )

    def _qualify(self, partner):
        """Make ``self`` a deal of ``partner``, or of a new card made from the lead."""
        self.ensure_one()
        if self.qualification_state == "nurture":
            self.action_restore()
        if not partner:
            partner = self._create_customer_once()
        self._link_customer(partner)
        if self.type == "lead":
            self.convert_opportunity(partner)
        else:
            self.write({"qualification_state": "qualified"})
        self._give_history_to_customer()

    def _link_customer(self, partner):
        """Link; the customer learns the lead's numbers before the host overwrites them."""
        self.ensure_one()
        # sudo: the card may be a colleague's; only its points and emptiness are filled
        self.env["crm.contact.point"].sudo()._learn_many(
            [(partner.id, kind, value) for kind, value in self._get_contact_values()],
            "lead",
            fields.Datetime.now(),
        )
        if not partner.active:
            partner.action_unarchive()
        if partner != self.partner_id:
            self.partner_id = partner

    def write(self, vals):
        """However the lead gets its customer, also by the host's own conversion."""
        result = super().write(vals)
        if vals.get("partner_id"):
            self._give_history_to_customer()
        return result

    def _give_history_to_customer(self):
        """The ledger's rows of these leads belong to the customer from now on.

        :return: number of rows
        """
        pairs = [
            SQL("(%s, %s, %s)", lead.id, partner.id, partner.commercial_partner_id.id)
            for lead in self
            if (partner := lead.partner_id)
        ]
        if not pairs:
            return 0
        # the values come along: nothing of leads and partners need be written before
        self.env["crm.interaction"].flush_model(
            ["partner_id", "customer_id", "lead_id"]
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction i
                   SET partner_id = new.partner_id, customer_id = new.customer_id
                  FROM (VALUES %s) AS new(lead_id, partner_id, customer_id)
                 WHERE i.lead_id = new.lead_id AND i.partner_id IS NULL
                """,
                SQL(", ").join(pairs),
            )
        )
        count = self.env.cr.rowcount
        if count:
            self.env["crm.interaction"].invalidate_model(["partner_id", "customer_id"])
        return count

    # ---- who is this?

    def _find_customer_candidates(self):
        """Customers this lead may be of, best first; one of each company.

        An archived card counts only when no other one has the number.
        """
        self.ensure_one()
        if self.partner_id:
            return self.partner_id
        # sudo: a card this salesperson may not read must still not be made twice
        partners_sudo = self._resolve_identity().sudo()
        partners_sudo = partners_sudo.filtered("active") or partners_sudo
        best = {}  # {company: the person in it, else itself}
        for partner_sudo in partners_sudo:
            company_sudo = partner_sudo.commercial_partner_id
            if best.get(company_sudo, company_sudo) == company_sudo:
                best[company_sudo] = partner_sudo
        return self.env["res.partner"].concat(*best.values())

    def _get_contact_values(self):
        """[(kind, value as written)] of the lead: every number and address in its fields."""
        self.ensure_one()
        values = [("phone", phone) for phone in split_phones(self.phone)]
        return values + [("email", email) for email in split_emails(self.email_from)]

    def _get_identity_pairs(self):
        """[(kind, normalised value)]"""
        region = (self.country_id or self._get_identity_company().country_id).code
        points = [
            normalize(kind, value, region) for kind, value in self._get_contact_values()
        ]
        return [(point.kind, point.normalized) for point in points if point.normalized]

    def _get_identity_company(self):
        return self.company_id or self.env.company

    def _resolve_identity(self, cr=None):
        """Every card that has one of the lead's numbers or addresses, best first.

        :param cr: look through another cursor, for what was committed meanwhile
        """
        self.ensure_one()
        pairs, company = self._get_identity_pairs(), self._get_identity_company()
        points = self.env["crm.contact.point"]
        if cr:
            points = points.with_env(self.env(cr=cr))
        found = points._resolve_many(pairs, company.id)
        ids = [
            partner_id
            for pair in pairs
            for partner_id in self._get_resolved_ids(found.get(pair))
        ]
        return self.env["res.partner"].browse(dict.fromkeys(ids))

    @staticmethod
    def _get_resolved_ids(answer):
        return (
            [answer["partner"], *answer["others"]]
            if answer and answer["partner"]
            else []
        )

    def _create_customer_once(self):
        """A new card; of two people qualifying the same caller at once one starts again.

        The lock is held until the end of the transaction. Whoever does not get it, or
        got it after the other had committed, repeats his call and finds the other's card.
        """
        self.ensure_one()
        for kind, value in sorted(self._get_identity_pairs()):
            self._lock_identity(kind, value)
        known = self._resolve_identity()
        with self.env.registry.cursor() as cr:
            if self._resolve_identity(cr=cr) - known:
                raise ConcurrencyError("The customer was made elsewhere meanwhile")
        company = self.commercial_partner_id or self.env["res.partner"]
        return self._create_customer(with_parent=company)

    def _lock_identity(self, kind, value):
        self.env.cr.execute(
            SQL(
                "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))",
                IDENTITY_LOCK,
                f"{kind}:{value}",
            )
        )
        if not self.env.cr.fetchone()[0]:
            raise ConcurrencyError("The same caller is being made a customer elsewhere")
