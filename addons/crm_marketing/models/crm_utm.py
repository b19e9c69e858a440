"""The only file that knows how the host keeps sources, media and campaigns.

The host is about to change them; whoever needs one asks here.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, escape_psql

MODELS = {"source": "utm.source", "medium": "utm.medium", "campaign": "utm.campaign"}
NEW_PER_DAY = 200  # names that strangers may add to each list within a day


class CrmUtm(models.AbstractModel):
    _name = "crm.utm"
    _description = "Access to Sources, Media and Campaigns"

    @api.model
    def _find_ids(self, names, now=None):
        """``{"source_id": id or None, "medium_id": …, "campaign_id": …}``

        A name that nobody knows is added; strangers write them, so at most
        ``NEW_PER_DAY`` a day: the rest has no origin.

        :param dict names: texts by ``source``, ``medium``, ``campaign``
        """
        now = now or fields.Datetime.now()
        return {
            f"{key}_id": self._find_id(model, names.get(key), now)
            for key, model in MODELS.items()
        }

    @api.model
    def _find_id(self, model, name, now):
        if not name:
            return None
        # sudo: a visitor's address names them, nobody reads anything
        records_sudo = self.env[model].sudo().with_context(active_test=False)
        # the host's own search takes % and _ of a stranger for wildcards
        found = records_sudo.search([("name", "=ilike", escape_psql(name))], limit=1)
        if found:
            return found.id
        since = [("create_date", ">", now - timedelta(days=1))]
        if records_sudo.search_count(since, limit=NEW_PER_DAY) >= NEW_PER_DAY:
            return None
        values = {"name": name}
        if "is_auto_campaign" in records_sudo._fields:
            values["is_auto_campaign"] = True
        return records_sudo.create(values).id

    @api.model
    def _match_campaigns(self, names):
        """``{name in small letters: id}`` by the identifier or the title in any language."""
        lowered = [name.lower() for name in names]
        campaigns = self.env["utm.campaign"].with_context(active_test=False)
        campaigns.flush_model(["name", "title"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT word.name, min(campaign.id)
                  FROM utm_campaign campaign
                 CROSS JOIN LATERAL (
                       SELECT lower(campaign.name) AS name
                        UNION SELECT lower(value) FROM jsonb_each_text(campaign.title)
                 ) word
                 WHERE word.name = ANY(%s) GROUP BY word.name
                """,
                lowered,
            )
        )
        return dict(rows)

    @api.model
    def _add_campaigns(self, names):
        """``{name: id}`` of new campaigns, as the one who imports them."""
        made = self.env["utm.campaign"].create([{"title": name} for name in names])
        return dict(zip(names, made.ids, strict=True))

    @api.model
    def _get_names(self, kind, ids):
        """``{id: name}`` of sources, media or campaigns that still exist."""
        # sudo: what an ad is called is no secret
        records_sudo = self.env[MODELS[kind]].sudo().with_context(active_test=False)
        found = records_sudo.search_fetch([("id", "in", list(ids))], ["name"])
        return {record.id: record.display_name for record in found}
