from odoo import api, fields, models


class SurveyUser_Input(models.Model):
    """A finished questionnaire is counted, told of, and a contact in the ledger."""

    _inherit = "survey.user_input"

    crm_interaction_id = fields.Many2one(
        "crm.interaction",
        string="Conversation",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="In which he was asked, or after which.",
    )

    crm_company_id = fields.Many2one(
        "res.company",
        string="Asked by",
        readonly=True,
        ondelete="set null",
        help="The company whose customer was asked: the results are its own.",
    )

    def _mark_done(self):
        result = super()._mark_done()
        # sudo: whoever answers has no rights
        self.sudo().filtered(
            lambda answer: (
                not answer.test_entry and answer.survey_id.crm_audience == "customer"
            )
        )._crm_listen()
        return result

    def _crm_listen(self):
        """Everything that follows from customers' answers; safe to repeat.

        Nothing follows from what somebody answers over again for the same occasion: he
        would be counted, rewarded and called as often as he likes.
        """
        first = self.env["crm.survey.invitation"]._note_answered(self)
        scores = self.env["crm.survey.score"]._count(first)
        first._crm_feed(scores)
        first._crm_keep_attributes()
        first._crm_hear(scores)
        first._crm_give_points()
        scores._tell_salespeople()

    def _crm_get_company(self):
        """Who asked; of an open link the questionnaire's company."""
        self.ensure_one()
        return (
            self.crm_company_id
            or self.crm_interaction_id.company_id
            or self.survey_id._crm_get_company()
        )

    # ------------------------------------------------------------ customers

    def _crm_feed(self, scores):
        """That he answered is a contact; it waits for no reply.

        What was said in a conversation that is in the ledger is no second contact.
        """
        spoken = self.env["crm.survey.invitation"].search(
            [("input_id", "in", self.ids), ("way", "=", "talk")]
        )
        told = spoken.input_id.filtered("crm_interaction_id")
        marks = {}
        for score in scores:
            marks.setdefault(score.input_id.id, []).append(
                f"{score.question_id.title} {score.value:g}"
            )
        self.env["crm.interaction"]._feed(
            [
                {
                    "channel": "form",
                    "external_key": f"survey:{answer.id}",
                    "company_id": answer._crm_get_company().id,
                    "direction": "in",
                    "started_at": answer.end_datetime,
                    "answered_at": answer.end_datetime,
                    "ended_at": answer.end_datetime,
                    "partner_id": answer.partner_id.id,
                    "subject": answer.survey_id.title,
                    "preview": " · ".join(marks.get(answer.id, [])),
                    "outcome": "done",
                    "res_model": answer._name,
                    "res_id": answer.id,
                }
                for answer in self - told
                if answer.partner_id
            ]
        )

    def _crm_keep_attributes(self):
        """Answers of questions that say so are written to the customer's attributes."""
        for answer in self.filtered("partner_id"):
            lines = answer.user_input_line_ids.filtered(
                lambda line: line.question_id.crm_attribute and line.answer_type
            )
            found = lines.grouped(lambda line: line.question_id.crm_attribute)
            if found:
                answer._crm_write_attributes(found)

    def _crm_write_attributes(self, found):
        """:param found: {attribute: survey.user_input.line, several where he ticked}"""
        partner = self.partner_id
        [values] = partner.read(["properties"])
        attributes = values["properties"]
        for attribute in attributes:
            lines = found.get(attribute["name"])
            if lines:
                attribute["value"] = lines._crm_as_attribute(attribute)
        partner.properties = attributes

    def _crm_hear(self, scores):
        """Words for the owner of the product, each once."""
        low = scores.filtered("is_low").input_id
        glad = scores.filtered("is_plus").input_id - low
        values = []
        for line in self.user_input_line_ids:
            words = line.value_text_box or line.value_char_box
            heard_as, answer = line.question_id.crm_heard_as, line.user_input_id
            if not heard_as or not words:
                continue
            if heard_as == "mark":
                heard_as = (
                    "complaint"
                    if answer in low
                    else "praise"
                    if answer in glad
                    else "wish"
                )
            values.append(
                {
                    "kind": heard_as,
                    "words": words,
                    "partner_id": answer.partner_id.id,
                    "company_id": answer._crm_get_company().id,
                    "product_tmpl_id": answer.survey_id.crm_product_id.product_tmpl_id.id,
                    "res_model": answer._name,
                    "res_id": answer.id,
                    "source_key": f"survey:{line.id}",
                }
            )
        keys = [row["source_key"] for row in values]
        voices = self.env["crm.voice"]
        known = voices.search([("source_key", "in", keys)]).mapped("source_key")
        return voices.create([row for row in values if row["source_key"] not in known])

    def _crm_give_points(self):
        """As many points as the loyalty program gives for an answered questionnaire."""
        for answer in self.filtered("partner_id"):
            company = answer._crm_get_company()
            cards = self.env["loyalty.card"].with_company(company)
            cards._crm_grant(answer.partner_id, "survey", answer)


class SurveyUser_InputLine(models.Model):
    _inherit = "survey.user_input.line"

    def _crm_as_attribute(self, attribute):
        """The answer as the attribute's type keeps it; what it cannot hold is left out.

        Several ticked answers are all kept by words; a choice of one, and a yes or no,
        stay as they were.
        """
        old, kind = attribute.get("value"), attribute["type"]
        if kind == "char":
            return ", ".join(str(line._get_answer_value()) for line in self)
        if kind in ("integer", "float"):
            is_number = self[-1].answer_type in ("scale", "numerical_box")
            return self[-1]._get_answer_value() if is_number else old
        if kind != "selection" or len(self) > 1:
            return old
        choices = {label: code for code, label in attribute["selection"]}
        return next(filter(None, map(choices.get, self._crm_get_labels())), old)

    def _crm_get_labels(self):
        """The answer's words in every language: he may have read any of them."""
        self.ensure_one()
        chosen = self.suggested_answer_id
        if not chosen:
            return [str(self._get_answer_value())]
        languages = self.env["res.lang"].get_installed()
        return [chosen.with_context(lang=code).value for code, _name in languages]


class CrmSurveyScore(models.Model):
    _inherit = "crm.survey.score"

    @api.model
    def _get_alert_words(self, score):
        return self.env._(
            "%(question)s %(mark)s. Call and ask what went wrong.",
            question=score.question_id.title,
            mark=f"{score.value:g}",
        )

    def _tell_salespeople(self):
        """A task for a bad answer: the customer's salesperson, else who asks."""
        model_id = self.env["ir.model"]._get_id("res.partner")
        kind = self.env.ref("mail.mail_activity_data_call")
        values, told = [], set()
        for score in self:
            survey, answer = score.survey_id, score.input_id
            if (
                not score.is_low
                or not survey.crm_alerts
                or not score.partner_id
                or answer.id in told
            ):
                continue
            told.add(answer.id)
            user = score.user_id if score.user_id.active else survey.user_id
            words = self.with_context(lang=user.lang)._get_alert_words(score)
            values.append(
                {
                    "res_model_id": model_id,
                    "res_id": score.partner_id.id,
                    "activity_type_id": kind.id,
                    "summary": survey.with_context(lang=user.lang).title,
                    "note": words,
                    "date_deadline": fields.Date.context_today(self),
                    "user_id": user.id or self.env.ref("base.user_admin").id,
                    "automated": True,
                }
            )
        return (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(values)
        )
