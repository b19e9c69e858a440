"""How the sums follow the books: a queue by day, a comparison by night."""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_customer_month_source import KEYS, key_columns, same_key

_logger = logging.getLogger(__name__)

BATCH = 20_000
RETRY_MINUTES = 5
CHECK_CODE = "customer_month"


class CrmCustomerMonth(models.Model):
    _inherit = "crm.customer.month"

    # ------------------------------------------------------------ the queue

    @api.model
    def _cron_recompute(self):
        """Work out what changed, batch by batch; every batch is one transaction."""
        while True:
            count = self._pass(fields.Date.context_today(self))
            if count is None:
                return
            remaining = self._count_waiting()
            if not self.env["ir.cron"]._commit_progress(count, remaining=remaining):
                return
            if not remaining:
                return

    @api.model
    def _count_waiting(self):
        ((count,),) = self.env.execute_query(
            SQL("SELECT COUNT(*) FROM crm_customer_dirty")
        )
        return count

    @api.model
    def _pass(self, today, limit=BATCH):
        """Take changed keys and work their rows and figures out again.

        Everything in the caller's transaction: whoever kills it leaves the queue as it
        was.

        :return: number of keys, or None when another pass is at work
        """
        queue_sudo = self.env["crm.customer.dirty"].sudo()  # the engine's own table
        if not queue_sudo._lock():
            return None
        keys = queue_sudo._take(limit)
        if keys:
            self._recompute(keys)
            self.env["crm.customer.metric"]._refresh(
                today, sorted({key[:2] for key in keys})
            )
        return len(keys)

    @api.model
    def _recompute(self, keys):
        """Make the rows of these keys what the books say; unchanged rows stay untouched.

        :param keys: [(customer id, company id, first day of the month)]
        """
        self.env.flush_all()
        columns = self._get_stored_columns()
        relation = SQL(
            "SELECT * FROM unnest(%s::int[], %s::int[], %s::date[]) AS keys(%s)",
            *map(list, zip(*keys, strict=True)),
            key_columns(),
        )
        self.env.cr.execute(
            SQL(
                """
                WITH keys AS (%(relation)s),
                fresh AS MATERIALIZED (%(select)s),
                gone AS (
                    DELETE FROM crm_customer_month old USING keys
                     WHERE %(old_is_key)s
                       AND NOT EXISTS (SELECT FROM fresh WHERE %(old_is_fresh)s)
                )
                INSERT INTO crm_customer_month AS old (%(key)s, %(columns)s)
                SELECT %(key)s, %(columns)s FROM fresh
                    ON CONFLICT (%(key)s) DO UPDATE SET %(assignments)s
                 WHERE (%(old_columns)s) IS DISTINCT FROM (%(new_columns)s)
                """,
                relation=relation,
                select=self._month_select(SQL("keys")),
                old_is_key=same_key("old", "keys"),
                old_is_fresh=same_key("old", "fresh"),
                key=key_columns(),
                columns=_list(columns),
                assignments=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in columns
                ),
                old_columns=_list(columns, "old"),
                new_columns=_list(columns, "excluded"),
            )
        )
        self.invalidate_model()

    @api.model
    def _get_stored_columns(self):
        """All columns but the key, as the fresh rows name them."""
        return [*self._month_columns(), "root_company_id", "margin", "profit"]

    # ------------------------------------------------------------ the night

    @api.model
    def _cron_nightly(self):
        """Figures that age, classes, and the comparison with the books."""
        now = fields.Datetime.now()
        if self._nightly(now, fields.Date.context_today(self)) is None:
            # the day's pass was at work: once more when it has ended
            self.env.ref("crm_relations.ir_cron_nightly_customer_month")._trigger(
                now + timedelta(minutes=RETRY_MINUTES)
            )

    @api.model
    def _nightly(self, now, today):
        """One transaction; keys that wait are worked first, so that they are no news.

        :return: number of differing keys, or None when another pass is at work
        """
        while self._pass(today):
            pass
        if not self.env["crm.customer.dirty"].sudo()._lock():  # the engine's own table
            return None
        found = self._compare(now)
        metrics = self.env["crm.customer.metric"]
        metrics._refresh(today)
        metrics._classify(today)
        return found

    @api.model
    def _compare(self, now):
        """Build all rows beside, apply only what differs, and say how much it was."""
        self.env.flush_all()
        columns = self._get_stored_columns()
        self.env.cr.execute("DROP TABLE IF EXISTS crm_customer_month_fresh")
        self.env.cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE crm_customer_month_fresh ON COMMIT DROP AS %s",
                self._month_select(),
            )
        )
        self.env.cr.execute("ANALYZE crm_customer_month_fresh")
        different = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(old.customer_id, fresh.customer_id),
                       COALESCE(old.company_id, fresh.company_id),
                       COALESCE(old.month, fresh.month)
                  FROM crm_customer_month old
                  FULL JOIN crm_customer_month_fresh fresh ON %(same)s
                 WHERE (%(old)s) IS DISTINCT FROM (%(fresh)s)
                """,
                same=same_key("old", "fresh"),
                old=_list([*KEYS, *columns], "old"),
                fresh=_list([*KEYS, *columns], "fresh"),
            )
        )
        for start in range(0, len(different), BATCH):
            self._recompute(different[start : start + BATCH])
        self.env["crm.health.check"]._report(
            CHECK_CODE, len(different), now, self._describe(different)
        )
        return len(different)

    @api.model
    def _describe(self, different):
        """The first of them, so that somebody can look."""
        if not different:
            return False
        customers = self.env["res.partner"].browse(row[0] for row in different[:10])
        names = {partner.id: partner.display_name for partner in customers.exists()}
        lines = [
            f"{month:%Y-%m}: {names.get(customer, customer)}"
            for customer, _company, month in different[:10]
        ]
        return "\n".join(lines)

    # ------------------------------------------------------------ the beginning

    @api.model
    def _first_fill(self, today):
        """Fill the tables from books that were there before us.

        Rows first and keys and indexes afterwards, in one transaction: an insert into an
        indexed table takes two and a half times as long.
        """
        self.env["crm.invoice.cost"]._backfill()
        self.env.cr.execute("DELETE FROM crm_customer_month")  # demo data came first
        self._fill()
        metrics = self.env["crm.customer.metric"]
        metrics._refresh(today)
        metrics._classify(today)
        self.env.cr.execute("DELETE FROM crm_customer_dirty")

    @api.model
    def _fill(self):
        self.env.flush_all()
        columns = self._get_stored_columns()
        constraints, indexes = self._drop_indexes()
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_customer_month (%(key)s, %(columns)s) "
                "SELECT %(key)s, %(columns)s FROM (%(select)s) fresh",
                key=key_columns(),
                columns=_list(columns),
                select=self._month_select(),
            )
        )
        count = self.env.cr.rowcount
        table = SQL.identifier(self._table)
        for name, definition in constraints:
            self.env.cr.execute(
                SQL(
                    "ALTER TABLE %s ADD CONSTRAINT %s " + definition,  # pylint: disable=sql-injection
                    table,
                    SQL.identifier(name),
                )
            )
        for definition in indexes:
            self.env.cr.execute(definition)  # as PostgreSQL wrote it down
        self.env.cr.execute(SQL("ANALYZE %s", table))
        _logger.info("%s customers' months worked out from the books", count)
        return count

    @api.model
    def _drop_indexes(self):
        """Drop keys, references and indexes; their definitions in the order to remake."""
        table = SQL.identifier(self._table)
        constraints = self.env.execute_query(
            SQL(
                """
                SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
                 WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f')
                 ORDER BY contype DESC
                """,
                self._table,
            )
        )
        for name, _definition in constraints:
            self.env.cr.execute(
                SQL("ALTER TABLE %s DROP CONSTRAINT %s", table, SQL.identifier(name))
            )
        indexes = self.env.execute_query(
            SQL(
                """
                SELECT indexname, indexdef FROM pg_indexes
                 WHERE schemaname = current_schema AND tablename = %s
                """,
                self._table,
            )
        )
        for name, _definition in indexes:
            self.env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(name)))
        return constraints, [definition for _name, definition in indexes]


def _list(names, alias=None):
    """Column names as SQL."""
    parts = [(alias, name) if alias else (name,) for name in names]
    return SQL(", ").join(SQL.identifier(*part) for part in parts)
