import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {serializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";
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

patch(PhoneField.prototype, {
    /** What the link carries, so that the outcome can be asked on return. */
    get crmCallContext() {
        const {resModel, resId, data} = this.props.record;
        return JSON.stringify(getCallDefaults(resModel, resId, data.partner_id?.id));
    },
});

/** Which record the gate is asked about: [model, id]. */
export function getCallRecord(defaults) {
    return defaults.default_lead_id
        ? ["crm.lead", defaults.default_lead_id]
        : ["res.partner", defaults.default_partner_id];
}

/**
 * A click on a number asks first whether anything speaks against the call (what the
 * customer said, a blacklist, his night); who dials decides. A click on a number leaves for the telephone; on return the quick form asks how the
 * call went, with person, number and time filled in.
 */
export const crmCallReturnService = {
    dependencies: ["action", "dialog", "orm"],
    start(env, {action, dialog, orm}) {
        let call = null; // {number, at, defaults} of the call under way
        let isAway = false;
        let canLog = null;
        let asked = null; // the link that the gate was asked about

        const dial = (link) => {
            asked = link;
            link.click();
            asked = null;
        };
        const askGate = async (link, defaults) => {
            let warning = "";
            try {
                warning = await orm.silent.call("crm.consent", "get_contact_warning", [
                    ...getCallRecord(defaults),
                    "call",
                ]);
            } catch (error) {
                dial(link); // no answer does not keep anybody from calling
                throw error;
            }
            if (!warning) {
                dial(link);
                return;
            }
            dialog.add(ConfirmationDialog, {
                title: _t("Call now?"),
                body: warning,
                confirmLabel: _t("Call all the same"),
                confirm: () => dial(link),
                cancelLabel: _t("Do not call"),
                cancel: () => {},
            });
        };
        const onClick = (ev) => {
            const link = ev.target.closest?.("a[href^='tel:']");
            const context = link?.closest("[data-crm-call]")?.dataset.crmCall;
            if (!context || !Object.keys(JSON.parse(context)).length) {
                return;
            }
            if (link !== asked) {
                ev.preventDefault();
                ev.stopPropagation();
                askGate(link, JSON.parse(context));
                return;
            }
            canLog ??= user.hasGroup("sales_team.group_sale_salesman");
            isAway = false;
            call = {
                number: decodeURIComponent(link.getAttribute("href").slice(4)),
                at: DateTime.now(),
                defaults: JSON.parse(context),
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
