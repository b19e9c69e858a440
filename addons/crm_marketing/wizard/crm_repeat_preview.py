from markupsafe import Markup, escape

from odoo import api, fields, models


class CrmRepeatPreview(models.TransientModel):
    """Who would be due, and the question whether those who are due already come too."""

    _name = "crm.repeat.preview"
    _description = "Preview of a Repeat-Sale Rule"

    rule_id = fields.Many2one("crm.repeat.rule", required=True, ondelete="cascade")
    state = fields.Selection(related="rule_id.state")
    overdue_count = fields.Integer(
        string="Due already",
        compute="_compute_found",
        help="Their day to be asked was before today.",
    )
    coming_count = fields.Integer(
        string="In the next 30 days", compute="_compute_found"
    )
    sample_html = fields.Html(compute="_compute_found", string="Ten of them")
    room_text = fields.Char(compute="_compute_found")

    @api.depends("rule_id")
    def _compute_found(self):
        now = fields.Datetime.now()
        for wizard in self:
            rule = wizard.rule_id
            # sudo: customers are counted as the pass will find them
            found = rule.sudo()._preview(rule._get_today(now))
            wizard.overdue_count = found["overdue"]
            wizard.coming_count = found["coming"]
            wizard.sample_html = wizard._get_table(found["samples"])
            periods = dict(
                rule._fields["capacity_period"]._description_selection(self.env)
            )
            wizard.room_text = self.env._(
                "Each salesperson gets %(number)s deals %(period)s at most.",
                number=rule.capacity,
                period=periods[rule.capacity_period],
            )

    def _get_table(self, samples):
        rows = [
            Markup("<tr><td>%s</td><td>%s</td></tr>") % (escape(name), escape(reason))
            for name, reason in self._get_samples(samples)
        ]
        if not rows:
            return Markup("<p>%s</p>") % self.env._(
                "Nobody. Are there posted invoices with these goods, or dates on their "
                "things?"
            )
        return Markup('<table class="table table-sm"><tbody>%s</tbody></table>') % (
            Markup().join(rows)
        )

    def _get_samples(self, samples):
        """[(customer, why)] as the salesperson will read it."""
        needs = self.env["crm.repeat.need"]
        # sudo: whoever makes rules reads the names of those they find
        partners = self.env["res.partner"].sudo()
        for sample in samples:
            need = needs.new(
                {
                    "rule_id": self.rule_id.id,
                    "asset_id": sample["asset_id"],
                    "occurrence": sample["occurrence"],
                    "interval_days": sample["interval_days"] or 0,
                    "spread_days": sample["spread_days"] or 0,
                    "quantity": sample["quantity"] or 0,
                    "last_on": sample["last_on"],
                    "due_on": sample["due_on"],
                }
            )
            yield partners.browse(sample["partner_id"]).display_name, need._get_reason()

    def action_start(self):
        """From now on."""
        self.rule_id._start_from(self.rule_id._get_today(fields.Datetime.now()))

    def action_start_with_overdue(self):
        """From now on, and those who are due already, as many a day as there is room."""
        self.rule_id._start_from(
            self.rule_id._get_today(fields.Datetime.now()), is_backlog=True
        )
