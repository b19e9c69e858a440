from odoo import fields, models
from odoo.tools import SQL

LEAST = 2  # people who used a word: what one alone wrote is no group
# endings of Ukrainian nouns, adjectives and verbs, longest first
ENDINGS = (
    "(ування|ення|ання|ість|ості|ими|ого|ому|ами|ями|ати|ити|ють|ять|ого|ий|ій|ою|ею|"
    "их|ах|ях|ів|ам|ям|ом|ем|им|а|я|у|ю|и|і|о|е|ь)$"
)
SILENT = (
    "але бути вам вас від він вона вони воно дуже для його коли мене мені мною наш нам "
    "нас ваш про при так там тим тут хто цей цього чому щоб який яка які або було були "
    "була буде без вже ще тому тоді якщо після перед через між під над все всі"
)


class CrmSurveyWord(models.Model):
    """What open answers speak of: words by their stem, with how many people used them."""

    _name = "crm.survey.word"
    _description = "Words of Answers"
    _auto = False
    _order = "people DESC, name"

    name = fields.Char(string="Word", readonly=True, help="Its most frequent form.")
    stem = fields.Char(readonly=True, export_string_translation=False)
    language = fields.Char(readonly=True)
    survey_id = fields.Many2one("survey.survey", string="Questionnaire", readonly=True)
    question_id = fields.Many2one("survey.question", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    people = fields.Integer(string="Answers", readonly=True)
    low_people = fields.Integer(
        string="Of them bad", readonly=True, help="Who gave a bad mark beside it."
    )
    line_ids = fields.Many2many("survey.user_input.line", compute="_compute_line_ids")

    def _compute_line_ids(self):
        rows = dict(
            self.env.execute_query(
                SQL(
                    "SELECT found.id, found.lines FROM (%s) AS found WHERE id = ANY(%s)",
                    self._select(SQL(", array_agg(DISTINCT line_id) AS lines")),
                    self.ids,
                )
            )
            if self.ids
            else ()
        )
        for row in self:
            row.line_ids = rows.get(row.id, [])

    @property
    def _table_query(self):
        return self._select(SQL())

    def _select(self, more):
        """Each word once for an answer; stop words have no stem and fall out."""
        return SQL(
            """
            SELECT ('x' || substr(md5(question_id || ':' || language || ':' || stem), 1, 13))
                   ::bit(52)::int8 AS id, -- no two alike, and whole numbers in JavaScript
                   mode() WITHIN GROUP (ORDER BY word) AS name, stem, language, survey_id,
                   question_id, company_id, count(DISTINCT line_id)::int4 AS people,
                   count(DISTINCT line_id) FILTER (WHERE is_low)::int4 AS low_people
                   %(more)s
              FROM (
                SELECT line.id AS line_id, line.question_id, answer.survey_id,
                       survey.crm_company_id AS company_id, said.word, said.language,
                       COALESCE((SELECT score.is_low FROM crm_survey_score score
                         WHERE score.input_id = answer.id AND score.is_low LIMIT 1),
                         FALSE) AS is_low,
                       CASE WHEN said.language = 'uk' THEN
                                 CASE WHEN said.word = ANY(%(silent)s) THEN NULL
                                      ELSE regexp_replace(said.word, %(endings)s, '') END
                            WHEN said.language = 'ru' THEN
                                 (tsvector_to_array(to_tsvector('russian', said.word)))[1]
                            ELSE (tsvector_to_array(to_tsvector('english', said.word)))[1]
                       END AS stem
                  FROM survey_user_input_line line
                  JOIN survey_user_input answer ON answer.id = line.user_input_id
                   AND answer.state = 'done' AND answer.test_entry IS NOT TRUE
                   AND answer.crm_is_hidden IS NOT TRUE
                  JOIN survey_survey survey ON survey.id = answer.survey_id
                  LEFT JOIN res_partner person ON person.id = answer.partner_id
                  LEFT JOIN res_lang lang ON lang.id = answer.lang_id
                 CROSS JOIN LATERAL regexp_split_to_table(
                       lower(COALESCE(line.value_text_box, line.value_char_box)),
                       '[^[:alpha:]''’-]+') AS raw(word)
                 CROSS JOIN LATERAL (SELECT raw.word, CASE
                       WHEN raw.word !~ '[а-яёіїєґ]' THEN 'en'
                       WHEN COALESCE(line.value_text_box, line.value_char_box)
                            ~* '[іїєґ]' THEN 'uk'
                       WHEN COALESCE(line.value_text_box, line.value_char_box)
                            ~* '[ыэъё]' THEN 'ru'
                       ELSE left(COALESCE(lang.code, person.lang, 'uk'), 2) END
                       AS language) said
                 WHERE length(raw.word) > 2
              ) AS words
             WHERE stem <> ''
             GROUP BY survey_id, question_id, company_id, language, stem
            HAVING count(DISTINCT line_id) >= %(least)s
            """,
            more=more,
            silent=SILENT.split(),
            endings=ENDINGS,
            least=LEAST,
        )

    _depends = {
        "survey.user_input": ["state", "partner_id", "crm_is_hidden"],
        "survey.user_input.line": ["value_text_box", "value_char_box"],
        "crm.survey.score": ["is_low"],
    }

    def action_open_lines(self):
        """The answers with this word, in full."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answers with “%(word)s”", word=self.name),
            "res_model": "survey.user_input.line",
            "views": [
                (
                    self.env.ref(
                        "crm_marketing_survey.survey_user_input_line_view_list_words"
                    ).id,
                    "list",
                ),
                (False, "form"),
            ],
            "domain": [("id", "in", self.line_ids.ids)],
        }
