"""Points as a ledger: every change of a card's points is rows that nobody rewrites."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# What may never change once it is written. References may only become empty, when what
# they point at is deleted; the note, when a person is erased.
FACTS = ("card_ref", "points", "reason", "source_model", "source_id", "line_key",
         "lot_id", "expires_on", "reversal_of_id", "at")  # fmt: skip
REFERENCES = ("card_id", "program_id", "company_id", "history_id", "user_id", "note")
COLUMNS = ("id", "card_id", "card_ref", "program_id", "company_id", "points", "reason",
           "source_model", "source_id", "line_key", "lot_id", "expires_on",
           "reversal_of_id", "history_id", "at", "user_id", "note")  # fmt: skip


class CrmLoyaltyEntry(models.Model):
    """One movement of one lot of points of one card. Append-only, also in the database.

    The host's ``loyalty.card.points`` stays the balance everybody works with; entries
    of a card sum to it to the thousandth of a point. The host deletes its history when
    an order is cancelled, and cards with it: these rows stay (``card_ref``).
    """

    _name = "crm.loyalty.entry"
    _description = "Loyalty Points Entry"
    _order = "id DESC"
    _rec_name = "reason"
    _log_access = False

    card_id = fields.Many2one(
        "loyalty.card",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Empty when the card was deleted; its number stays.",
    )
    card_ref = fields.Integer(string="Card No.", required=True, readonly=True)
    program_id = fields.Many2one(
        "loyalty.program", readonly=True, ondelete="set null", index="btree_not_null"
    )
    partner_id = fields.Many2one(related="card_id.partner_id", string="Customer")
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        ondelete="set null",
        help="Whose points these are.",
    )
    points = fields.Float(
        digits=(16, 3),
        required=True,
        readonly=True,
        help="What came (plus) or went (minus). Exact to the thousandth of a point.",
    )
    reason = fields.Selection(
        [
            ("opening", "Opening balance"),
            ("order", "Order"),
            ("reward", "Reward"),
            ("cancelled", "Order cancelled"),
            ("refund", "Credit note"),
            ("grant", "Given with the card"),
            ("manual", "Changed by hand"),
            ("expired", "Expired"),
            ("settled", "Debt paid by new points"),
            ("merged", "Cards merged"),
            ("deleted", "Card deleted"),
            ("difference", "Difference booked"),
            ("margin", "Margin of an invoice"),
            ("category", "Product category"),
            ("birthday", "Birthday"),
            ("referral", "Brought a friend"),
            ("referred", "Came by a friend"),
            ("review", "Review"),
            ("survey", "Questionnaire"),
            ("level", "Loyalty level"),
            ("waived", "Debt forgiven"),
            ("other", "Other"),
        ],
        required=True,
        readonly=True,
    )
    source_model = fields.Char(string="Document Type", required=True, readonly=True)
    source_id = fields.Many2oneReference(
        string="Document", model_field="source_model", required=True, readonly=True
    )
    line_key = fields.Char(
        required=True,
        readonly=True,
        help="Which of several entries of one document this is; the same key is never "
        "booked twice.",
    )
    lot_id = fields.Many2one(
        "crm.loyalty.entry",
        string="Lot",
        readonly=True,
        ondelete="restrict",
        help="The entry with which these points came; empty: points owed.",
    )
    expires_on = fields.Date(
        string="Usable until", readonly=True, help="Last day of use of a lot."
    )
    reversal_of_id = fields.Many2one(
        "crm.loyalty.entry",
        string="Reverses",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    history_id = fields.Many2one(
        "loyalty.history",
        string="Card History",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The line of the card's own history; it goes when an order is cancelled.",
    )
    at = fields.Datetime(string="Booked", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Done by", readonly=True, ondelete="set null"
    )
    note = fields.Char(readonly=True)

    # the same thing is never given, spent or taken back twice
    _source_uniq = models.Constraint(
        "UNIQUE(card_ref, reason, source_model, source_id, line_key)",
        "These points are booked already.",
    )
    _points_check = models.Constraint(
        "CHECK(points <> 0)", "An entry must move some points."
    )
    # what is left in the lots of a card; its sum
    _lot_idx = models.Index("(card_ref, lot_id)")
    # what a document did to a card
    _document_idx = models.Index("(source_model, source_id)")
    # the night's expiry and the reminders before it
    _expiry_idx = models.Index("(expires_on) WHERE expires_on IS NOT NULL")

    def init(self):
        """The database refuses changes too, whoever asks."""
        self.env.cr.execute(_guard())

    @api.model
    def _drop_guard(self):
        """Uninstalling: the table goes, and the host knows nothing of its function."""
        self.env.cr.execute("DROP FUNCTION IF EXISTS crm_loyalty_entry_guard() CASCADE")

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(
            self.env._("Points are a ledger: correct them by a new entry on the card.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Points are a ledger: nothing is deleted from it."))

    def action_open_document(self):
        """Open what the entry was booked for, with the reader's own rights."""
        self.ensure_one()
        document = self.env[self.source_model].browse(self.source_id).exists()
        if not document:
            raise UserError(self.env._("This document does not exist any more."))
        document.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------ the engine

    @api.model
    def _append(self, rows):
        """Write entries at once.

        :param rows: dicts of :data:`COLUMNS` without id; ``lot_id`` may be a negative
            number: the lot of the same ``card_ref`` whose row has it as ``new_lot``
        """
        if not rows:
            return
        ids = [
            row_id
            for [row_id] in self.env.execute_query(
                SQL(
                    "SELECT nextval(pg_get_serial_sequence(%s, 'id')) "
                    "FROM generate_series(1, %s)",
                    self._table,
                    len(rows),
                )
            )
        ]
        lots = {
            (row["card_ref"], row["new_lot"]): row_id
            for row, row_id in zip(rows, ids, strict=True)
            if row.get("new_lot")
        }
        values = []
        companies = {}
        for row, row_id in zip(rows, ids, strict=True):
            lot = lots.get((row["card_ref"], row["lot_id"]), row["lot_id"])
            whole = {**row, "id": row_id, "lot_id": lot}
            if lot == row_id:
                companies[lot] = row["company_id"]
            values.append(_row_of(whole, companies))
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_loyalty_entry (%s) VALUES %s",
                SQL(", ").join(map(SQL.identifier, COLUMNS)),
                SQL(", ").join(values),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _get_milli(self, card_ids):
        """{card id: thousandths that are booked}"""
        rows = self.env.execute_query(
            SQL(
                "SELECT card_ref, (SUM(points) * 1000)::bigint FROM crm_loyalty_entry "
                "WHERE card_ref = ANY(%s) GROUP BY card_ref",
                list(card_ids),
            )
        )
        return dict(rows)


