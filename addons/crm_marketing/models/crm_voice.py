from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import plaintext2html

MARGIN = "crm_relations.group_see_margin"
# what a word weighs by the class of who says it; the class is his rank by profit
WEIGHTS = {"A": 5, "B": 3, "C": 1, "N": 1}
# the customer hears what became of his own words: he asked for it
PURPOSE = "deal"
# measured, or noted when a letter went out: nobody writes them by hand
MEASURED = {"customer_class", "weight", "profit", "told_at", "call_id"}
# whose work it is to speak with customers
SPEAKERS = ("sales_team.group_sale_salesman", "mass_mailing.group_mass_mailing_user")
# who may know the class of any customer
CLASSES = f"{','.join(SPEAKERS)},account.group_account_invoice,{MARGIN}"


class CrmVoice(models.Model):
    """What a customer wishes, complains of or praises, for the owner of the product.

    The owner gets a task; when it is done the customer is told.
    """

    _name = "crm.voice"
    _description = "Voice of a Customer"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "state DESC, weight DESC, id DESC"
    _rec_name = "words"
    _mail_post_access = "read"

    kind = fields.Selection(
        [("wish", "Wish"), ("complaint", "Complaint"), ("praise", "Praise")],
        required=True,
        default="wish",
        tracking=True,
    )
    words = fields.Text(string="What he says", required=True)
    partner_id = fields.Many2one(
        "res.partner", string="Person", ondelete="set null", index="btree_not_null"
    )
    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        store=True,
        ondelete="set null",
        index="btree_not_null",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product",
        ondelete="set null",
        index="btree_not_null",
        tracking=True,
        help="What it is about: its owner gets a task.",
    )
    owner_id = fields.Many2one(
        "res.users",
        string="Owner",
        compute="_compute_owner_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        tracking=True,
        domain="[('share', '=', False)]",
        help="Answers for the product; comes from the product or its category.",
    )
    customer_class = fields.Char(
        string="Class",
        readonly=True,
        groups=CLASSES,
        help="The customer's, when he said it.",
    )
    weight = fields.Integer(
        readonly=True,
        help="How much it counts: 5 of a customer of class A, 3 of B, 1 of everybody "
        "else. The class is the rank by profit.",
    )
    profit = fields.Monetary(
        string="Profit, 12 Months",
        readonly=True,
        groups=MARGIN,
        help="What the customer brought in the year before he said it.",
    )
    state = fields.Selection(
        [("new", "Heard"), ("done", "Done"), ("declined", "Will not be done")],
        required=True,
        default="new",
        tracking=True,
        copy=False,
    )
    answer = fields.Text(
        string="What we tell him",
        copy=False,
        help="In the customer's own language: he gets it as it stands.",
    )
    told_at = fields.Datetime(
        string="Told on",
        readonly=True,
        copy=False,
        help="When the letter left, or when the call about it was done.",
    )
    call_id = fields.Many2one(
        "mail.activity",
        string="Call",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        groups=fields.NO_ACCESS,
        export_string_translation=False,
    )
    res_model = fields.Char(string="Heard in", readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", readonly=True
    )
    source_key = fields.Char(
        readonly=True, copy=False, help="The same words are heard once."
    )

    _source_uniq = models.Constraint(
        "UNIQUE(source_key)", "These words are written down already."
    )

    @api.depends("partner_id.commercial_partner_id")
    def _compute_customer_id(self):
        for voice in self:
            voice.customer_id = voice.partner_id.commercial_partner_id

    @api.depends("product_tmpl_id")
    def _compute_owner_id(self):
        for voice in self:
            voice.owner_id = voice.product_tmpl_id._crm_get_owner() or voice.owner_id

    # ------------------------------------------------------------ heard

    def _is_speaker(self):
        """Whether who asks speaks with customers by his work, or is no person at all."""
        return self.env.su or any(map(self.env.user.has_group, SPEAKERS))

    def _check_partner(self):
        """:raise UserError: unless it is a customer whom the writer may write of"""
        for voice in self if not self.env.su else ():
            voice.partner_id.check_access("read")
            # sudo: whose customer he is
            company_sudo = voice.partner_id.sudo().company_id
            if company_sudo - voice.company_id:
                raise ValidationError(
                    self.env._(
                        "%(name)s is a customer of another company.",
                        name=voice.partner_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        voices = super().create(vals_list)
        voices._check_partner()
        voices._weigh()
        voices._ask_owner()
        return voices

    def write(self, vals):
        if MEASURED & vals.keys() and not self.env.su:
            raise AccessError(
                self.env._("What was measured or sent cannot be written by hand.")
            )
        if "partner_id" in vals and not self._is_speaker():
            raise AccessError(
                self.env._("Whose words these are is changed by sales and marketing.")
            )
        before = {voice: voice.owner_id for voice in self}
        result = super().write(vals)
        if {"partner_id", "company_id"} & vals.keys():
            self._check_partner()
        if {"product_tmpl_id", "owner_id"} & vals.keys():
            self.filtered(lambda voice: voice.owner_id != before[voice])._ask_owner()
        return result

    def _weigh(self):
        """By what the customer is now: later changes do not rewrite what was said."""
        # sudo: how much a word counts is not for its writer to see or choose
        metrics_sudo = self.env["crm.customer.metric"].sudo()
        rows = metrics_sudo.search(
            [
                ("customer_id", "in", self.customer_id.ids),
                ("company_id", "in", self.company_id.ids),
            ]
        )
        known = {(row.customer_id, row.company_id): row for row in rows}
        for voice_sudo in self.sudo():
            row = known.get((voice_sudo.customer_id, voice_sudo.company_id))
            letter = row.crm_class if row else "N"
            voice_sudo.write(
                {
                    "customer_class": letter,
                    "weight": WEIGHTS.get(letter, 1),
                    "profit": row.profit_year if row else 0,
                    # who writes it down has told the customer nothing yet
                    "told_at": voice_sudo.told_at if self.env.su else False,
                    "call_id": False,
                }
            )

    def _ask_owner(self):
        """A task for who answers for the product; the one before need not act any more."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for voice in self.filtered(lambda voice: voice.state == "new"):
            # sudo: the task was planned by whoever heard it
            voice.sudo().activity_unlink(["mail.mail_activity_data_todo"])
            if voice.owner_id and voice.kind != "praise":  # nothing to do about that
                voice.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=f"{kinds[voice.kind]}: {voice.product_tmpl_id.name or ''}",
                    note=plaintext2html(voice.words),
                    user_id=voice.owner_id.id,
                )

    # ------------------------------------------------------------ done, told

    def action_done(self):
        """It is done, and the customer hears of it."""
        self._close("done")

    def action_decline(self):
        """It will not be done; the customer is told when something is written for him."""
        self._close("declined")

    def action_reopen(self):
        """Somebody was wrong; who was told stays told."""
        self.check_access("write")
        self.write({"state": "new"})
        self._ask_owner()

    def _close(self, state):
        self.check_access("write")
        for voice in self.filtered(lambda voice: voice.state == "new"):
            if state == "done" and voice.partner_id and not voice.answer:
                raise UserError(
                    self.env._(
                        "Write what we tell %(name)s.", name=voice.partner_id.name
                    )
                )
            voice.state = state
            # sudo: the task is the owner's, whoever closes it
            voice.sudo().activity_feedback(
                ["mail.mail_activity_data_todo"], feedback=voice.answer or ""
            )
            if voice.answer and voice.partner_id and not voice.told_at:
                voice._tell(fields.Datetime.now())

    def _tell(self, now):
        """By a letter when he may be written to, else his salesperson calls him."""
        self.ensure_one()
        gate = self.env["crm.consent"].with_company(self.company_id)
        may = (
            self._may_write_letter()
            and self.partner_id.email_normalized
            and gate._may_contact(self.partner_id, "email", PURPOSE, now)
        )
        if may:
            self._send_letter(now)
        else:
            self._plan_call()

    def _may_write_letter(self):
        """Who speaks with customers, and who answers for the product and was asked.

        Anybody may write down what he heard; a letter on the company's paper to whomever
        he likes is another matter.
        """
        was_asked = self.create_uid != self.env.user
        is_owner = self.product_tmpl_id._crm_get_owner() == self.env.user
        return self._is_speaker() or (was_asked and is_owner)

    def _plan_call(self):
        """For who knows the customer; told when it is done. One at a time."""
        partner = self.partner_id
        voice_sudo = self.sudo()  # sudo: nobody writes the call by hand
        if voice_sudo.call_id.active:
            return
        # sudo: whoever answers for a product plans the call for who knows the customer
        voice_sudo.call_id = partner.sudo().activity_schedule(
            "mail.mail_activity_data_call",
            summary=self.env._("Tell him: what he said was heard"),
            # a link, no words: they are forgotten in one place with who said them
            note=Markup('<a href="/mail/view?model=%s&amp;res_id=%s">%s</a>')
            % (self._name, self.id, self.env._("His words and our answer")),
            user_id=(partner.user_id or self.customer_id.user_id or self.env.user).id,
        )

    def _send_letter(self, now):
        """Into the host's queue, and a contact in the ledger."""
        company, partner = self.company_id, self.partner_id
        voice = self.with_context(lang=partner.lang or self.env.lang)
        subject = voice.env._("You told us: we listened")
        body = Markup("%s<blockquote>%s</blockquote><p>%s</p>") % (
            plaintext2html(self.answer),
            plaintext2html(self.words),
            company.name,
        )
        # sudo: the queue is the host's
        self.env["mail.mail"].sudo().create(
            {
                "subject": subject,
                "body": body,
                "body_html": body,
                "email_from": company.email_formatted or self.env.user.email_formatted,
                "recipient_ids": [fields.Command.link(partner.id)],
                "message_type": "email_outgoing",
                "auto_delete": True,
            }
        )
        self.env["crm.interaction"]._feed(
            [
                {
                    "channel": "email",
                    "external_key": f"voice:{self.id}",
                    "company_id": company.id,
                    "direction": "out",
                    "started_at": now,
                    "partner_id": partner.id,
                    "user_id": self.env.uid,
                    "subject": subject,
                    "preview": self.answer,
                    "outcome": "sent",
                    "res_model": self._name,
                    "res_id": self.id,
                }
            ]
        )
        self.sudo().told_at = now  # sudo: nobody writes it by hand

    def action_open_source(self):
        """Where it was heard; who may not read that sees the customer's card."""
        self.ensure_one()
        record = self.partner_id
        if self.res_model in self.env:
            source = self.env[self.res_model].browse(self.res_id).exists()
            record = source if source and source.has_access("read") else record
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
