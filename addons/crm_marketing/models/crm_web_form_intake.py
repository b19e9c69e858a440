from odoo import api, models


class CrmWebFormIntake(models.AbstractModel):
    _inherit = "crm.web.form.intake"

    @api.model
    def _take(self, form, data, files, address, now):
        # the script puts the visitor into the form: not a word of the customer's
        data = dict(data)
        intake = self.with_context(
            crm_visitor_key=data.pop("crm_visitor", None),
            crm_friend_code=data.pop("crm_friend", None),
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
        code = self.env.context.get("crm_friend_code")
        if lead and code and not lead.crm_referrer_id:
            lead.crm_referrer_id = self.env["crm.referral.code"]._find_partner(code)
        if visitor:
            partner = vals["partner"] or (lead and lead.partner_id)
            visitor._join(partner, lead)
        return result
