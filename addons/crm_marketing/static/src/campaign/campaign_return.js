import {Component, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {DateTimeInput} from "@web/core/datetime/datetime_input";
import {deserializeDate, serializeDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const isSmall = (amount) => amount !== 0 && Math.abs(amount) < 100;

/** What a campaign cost and brought, by each attribution model side by side. */
export class CampaignReturn extends Component {
    static template = "crm_marketing.CampaignReturn";
    static components = {DateTimeInput};
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({data: null, asOf: false, segmentId: false});
        onWillStart(() => this.load(this.props.record.resId));
        onWillUpdateProps(({record}) => this.load(record.resId));
    }

    async load(id) {
        this.state.data = id
            ? await this.orm.call("utm.campaign", "crm_get_return", [
                  [id],
                  this.state.asOf,
                  this.state.segmentId,
              ])
            : null;
    }

    get date() {
        return this.state.asOf ? deserializeDate(this.state.asOf) : false;
    }

    async setDate(date) {
        this.state.asOf = date ? serializeDate(date) : false;
        await this.load(this.props.record.resId);
    }

    async setSegment(id) {
        this.state.segmentId = Number(id) || false;
        await this.load(this.props.record.resId);
    }

    money(amount) {
        const {currency_id: currency} = this.state.data;
        // cents only where they matter: costs of one
        return amount === null || amount === undefined
            ? "–"
            : formatCurrency(amount, currency, {digits: [16, isSmall(amount) ? 2 : 0]});
    }

    percent(part) {
        return part === null || part === undefined
            ? "–"
            : `${Math.round(100 * part)} %`;
    }

    number(count) {
        return Number.isInteger(count) ? count : count.toFixed(1);
    }

    payback(days) {
        return days === null || days === undefined ? _t("not yet") : _t("%s d", days);
    }

    /** Kinds of cost behind the sum; a campaign without ads has only bills. */
    get isOver() {
        return this.state.data.facts.used > 100;
    }

    get reasons() {
        return this.state.data.reasons
            .slice(0, 3)
            .map(([name, count]) => `${name} ${count}`)
            .join(", ");
    }

    async open(method) {
        const action = await this.orm.call("utm.campaign", method, [
            [this.props.record.resId],
        ]);
        this.action.doAction(action);
    }
}

export const campaignReturn = {component: CampaignReturn};

registry.category("view_widgets").add("crm_campaign_return", campaignReturn);
