import base64
import binascii
import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from markupsafe import Markup

from odoo import api, models
from odoo.tools import SQL, email_normalize
from odoo.tools.mimetypes import guess_mimetype

from ..tools import web_form

DOUBLE_SECONDS = 60  # a second click on the same button
REFUSED_TYPES = ("application/x-msdownload", "application/x-dosexec", "text/html")


class CrmWebFormIntake(models.AbstractModel):
    """Takes a submission in: limits, checks, one arrival and one row of the ledger."""

    _name = "crm.web.form.intake"
    _description = "Intake of Web Forms"

    @api.model
    def _take(self, form, data, files, address, now):
        """Take one submission in.

        :param form: ``crm.web.form``, superuser, in the form's company.
        :param dict data: what was posted.
        :param list files: ``[(name, bytes)]``.
        :param str address: network address of the sender.
        :return: ``(status, payload)`` as HTTP wants them.
        """
        sender = self._hash_address(address)
        if form._is_over_limit(sender, now):
            return 429, {
                "ok": False,
                "error": self.env._("Too many messages. Wait a minute."),
            }
        data = dict(data)
        if data.pop(form.honeypot_name, None):
            self._log_hit(form, sender, "robot", now)
            return 200, self._thanks(form)
        known, extras, wrong = web_form.clean(data)
        errors = dict.fromkeys(wrong, "invalid")
        errors |= web_form.check(known, extras, form._get_required())
        products = self._find_products(form, known, errors)
        errors |= self._check_files(form, files)
        if errors:
            self._log_hit(form, sender, "wrong", now)
            texts = self._error_texts()
            return 400, {
                "ok": False,
                "errors": {k: texts[v] for k, v in errors.items()},
            }
        prefix, key = self._make_key(form, known, extras, files)
        if self._is_double(form, prefix, key, now):
            self._log_hit(form, sender, "double", now)
            return 200, self._thanks(form)
        self._accept(form, known, extras, products, files, key, now)
        self._log_hit(form, sender, "accepted", now)
        return 200, self._thanks(form)

    @api.model
    def _thanks(self, form):
        return {
            "ok": True,
            "message": form.thank_you or "",
            "redirect": form.thank_you_url or "",
        }

    @api.model
    def _error_texts(self):
        return {
            "required": self.env._("This is needed."),
            "contact": self.env._("An e-mail address or a phone number is needed."),
            "invalid": self.env._("This does not look right."),
            "too_long": self.env._("This is too long."),
            "too_many": self.env._("There are too many fields."),
            "unknown": self.env._("We do not offer this here."),
            "files_count": self.env._("There are too many files."),
            "files_size": self.env._("The files are too big."),
            "files_type": self.env._("Files of this kind are not taken."),
        }

    # -- limits --------------------------------------------------------------

    @api.model
    def _hash_address(self, address):
        # sudo: the secret is read, never shown
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        return hmac.new(secret.encode(), (address or "").encode(), sha256).hexdigest()[
            :32
        ]

    @api.model
    def _log_hit(self, form, sender, state, now):
        hits = self.env["crm.web.form.hit"]
        hits.create(
            {
                "form_id": form.id,
                "address_hash": sender,
                "state": state,
                "created_at": now,
            }
        ).flush_recordset()

    # -- checks --------------------------------------------------------------

    @api.model
    def _find_products(self, form, known, errors):
        """The product asked for: by id or internal reference, of this form's only."""
        value = known.get("product")
        products = self.env["product.product"]
        if not value:
            return products
        products = form.product_ids.filtered(
            lambda product: value in (str(product.id), product.default_code)
        )[:1]
        if not products:
            errors.setdefault("product", "unknown")
        return products

    @api.model
    def _check_files(self, form, files):
        if len(files) > form.max_files:
            return {"files": "files_count"}
        if (
            sum(len(content) for _name, content in files)
            > form.max_file_kilobytes * 1000
        ):
            return {"files": "files_size"}
        if any(guess_mimetype(content) in REFUSED_TYPES for _name, content in files):
            return {"files": "files_type"}
        return {}

    @api.model
    def _decode_files(self, items):
        """Files of a JSON body: ``[{"name": …, "content": base64}]``; None when wrong."""
        if not isinstance(items, list):
            return None
        try:
            return [
                (
                    web_form.storable(str(item["name"]))[:200],
                    base64.b64decode(item["content"], validate=True),
                )
                for item in items
            ]
        except (KeyError, TypeError, ValueError, binascii.Error):
            return None

    # -- once and not twice --------------------------------------------------

    @api.model
    def _make_key(self, form, known, extras, files):
        """``(prefix, key)``: the client's own uuid, else the hash of what was said."""
        if known.get("uuid"):
            key = f"form:{form.id}:{known['uuid']}"
            return key, key
        prefix = f"form:{form.id}:{web_form.fingerprint(known, extras, files)}"
        return prefix, f"{prefix}:{secrets.token_hex(4)}"

    @api.model
    def _is_double(self, form, prefix, key, now):
        """Whether this was taken in already; the same words count for a minute.

        The lock makes two clicks queue up, and is kept until commit. Our own snapshot
        is older than the lock, so what the other click committed is looked up by
        a cursor of its own.
        """
        self.env.execute_query(
            SQL("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", prefix)
        )
        query = SQL(
            """
            SELECT 1 FROM crm_interaction
             WHERE company_id = %(company)s AND channel_id = %(channel)s
               AND %(found)s
             LIMIT 1
            """,
            company=form.company_id.id,
            channel=self.env.ref("crm_relations.crm_channel_form").id,
            found=SQL("external_key = %s", key)
            if prefix == key
            else SQL(
                "started_at > %s AND starts_with(external_key, %s)",
                now - timedelta(seconds=DOUBLE_SECONDS),
                prefix,
            ),
        )
        self.env["crm.interaction"].flush_model()
        if self.env.execute_query(query):
            return True
        with self.env.registry.cursor() as fresh:
            fresh.execute(query)
            return bool(fresh.fetchone())

    # -- in ------------------------------------------------------------------

    @api.model
    def _accept(self, form, known, extras, products, files, key, now):
        arrival = self.env["crm.arrival"]
        partner = arrival._identify(
            known.get("email"), known.get("phone"), form.company_id
        )
        channel = self.env.ref("crm_relations.crm_channel_form")
        vals = {
            "channel": channel,
            "company": form.company_id,
            "team": form.team_id,
            "partner": partner,
            "name": self._make_subject(form, known, products),
            "email": known.get("email"),
            "phone": known.get("phone"),
            "contact_name": known.get("name"),
            "partner_name": known.get("company"),
            "description": self._describe(known, extras, partner),
            "products": products,
            "tags": form.tag_ids,
            **self._find_utm(form, known),
        }
        attachments = self._save_files(files)
        vals["attachment_ids"] = attachments.ids
        document = arrival._arrive(vals, now)
        attachments.write({"res_model": document._name, "res_id": document.id})
        self._write_interaction(form, vals, document, key, known, now)

    @api.model
    def _make_subject(self, form, known, products):
        first_line = known.get("message", "").partition("\n")[0][:80]
        asked = ", ".join(products.mapped("display_name"))
        return known.get("subject") or asked or first_line or form.name

    @api.model
    def _describe(self, known, extras, partner):
        """What was said, as HTML for the lead or the note."""
        message = Markup("<br/>").join(known.get("message", "").splitlines())
        rows = dict(extras)
        if partner:
            # the lead shows the card's own address; what was typed must not be lost
            if email_normalize(known.get("email") or "") != partner.email_normalized:
                rows[self.env._("E-mail")] = known.get("email")
            rows[self.env._("Phone")] = known.get("phone")
            rows[self.env._("Name")] = known.get("name")
            rows[self.env._("Company")] = known.get("company")
        rows[self.env._("Page")] = known.get("page")
        items = Markup("").join(
            Markup("<li>%s: %s</li>") % (name, value)
            for name, value in rows.items()
            if value
        )
        return Markup("<p>%s</p>") % message + (items and Markup("<ul>%s</ul>") % items)

    @api.model
    def _find_utm(self, form, known):
        utm = self.env["utm.mixin"]
        return {
            f"{name}_id": utm._find_or_create_record(
                f"utm.{name}", known[f"utm_{name}"]
            ).id
            if known.get(f"utm_{name}")
            else form[f"{name}_id"].id
            for name in ("source", "medium", "campaign")
        }

    @api.model
    def _save_files(self, files):
        # plainxml: what a stranger sends is never shown as a page of ours
        attachments = self.env["ir.attachment"].with_context(
            attachments_mime_plainxml=True
        )
        return attachments.create(
            [{"name": name or "file", "raw": content} for name, content in files]
        )

    @api.model
    def _write_interaction(self, form, vals, document, key, known, now):
        lead = document if document._name == "crm.lead" else self.env["crm.lead"]
        team = document.team_id if "team_id" in document._fields else form.team_id
        row = {
            "company_id": form.company_id.id,
            "channel": "form",
            "external_key": key,
            "direction": "in",
            "started_at": now,
            "partner_id": vals["partner"].id,
            "lead_id": lead.id,
            "raw_address": known.get("email") or known.get("phone"),
            "address_kind": "email" if known.get("email") else "phone",
            "owner_id": document.user_id.id,
            "team_id": team.id,
            "source_id": vals["source_id"],
            "medium_id": vals["medium_id"],
            "campaign_id": vals["campaign_id"],
            "subject": vals["name"],
            "preview": " ".join(known.get("message", "").split()),
            "page": known.get("page"),
            "res_model": document._name,
            "res_id": document.id,
        }
        self.env["crm.interaction"]._feed([row])
