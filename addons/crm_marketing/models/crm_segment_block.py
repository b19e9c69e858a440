from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# Conditions of which a change is noticed within minutes; the others wait for the night.
FOLLOWED = ("bought", "silent", "measure", "contacted", "class", "asset", "region",
            "segment", "file")  # fmt: skip


# What a condition says: its words and its count follow these.
MEANING = (
    "is_not", "kind", "days", "date_from", "date_to", "times", "product_ids",
    "categ_ids", "amount_min", "amount_max", "intervals", "channel_ids",
    "direction", "is_answered", "mailing_event", "mailing_ids", "class_from",
    "class_to", "asset_type_id", "asset_words", "asset_domain", "country_ids",
    "state_ids", "places", "measure", "measure_min", "measure_max", "other_ids",
    "listed_ids", "file_name",
)  # fmt: skip


class CrmSegmentBlock(models.Model):
    """One condition about what a customer did, has, or belongs to."""

    _name = "crm.segment.block"
    _description = "Segment's Condition"
    _order = "sequence, id"

    segment_id = fields.Many2one(
        "crm.segment", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="segment_id.company_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(default=10)
    is_not = fields.Selection(
        [("is", "do"), ("not", "do not")],
        string="Did or not",
        required=True,
        default="is",
    )
    kind = fields.Selection(
        [
            ("bought", "buy"),
            ("silent", "stay away longer than usual"),
            ("contacted", "have a contact"),
            ("mailing", "get, open or click a mailing"),
            ("class", "change class"),
            ("asset", "have an asset"),
            ("region", "live or sit in"),
            ("measure", "reach a figure"),
            ("segment", "belong to a segment"),
            ("file", "stand in a file"),
        ],
        string="Condition",
        required=True,
        default="bought",
    )
    # when: bought, contacted, mailing, class
    days = fields.Integer(string="In the last (days)", help="0: whenever.")
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    times = fields.Integer(string="At least (times)", default=1)
    # bought
    product_ids = fields.Many2many("product.product", string="Products")
    categ_ids = fields.Many2many("product.category", string="Product Categories")
    amount_min = fields.Monetary(
        string="For at least", help="Untaxed, credit notes off."
    )
    amount_max = fields.Monetary(string="For at most", help="0: however much.")
    # silent
    intervals = fields.Float(
        string="Times his usual interval",
        default=1.5,
        help="The usual interval is the median of the days between his purchases.",
    )
    # contacted
    channel_ids = fields.Many2many("crm.channel", string="Channels")
    direction = fields.Selection(
        [("in", "he contacted us"), ("out", "we contacted him")], string="Who began"
    )
    is_answered = fields.Boolean(string="Was answered")
    # mailing
    mailing_event = fields.Selection(
        [
            ("sent", "got it"),
            ("open", "opened it"),
            ("click", "clicked a link"),
            ("reply", "answered it"),
            ("bounce", "could not be reached"),
        ],
        string="What happened",
        default="open",
    )
    mailing_ids = fields.Many2many("mailing.mailing", string="Mailings")
    # class
    class_from = fields.Selection("_selection_class", string="From class")
    class_to = fields.Selection("_selection_class", string="To class")
    # asset
    asset_type_id = fields.Many2one("crm.customer.asset.type", string="Type of asset")
    asset_words = fields.Char(
        string="Words", help="All of them in its name, number or attributes."
    )
    asset_domain = fields.Char(string="Asset's fields", default="[]")
    # region
    country_ids = fields.Many2many("res.country", string="Countries")
    state_ids = fields.Many2many("res.country.state", string="States")
    places = fields.Char(
        string="Cities or ZIP",
        help="Separated by commas: beginnings of a city's name or of a ZIP.",
    )
    # measure
    measure = fields.Selection("_selection_measure", string="Figure")
    measure_min = fields.Float(string="From (figure)")
    measure_max = fields.Float(string="To (figure)", help="0: however much.")
    # segment
    other_ids = fields.Many2many(
        "crm.segment",
        relation="crm_segment_block_other_rel",
        column1="block_id",
        column2="segment_id",
        string="Segments",
        ondelete="restrict",
        help="Belongs to any of them. For 'and' add one condition for each.",
    )
    # file
    listed_ids = fields.Many2many(
        "res.partner",
        relation="crm_segment_block_partner_rel",
        column1="block_id",
        column2="partner_id",
        string="Listed",
        context={"active_test": False},
    )
    listed_count = fields.Integer(
        string="Found", compute="_compute_listed_count", help="Customers of the file."
    )
    file_name = fields.Char(string="File", readonly=True)
    summary = fields.Char(compute="_compute_summary", string="In words")

    _numbers_check = models.Constraint(
        "CHECK(days >= 0 AND times >= 1 AND intervals > 0)",
        "Days cannot be negative; times and intervals must be more than zero.",
    )

    @api.model
    def _selection_class(self):
        return self.env["crm.customer.metric"]._selection_class()

    @api.model
    def _selection_measure(self):
        return [(code, label) for code, (label, *_rest) in self._get_measures().items()]

    @api.depends("listed_ids")
    def _compute_listed_count(self):
        for block in self:
            block.listed_count = len(block.listed_ids)

    @api.constrains("asset_domain", "kind")
    def _check_asset_domain(self):
        for block in self.filtered(lambda block: block.kind == "asset"):
            try:
                # sudo: marketers choose by assets they need not open one by one
                assets_sudo = self.env["crm.customer.asset"].sudo()
                assets_sudo._search(block._parse_asset_domain()).select()
            except (ValueError, TypeError, SyntaxError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "This condition cannot be understood: %(error)s", error=error
                    )
                ) from error

    @api.constrains("other_ids", "kind", "segment_id")
    def _check_other_ids(self):
        self.env["crm.segment"]._check_cycles()

    def _parse_asset_domain(self):
        domain = Domain(literal_eval(self.asset_domain or "[]"))
        if self.asset_type_id:
            domain &= Domain("type_id", "=", self.asset_type_id._origin.id)
        if self.asset_words:
            domain &= Domain("find", "ilike", self.asset_words)
        return domain

    # ------------------------------------------------------------ when it is noticed

    def _is_followed(self):
        """Whether a change is noticed within minutes."""
        self.ensure_one()
        if self.kind == "measure":
            return self._get_measures().get(self.measure, (0, 0, 0, False))[3]
        if self.kind == "segment":
            return all(self.other_ids.mapped("is_followed"))
        return self.kind in FOLLOWED

    def _ages(self):
        """Whether it becomes true or false by time alone."""
        self.ensure_one()
        return self.kind == "silent" or bool(
            self.days and self.kind in ("bought", "contacted", "mailing", "class")
        )

    # ------------------------------------------------------------ words

    @api.depends(*MEANING)
    def _compute_summary(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for block in self:
            details = filter(None, (block._get_details(), block._get_when()))
            no = self.env._("not") if block.is_not == "not" else ""
            words = " ".join(filter(None, (no, kinds.get(block.kind))))
            block.summary = ": ".join(filter(None, (words, ", ".join(details))))

    def _get_details(self):
        """What of this kind, in words; modules that add kinds add ``_words_<kind>``."""
        words = getattr(self, f"_words_{self.kind}", None)
        return words() if words else ""

    def _get_when(self):
        if self.kind not in ("bought", "contacted", "mailing", "class"):
            return ""
        parts = []
        if self.times > 1 and self.kind != "class":
            parts.append(self.env._("at least %(n)s times", n=self.times))
        if self.days:
            parts.append(self.env._("in the last %(n)s days", n=self.days))
        if self.date_from:
            parts.append(self.env._("from %(day)s", day=self._day(self.date_from)))
        if self.date_to:
            parts.append(self.env._("to %(day)s", day=self._day(self.date_to)))
        return ", ".join(parts)

    def _day(self, value):
        return self.env["ir.qweb.field.date"].value_to_html(value, {})

    def _choice(self, name):
        """The word of a selection's value."""
        return dict(self._fields[name]._description_selection(self.env)).get(self[name])

    def _words_bought(self):
        parts = [
            *self.product_ids.mapped("display_name"),
            *self.categ_ids.mapped("name"),
        ]
        if self.amount_min:
            amount = (
                self.currency_id.format(self.amount_min) if self.currency_id else ""
            )
            parts.append(self.env._("for at least %(amount)s", amount=amount))
        if self.amount_max:
            amount = (
                self.currency_id.format(self.amount_max) if self.currency_id else ""
            )
            parts.append(self.env._("for at most %(amount)s", amount=amount))
        return ", ".join(parts)

    def _words_silent(self):
        return self.env._(
            "no purchase for %(n)s times his usual interval", n=f"{self.intervals:g}"
        )

    def _words_contacted(self):
        answered = self.env._("answered") if self.is_answered else None
        parts = (*self.channel_ids.mapped("name"), self._choice("direction"), answered)
        return ", ".join(filter(None, parts))

    def _words_mailing(self):
        names = self.mailing_ids.mapped("display_name")
        return ", ".join(filter(None, (self._choice("mailing_event"), *names)))

    def _words_class(self):
        classes = self._choice("class_from") or "…", self._choice("class_to") or "…"
        return " → ".join(classes)

    def _words_asset(self):
        more = "…" if (self.asset_domain or "[]") != "[]" else None
        quoted = f"«{self.asset_words}»" if self.asset_words else None
        return " ".join(filter(None, (self.asset_type_id.name, quoted, more)))

    def _words_region(self):
        names = [*self.country_ids.mapped("name"), *self.state_ids.mapped("name")]
        return ", ".join([*names, self.places or ""]).strip(", ")

    def _words_measure(self):
        top = f"{self.measure_max:g}" if self.measure_max else "…"
        return f"{self._choice('measure') or ''} {self.measure_min:g} – {top}"

    def _words_segment(self):
        return ", ".join(self.other_ids.mapped("name"))

    def _words_file(self):
        return self.env._("%(n)s found", n=self.listed_count)

    # ------------------------------------------------------------ ORM

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def action_import_file(self):
        """Fill the list from a file of phones, e-mails or numbers of cards."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customers of a file"),
            "res_model": "crm.segment.import",
            "view_mode": "form",
            "target": "new",
            "context": {"default_block_id": self.id},
        }
