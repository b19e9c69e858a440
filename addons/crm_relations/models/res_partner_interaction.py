from odoo import api, models
from odoo.tools import SQL


class ResPartner(models.Model):
    """What the ledger needs of partners."""

    _inherit = "res.partner"

    def write(self, vals):
        """A person who changes company takes his contacts along."""
        result = super().write(vals)
        if {"parent_id", "is_company", "commercial_partner_id"} & vals.keys():
            self._recommercialize_interactions()
        return result

    def _recommercialize_family(self):
        """After SQL moved parents: commercial partners anew, then the ledger's."""
        self.env.invalidate_all(flush=False)
        family = self.with_context(active_test=False).search(
            [("id", "child_of", self.ids)]
        )
        self.env.add_to_compute(self._fields["commercial_partner_id"], family)
        self._recommercialize_interactions()

    def _recommercialize_interactions(self):
        """``customer_id`` of the ledger follows the commercial partner, by set."""
        if not self.ids:
            return
        self.flush_model(["commercial_partner_id", "parent_id"])
        self.env["crm.interaction"].flush_model(["partner_id", "customer_id"])
        self.env.cr.execute(
            SQL(
                """
                WITH RECURSIVE family AS (
                    SELECT id, commercial_partner_id FROM res_partner WHERE id = ANY(%s)
                     UNION
                    SELECT child.id, child.commercial_partner_id
                      FROM res_partner child JOIN family ON child.parent_id = family.id
                )
                UPDATE crm_interaction row SET customer_id = family.commercial_partner_id
                  FROM family
                 WHERE row.partner_id = family.id
                   AND row.customer_id IS DISTINCT FROM family.commercial_partner_id
                RETURNING row.id
                """,
                self.ids,
            )
        )
        moved = [row_id for (row_id,) in self.env.cr.fetchall()]
        self.env["crm.interaction"].browse(moved).invalidate_recordset(["customer_id"])

    def _crm_employee(self):
        """The active internal user behind this partner, if any."""
        users_sudo = self.sudo().user_ids  # who works here is no secret
        return users_sudo.filtered(lambda user: not user.share)[:1]

    @api.model
    def _get_erased_columns(self):
        """Columns of the ledger that say who it was or what was said; modules extend."""
        return ["raw_address", "subject", "preview", "page", "partner_id", "lead_id",
                "contact_point_id", "res_model", "res_id"]  # fmt: skip

    def _get_erased_also(self):
        """``[SQL]``: statements of other tables that run as parts of the same one."""
        return []

    def _erase_interactions(self):
        """Forget these people in the ledger by one statement; the number of rows.

        When, how long and through which channel stay, and with them every sum. Their
        company keeps its share; a private customer is unlinked from his own rows.
        """
        if not self.ids:
            return 0
        self.env["crm.interaction"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH %s
                UPDATE crm_interaction
                   SET external_key = 'erased:' || id,
                       customer_id = NULLIF(customer_id, partner_id), %s
                 WHERE partner_id = ANY(%s)
                """,
                SQL(", ").join(
                    SQL("%s AS (%s)", SQL.identifier(f"also_{number}"), query)
                    for number, query in enumerate(
                        [SQL("SELECT"), *self._get_erased_also()]
                    )
                ),
                SQL(", ").join(
                    SQL("%s = NULL", SQL.identifier(name))
                    for name in self._get_erased_columns()
                ),
                self.ids,
            )
        )
        count = self.env.cr.rowcount
        self.env["crm.interaction"].invalidate_model()
        return count
