"""Workers that invite to a questionnaire, killed in the middle of their batches.

``python killed_surveys.py CONF DATABASE KILLS PEOPLE``. The parent loads the registry once
and forks two workers per round; both are killed after a random time, then more people are
invited. At the end one round is left to finish, and what the database then says is
printed: one line of JSON.
"""

import json
import random
import time
from datetime import datetime

from killed_common import kill_round, start

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import SQL

NOW = datetime(2026, 3, 2, 10)


def prepare(env):
    env["mail.mail"].search([]).unlink()
    env["sms.sms"].search([]).unlink()
    env["crm.consent"]._get_purpose("email", "survey").has_quiet_hours = False
    survey = env["survey.survey"].create(
        {
            "title": "Killed",
            "question_and_page_ids": [
                (
                    0,
                    0,
                    {"title": "Mark", "question_type": "scale", "crm_measure": "nps"},
                )
            ],
        }
    )
    return survey.id


def invite(env, survey_id, number, key):
    """Of every six people one has a telephone alone, and one refused letters."""
    partners = env["res.partner"].create(
        [
            {
                "name": f"P{key}-{n}",
                "email": n % 6 and f"p{key}.{n}@example.com",
                "phone": f"+38050{key:04}{n:03}",
                "country_id": env.ref("base.ua").id,
            }
            for n in range(number)
        ]
    )
    env["crm.consent"].create(
        [
            {"partner_id": partner.id, "state": "refused", "kind": "any"}
            for partner in partners[1::6]
        ]
    )
    env["crm.survey.invitation"]._invite(
        env["survey.survey"].browse(survey_id),
        SQL("SELECT unnest(%s::int4[])", partners.ids),
        env["crm.segment"],
        NOW,
    )


JUDGE = """
    WITH mine AS (SELECT * FROM crm_survey_invitation WHERE survey_id = %(id)s)
    SELECT (SELECT count(*) FROM mine) AS invited,
           (SELECT count(*) FROM mine WHERE state = 'pending') AS waiting,
           (SELECT count(*) FROM mine WHERE state = 'skipped' AND reason = 'refused')
               AS refused,
           (SELECT count(*) FROM mine WHERE reason = 'error') AS failed,
           (SELECT count(*) FROM mine WHERE state = 'sent' AND way = 'email') AS by_email,
           (SELECT count(*) FROM mine WHERE state = 'sent' AND way = 'sms') AS by_sms,
           (SELECT count(*) FROM mail_mail) AS letters,
           (SELECT count(DISTINCT res_partner_id) FROM mail_mail_res_partner_rel)
               AS readers,
           (SELECT count(*) FROM sms_sms) AS messages,
           (SELECT count(DISTINCT partner_id) FROM sms_sms) AS listeners,
           (SELECT count(*) FROM survey_user_input WHERE survey_id = %(id)s) AS inputs,
           (SELECT count(*) FROM crm_interaction contact
               JOIN mine ON mine.partner_id = contact.partner_id) AS contacts
"""


def judge(env, survey_id, started):
    """What must hold, as numbers."""
    env.cr.execute(JUDGE, {"id": survey_id})
    names = [column.name for column in env.cr.description]
    found = dict(zip(names, env.cr.fetchone(), strict=True))
    return found | {"seconds": round(time.time() - started)}


def main(database, wanted, people):
    registry, chance, started = Registry(database), random.Random(7), time.time()
    kills = rounds = 0

    def in_transaction(work, *args):
        with registry.cursor() as cr:
            return work(api.Environment(cr, SUPERUSER_ID, {}), *args)

    survey_id = in_transaction(prepare)
    while kills < wanted and rounds < wanted * 3:
        rounds += 1
        in_transaction(invite, survey_id, people, rounds)
        delay = chance.uniform(0.02, 0.5)
        kills += kill_round(registry, "crm.survey.invitation", NOW, delay)
    kill_round(registry, "crm.survey.invitation", NOW, None)
    found = in_transaction(judge, survey_id, started)
    print(json.dumps(found | {"kills": kills, "rounds": rounds}), flush=True)


if __name__ == "__main__":
    start(main)
