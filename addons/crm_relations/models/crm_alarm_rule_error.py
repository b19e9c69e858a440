"""One bad rule stops itself: the others go on, and it is said where and why."""

import logging
from contextlib import contextmanager
from datetime import timedelta

from odoo import fields, models

from ..tools.alarm_clock import from_epoch
from .crm_pass_mixin import CONFLICTS

_logger = logging.getLogger(__name__)

ASIDE = timedelta(minutes=10)


class CrmAlarmRule(models.Model):
    _inherit = "crm.alarm.rule"

    last_error = fields.Text(readonly=True, copy=False)
    failed_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="The pass could not work with the rule. It leaves it aside and tries again "
        "every ten minutes.",
    )

    @contextmanager
    def _isolated(self, now):
        """What the pass does for this rule, in a savepoint of its own.

        An error is kept on the rule and logged. Conflicts go up: the whole piece is
        done again.

        :param int now: seconds
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                yield
        except CONFLICTS:
            raise
        except Exception as error:
            _logger.exception("Alarms: rule %s is left aside", self.id)
            self._set_quietly(
                last_error=str(error)[:2000],
                failed_at=from_epoch(now),
                scan_after=-1,
            )

    def _note_error(self, error):
        """Something of a record failed; the rule itself goes on."""
        self._set_quietly(last_error=str(error)[:2000])

    def _is_aside(self, now):
        """:param datetime now: naive UTC"""
        return bool(self.failed_at) and self.failed_at > now - ASIDE

    def _retry_failed(self, now):
        """Rules left aside long enough look at all of their records."""
        again = self.filtered(lambda rule: rule.failed_at and not rule._is_aside(now))
        if again:
            again._set_quietly(failed_at=False, scan_after=0)

    def _bump_version(self):
        failed = self.filtered("last_error")
        if failed:
            failed._set_quietly(last_error=False, failed_at=False)
        return super()._bump_version()