def _row_of(whole, companies):
    """SQL of a row's values. What happens to a lot is of the company that gave it.

    :param companies: ``{lot id: company id}`` of lots that are written just now
    """
    lot, company = whole["lot_id"], whole["company_id"]
    company = SQL("%s", company or None)
    if lot in companies:
        company = SQL("%s", companies[lot] or None)
    elif lot:
        company = SQL(
            "COALESCE((SELECT company_id FROM crm_loyalty_entry WHERE id = %s), %s)",
            lot,
            company,
        )
    return SQL(
        "(%s)",
        SQL(", ").join(
            company if name == "company_id" else SQL("%s", whole.get(name) or None)
            for name in COLUMNS
        ),
    )


def _guard():
    """The function and the trigger that make the table append-only."""
    rewritten = SQL("(%s) IS DISTINCT FROM (%s)", _columns("new"), _columns("old"))
    moved = SQL(" OR ").join(
        SQL(
            "(%(new)s IS NOT NULL AND %(new)s IS DISTINCT FROM %(old)s)",
            new=SQL.identifier("new", name),
            old=SQL.identifier("old", name),
        )
        for name in REFERENCES
    )
    return SQL(
        """
        CREATE OR REPLACE FUNCTION crm_loyalty_entry_guard() RETURNS trigger AS $guard$
        BEGIN
            IF TG_OP = 'DELETE' OR %s OR %s THEN
                RAISE EXCEPTION 'crm_loyalty_entry is append-only'
                      USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $guard$ LANGUAGE plpgsql;
        DROP TRIGGER IF EXISTS crm_loyalty_entry_guard ON crm_loyalty_entry;
        CREATE TRIGGER crm_loyalty_entry_guard BEFORE UPDATE OR DELETE
            ON crm_loyalty_entry FOR EACH ROW
            EXECUTE FUNCTION crm_loyalty_entry_guard();
        """,
        rewritten,
        moved,
    )


def _columns(alias):
    return SQL(", ").join(SQL.identifier(alias, name) for name in FACTS)
