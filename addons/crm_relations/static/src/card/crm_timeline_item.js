import {Message} from "@mail/core/common/message";
import {Component, useState} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {deserializeDateTime, formatDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";

/** One row of the stream; opens in place, or leads to its document. */
export class CrmTimelineItem extends Component {
    static template = "crm_relations.CrmTimelineItem";
    static components = {Message};
    static props = {item: Object, icon: String, label: String, isCurrent: Boolean};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.store = useService("mail.store");
        this.state = useState({
            isOpen: false,
            isLoading: false,
            text: "",
            message: null,
        });
    }

    get item() {
        return this.props.item;
    }

    get at() {
        return deserializeDateTime(this.item.at);
    }

    get time() {
        return this.at.toLocaleString(luxon.DateTime.TIME_SIMPLE);
    }

    get fullTime() {
        return formatDateTime(this.at);
    }

    get name() {
        return this.item.channel || this.props.label;
    }

    get direction() {
        return {in: _t("incoming"), out: _t("outgoing")}[this.item.direction] || "";
    }

    get directionIcon() {
        return {in: "fa-arrow-left", out: "fa-arrow-right"}[this.item.direction] || "";
    }

    get people() {
        const {direction, who, person} = this.item;
        const both = direction === "in" ? [person, who] : [who, person];
        return both.filter(Boolean).join(" → ");
    }

    get amount() {
        return formatCurrency(this.item.amount, this.item.currency_id);
    }

    get hasAmount() {
        return this.item.is_open && this.item.amount !== false;
    }

    get duration() {
        const seconds = this.item.seconds;
        return seconds
            ? luxon.Duration.fromObject({seconds}).toFormat(
                  seconds < 3600 ? "m:ss" : "h:mm:ss",
              )
            : "";
    }

    /** Enter and click do the same: open the body in place, else the document. */
    async toggle() {
        if (!this.item.is_open) {
            return;
        }
        if (!this.item.has_body) {
            return this.openDocument();
        }
        if (!this.state.isOpen && this.state.message === null) {
            this.state.isLoading = true;
            try {
                await this.loadBody();
            } finally {
                this.state.isLoading = false;
            }
        }
        this.state.isOpen = !this.state.isOpen;
    }

    async loadBody() {
        const {source, id} = this.item;
        const result = await this.orm.silent.call("crm.timeline", "load_item", [
            source,
            id,
        ]);
        if (result.store) {
            this.store.insert(result.store);
        }
        this.state.text = result.text;
        this.state.message = result.message_id
            ? this.store["mail.message"].get(result.message_id)
            : false;
    }

    openDocument() {
        if (!this.item.document) {
            return;
        }
        const {model, id} = this.item.document;
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}
