"""What engines have in common: pieces committed one by one, an outbox that is told."""

import logging

from psycopg2 import errors

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

TRIES = 5
# another worker or a user was faster: the transaction ends, a new one sees it
CONFLICTS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
    errors.LockNotAvailable,
)


class CrmPassMixin(models.AbstractModel):
    """A pass may be killed at any moment and starts again where it was committed."""

    _name = "crm.pass.mixin"
    _description = "Pass in Committed Pieces"

    @api.model
    def _run_committed(self, work, now):
        """One piece of work in a transaction of its own; how much was done."""
        for attempt in range(1, TRIES + 1):
            # the snapshot must be younger than the lock of whoever worked before
            self.env["ir.cron"]._commit_progress()
            try:
                done = work(now)
                self.env.flush_all()
                return done
            except CONFLICTS:
                self.env.cr.rollback()
                self.env.transaction.reset()
                if attempt == TRIES:
                    raise
                _logger.info("%s: somebody was faster, attempt %s", self._name, attempt)
        return 0

    @api.model
    def _lock_engine(self, name):
        """Whether this transaction is the only worker of an engine until it ends."""
        ((is_ours,),) = self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", name)
        )
        return is_ours


class CrmOutboxMixin(models.AbstractModel):
    """Rows that say what is to be told; needs ``_deliver_together`` and ``_fail``."""

    _name = "crm.outbox.mixin"
    _description = "Outbox"

    def _deliver(self, way, now):
        """By the set; when one of them fails, one by one."""
        try:
            self._deliver_together(way, now)
            return
        except CONFLICTS:
            raise
        except Exception:
            _logger.warning("%s: %s by %s, one by one", self._name, len(self), way)
        for event in self:
            try:
                event._deliver_together(way, now)
            except CONFLICTS:
                raise
            except Exception as error:
                _logger.exception("%s: %s was not told", self._name, event.id)
                event._fail(error, now)

    def _deliver_together(self, way, now):
        """Tell all of them and write that they are told, in one savepoint."""
        raise NotImplementedError

    def _fail(self, error, now):
        """Keep why one of them was not told."""
        raise NotImplementedError
