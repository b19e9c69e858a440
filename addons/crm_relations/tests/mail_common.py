"""A gateway with an alias of its own for tests that send e-mails in."""

from .common import RelationsCommon

MESSAGE = """\
From: {sender}
To: {to}
Subject: {subject}
Message-Id: {message_id}
Date: Thu, 01 Jan 2015 10:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
{headers}
{body}
"""


class MailRelationsCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alias_domain = cls.env["mail.alias.domain"].create(
            {"name": "crm.example.com"}
        )
        cls.company.alias_domain_id = cls.alias_domain
        cls.north.alias_id.write(
            {"alias_name": "north", "alias_domain_id": cls.alias_domain.id}
        )
        cls.ledger = cls.env["crm.interaction"]

    def _receive(self, message_id, sender="Oksana <oksana@example.org>", **parts):
        """A message through the host's gateway; rows it made."""
        before = self.ledger.search([])
        headers = "".join(f"{line}\n" for line in parts.pop("headers", ()))
        text = MESSAGE.format(
            **{
                "sender": sender,
                "to": "north@crm.example.com",
                "subject": "Tyres",
                "message_id": message_id,
                "headers": headers,
                "body": "Do you have R16?",
                **parts,
            }
        )
        self.env["mail.thread"].message_process("crm.lead", text)
        return self.ledger.search([]) - before

    def _at(self, moment):
        """From here on it is ``moment`` for everything created."""
        self.env.cr._now = moment
        return moment
