"""The fairness guard on quotations: it speaks up before the customer is offended."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import float_round, formatLang

from ..tools.fairness import judge, net_terms, share, weighted_days

GUARDED = ("draft", "sent")
UNFAIR_ACTIVITY = "crm_relations.mail_activity_type_unfair"
UNFAIR_RULE = "crm_relations.alarm_rule_unfair"
SALES = "sales_team.group_sale_salesman"
MARGIN = "crm_relations.group_see_margin"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    crm_unfair_text = fields.Text(
        string="Fairness",
        compute="_compute_crm_unfair_text",
        groups=SALES,
        help="What customers of a worse class get better than this one.",
    )
    crm_loss_text = fields.Char(
        string="Loss",
        compute="_compute_crm_loss_text",
        groups=MARGIN,
        help="What the customer cost more than he brought in the last 12 full months.",
    )
    crm_unfair_sent_at = fields.Datetime(
        string="Sent in Spite of the Warning",
        copy=False,
        readonly=True,
        help="When a quotation went to the customer although worse customers get the "
        "same cheaper, or were raised less.",
    )
    crm_unfair_reason = fields.Char(
        string="Why This Price",
        copy=False,
        tracking=True,
        help="Said by whoever sends the quotation in spite of the warning.",
    )
    crm_may_approve_promotion = fields.Boolean(
        compute="_compute_crm_may_approve_promotion",
        groups=SALES,
        export_string_translation=False,
    )

    # ------------------------------------------------------------ the verdict

    @api.depends(
        "state",
        "partner_id",
        "company_id",
        "currency_rate",
        "pricelist_id",
        "order_line.product_id",
        "order_line.product_uom_qty",
        "order_line.product_uom_id",
        "order_line.price_subtotal",
        "order_line.crm_is_promotion",
    )
    def _compute_crm_unfair_text(self):
        verdicts = self._crm_judge()
        for order in self:
            order.crm_unfair_text = "\n".join(
                sentence
                for verdict in verdicts.get(order, ())
                for sentence in order._crm_say(verdict)
            )

    @api.depends("state", "partner_id", "company_id")
    def _compute_crm_loss_text(self):
        guarded = self.filtered(lambda order: order.state in GUARDED)
        losses = {
            (customer.id, company.id): profit
            # with one's own rights: nobody sees what others' customers bring
            for customer, company, profit in self.env["crm.customer.metric"]._read_group(
                [
                    ("customer_id", "in", guarded.partner_id.commercial_partner_id.ids),
                    ("company_id", "in", guarded.company_id.ids),
                    ("profit_year", "<", 0),
                ],
                ["customer_id", "company_id"],
                ["profit_year:sum"],
            )
        } if guarded else {}  # fmt: skip
        for order in self:
            key = (order.partner_id.commercial_partner_id.id, order.company_id.id)
            loss = order.state in GUARDED and losses.get(key)
            order.crm_loss_text = loss and self.env._(
                "This customer cost %(amount)s more than he brought in the last 12 "
                "full months.",
                amount=formatLang(
                    self.env, -loss, currency_obj=order.company_id.currency_id
                ),
            )

    def _crm_judge(self, now=None):
        """``{order: [verdict]}`` of quotations with something to warn of.

        A verdict: ``product``, ``quantity``, ``price`` (company currency), ``delivery``,
        ``found`` (see :func:`..tools.fairness.judge`) and what ``crm.fairness`` says.
        """
        offers = [
            offer
            for order in self.filtered(lambda order: order.state in GUARDED)
            for offer in order._crm_get_offers()
        ]
        compared = self.env["crm.fairness"]._compare(
            [offer["asked"] for offer in offers], now or fields.Datetime.now()
        )
        verdicts = {}
        for offer, worse in zip(offers, compared, strict=True):
            currency = offer["order"].company_id.currency_id
            found = worse and judge(
                offer["price"], offer["quantity"], currency.rounding, worse
            )
            if found:
                verdicts.setdefault(offer["order"], []).append(
                    {**offer, **worse, "found": found}
                )
        return verdicts

    def _crm_get_offers(self):
        """What this quotation offers, product by product, promotions left out."""
        self.ensure_one()
        lines = self.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        has_delivery = "is_delivery" in lines._fields
        prices, delivery = net_terms(
            [
                (
                    line.product_id,
                    line._crm_get_own_quantity(),
                    line.price_subtotal,
                    has_delivery and line.is_delivery,
                )
                for line in lines
            ]
        )
        promoted = lines.filtered("crm_is_promotion").product_id
        rate = self.currency_rate or 1
        return [
            {
                "order": self,
                "product": product,
                "quantity": quantity,
                "price": price / rate,
                "delivery": delivery / rate,
                "asked": {
                    "order_id": self._origin.id,
                    "company_id": self.company_id.id,
                    "customer_id": self.partner_id.commercial_partner_id._origin.id,
                    "product_id": product._origin.id,
                    "quantity": quantity,
                    "pricelist_id": self.pricelist_id._origin.id,
                },
            }
            for product, (quantity, price) in prices.items()
            if product and product not in promoted and self.partner_id
        ]

    def _crm_say(self, verdict):
        """The sentences of a verdict: no names, nobody's margin."""
        money = self._crm_format_price
        sentences = {
            "above": lambda: self.env._(
                "%(product)s: %(price)s each is %(percent)s %% above what customers of "
                "a worse class pay (median %(median)s of %(count)s customers).",
                product=verdict["product"].display_name,
                price=money(verdict["price"]),
                percent=self._crm_format_percent(
                    share(verdict["price"], verdict["median"])
                ),
                median=money(verdict["median"]),
                count=verdict["count"],
            ),
            "rise": lambda: self.env._(
                "%(product)s: %(price)s each is %(percent)s %% more than last time "
                "(%(last)s). Customers of a worse class were raised by %(rise)s %% "
                "(median of %(count)s).",
                product=verdict["product"].display_name,
                price=money(verdict["price"]),
                percent=self._crm_format_percent(
                    share(verdict["price"], verdict["last"])
                ),
                last=money(verdict["last"]),
                rise=self._crm_format_percent(verdict["rise"] * 100),
                count=verdict["rise_count"],
            ),
        }
        return [sentences[word]() for word in verdict["found"]]

    def _crm_format_price(self, price):
        currency = self.company_id.currency_id
        return formatLang(
            self.env,
            float_round(price, precision_rounding=currency.rounding),
            currency_obj=currency,
        )

    def _crm_format_percent(self, percent):
        return formatLang(self.env, percent, digits=1)

    def _crm_get_payment_days(self):
        """Weighted days of the payment term, counted from the day of the order."""
        self.ensure_one()
        day = (self.date_order or fields.Datetime.now()).date()
        total = self.amount_total or 1
        return weighted_days(
            [
                (
                    line.value_amount
                    if line.value == "percent"
                    else line.value_amount / total * 100,
                    (line._get_due_date(day) - day).days,
                )
                for line in self.payment_term_id.line_ids
            ]
        )

    # ------------------------------------------------------------ sent all the same

    def write(self, vals):
        going = self.browse()
        if vals.get("state") in ("sent", "sale"):
            going = self.filtered(
                lambda order: order.state in GUARDED and not order.crm_unfair_sent_at
            )
        verdicts = going._crm_judge()
        result = super().write(vals)
        for order, found in verdicts.items():
            order._crm_note_unfair(found, vals["state"])
        return result

    def _crm_note_unfair(self, verdicts, state):
        """Keep that it went out with a warning, and tell the head of the team."""
        self.crm_unfair_sent_at = fields.Datetime.now()
        sentences = [text for verdict in verdicts for text in self._crm_say(verdict)]
        self.message_post(
            body=self.env._(
                "Went to the customer in spite of the warning. %(warning)s Reason: "
                "%(reason)s",
                warning=" ".join(sentences),
                reason=self.crm_unfair_reason or self.env._("none given"),
            )
        )
        head = self.team_id.user_id
        rule = self.env.ref(UNFAIR_RULE, raise_if_not_found=False)
        if not head or head == self.env.user:
            return  # he did it himself
        if state == "sent" and rule and rule.sudo().active:
            return  # the alarm tells him; it knows quotations, not orders
        self.activity_schedule(
            UNFAIR_ACTIVITY,
            user_id=head.id,
            note=" ".join([*sentences, self.crm_unfair_reason or ""]),
        )

    def action_quotation_send(self):
        if self._crm_needs_reason():
            return self.action_crm_give_reason()
        return super().action_quotation_send()

    def _crm_needs_reason(self):
        return (
            len(self) == 1
            and self.state in GUARDED
            and not self.crm_unfair_reason
            and bool(self._crm_judge())
        )

    def action_crm_give_reason(self):
        """Ask why this price is right; then the quotation is sent."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("A worse customer gets it cheaper"),
            "res_model": "crm.fairness.reason",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_order_id": self.id, "dialog_size": "medium"},
        }

    def action_crm_compare(self):
        """Both quotations side by side."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Side by Side"),
            "res_model": "crm.fairness.comparison",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    # ------------------------------------------------------------ promotions

    @api.depends("team_id")
    @api.depends_context("uid")
    def _compute_crm_may_approve_promotion(self):
        user = self.env.user
        for order in self:
            order.crm_may_approve_promotion = (
                user.has_group("sales_team.group_sale_manager")
                or order.team_id in user.crm_led_team_ids
            )

    def action_crm_approve_promotion(self):
        """This order's prices are a promotion: nobody is compared with them."""
        self._crm_set_promotion(True)

    def action_crm_withdraw_promotion(self):
        """The prices are compared again."""
        self._crm_set_promotion(False)

    def _crm_set_promotion(self, is_promotion):
        self.check_access("read")
        self.order_line._crm_check_promotion()
        # sudo: a head approves orders of his team which he may read, not change
        for order_sudo in self.sudo():
            order_sudo.order_line.filtered(
                lambda line: not line.display_type
            ).crm_is_promotion = is_promotion
            order_sudo.message_post(
                body=self.env._("The discount is approved as a promotion.")
                if is_promotion
                else self.env._("The discount is no promotion any more.")
            )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    crm_is_promotion = fields.Boolean(
        string="Promotion",
        copy=False,
        readonly=True,
        help="The head approved this discount as a promotion: the fairness guard "
        "compares nobody with it.",
    )

    # the fairness guard: who bought this in this company
    _crm_product_company_idx = models.Index(
        "(product_id, company_id) WHERE state = 'sale'"
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered("crm_is_promotion")._crm_check_promotion()
        return lines

    def write(self, vals):
        if "crm_is_promotion" in vals:
            self._crm_check_promotion()
        return super().write(vals)

    def _crm_check_promotion(self):
        """Only the head of the team and administrators of sales say so."""
        if self.env.su:
            return
        refused = self.order_id.filtered(
            lambda order: not order.crm_may_approve_promotion
        )
        if refused:
            raise AccessError(
                self.env._("The head of the sales team approves promotions.")
            )

    def _crm_get_own_quantity(self):
        """Quantity in the product's own unit, to which quantity brackets belong."""
        self.ensure_one()
        if not self.product_id or not self.product_uom_id:
            return self.product_uom_qty
        return self.product_uom_id._compute_quantity(
            self.product_uom_qty, self.product_id.uom_id, round=False
        )
