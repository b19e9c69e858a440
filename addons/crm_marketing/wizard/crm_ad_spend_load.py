import base64
import io
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..tools import ad_spend

LINES = 200_000  # of a file, at most


class CrmAdSpendLoad(models.TransientModel):
    """Take in a file of ad spend: look at it first, all of it or nothing."""

    _name = "crm.ad.spend.load"
    _description = "Import Ad Spend"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    file = fields.Binary(attachment=False)
    file_name = fields.Char()
    mapping_id = fields.Many2one(
        "crm.ad.spend.mapping",
        string="Read as",
        domain="[('company_id', '=', company_id)]",
        help="How files of this service were read the last time.",
    )
    service = fields.Char(
        string="Remember as",
        help="The service that the file is from. How it is read is remembered under "
        "this name.",
    )
    source_id = fields.Many2one("utm.source", help="Of every row of the file.")
    medium_id = fields.Many2one("utm.medium", help="Of every row of the file.")
    campaign_id = fields.Many2one(
        "utm.campaign", help="For files without a column of campaigns."
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="For files without a column of currencies.",
    )
    date_order = fields.Selection(
        [("ymd", "2026-03-31"), ("dmy", "31.03.2026"), ("mdy", "03/31/2026")],
        string="Dates Look Like",
        required=True,
        default="dmy",
    )
    add_campaigns = fields.Boolean(
        string="Add Unknown Campaigns",
        help="Campaigns of the file that nobody knows are added. Otherwise they are "
        "errors: names are easily misspelt.",
    )
    column_ids = fields.One2many("crm.ad.spend.load.column", "load_id", "Columns")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    is_ready = fields.Boolean(compute="_compute_preview")

    # ------------------------------------------------------------ the file

    def _read_table(self):
        """The file as rows of cells.

        :raises UserError: it is neither CSV nor XLSX, or too long
        """
        content = base64.b64decode(self.file or b"")
        try:
            if content[:2] == b"PK":
                book = load_workbook(
                    io.BytesIO(content), read_only=True, data_only=True
                )
                table = [list(row) for row in book.worksheets[0].values]
            else:
                table = ad_spend.read_csv(content)
        except (ValueError, KeyError, BadZipFile, InvalidFileException) as error:
            raise UserError(
                self.env._("This file can be read neither as CSV nor as XLSX.")
            ) from error
        if len(table) > LINES:
            raise UserError(
                self.env._("The file has more than %s lines. Cut it in parts.", LINES)
            )
        return table

    @api.onchange("file")
    def _onchange_file(self):
        """Find the columns, and whose file it is by their names."""
        self.column_ids = [Command.clear()]
        if not self.file:
            return
        table = self._read_table()
        header = ad_spend.find_header(table)
        names = [str(cell or "") for cell in table[header]] if table else []
        if not self.mapping_id:
            self.mapping_id = self._find_mapping(names)
        self._apply_mapping()
        targets = ad_spend.guess(names)
        if self.mapping_id:
            known = self.mapping_id._get_targets()
            targets = {
                index: known[name] for index, name in enumerate(names) if name in known
            }
        below = table[header + 1] if len(table) > header + 1 else []
        self.column_ids = [
            Command.create(
                {
                    "number": index,
                    "name": name,
                    "sample": str(below[index])[:60]
                    if index < len(below) and below[index] is not None
                    else False,
                    "target": targets.get(index, False),
                }
            )
            for index, name in enumerate(names)
            if name
        ]

    @api.onchange("mapping_id")
    def _onchange_mapping_id(self):
        known = self.mapping_id and self.mapping_id._get_targets() or {}
        self._apply_mapping()
        for column in self.column_ids:
            if known:
                column.target = known.get(column.name, False)

    def _apply_mapping(self):
        mapping = self.mapping_id
        if not mapping:
            return
        self.service = mapping.name
        for name in ("source_id", "medium_id", "campaign_id", "date_order"):
            self[name] = mapping[name]
        self.currency_id = mapping.currency_id or self.currency_id

    def _find_mapping(self, names):
        """The reading whose columns are all in the file; the last used first."""
        mappings = self.env["crm.ad.spend.mapping"].search(
            [("company_id", "=", self.company_id.id)]
        )
        fitting = (
            mapping
            for mapping in mappings
            if mapping.columns and set(mapping._get_targets()) <= set(names)
        )
        return next(fitting, mappings.browse())

    # ------------------------------------------------------------ reading

    def _read(self):
        """(rows as ``_take_in_sudo`` wants them, errors as texts, lines read)."""
        table = self._read_table()
        header = ad_spend.find_header(table)
        targets = {
            column.number: column.target for column in self.column_ids if column.target
        }
        missing = [name for name in ad_spend.NEEDED if name not in targets.values()]
        if missing or len(set(targets.values())) < len(targets):
            return [], [self._get_column_error(missing)], 0
        rows, wrong = ad_spend.read_rows(table, header, targets, self.date_order)
        errors = [
            self.env._(
                "Line %(line)s, column %(column)s: “%(cell)s” cannot be read.",
                line=line, column=column, cell=cell,
            )
            for line, column, cell in wrong
        ]  # fmt: skip
        errors += self._find_records(rows, targets)
        if errors:
            return [], errors, len(rows)
        errors += self._find_rates(rows)
        lines = len(rows)
        rows = ad_spend.add_up(
            rows, lambda row: (row["campaign_id"], row.get("ad"), row["day"])
        )
        return ([] if errors else self._prepare(rows)), errors, lines

    def _get_column_error(self, missing):
        if missing:
            return self.env._("Say which column is the day and which the amount.")
        return self.env._("Two columns are said to be the same.")

    def _find_records(self, rows, targets):
        """Put ids of campaigns and currencies into rows; errors by line."""
        campaigns = self.env["crm.utm"]._match_campaigns(
            {row.get("campaign") for row in rows} - {None, ""}
        )
        currencies = {
            name.upper(): currency
            for currency in self.env["res.currency"]
            .with_context(active_test=False)
            .search([])
            for name in (currency.name, currency.symbol)
        }
        errors = []
        for row in rows:
            name, code = row.get("campaign"), (row.get("currency") or "").upper()
            row["campaign_id"] = (
                campaigns.get(name.lower()) if name else self.campaign_id.id
            )
            row["currency_id"] = currencies.get(code) if code else self.currency_id
            if not row["campaign_id"] and not (name and self.add_campaigns):
                errors.append(self._get_campaign_error(row["line"], name))
            if not row["currency_id"]:
                errors.append(
                    self.env._(
                        "Line %(line)s, column %(column)s: nobody knows “%(cell)s”.",
                        line=row["line"],
                        column=self._get_column_name("currency"),
                        cell=row["currency"],
                    )
                )
        if not errors and self.add_campaigns:
            self._name_new_campaigns(rows)
        return errors

    def _get_column_name(self, target):
        return self.column_ids.filtered(lambda column: column.target == target)[:1].name

    def _get_campaign_error(self, line, name):
        if not name:
            return self.env._("Line %s: no campaign.", line)
        return self.env._(
            "Line %(line)s, column %(column)s: nobody knows the campaign “%(cell)s”.",
            line=line,
            column=self._get_column_name("campaign"),
            cell=name,
        )

    def _name_new_campaigns(self, rows):
        """Until they are added (when the file is taken in) they are known by name."""
        spelt = {}
        for row in rows:
            name = row.get("campaign")
            row["campaign_id"] = row["campaign_id"] or spelt.setdefault(
                name.lower(), name
            )

    def _find_rates(self, rows):
        """Put the day's rate into rows; an error for days before a currency's first."""
        own = self.company_id.currency_id
        foreign = self.env["res.currency"].union(*[row["currency_id"] for row in rows])
        first = dict(
            self.env["res.currency.rate"]._read_group(
                [
                    ("currency_id", "in", (foreign - own).ids),
                    ("company_id", "in", [False, self.company_id.root_id.id]),
                ],
                ["currency_id"],
                ["name:min"],
            )
        )
        errors = []
        rates = {}
        for row in rows:
            currency, day = row["currency_id"], row["day"]
            if currency != own and (currency not in first or day < first[currency]):
                errors.append(
                    self.env._(
                        "Line %(line)s: there is no rate of %(currency)s for %(day)s.",
                        line=row["line"],
                        currency=currency.name,
                        day=format_date(self.env, day),
                    )
                )
                continue
            if (currency, day) not in rates:
                rates[currency, day] = self.env["res.currency"]._get_conversion_rate(
                    currency, own, self.company_id, day
                )
            row["rate"] = rates[currency, day]
        return errors

    def _prepare(self, rows):
        own = self.company_id.currency_id
        return [
            {
                "campaign_id": row["campaign_id"],
                "source_id": self.source_id.id or None,
                "medium_id": self.medium_id.id or None,
                "content": row.get("ad") or "",
                "day": row["day"],
                "click_count": row["clicks"],
                "impression_count": row["impressions"],
                "amount": row["currency_id"].round(row["amount"]),
                "currency_id": row["currency_id"].id,
                "company_amount": own.round(row["amount"] * row["rate"]),
            }
            for row in rows
        ]

    # ------------------------------------------------------------ taking in

    def action_import(self):
        """Write all rows down and remember how the file is read."""
        self.ensure_one()
        # who may not keep a reading may not import either
        self.env["crm.ad.spend.mapping"].check_access("create")
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("Choose a company you work in."))
        rows, errors, _lines = self._read()
        if errors or not rows:
            raise UserError("\n".join(errors) or self.env._("The file has no lines."))
        self._add_campaigns(rows)
        taken = self.env["crm.ad.spend.import"]._take_in_sudo(
            self.file_name or self.env._("Ad spend"),
            self.company_id,
            rows,
            fields.Datetime.now(),
            self._remember(),
        )
        if not taken:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "message": self.env._("Nothing in this file is new."),
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        return {
            "type": "ir.actions.act_window",
            "res_model": taken._name,
            "res_id": taken.id,
            "views": [[False, "form"]],
        }

    def _add_campaigns(self, rows):
        """Campaigns known by name only become campaigns of the host."""
        names = {
            row["campaign_id"] for row in rows if isinstance(row["campaign_id"], str)
        }
        made = self.env["crm.utm"]._add_campaigns(sorted(names))
        for row in rows:
            row["campaign_id"] = made.get(row["campaign_id"], row["campaign_id"])

    def _remember(self):
        """The reading under its name: the next file of this service needs no questions."""
        mappings = self.env["crm.ad.spend.mapping"]
        name = (self.service or "").strip() or self.source_id.name
        if not name:
            return mappings
        values = {
            "source_id": self.source_id.id,
            "medium_id": self.medium_id.id,
            "campaign_id": self.campaign_id.id,
            "currency_id": self.currency_id.id,
            "date_order": self.date_order,
            "columns": {column.name: column.target or "" for column in self.column_ids},
            "used_at": fields.Datetime.now(),
        }
        known = mappings.search(
            [("company_id", "=", self.company_id.id), ("name", "=", name)]
        )
        if known:
            known.write(values)
            return known
        return mappings.create(dict(values, name=name, company_id=self.company_id.id))
