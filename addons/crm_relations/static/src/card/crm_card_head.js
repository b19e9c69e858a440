import {Component, useState} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {deserializeDate, deserializeDateTime, today} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useBus, useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

import {ALARMS_CHANGED} from "../alarm/alarm_service";
import {AlarmStrip} from "../alarm/alarm_strip";
import {useCrmCard} from "./crm_card_hook";
import {CrmCardWorth} from "./crm_card_worth";

/** The figures above the customer's form; each opens what it was counted from. */
export class CrmCardHead extends Component {
    static template = "crm_relations.CrmCardHead";
    static components = {AlarmStrip, CrmCardWorth};
    static props = {...standardWidgetProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({showsWorth: false});
        this.holder = useCrmCard(this.props, (props) => props.record.resId);
        useBus(this.env.bus, ALARMS_CHANGED, () => this.card?.load());
    }

    get card() {
        return this.holder.card;
    }

    get head() {
        return this.card?.head;
    }

    money(amount) {
        return formatCurrency(amount, this.head.currency_id);
    }

    get lastContact() {
        const contact = this.head.last_contact;
        return {
            ...contact,
            ago: deserializeDateTime(contact.at).toRelative(),
            arrow: contact.direction === "in" ? "fa-arrow-left" : "fa-arrow-right",
            arrowLabel: contact.direction === "in" ? _t("Incoming") : _t("Outgoing"),
        };
    }

    get classSince() {
        const {since} = this.head.customer_class;
        return since
            ? deserializeDate(since).toLocaleString({month: "short", year: "numeric"})
            : "";
    }

    toggleWorth() {
        this.state.showsWorth = !this.state.showsWorth;
    }

    get nextStep() {
        const step = this.head.next_step;
        const deadline = deserializeDate(step.deadline);
        return {
            ...step,
            when: deadline.toRelativeCalendar({unit: "days"}),
            isLate: deadline < today(),
            what: step.summary || step.type,
        };
    }

    // ------------------------------------------------- the lines under the figures

    get preferences() {
        const {channel, delivery, payment} = this.head.preferences;
        return [
            {...channel, key: "channel", icon: channel.icon || "fa-comment-o"},
            {...delivery, key: "delivery", icon: "fa-truck"},
            {...payment, key: "payment", icon: "fa-credit-card"},
        ]
            .filter((item) => item.text)
            .map((item) => ({
                ...item,
                title: item.is_told ? _t("Told us") : _t("By history"),
            }));
    }

    get promises() {
        return this.head.promises.items.map((promise) => {
            const due = deserializeDate(promise.due_date);
            return {
                ...promise,
                isLate: due < today(),
                when: due.toLocaleString({day: "numeric", month: "short"}),
                sum:
                    promise.kind === "pay" && promise.amount
                        ? formatCurrency(promise.amount, promise.currency_id)
                        : "",
            };
        });
    }

    /** A dialog; when it closes the card is read anew. */
    openDialog(action, context = {}) {
        return this.action.doAction(action, {
            additionalContext: context,
            onClose: () => this.card.load(),
        });
    }

    openForm(model, resId, name, context = {}) {
        return this.openDialog({
            type: "ir.actions.act_window",
            name,
            res_model: model,
            res_id: resId,
            views: [[false, "form"]],
            target: "new",
            context,
        });
    }

    logContact() {
        return this.openDialog("crm_relations.crm_interaction_log_action_partner", {
            default_partner_id: this.head.partner_id,
        });
    }

    planStep() {
        return this.openDialog({
            type: "ir.actions.act_window",
            name: _t("Schedule Activity"),
            res_model: "mail.activity.schedule",
            views: [[false, "form"]],
            target: "new",
            context: {
                active_model: "res.partner",
                active_ids: [this.head.partner_id],
                active_id: this.head.partner_id,
            },
        });
    }

    editPreferences() {
        return this.action.doAction("crm_relations.res_partner_action_habit", {
            props: {resId: this.head.partner_id},
            onClose: () => this.card.load(),
        });
    }

    openAsset(id) {
        return this.openDocument({model: "crm.customer.asset", id});
    }

    addAsset() {
        return this.openForm("crm.customer.asset", false, _t("New asset"), {
            default_partner_id: this.head.partner_id,
        });
    }

    openAssets() {
        return this.openList(
            _t("Assets"),
            "crm.customer.asset",
            [["partner_id", "child_of", this.head.customer_id]],
            {default_partner_id: this.head.partner_id},
            ["list", "kanban", "form"],
        );
    }

    openConsents() {
        return this.openList(_t("Consent"), "crm.consent", [
            ["partner_id", "in", [this.head.partner_id, this.head.customer_id]],
        ]);
    }

    recordConsent() {
        return this.openForm("crm.consent", false, _t("What did the customer say?"), {
            default_partner_id: this.head.partner_id,
        });
    }

    async openConsentPage() {
        const action = await this.orm.call("res.partner", "action_open_consent_page", [
            [this.head.partner_id],
        ]);
        return this.action.doAction(action);
    }

    async closePromise(id, method) {
        await this.orm.call("crm.promise", method, [[id]]);
        await this.card.load();
    }

    addPromise() {
        return this.openForm("crm.promise", false, _t("Promise"), {
            default_partner_id: this.head.partner_id,
        });
    }

    openPromises() {
        return this.openList(
            _t("Promises"),
            "crm.promise",
            [["partner_id", "child_of", this.head.partner_id]],
            {default_partner_id: this.head.partner_id},
            ["list", "kanban", "form"],
        );
    }

    openAcquaintance(id) {
        return this.openDocument({model: "res.partner", id});
    }

    addAcquaintance() {
        return this.openForm("crm.acquaintance", false, _t("Who knows whom"), {
            default_partner_id: this.head.partner_id,
        });
    }

    async openAcquaintances() {
        const action = await this.orm.call("res.partner", "action_open_acquaintances", [
            [this.head.partner_id],
        ]);
        return this.action.doAction(action);
    }

    openDocument({model, id}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openList(name, model, domain, context = {}, views = ["list", "form"]) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: model,
            views: views.map((type) => [false, type]),
            domain,
            context,
        });
    }

    openDeals() {
        return this.openList(
            _t("Open deals"),
            "crm.lead",
            [
                ["partner_id", "child_of", this.head.partner_id],
                ["type", "=", "opportunity"],
                ["won_status", "=", "pending"],
            ],
            {},
            ["list", "kanban", "form"],
        );
    }

    openUnpaid() {
        return this.openList(_t("Unpaid invoices"), "account.move", [
            ...this.invoiceDomain,
            ["payment_state", "in", ["not_paid", "partial"]],
        ]);
    }

    openRevenue() {
        return this.openList(_t("Invoices of 12 months"), "account.move", [
            ...this.invoiceDomain,
            ["date", ">", this.head.revenue_from],
        ]);
    }

    get invoiceDomain() {
        return [
            ["commercial_partner_id", "=", this.head.customer_id],
            ["move_type", "in", ["out_invoice", "out_refund", "out_receipt"]],
            ["state", "=", "posted"],
        ];
    }
}

export const crmCardHead = {component: CrmCardHead};

registry.category("view_widgets").add("crm_card_head", crmCardHead);
