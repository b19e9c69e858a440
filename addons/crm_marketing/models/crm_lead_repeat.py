"""The deal of a repeat sale: why now, what to offer, what to say."""

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL


class CrmLead(models.Model):
    _inherit = "crm.lead"

    crm_repeat_need_id = fields.Many2one(
        "crm.repeat.need",
        string="Repeat Need",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    crm_repeat_reason = fields.Char(
        related="crm_repeat_need_id.reason", string="Why now"
    )
    crm_repeat_basket = fields.Char(
        related="crm_repeat_need_id.basket", string="Suggested Goods"
    )
    crm_repeat_may_call = fields.Char(
        related="crm_repeat_need_id.may_call", string="Calls"
    )
    crm_again_on = fields.Date(
        string="Ask Again on",
        copy=False,
        help="He said later: a deal is opened again for this need on that day.",
    )

    # the pass: deals at work again whose need is closed
    _crm_repeat_pending_idx = models.Index(
        "(crm_repeat_need_id) WHERE crm_repeat_need_id IS NOT NULL AND active "
        "AND won_status = 'pending'"
    )

    def action_crm_repeat_quotation(self):
        """The suggested quotation; a second click opens the same one."""
        self.ensure_one()
        self.check_access("write")
        # sudo: whoever may write the deal sells for it, also when it was another's before
        need_sudo = self.crm_repeat_need_id.sudo()
        order = need_sudo.order_id.sudo(False)
        # who was given the deal may not see his colleague's quotation: he makes his own
        if not order or not order.has_access("read") or order.state == "cancel":
            order = self._make_repeat_quotation(need_sudo)
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_repeat_need SET order_id = %s WHERE id = %s",
                    order.id,
                    need_sudo.id,
                )
            )
            need_sudo.invalidate_recordset(["order_id"], flush=False)
        return order._get_records_action()

    def _make_repeat_quotation(self, need_sudo):
        """A quotation of the template, else of what he bought the last time.

        The need is read with sudo, see the button; the quotation is made with one's own
        rights.
        """
        orders = self.env["sale.order"].with_context(
            **self._prepare_opportunity_quotation_context()
        )
        template = need_sudo.rule_id.template_id.sudo(False)
        if template:
            order = orders.create({"sale_order_template_id": template.id})
            order._onchange_sale_order_template_id()
            return order
        return orders.create(
            {
                "order_line": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "product_uom_qty": line.quantity,
                        }
                    )
                    for line in need_sudo.line_ids
                    if line.product_id.active and line.product_id.sale_ok
                ]
            }
        )

    def _plan_repeat_calls(self, needs, now):
        """One activity for each deal: where his day begins."""
        values = []
        model_id = self.env["ir.model"]._get_id("crm.lead")
        kind = self.env.ref("mail.mail_activity_data_call")
        for lead, need in zip(self, needs, strict=True):
            if not lead.user_id:
                continue
            words = need.with_context(lang=lead.user_id.lang or self.env.lang)
            values.append(
                {
                    "res_model_id": model_id,
                    "res_id": lead.id,
                    "activity_type_id": kind.id,
                    "summary": words._get_what(),
                    "note": words._get_reason(),
                    "date_deadline": need.rule_id._get_today(now),
                    "user_id": lead.user_id.id,
                    # it goes back with the deal
                    "crm_deputy_for_id": lead.crm_deputy_for_id.id,
                    "automated": True,
                }
            )
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            values
        )

    @api.model
    def _crm_merge_leads(self, source_ids, destination):
        """All needs of a deal go with it, also those of deals that it took in before."""
        needs = self.browse(source_ids).crm_repeat_need_id
        if needs:
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_repeat_need SET lead_id = %s WHERE lead_id = ANY(%s)",
                    destination.id,
                    list(source_ids),
                )
            )
            needs.invalidate_model(["lead_id"], flush=False)
            if not destination.crm_repeat_need_id:
                destination.crm_repeat_need_id = needs[0]
        return super()._crm_merge_leads(source_ids, destination)


class CrmScript(models.Model):
    _inherit = "crm.script"

    @api.model
    def _get_for_lead(self, lead):
        """The repeat sale's own script comes before the stage's."""
        # sudo: the marketer's rule says which; the script itself is everybody's
        script_sudo = lead.crm_repeat_need_id.sudo().rule_id.script_id
        if script_sudo.active:
            return script_sudo.sudo(False)
        return super()._get_for_lead(lead)


class CrmLostReason(models.Model):
    _inherit = "crm.lost.reason"

    crm_again_days = fields.Integer(
        string="Ask again after (days)",
        help="Of a repeat sale lost for this reason: 30 for “later”. 0: not before he "
        "has bought it again.",
    )
