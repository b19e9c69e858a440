from odoo import api, fields, models
from odoo.tools import SQL

from .crm_customer_month_source import POSTED_SALE

# the best first; modules say how each is found (_cost_sources)
SOURCES = ("cogs", "move", "order", "product")
SIGN = SQL("CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END")
# the line's quantity in the product's own unit
PRODUCT_QUANTITY = SQL(
    "(line.quantity * COALESCE(line_unit.factor, 1) / COALESCE(own_unit.factor, 1))"
)


class CrmInvoiceCost(models.Model):
    """What the goods of an invoice line cost us: frozen when the invoice is posted.

    A later change of the product's cost changes no past margin. Only stock moves that
    are done after posting value a line anew (in the glue with the warehouse).
    """

    _name = "crm.invoice.cost"
    _description = "Cost of an Invoice Line"
    _order = "id DESC"
    _rec_name = "line_id"
    _log_access = False

    line_id = fields.Many2one(
        "account.move.line", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        string="Cost",
        readonly=True,
        help="In the company's currency; negative where goods came back.",
    )
    source = fields.Selection(
        [
            ("cogs", "Booked with the invoice"),
            ("move", "Value of the delivery"),
            ("order", "Cost on the order"),
            ("product", "Cost of the product"),
            ("none", "Not known"),
        ],
        required=True,
        readonly=True,
        help="Where the cost is from. Only what was booked with the invoice can be found "
        "in the ledger.",
    )
    move_id = fields.Many2one(related="line_id.move_id")
    product_id = fields.Many2one(related="line_id.product_id")
    date = fields.Date(related="line_id.date")
    quantity = fields.Float(related="line_id.quantity")

    _line_uniq = models.Constraint(
        "UNIQUE(line_id)", "The cost of this invoice line is frozen already."
    )

    # ------------------------------------------------------------ sources

    @api.model
    def _cost_sources(self):
        """{one of ``SOURCES``: SQL of the amount or NULL}.

        The SQL is a scalar of ``line`` (account_move_line), ``move``, ``product``,
        ``line_unit`` and ``own_unit``; NULL lets the next source speak. Glue modules
        add theirs with ``super()``.
        """
        # Companies of a group may share the cost of the root, as the host's field does.
        # A cost of zero is one that nobody entered.
        return {
            "product": SQL(
                "%s * %s * NULLIF(COALESCE("
                "(product.standard_price ->> line.company_id::text)::numeric, "
                "(product.standard_price ->> (SELECT split_part(parent_path, '/', 1) "
                "FROM res_company WHERE id = line.company_id))::numeric), 0)",
                SIGN,
                PRODUCT_QUANTITY,
            )
        }

    @api.model
    def _cost_select(self, where):
        """Costs as they are now: SQL of (line_id, company_id, amount, source).

        :param where: SQL condition on ``line`` or ``move``
        """
        found, amounts, names = [], [], []
        known = self._cost_sources()
        for source in filter(known.get, SOURCES):
            alias = SQL.identifier(f"by_{source}")
            # a later source is asked only where the earlier ones are silent
            found.append(
                SQL(
                    "LEFT JOIN LATERAL (SELECT %s AS amount WHERE %s) %s ON TRUE",
                    known[source],
                    SQL(" AND ").join([SQL("TRUE"), *(SQL("%s IS NULL", one) for one in amounts)]),
                    alias,
                )
            )  # fmt: skip
            amounts.append(SQL("%s.amount", alias))
            names.append(SQL("WHEN %s.amount IS NOT NULL THEN %s", alias, source))
        return SQL(
            """
            SELECT line.id AS line_id, line.company_id,
                   round(COALESCE(%(amounts)s, 0)::numeric, currency.decimal_places)
                       AS amount,
                   CASE %(names)s ELSE 'none' END AS source
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_company company ON company.id = line.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
              LEFT JOIN product_product product ON product.id = line.product_id
              LEFT JOIN product_template template ON template.id = product.product_tmpl_id
              LEFT JOIN uom_uom line_unit ON line_unit.id = line.product_uom_id
              LEFT JOIN uom_uom own_unit ON own_unit.id = template.uom_id
              %(found)s
             WHERE %(posted)s AND line.display_type = 'product'
               AND line.is_downpayment IS NOT TRUE AND line.price_unit >= 0
               AND (%(where)s)
            """,
            amounts=SQL(", ").join(amounts),
            names=SQL(" ").join(names),
            found=SQL(" ").join(found),
            posted=POSTED_SALE,
            where=where,
        )

    # ------------------------------------------------------------ freeze

    @api.model
    def _freeze(self, where):
        """Write down the cost of lines that have none yet; the number of rows."""
        self._flush_sources()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_invoice_cost (line_id, company_id, amount, source)
                SELECT line_id, company_id, amount, source FROM (%s) fresh
                 WHERE NOT EXISTS (SELECT FROM crm_invoice_cost old
                                    WHERE old.line_id = fresh.line_id)
                """,
                self._cost_select(where),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _freeze_moves(self, move_ids):
        if move_ids:
            self._freeze(SQL("move.id = ANY(%s)", list(move_ids)))

    @api.model
    def _backfill(self):
        """Documents that were posted before us, at what is known today."""
        return self._freeze(SQL("TRUE"))

    @api.model
    def _thaw_moves(self, move_ids):
        """A document that is no longer posted is costed anew when it is posted again."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_invoice_cost cost USING account_move_line line
                 WHERE line.id = cost.line_id AND line.move_id = ANY(%s)
                """,
                list(move_ids),
            )
        )
        self.invalidate_model()

    @api.model
    def _revalue(self, where, sources, into):
        """Lines whose cost came from ``sources`` get that of ``into``, where they have it.

        :return: ids of the lines whose cost has changed; others stay as they were frozen
        """
        self._flush_sources()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_invoice_cost cost
                   SET amount = fresh.amount, source = fresh.source
                  FROM (%s) fresh
                 WHERE fresh.line_id = cost.line_id AND cost.source = ANY(%s)
                   AND fresh.source = %s
                   AND (cost.amount, cost.source)
                       IS DISTINCT FROM (fresh.amount, fresh.source)
                RETURNING cost.line_id
                """,
                self._cost_select(where),
                list(sources),
                into,
            )
        )
        lines = [line for (line,) in self.env.cr.fetchall()]
        self.invalidate_model()
        return lines

    @api.model
    def _flush_sources(self):
        """SQL must see what the ORM still holds back; glue adds its models."""
        for name in ("account.move.line", "account.move", "product.product", "uom.uom"):
            self.env[name].flush_model()
