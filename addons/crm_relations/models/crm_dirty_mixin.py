from odoo import api, models
from odoo.tools import SQL


class CrmDirtyMixin(models.AbstractModel):
    """A queue of keys whose figures or states must be worked out again.

    A change appends its keys in its own transaction; one pass at a time takes them by
    ``DELETE … RETURNING``, recomputes what hangs on them and commits, all in one
    transaction: killed at any moment, the keys are still there.

    No unique key on purpose: under REPEATABLE READ ``ON CONFLICT DO NOTHING`` waits for
    whoever marks the same key and then fails. Two salespeople must never fail because
    they worked for the same customer in the same second, so the same key may be queued
    many times and collapses when it is taken (docs/decisions/0006).

    A queue is a model of its own::

        _name = "crm.customer.dirty"
        _inherit = "crm.dirty.mixin"
        _log_access = False
        _dirty_key = ("customer_id", "company_id", "month")
    """

    _name = "crm.dirty.mixin"
    _description = "Queue of Changed Keys"
    _dirty_key = ()

    @api.model
    def _get_dirty_columns(self):
        """The key's columns as SQL."""
        return SQL(", ").join(SQL.identifier(name) for name in self._dirty_key)

    @api.model
    def _mark(self, rows):
        """Queue keys.

        Tuples wait in memory and are appended by one statement before the commit (and
        before a savepoint): a loop that changes a thousand records costs one query.

        :param rows: tuples in the order of ``_dirty_key``, or an ``SQL`` select of such,
            which is run at once
        """
        if isinstance(rows, SQL):
            self._append(rows)
            return
        precommit = self.env.cr.precommit
        waiting = precommit.data.get(self._name)
        if waiting is None:
            waiting = precommit.data[self._name] = {}
            precommit.add(self._flush_marks)
        waiting.update(dict.fromkeys(map(tuple, rows)))

    @api.model
    def _flush_marks(self):
        """Append the keys that wait in memory."""
        rows = self.env.cr.precommit.data.pop(self._name, None)
        if rows:
            self._append(
                SQL("VALUES %s", SQL(", ").join(SQL("%s", row) for row in rows))
            )

    @api.model
    def _append(self, query):
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) %s",
                SQL.identifier(self._table),
                self._get_dirty_columns(),
                query,
            )
        )

    @api.model
    def _take(self, limit=None):
        """Remove queued keys, the oldest first, and return them without repetition.

        Call ``_lock`` before, in the same transaction.

        :param int limit: rows taken at most (a key may have several rows)
        :return: list of tuples in the order of ``_dirty_key``
        """
        self._flush_marks()
        chosen = SQL()
        if limit:
            # a border, not a list: the planner knows nothing of a queue's size and
            # would compare every row with every chosen one
            chosen = SQL(
                "WHERE id <= (SELECT max(id) FROM "
                "(SELECT id FROM %s ORDER BY id LIMIT %s) AS oldest)",
                SQL.identifier(self._table),
                limit,
            )
        return self.env.execute_query(
            SQL(
                """
                WITH taken AS (DELETE FROM %(table)s %(chosen)s RETURNING %(columns)s)
                SELECT DISTINCT %(columns)s FROM taken
                """,
                table=SQL.identifier(self._table),
                chosen=chosen,
                columns=self._get_dirty_columns(),
            )
        )

    @api.model
    def _lock(self):
        """Whether this transaction is the only pass over the queue, until it ends."""
        ((taken,),) = self.env.execute_query(
            SQL(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", self._table
            )
        )
        return taken
