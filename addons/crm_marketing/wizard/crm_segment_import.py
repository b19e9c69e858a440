import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.crm_relations.tools.contact_point import normalize

from ..tools.people_file import MAX_LINES, FileError, guess, read_rows

SHOWN = 50  # unknown lines told one by one


class CrmSegmentImport(models.TransientModel):
    """A file of phones, e-mails or numbers of cards becomes a fixed list."""

    _name = "crm.segment.import"
    _description = "File of Customers"

    block_id = fields.Many2one("crm.segment.block", required=True, ondelete="cascade")
    content = fields.Binary(
        string="File",
        required=True,
        attachment=False,
        help="CSV or XLSX. Any cell of a line may hold a phone, an e-mail, or id: and "
        "the number of a card. A name alone finds nobody.",
    )
    file_name = fields.Char()
    mode = fields.Selection(
        [("replace", "Replace the list"), ("add", "Add to the list")],
        required=True,
        default="replace",
    )
    report = fields.Text(readonly=True)

    def action_import(self):
        """Resolve every line by the hub's contact points; say which found nobody."""
        self.ensure_one()
        self.block_id.check_access("write")
        lines = self._read()
        found, unknown = self._resolve(lines)
        ids = sorted({partner for partner in found.values() if partner})
        commands = [Command.set(ids)]
        if self.mode == "add":
            commands = [Command.link(partner) for partner in ids]
        self.block_id.write(
            {"listed_ids": commands, "file_name": self.file_name or False}
        )
        self.report = self._get_report(len(lines), len(ids), unknown)
        self.block_id.segment_id._refresh(fields.Datetime.now())
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _read(self):
        try:
            rows = read_rows(base64.b64decode(self.content), self.file_name)
        except FileError as error:
            reasons = {
                "large": self.env._("The file is larger than 20 MB."),
                "lines": self.env._("The file has more than %(n)s lines.", n=MAX_LINES),
                "format": self.env._("This is neither a CSV nor an XLSX file."),
            }
            raise UserError(reasons[error.args[0]]) from error
        # a heading names columns and has nothing to find
        if rows and rows[0][0] == 1 and not any(map(guess, rows[0][1])):
            rows = rows[1:]
        return rows

    def _resolve(self, lines):
        """({line: partner id or None}, [numbers of unknown lines]) in three queries"""
        company = self.block_id.segment_id.company_id
        region = company.country_id.code
        asked = {}  # {number: [(kind, value)]}
        for number, cells in lines:
            for cell in cells:
                kind = guess(cell)
                value = cell
                if kind in ("email", "phone"):
                    value = normalize(kind, cell, region).normalized
                if kind and value:
                    asked.setdefault(number, []).append((kind, value))
        points = self.env["crm.contact.point"]._resolve_many(
            {pair for pairs in asked.values() for pair in pairs if pair[0] != "id"},
            company.id,
        )
        cards = self._get_cards(
            int(value[3:])
            for pairs in asked.values()
            for k, value in pairs
            if k == "id"
        )
        found = {}
        for number, _cells in lines:
            partners = (
                points.get(pair, {}).get("partner")
                if pair[0] != "id"
                else cards.get(int(pair[1][3:]))
                for pair in asked.get(number, ())
            )
            found[number] = next(filter(None, partners), None)
        return found, [number for number, partner in found.items() if not partner]

    @api.model
    def _get_cards(self, numbers):
        """{id: id} of the cards that there are and the user may read"""
        ids = [number for number in set(numbers) if number < 2**31]
        cards = self.env["res.partner"].browse(ids).exists()
        return {card.id: card.id for card in cards._filtered_access("read")}

    def _get_report(self, lines, found, unknown):
        parts = [
            self.env._(
                "%(lines)s lines, %(found)s customers found.", lines=lines, found=found
            )
        ]
        if unknown:
            numbers = ", ".join(map(str, unknown[:SHOWN]))
            more = "…" if len(unknown) > SHOWN else ""
            parts.append(
                self.env._(
                    "%(count)s lines found nobody: %(numbers)s",
                    count=len(unknown),
                    numbers=numbers + more,
                )
            )
        return "\n".join(parts)
