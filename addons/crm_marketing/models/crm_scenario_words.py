"""What a step says to one person: names, dates and codes put into its words."""

import re
from datetime import date, timedelta

from markupsafe import Markup, escape

from odoo import models
from odoo.tools import SQL, format_date

from ..tools.scenario_text import fill
from ..tools.scenario_time import to_local

# pages about being contacted count nobody
UNCOUNTED = ("/unsubscribe_from_list", "/view", "/cards", r"/crm/consent")
# days that one writes before or after
SHIFTED = ("birthday", "asset_service", "asset_since")
OWN_LINK = re.compile(r"""href=["'][^"']*\{""")


def put_words(record, name, words):
    """Translate a field into those of the languages that are installed.

    :param words: {code of a language: text or HTML with as many terms}
    """
    field = record._fields[name]
    installed = dict(record.env["res.lang"].get_installed())
    for lang in words.keys() & installed.keys():
        value = words[lang]
        if callable(field.translate):
            terms = field.get_trans_terms(record[name])
            value = dict(zip(terms, field.get_trans_terms(value), strict=True))
        record.update_field_translations(name, {lang: value})


class CrmScenario(models.Model):
    _inherit = "crm.scenario"

    def _put_words(self, name, words):
        put_words(self, name, words)


class CrmScenarioStep(models.Model):
    _inherit = "crm.scenario.step"

    def _get_letter(self, partner, words, url, count_links=None):
        """(subject, body with the way out of it) for one person, in his language.

        :param url: of his own page about being contacted
        :param count_links: what makes the links of a body such that clicks are counted
        """
        count_links = count_links or (lambda body: body)
        step = self.with_context(lang=partner.lang or self.env.lang)
        if self.template_id:
            # sudo: who may choose a template lets it be sent
            template_sudo = self.template_id.sudo()
            found = template_sudo._generate_template(
                partner.ids, ("subject", "body_html")
            )
            values = found[partner.id]
            subject, body = values["subject"], count_links(values["body_html"])
        else:
            subject = fill(step.subject, words)
            body = fill(
                # once for all who read it, but for links that differ from person to person
                step.body
                if OWN_LINK.search(step.body or "")
                else count_links(step.body),
                words,
                escape=lambda text: str(escape(text)),
            )
            body = Markup(body)
            if OWN_LINK.search(step.body or ""):
                body = count_links(body)
        return subject, Markup("%s%s") % (body or "", step._get_way_out(url))

    def _put_words(self, name, words):
        put_words(self, name, words)

    def _get_link_counter(self):
        """What puts the host's counted links into a body; each body is written once."""
        # sudo: links and their figures are the host's
        renderer_sudo = self.env["mail.render.mixin"].sudo()
        # with a title the host does not fetch the page
        values = {
            **self.mailing_id.sudo()._get_link_tracker_values(),
            "title": self.summary,
        }
        base = self.scenario_id.company_id.get_base_url()
        written = {}  # {body: body}

        def count_links(body):
            if body not in written:
                written[body] = renderer_sudo._shorten_links(
                    body, values, UNCOUNTED, base_url=base
                )
            return written[body]

        return count_links

    def _get_way_out(self, url):
        return Markup(
            '<p style="font-size:12px;color:#666"><a href="%s">%s</a></p>'
        ) % (
            url,
            self.env._("Choose what we may write to you about, or stop it"),
        )

    def _get_text(self, partner, words):
        step = self.with_context(lang=partner.lang or self.env.lang)
        return fill(step.text, words)


class CrmScenarioRun(models.Model):
    _inherit = "crm.scenario.run"

    def _get_words(self):
        """{run id: what stands for {name}, {thing}, {date}, {company} and {coupon}}.

        As many queries for one person as for all.
        """
        things, coupons = self._get_things(), self._get_coupons()
        words = {}
        for run in self:
            partner = run.partner_id
            words[run.id] = {
                "name": partner.name or "",
                "thing": things.get(run.id, ""),
                "date": format_date(
                    self.env, run._get_told_day(), lang_code=partner.lang
                ),
                "company": run.company_id.name,
                "coupon": coupons.get(run.id, ""),
            }
        return words

    def _get_told_day(self):
        """What the person knows it by: the day itself, not the day we write about it.

        Of a silent one the last order's, of a quotation when it was sent; by his clock.
        """
        self.ensure_one()
        scenario = self.scenario_id
        if scenario.trigger in SHIFTED:
            return self.occurred_on - timedelta(days=scenario.offset_days)
        if scenario.trigger == "silent":
            return date.fromisoformat(self.occurrence.split(":")[1])
        if self.occurred_on:
            return self.occurred_on
        at = self.occurred_at or self.started_at
        if scenario.trigger == "quotation":
            at -= timedelta(days=scenario.quotation_days)
        partner = self.partner_id
        zones = partner._get_crm_time_zones(at)
        return to_local(at, zones[partner.id][0] if partner else "UTC").date()

    def _get_things(self):
        """{run id: name of what it is about, in the person's language}"""
        things = {}
        kinds = self.filtered(lambda run: run.res_id and run.res_model in self.env)
        for (model, lang), runs in kinds.grouped(
            lambda run: (run.res_model, run.partner_id.lang or self.env.lang)
        ).items():
            records = self.env[model].with_context(lang=lang)
            found = {
                record.id: record.display_name or ""
                for record in records.browse({run.res_id for run in runs}).exists()
            }
            things |= {run.id: found[run.res_id] for run in runs if run.res_id in found}
        return things

    def _get_coupons(self):
        """{run id: the code that the last coupon step of the run made}"""
        self.env["crm.scenario.event"].flush_model()
        self.env["loyalty.card"].flush_model(["code"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT ON (event.run_id) event.run_id, card.code
                      FROM crm_scenario_event event
                      JOIN loyalty_card card ON card.id = event.res_id
                     WHERE event.run_id = ANY(%s) AND event.kind = 'coupon'
                       AND event.state = 'sent' AND event.res_model = 'loyalty.card'
                     ORDER BY event.run_id, event.id DESC
                    """,
                    self.ids,
                )
            )
        )
