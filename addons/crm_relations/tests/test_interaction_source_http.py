"""The key of a contact source over real HTTP: one door opens, all others stay shut."""

import json

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_ingest import IngestCommon


@tagged("post_install", "-at_install")
class TestInteractionSourceHttp(IngestCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls.env["crm.interaction.source"].create(
            {"name": "PBX", "team_id": cls.north.id}
        )
        cls.customer = cls._make_customer("Romashka", phone="+380501112233")

    def setUp(self):
        super().setUp()
        self.key = self.source.action_new_key()["context"]["default_key"]
        self.rows = [
            self._row("h1", address="+380501112233", started_at="2026-01-05T09:00:00Z")
        ]

    def _call(self, model, method, body=None, key=None):
        return self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(body or {}),
            headers={
                "Authorization": f"Bearer {key or self.key}",
                "Content-Type": "application/json",
            },
        )

    def test_the_key_delivers(self):
        answer = self._call("crm.interaction", "ingest", {"rows": self.rows})
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(
            answer.json(), {"created": 1, "updated": 0, "unmatched": 0, "errors": []}
        )
        row = self._find("h1")
        self.assertEqual(
            (row.partner_id, row.company_id, row.team_id),
            (self.customer, self.company, self.north),
        )
        again = self._call("crm.interaction", "ingest", {"rows": self.rows})
        self.assertEqual(again.json()["updated"], 1)
        self.assertEqual(self.source.delivery_ids.mapped("row_count"), [1, 1])

    def test_the_caller_cannot_bend_the_context_or_name_records(self):
        answer = self._call(
            "crm.interaction",
            "ingest",
            {
                "rows": [dict(self.rows[0], partner_id=self.customer.id)],
                "context": {
                    "active_test": False,
                    "lang": "xx_XX",
                    "default_team_id": 1,
                },
            },
        )
        self.assertEqual(answer.json()["errors"][0]["field"], "partner_id")

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_http")
    def test_the_key_reads_nothing_and_calls_nothing_else(self):
        user = self.source.user_id
        self.assertTrue(user.share)
        self.assertFalse(user._is_internal() or user._is_portal())
        calls = [
            ("crm.interaction", "search_read", {"fields": ["subject"]}),
            ("crm.interaction", "create", {"vals_list": [{}]}),
            (
                "crm.contact.point",
                "resolve",
                {"kind": "phone", "value": "+380501112233"},
            ),
            ("res.partner", "search_read", {"fields": ["name"]}),
            ("res.partner", "search_count", {"domain": []}),
            ("res.partner", "name_search", {"name": "Romashka"}),
            ("res.partner", "fields_get", {}),
            ("crm.lead", "create", {"vals_list": [{"name": "x"}]}),
            ("res.users", "context_get", {}),
            ("res.users", "read", {"ids": [user.id], "fields": ["login"]}),
            ("res.users", "write", {"ids": [user.id], "vals": {"name": "x"}}),
            (
                "res.users",
                "has_group",
                {"ids": [user.id], "group_ext_id": "base.group_user"},
            ),
            ("ir.module.module", "search_count", {"domain": []}),
            ("crm.interaction.source", "search_read", {"fields": ["name"]}),
            ("crm.interaction.source", "action_new_key", {"ids": [self.source.id]}),
        ]
        for model, method, body in calls:
            answer = self._call(model, method, body)
            self.assertIn(
                answer.status_code, (401, 403), f"{model}.{method}: {answer.text}"
            )
            self.assertNotIn("Romashka", answer.text)
        for path in (
            "/json/1/res.partner",
            "/doc-bearer/index.json",
            "/json/2/crm.interaction/ingest/",
        ):
            answer = self.url_open(
                path, headers={"Authorization": f"Bearer {self.key}"}
            )
            self.assertNotEqual(answer.status_code, 200, path)

    @mute_logger(
        "odoo.http", "odoo.addons.base.models.res_users", "odoo.service.security"
    )
    def test_the_key_is_no_password(self):
        user = self.source.user_id
        answer = self.url_open(
            "/jsonrpc",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "method": "call",
                    "params": {
                        "service": "object",
                        "method": "execute_kw",
                        "args": [
                            self.cr.dbname,
                            user.id,
                            self.key,
                            "res.users",
                            "context_get",
                            [],
                        ],
                    },
                }
            ),
            headers={"Content-Type": "application/json"},
        ).json()
        self.assertNotIn("result", answer)
        login = self.url_open(
            "/web/session/authenticate",
            data=json.dumps(
                {
                    "params": {
                        "db": self.cr.dbname,
                        "login": user.login,
                        "password": self.key,
                    }
                }
            ),
            headers={"Content-Type": "application/json"},
        ).json()
        self.assertNotIn("result", login)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_http")
    def test_a_revoked_key_is_dead_and_a_new_one_replaces_the_old(self):
        old = self.key
        self.key = self.source.action_new_key()["context"]["default_key"]
        body = {"rows": self.rows}
        self.assertEqual(
            self._call("crm.interaction", "ingest", body, old).status_code, 401
        )
        self.assertEqual(self._call("crm.interaction", "ingest", body).status_code, 200)
        self.assertTrue(self.source.has_key)
        self.source.action_revoke_key()
        self.source.invalidate_recordset()
        self.assertFalse(self.source.has_key)
        self.assertEqual(self._call("crm.interaction", "ingest", body).status_code, 401)
        self.key = self.source.action_new_key()["context"]["default_key"]
        self.source.action_archive()
        self.assertEqual(self._call("crm.interaction", "ingest", body).status_code, 401)

    def test_the_key_does_not_expire(self):
        self.cr.execute(
            "SELECT expiration_date FROM res_users_apikeys WHERE user_id = %s",
            [self.source.user_id.id],
        )
        self.assertEqual(self.cr.fetchall(), [(None,)])

    @mute_logger("odoo.http")
    def test_too_many_rows_are_refused_whole(self):
        answer = self._call("crm.interaction", "ingest", {"rows": [None] * 10_001})
        self.assertEqual(answer.status_code, 422)

    def test_only_administrators_manage_sources(self):
        for user in (
            self.olena,
            self.head,
            self.manager,
            self.director,
            self.accountant,
        ):
            self.assertFalse(self.source.with_user(user).has_access("read"))
        admin = self._make_user("rel_admin", "base.group_user,base.group_system")
        self.assertTrue(
            self.source.with_user(admin).action_new_key()["context"]["default_key"]
        )
