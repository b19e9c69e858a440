import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {serializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";
import {EmailField} from "@web/views/fields/email/email_field";
import {PhoneField} from "@web/views/fields/phone/phone_field";
import {patch} from "@web/core/utils/patch";

const {DateTime} = luxon;
const FORGET_HOURS = 8; // who comes back later does not remember the call

/** Defaults of the quick form for the record whose number was dialled. */
export function getCallDefaults(model, resId, partnerId) {
    const defaults = {};
    if (model === "crm.lead") {
        defaults.default_lead_id = resId;
    }
    if (model === "res.partner") {
        defaults.default_partner_id = resId;
    } else if (partnerId) {
        defaults.default_partner_id = partnerId;
    }
    return defaults;
}

/** What the link carries, so that the outcome can be asked on return. */
const withContext = () => ({
    get crmCallContext() {
        const {resModel, resId, data} = this.props.record;
        return JSON.stringify(getCallDefaults(resModel, resId, data.partner_id?.id));
    },
});
patch(PhoneField.prototype, withContext());
patch(EmailField.prototype, withContext());

/** Which record the gate is asked about: [model, id]. */
export function getCallRecord(defaults) {
    return defaults.default_lead_id
        ? ["crm.lead", defaults.default_lead_id]
        : ["res.partner", defaults.default_partner_id];
}

/** {kind of contact: the link, where it stands, what is asked} */
const LINKS = {
    call: {
        selector: "a[href^='tel:']",
        holder: "[data-crm-call]",
        title: () => _t("Call now?"),
        confirm: () => _t("Call all the same"),
        cancel: () => _t("Do not call"),
    },
    email: {
        selector: "a[href^='mailto:']",
        holder: "[data-crm-mail]",
        title: () => _t("Write now?"),
        confirm: () => _t("Write all the same"),
        cancel: () => _t("Do not write"),
    },
};

/** The link that was clicked: {kind, link, defaults}; nothing when it is none of ours. */
function findLink(target) {
    for (const [kind, {selector, holder}] of Object.entries(LINKS)) {
        const link = target.closest?.(selector);
        const {crmCall, crmMail} = link?.closest(holder)?.dataset || {};
        const defaults = JSON.parse(crmCall || crmMail || "{}");
        if (Object.keys(defaults).length) {
            return {kind, link, defaults};
        }
    }
    return null;
}

/**
 * A click on a number or an address asks first whether anything speaks against it (what
 * the customer said, a blacklist, his night); who calls or writes decides. A click on a
 * number leaves for the telephone; on return the quick form asks how the call went, with
 * person, number and time filled in.
 */
export const crmCallReturnService = {
    dependencies: ["action", "dialog", "orm"],
    start(env, {action, dialog, orm}) {
        let call = null; // {number, at, defaults} of the call under way
        let isAway = false;
        let canLog = null;
        let asked = null; // the link that the gate was asked about

        const follow = (link) => {
            asked = link;
            link.click();
            asked = null;
        };
        const askGate = async ({kind, link, defaults}) => {
            let warning = "";
            try {
                warning = await orm.silent.call("crm.consent", "get_contact_warning", [
                    ...getCallRecord(defaults),
                    kind,
                ]);
            } catch (error) {
                follow(link); // no answer does not keep anybody from calling
                throw error;
            }
            if (!warning) {
                follow(link);
                return;
            }
            const words = LINKS[kind];
            dialog.add(ConfirmationDialog, {
                title: words.title(),
                body: warning,
                confirmLabel: words.confirm(),
                confirm: () => follow(link),
                cancelLabel: words.cancel(),
                cancel: () => {},
            });
        };
        const onClick = (ev) => {
            const found = findLink(ev.target);
            if (!found) {
                return;
            }
            const {kind, link, defaults} = found;
            if (link !== asked) {
                ev.preventDefault();
                ev.stopPropagation();
                askGate(found);
                return;
            }
            if (kind !== "call") {
                return;
            }
            canLog ??= user.hasGroup("sales_team.group_sale_salesman");
            isAway = false;
            call = {
                number: decodeURIComponent(link.getAttribute("href").slice(4)),
                at: DateTime.now(),
                defaults,
            };
        };
        const onLeave = () => {
            isAway = Boolean(call);
        };
        const onReturn = async () => {
            if (!call || !isAway || document.visibilityState === "hidden") {
                return;
            }
            const {number, at, defaults} = call;
            call = null;
            isAway = false;
            const elapsed = DateTime.now().diff(at, "minutes").minutes;
            if (elapsed > FORGET_HOURS * 60 || !(await canLog)) {
                return;
            }
            await action.doAction("crm_relations.crm_interaction_log_action_partner", {
                additionalContext: {
                    ...defaults,
                    default_number: number,
                    default_started_at: serializeDateTime(at),
                    default_minutes: Math.round(elapsed),
                },
                onClose: () => env.bus.trigger("CRM-CONTACT-LOGGED", defaults),
            });
        };

        document.addEventListener("click", onClick, {capture: true});
        window.addEventListener("blur", onLeave);
        window.addEventListener("focus", onReturn);
        document.addEventListener("visibilitychange", () =>
            document.visibilityState === "hidden" ? onLeave() : onReturn(),
        );
    },
};

registry.category("services").add("crm_call_return", crmCallReturnService);
