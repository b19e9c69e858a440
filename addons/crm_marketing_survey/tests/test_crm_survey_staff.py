"""Our own people's answers are nobody's from the first click, and shown by fives."""

from datetime import timedelta

from odoo import http
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.crm_marketing.tests.scenario_common import START

from .survey_common import MARKETER, SurveyCommon


@tagged("post_install", "-at_install")
class TestCrmSurveyStaff(SurveyCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = cls._make_user("rel_asker", MARKETER)
        cls.staff = cls._make_survey(
            "How are you?", crm_audience="staff", questions_layout="one_page"
        )
        cls.colleagues = [cls.olena, cls.ivan, cls.petro, cls.head, cls.south_head] + [
            cls._make_user(f"rel_colleague{number}", "base.group_user")
            for number in range(5)
        ]

    def setUp(self):
        super().setUp()
        self._invite(survey=self.staff)
        self._send()

    def _answer_many(self, *numbers):
        for number in numbers:
            user = self.colleagues[number]
            self._answer_as_colleague(user, number, f"Word {number}", self.staff)

    def _release(self):
        self.env["survey.user_input"]._crm_release(START)

    def _seen(self):
        """What whoever may see all answers sees of them."""
        return (
            self.env["survey.user_input"]
            .with_user(self.reader)
            .search([("survey_id", "=", self.staff.id)])
        )

    def _rows(self, table, where="survey_id = %s"):
        self.env.flush_all()
        self.env.cr.execute(f"SELECT * FROM {table} WHERE {where}", [self.staff.id])
        return self.env.cr.dictfetchall()

    # ------------------------------------------------------------ without a trace

    def test_nobody_wrote_them_from_the_first_click(self):
        self.staff.message_subscribe(
            self.reader.partner_id.ids,
            self.env.ref("survey.mt_survey_survey_user_input_completed").ids,
        )
        answer = self._answer_as_colleague(self.olena, 3, "Words", self.staff)
        answer.write({"email": "olena@example.com", "partner_id": self.vera.id})
        [row] = self._rows("survey_user_input")
        for name in ("partner_id", "email", "nickname", "create_uid", "write_uid",
                     "start_datetime", "invite_token"):  # fmt: skip
            self.assertFalse(row[name], name)
        lines = self._rows("survey_user_input_line")
        self.assertEqual(len(lines), 2)
        for moment in (row["create_date"], row["write_date"], row["end_datetime"],
                       *(line["create_date"] for line in lines)):  # fmt: skip
            self.assertEqual((moment.hour, moment.minute, moment.second), (0, 0, 0))
        self.assertEqual({line["create_uid"] for line in lines}, {None})
        self.assertEqual({line["write_uid"] for line in lines}, {None})
        self.assertFalse(answer.message_follower_ids)
        self.assertFalse(answer.message_ids)
        contacts = [("partner_id", "=", self.olena.partner_id.id)]
        self.assertFalse(self.env["crm.interaction"].search(contacts))

    def test_an_answer_that_is_not_finished_is_not_shown(self):
        row = self._invitation(self.olena.partner_id, self.staff)
        answer = self.invitations._use_ticket(self.staff, row.ticket)
        answer._save_lines(self.staff.question_ids[1], "Half a word")
        self.assertFalse(self._seen())
        answer.write({"state": "done"})  # as the host ends a session
        self.assertFalse(self._seen())
        lines = self.env["survey.user_input.line"].with_user(self.reader)
        self.assertFalse(lines.search([("survey_id", "=", self.staff.id)]))

    def test_the_invitation_knows_only_that_he_answered(self):
        row = self._invitation(self.olena.partner_id, self.staff)
        before = row.write_uid, row.write_date
        ticket = row.ticket
        self._answer_as_colleague(self.olena, 3, survey=self.staff)
        row.invalidate_recordset()
        self.assertEqual((row.state, row.ticket), ("answered", False))
        self.assertFalse(row.input_id)
        self.assertEqual((row.write_uid, row.write_date), before)
        self.assertFalse(self.invitations._use_ticket(self.staff, ticket), "once")
        with self.assertRaises(AccessError):
            row.with_user(self.marketer).read(["ticket"])

    # ------------------------------------------------------------ by fives

    def test_shown_by_fives_in_new_rows(self):
        self._answer_many(0, 1, 2, 3)
        self._release()
        self.assertFalse(self._seen())
        self._answer_many(4)
        old = {row["id"] for row in self._rows("survey_user_input")}
        self._release()
        seen = self._seen()
        self.assertEqual(len(seen), 5)
        self.assertFalse(old & set(seen.ids), "copied, the rows in order are gone")
        words = seen.user_input_line_ids.mapped("value_text_box")
        self.assertEqual(
            sorted(filter(None, words)), [f"Word {number}" for number in range(5)]
        )
        for answer in seen:
            mark, word = answer.user_input_line_ids.sorted("question_sequence")
            self.assertEqual(word.value_text_box, f"Word {mark.value_scale}")
        scores = self.scores.search([("survey_id", "=", self.staff.id)])
        self.assertEqual(sorted(scores.mapped("value")), [0, 1, 2, 3, 4])
        self.assertFalse(scores.partner_id | scores.customer_id)
        self.assertFalse(scores.user_id)
        self.assertFalse(scores.input_id, "no mark leads to the words beside it")
        self.assertFalse(self.scores.with_user(self.olena).search([]) & scores)
        day = START.replace(hour=0, minute=0, second=0, microsecond=0)
        self.assertEqual(set(scores.mapped("answered_at")), {day})
        self._answer_many(5, 6, 7, 8)
        self._release()
        self.assertEqual(len(self._seen()), 5, "nobody is the difference")
        self._answer_many(9)
        self._release()
        self.assertEqual(len(self._seen()), 10)
        rows = self._rows("survey_user_input")
        self.assertEqual({row["create_uid"] for row in rows}, {None})
        self.assertFalse(any(row["crm_is_hidden"] for row in rows))

    def test_few_are_not_compared(self):
        self._answer_many(*range(5))
        self._release()
        comparison = self.env["crm.survey.comparison"]
        of_staff = [("survey_id", "=", self.staff.id)]
        self.env.flush_all()
        self.assertEqual(set(comparison.search(of_staff).mapped("number")), {5})
        self.assertIn("5 answers", self.staff.crm_result)
        self.env.cr.execute(
            "DELETE FROM crm_survey_score WHERE id = (SELECT min(id) "
            "FROM crm_survey_score WHERE survey_id = %s)",
            [self.staff.id],
        )
        self.env.invalidate_all()
        self.assertFalse(comparison.search(of_staff))
        self.assertFalse(self.staff.crm_result)

    # ------------------------------------------------------------ no way around

    def test_who_is_asked_does_not_change_after_that(self):
        with self.assertRaises(UserError):
            self.staff.crm_audience = "customer"
        self._answer(self.vera, 9)
        with self.assertRaises(UserError):
            self.survey.crm_audience = "staff"
        fresh = self._make_survey("Another")
        fresh.crm_audience = "staff"
        fresh.access_mode = "public"
        self.assertEqual(fresh.access_mode, "token")
        with self.assertRaises(ValidationError):
            fresh.survey_type = "live_session"

    def test_no_made_up_answers(self):
        """Four made up and one true: whoever makes them up would know the true one."""
        manager = self._make_user(
            "rel_survey_boss", "base.group_user,survey.group_survey_manager"
        )
        inputs = self.env["survey.user_input"].with_user(manager)
        with self.assertRaises(AccessError):
            inputs.create({"survey_id": self.staff.id})
        with self.assertRaises(UserError):
            self.staff.with_user(manager)._create_answer(user=manager)
        trial = self.staff.with_user(manager)._create_answer(
            user=manager, test_entry=True
        )
        with self.assertRaises(AccessError):
            trial.test_entry = False
        other = self._answer(self.vera, 9).with_user(manager)
        with self.assertRaises(AccessError):
            other.survey_id = self.staff
        with self.assertRaises(AccessError):
            other.crm_is_hidden = True

    def _ask_by_id(self, user, partner, survey):
        """As a salesperson's own program would: the choice is not on the screen."""
        values = {"partner_id": partner.id, "survey_choice": str(survey.id)}
        return self.env["crm.survey.ask"].with_user(user).create(values).action_ask()

    def test_no_conversation_opens_what_asks_our_own_people(self):
        colleague = self.petro.partner_id
        row = self._invitation(colleague, self.staff)
        before = row.state, row.ticket
        for partner in (self.vera, colleague):
            with self.assertRaises(UserError):
                self._ask_by_id(self.olena, partner, self.staff)
        self.assertEqual((row.state, row.ticket), before)
        self.assertFalse(row.input_id)
        self.assertFalse(self._invitation(self.vera, self.staff))
        with self.assertRaises(UserError):
            self.env["crm.script"].create({"name": "Hi", "survey_id": self.staff.id})
        with self.assertRaises(UserError):
            self._make_scenario({"kind": "survey", "survey_id": self.staff.id})
        for name, value in (("state", "pending"), ("way", "talk")):
            with self.assertRaises(UserError):
                row.with_user(self.marketer).write({name: value})

    def test_no_conversation_opens_what_is_closed_or_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self._make_survey(
            "Of another", crm_company_id=other.id, user_id=False
        )
        closed = self._make_survey("Closed", active=False)
        live = self._make_survey("Live", survey_type="live_session")
        wizard = self.env["crm.survey.ask"].with_user(self.olena)
        shown = [int(code) for code, _title in wizard._selection_survey()]
        self.assertIn(self.survey.id, shown)
        self.assertFalse({foreign.id, closed.id, live.id, self.staff.id} & set(shown))
        for survey in (foreign, closed, live):
            with self.assertRaises(UserError):
                self._ask_by_id(self.olena, self.vera, survey)
        lead = self._make_lead(partner_id=self.vera.id, user_id=self.olena.id)
        script = self.env["crm.script"].create(
            {"name": "Stage", "purpose": "stage", "survey_id": self.survey.id,
             "stage_ids": lead.stage_id.ids,
             "step_ids": [(0, 0, {"text": "Good day"})]}
        )  # fmt: skip
        self.survey.active = False
        guide = lead.with_user(self.olena).load_stage_guide()["script"]
        self.assertFalse(guide["survey"])
        with self.assertRaises(UserError):
            lead.with_user(self.olena).ask_by_script(script.id)

    # ------------------------------------------------------------ in a browser

    def test_the_link_works_once_for_who_is_logged_in(self):
        row = self._invitation(self.olena.partner_id, self.staff)
        url = row._get_url()
        self.assertIn(url.removeprefix(row.company_id.get_base_url()),
                      self._letters(self.olena.partner_id)[-1].body)  # fmt: skip
        self.olena.password = self.olena.login
        self.authenticate(self.olena.login, self.olena.login)
        path = url.removeprefix(row.company_id.get_base_url())
        for _look in range(2):  # a scanner of letters looks too
            page = self.url_open(path)
            self.assertIn("works once", page.text)
        page = self.url_open(
            f"{path}/begin", data={"csrf_token": http.Request.csrf_token(self)}
        )
        self.assertEqual(page.status_code, 200)
        answer = self.env["survey.user_input"].search(
            [("survey_id", "=", self.staff.id)]
        )
        self.assertIn(answer.access_token, page.url)
        page = self.url_open(path)
        self.assertIn(answer.access_token, page.url, "goes on where he began")
        del self.opener.cookies[f"survey_{self.staff.access_token}"]
        self.assertEqual(self.url_open(path).status_code, 404, "nobody else does")
        self._fill(answer, 7)
        [kept] = self._rows("survey_user_input")
        self.assertEqual(
            (kept["state"], kept["create_uid"], kept["write_uid"], kept["partner_id"]),
            ("done", None, None, None),
        )

    def _fill(self, answer, mark):
        """Begun and sent on the public page by whoever is logged in."""
        survey = answer.survey_id
        tail = f"{survey.access_token}/{answer.access_token}"
        self.make_jsonrpc_request(f"/survey/begin/{tail}", {})
        _right, page = self.make_jsonrpc_request(
            f"/survey/submit/{tail}", {str(survey.question_ids[0].id): str(mark)}
        )
        self.assertNotIn("error", page)
        self.env.invalidate_all()
        self.assertEqual(answer.state, "done")

    def test_a_salesperson_writes_down_what_the_customer_says(self):
        self.survey.questions_layout = "one_page"
        wizard = (
            self.env["crm.survey.ask"]
            .with_user(self.olena)
            .create({"partner_id": self.vera.id, "survey_choice": str(self.survey.id)})
        )
        url = wizard.action_ask()["url"]
        row = self._invitation(self.vera)
        self.olena.password = self.olena.login
        self.authenticate(self.olena.login, self.olena.login)
        page = self.url_open(url.removeprefix(row.company_id.get_base_url()))
        self.assertIn(row.input_id.access_token, page.url)
        self._fill(row.input_id, 9)
        self.assertEqual(row.state, "answered")
        score = self.scores.search([("survey_id", "=", self.survey.id)])
        self.assertEqual((score.partner_id, score.value), (self.vera, 9))
        # somebody else's letter is not his to answer
        row.way = "email"
        page = self.url_open(row.input_id.get_start_url())
        self.assertNotIn(row.input_id.access_token, page.url.split("answer_token")[0])


@tagged("post_install", "-at_install")
class TestCrmSurveyCompany(SurveyCommon):
    def test_surveys_of_before_stay_everybodys(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE survey_survey SET crm_company_id = NULL WHERE id = %s",
            [self.survey.id],
        )
        self.env["survey.survey"]._init_column("crm_company_id")
        self.survey.invalidate_recordset()
        self.assertFalse(self.survey.crm_company_id)

    def test_no_scenario_asks_for_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self._make_survey(
            "Of another", crm_company_id=other.id, user_id=False
        )
        with self.assertRaises(UserError):
            self._make_scenario({"kind": "survey", "survey_id": foreign.id})
        scenario = self._make_scenario({"kind": "survey", "survey_id": self.survey.id})
        self._due(self.vera, START.date() + timedelta(days=1))
        self.survey.crm_company_id = other
        self._pass(START + timedelta(days=1))
        self.assertFalse(self._invitation(self.vera))
        self.survey.crm_company_id = False
        self._pass(START + timedelta(days=1, hours=1))
        self.assertEqual(self._invitation(self.vera).company_id, scenario.company_id)

    def test_what_a_shared_questionnaire_brings_is_the_companys_that_asked(self):
        """Not of the company where its author works."""
        other = self.env["res.company"].create({"name": "Other"})
        self.survey.write({"crm_company_id": False, "user_id": False})
        self.words.crm_heard_as = "wish"
        segment = self._make_segment(company_id=other.id)
        form = self.env["crm.survey.invite"].create(
            {"survey_id": self.survey.id, "segment_ids": segment.ids}
        )
        form.action_invite()
        row = self.invitations._ask_now(
            self.survey,
            self.petya,
            self._make_interaction(
                "talk", partner_id=self.petya.id, company_id=other.id
            ),
            START,
        )
        for person in (self.vera, self.petya):
            self.assertEqual(self._invitation(person).company_id, other)
            answer = self._answer(person, 3, "Tyres")
            score = self.scores.search([("input_id", "=", answer.id)])
            voice = self.env["crm.voice"].search([("partner_id", "=", person.id)])
            self.assertEqual(score.company_id, other)
            self.assertEqual(voice.company_id, other)
        self.assertEqual(row.input_id.crm_company_id, other)
        contact = self.env["crm.interaction"].search(
            [("partner_id", "=", self.vera.id), ("channel_id.code", "=", "form")]
        )
        self.assertEqual(contact.company_id, other)

    def test_nobody_to_ask_is_no_error(self):
        self.env["crm.scenario.event"]._act_survey(START)
        scenario = self._make_scenario({"kind": "survey", "survey_id": self.survey.id})
        self._due(self.vera, START.date() + timedelta(days=1))
        self._pass(START + timedelta(days=1))
        event = self.env["crm.scenario.event"].search(
            [("scenario_id", "=", scenario.id)], limit=1
        )
        self.patch(type(event), "partner_id", self.env["res.partner"])
        event._act_survey(START + timedelta(days=1))
