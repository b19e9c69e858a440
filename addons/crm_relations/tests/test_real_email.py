"""Some 320 odd messages that real programs sent, through the host's gateway.

Expected is worked out here from the message alone, by the rules the host documents:
bounces, known Message-Ids and answers to its own loop warnings make nothing; all else
makes exactly one row.
"""

import csv
import email
import os
import re
from collections import Counter
from email import policy
from pathlib import Path

import pytest

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.ledger import mail_key
from .mail_common import MailRelationsCommon

MESSAGE_ID = re.compile(rb"^message-id:[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.M)


def _files():
    root = Path(__file__).resolve().parents[3]
    data = Path(os.environ.get("CRM_SHARED", root.parent / "shared")) / "data"
    manifest = data / "email-manifest.csv"
    if not manifest.exists():
        pytest.skip(f"no real messages here: {manifest} is absent (CRM_SHARED=folder)")
    with open(manifest, newline="", encoding="utf-8") as stream:
        return [(row["file"], data / row["file"]) for row in csv.DictReader(stream)]


def _is_bounce(raw):
    """As the host's ``_detect_is_bounce`` says in words."""
    message = email.message_from_bytes(raw, policy=policy.SMTP)
    try:
        sender = str(message.get("From", ""))
    except Exception:  # headers that Python's own parser trips over
        sender = ""
    sender = (re.findall(r"[^\s<>\"',;:]+@", sender) or [""])[0]
    return (
        sender.lower() == "mailer-daemon@"
        or message.get_content_type() == "multipart/report"
    )


@pytest.mark.real
@tagged("post_install", "-at_install")
class TestRealEmail(MailRelationsCommon):
    def setUp(self):
        super().setUp()
        # some senders wrote more of these messages than the host takes for sane
        self.env["ir.config_parameter"].set_param(
            "mail.gateway.loop.threshold", "10000"
        )
        self.seen = set()
        self.row_count = 0

    def _process(self, raw):
        """The rows that one message made, or the error it caused."""
        before = max(self.ledger.search([], order="id DESC", limit=1).ids, default=0)
        try:
            with (
                mute_logger("odoo.addons.mail.models.mail_thread", "odoo.tests"),
                self.env.cr.savepoint(),
            ):
                self.env["mail.thread"].message_process("crm.lead", raw)
        except Exception as error:
            return repr(error)
        return self.ledger.search([("id", ">", before)])

    def _message_id(self, raw):
        message = email.message_from_bytes(raw, policy=policy.SMTP)
        return (message.get("Message-Id") or "").strip()

    def _expected(self, raw):
        """interaction, reply, bounce or ignored."""
        if _is_bounce(raw):
            return "bounce"
        message_id = self._message_id(raw)
        if message_id and message_id in self.seen:
            return "ignored"
        message = email.message_from_bytes(raw, policy=policy.SMTP)
        parents = re.findall(
            r"<[^<>\s]+>", f"{message.get('References')} {message.get('In-Reply-To')}"
        )
        self.seen.add(message_id)
        return "reply" if self.seen.intersection(parents) else "interaction"

    def _happened(self, raw, result):
        if isinstance(result, str):
            return result
        if len(result) > 1:
            return f"{len(result)} rows"
        if not result:
            return "bounce" if _is_bounce(raw) else "ignored"
        rows = self.ledger.search_count(
            [("res_model", "=", result.res_model), ("res_id", "=", result.res_id)]
        )
        return "reply" if rows > 1 else "interaction"

    def test_every_message_as_it_is(self):
        counts, wrong = Counter(), []
        for name, path in _files():
            raw = path.read_bytes()
            expected = self._expected(raw)
            result = self._process(raw)
            happened = self._happened(raw, result)
            counts[happened if happened == expected else "wrong"] += 1
            if happened != expected:
                wrong.append((name, expected, happened))
            elif expected in ("interaction", "reply"):
                message_id = self._message_id(raw)
                self.assertEqual(
                    (result.direction, result.channel_id.code), ("in", "email")
                )
                if message_id:
                    self.assertEqual(result.external_key, mail_key(message_id), name)
        print(f"\nreal messages: {dict(counts)}")  # pylint: disable=print-used
        self.assertFalse(wrong, f"{len(wrong)}: {wrong[:20]}")
        self.assertGreater(sum(counts.values()), 300)

    def test_rewritten_message_ids_make_exactly_one_row_each(self):
        counts, wrong = Counter(), []
        for number, (name, path) in enumerate(_files()):
            raw = path.read_bytes().lstrip(b"\r\n")
            head = f"Message-Id: <again-{number}@example.org>\n".encode()
            raw = head + MESSAGE_ID.sub(b"", raw, count=1)
            result = self._process(raw)
            expected = 0 if _is_bounce(raw) else 1
            if isinstance(result, str) or len(result) != expected:
                wrong.append((name, expected, result))
            elif expected:
                self.assertEqual(
                    result.external_key, f"mail:<again-{number}@example.org>", name
                )
            counts[expected] += 1
        print(f"\nrewritten messages: {counts[1]} one row each, {counts[0]} bounces")  # pylint: disable=print-used
        self.assertFalse(wrong, f"{len(wrong)}: {wrong[:20]}")
