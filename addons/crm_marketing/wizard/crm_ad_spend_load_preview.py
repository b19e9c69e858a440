"""What the import of ad spend would do, before it does it."""

from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_amount, format_date

SHOWN = 8  # rows of the preview
ERRORS_SHOWN = 20


class CrmAdSpendLoad(models.TransientModel):
    _inherit = "crm.ad.spend.load"

    @api.depends("file", "column_ids.target", "source_id", "medium_id", "campaign_id",
                 "currency_id", "date_order", "add_campaigns", "company_id")  # fmt: skip
    def _compute_preview(self):
        for load in self:
            load.preview, load.is_ready = False, False
            if not load.file or not load.column_ids:
                continue
            rows, errors, lines = load._read()
            load.preview = load._render(rows, errors, lines)
            load.is_ready = bool(rows) and not errors

    def _render(self, rows, errors, lines):
        if errors:
            shown = Markup().join(
                Markup("<li>%s</li>") % error for error in errors[:ERRORS_SHOWN]
            )
            more = (
                self.env._("… and %s more.", len(errors) - ERRORS_SHOWN)
                if len(errors) > ERRORS_SHOWN
                else ""
            )
            return Markup(
                '<div class="alert alert-danger mb-0"><p>%s</p><ul>%s</ul>%s</div>'
            ) % (self.env._("Nothing will be imported:"), shown, more)
        known = [row for row in rows if isinstance(row["campaign_id"], int)]
        new, changed, same = self.env["crm.ad.spend.import"]._compare(
            self.company_id, known
        )
        summary = self.env._(
            "%(lines)s lines, %(amount)s: %(new)s new days of ads, %(changed)s corrected, "
            "%(same)s unchanged.",
            lines=lines,
            amount=format_amount(
                self.env,
                sum(row["company_amount"] for row in rows),
                self.company_id.currency_id,
            ),
            new=new + len(rows) - len(known),
            changed=changed,
            same=same,
        )
        return Markup(
            '<p class="fw-bold">%s</p><div class="table-responsive">'
            '<table class="table table-sm">%s</table></div>'
        ) % (summary, self._render_rows(rows[:SHOWN]))

    def _render_rows(self, rows):
        known = [
            row["campaign_id"] for row in rows if isinstance(row["campaign_id"], int)
        ]
        names = {one.id: one.title for one in self.env["utm.campaign"].browse(known)}
        heads = (
            self.env._("Day"), self.env._("Campaign"), self.env._("Ad"),
            self.env._("Clicks"), self.env._("Amount"),
        )  # fmt: skip
        lines = [Markup("<tr>%s</tr>") % _cells("th", heads)]
        for row in rows:
            currency = self.env["res.currency"].browse(row["currency_id"])
            cells = (
                format_date(self.env, row["day"]),
                names.get(row["campaign_id"], row["campaign_id"]),
                row["content"],
                row["click_count"],
                format_amount(self.env, row["amount"], currency),
            )
            lines.append(Markup("<tr>%s</tr>") % _cells("td", cells))
        return Markup().join(lines)


def _cells(tag, values):
    """Cells of a row; texts of the file are escaped."""
    cell = Markup("<th>%s</th>") if tag == "th" else Markup("<td>%s</td>")
    return Markup().join(cell % ("" if value is None else value) for value in values)
