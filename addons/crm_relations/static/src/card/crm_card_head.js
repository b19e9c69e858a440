import {Component} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {deserializeDate, deserializeDateTime, today} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

import {useCrmCard} from "./crm_card_hook";

/** The figures above the customer's form; each opens what it was counted from. */
export class CrmCardHead extends Component {
    static template = "crm_relations.CrmCardHead";
    static props = {...standardWidgetProps};

    setup() {
        this.action = useService("action");
        this.holder = useCrmCard(this.props, (props) => props.record.resId);
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

    openDocument({model, id}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openList(name, model, domain, context = {}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: model,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain,
            context,
        });
    }

    openDeals() {
        return this.openList(_t("Open deals"), "crm.lead", [
            ["partner_id", "child_of", this.head.partner_id],
            ["type", "=", "opportunity"],
            ["won_status", "=", "pending"],
        ]);
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
