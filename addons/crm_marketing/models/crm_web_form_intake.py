from odoo import api, models


class CrmWebFormIntake(models.AbstractModel):
    _inherit = "crm.web.form.intake"

    @api.model
    def _take(self, form, data, files, address, now):
        # the script puts the visitor into the form: not a word of the customer's
        data = dict(data)
        intake = self.with_context(
            crm_visitor_key=data.pop("crm_visitor", None),
            crm_friend_code=data.pop("crm_friend", None) or data.pop("ref", None),
        )
        return super(CrmWebFormIntake, intake)._take(form, data, files, address, now)

    @api.model
    def _find_utm(self, form, known):
        """By the adapter: names of any case, bounded in number; else the form's own."""
        names = ("source", "medium", "campaign")
        found = self.env["crm.utm"]._find_ids(
            {name: known.get(f"utm_{name}") for name in names}
        )
        return {key: found[key] or form[key].id for key in found}

    @api.model
    def _write_interaction(self, form, vals, document, key, known, now):
        result = super()._write_interaction(form, vals, document, key, known, now)
        visitor = self.env["crm.touch.visitor"]._find(
            form.company_id, self.env.context.get("crm_visitor_key")
        )
        lead = document if document._name == "crm.lead" else None
        if lead:
            self._note_who_brought(lead, form.company_id)
        if visitor:
            partner = vals["partner"] or (lead and lead.partner_id)
            visitor._join(partner, lead)
        return result

    @api.model
    def _note_who_brought(self, lead, company):
        """By the code that came along: a referral partner's, else a customer's."""
        code = self.env.context.get("crm_friend_code")
        if not code or lead.crm_referrer_id or lead.crm_referral_partner_id:
            return
        referral = self.env["crm.referral.partner"]._find(code, company)
        if not referral:
            lead.crm_referrer_id = self.env["crm.referral.code"]._find_partner(code)
            return
        is_new = lead.create_date >= self.env.cr.now().replace(microsecond=0)
        refusal = is_new and (referral._get_refusal(lead) or referral._get_known(lead))
        if is_new and not refusal:
            lead.crm_referral_partner_id = referral
            return
        lead.message_post(
            body=self.env._(
                "He gave the code of %(partner)s, who is not rewarded: %(reason)s.",
                partner=referral.name,
                reason=refusal or self.env._("we knew of it before"),
            )
        )
