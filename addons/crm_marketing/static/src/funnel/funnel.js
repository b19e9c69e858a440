import {Component, onWillStart, useState} from "@odoo/owl";
import {deserializeDate, serializeDate} from "@web/core/l10n/dates";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {formatFloat, formatMonetary} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

const {DateTime} = luxon;

// From the click to the money: a bar per step, its money, what one of it cost.
export class CampaignFunnel extends Component {
    static template = "crm_marketing.CampaignFunnel";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        const today = DateTime.local();
        this.state = useState({
            from: serializeDate(today.minus({months: 12}).plus({days: 1})),
            to: serializeDate(today),
            campaign: false,
            funnel: null,
        });
        this.display = {controlPanel: {}};
        onWillStart(() => this.load());
    }

    get periods() {
        const today = DateTime.local();
        return [
            [_t("This month"), today.startOf("month"), today],
            [
                _t("Last month"),
                today.minus({months: 1}).startOf("month"),
                today.minus({months: 1}).endOf("month"),
            ],
            [_t("This year"), today.startOf("year"), today],
            [_t("12 months"), today.minus({months: 12}).plus({days: 1}), today],
        ].map(([label, from, to]) => ({
            label,
            from: serializeDate(from),
            to: serializeDate(to),
        }));
    }

    get args() {
        return [this.state.from, this.state.to, this.state.campaign];
    }

    async load() {
        const asked = JSON.stringify(this.args);
        const funnel = await this.orm.call(
            "crm.campaign.report",
            "get_funnel",
            this.args,
        );
        if (asked === JSON.stringify(this.args)) {
            this.state.funnel = funnel;
        }
    }

    setPeriod(period) {
        Object.assign(this.state, {from: period.from, to: period.to});
        return this.load();
    }

    setDay(name, ev) {
        if (ev.target.value && deserializeDate(ev.target.value).isValid) {
            this.state[name] = ev.target.value;
            return this.load();
        }
    }

    setCampaign(ev) {
        this.state.campaign = Number(ev.target.value) || false;
        return this.load();
    }

    get rows() {
        const {steps} = this.state.funnel;
        const most = Math.max(...steps.map((step) => step.count), 1);
        return steps.map((step, index) => {
            const before = index ? steps[index - 1].count : 0;
            return {
                ...step,
                // the root lets small steps be seen beside thousands of clicks
                width: Math.max(4, 100 * Math.sqrt(step.count / most)),
                part: before ? (100 * step.count) / before : null,
            };
        });
    }

    count(value) {
        return formatFloat(value, {digits: [16, 0]});
    }

    percent(value) {
        return `${formatFloat(value, {digits: [16, 1]})} %`;
    }

    money(value) {
        return formatMonetary(value, {currencyId: this.state.funnel.currency_id});
    }

    async open(step) {
        const action = await this.orm.call("crm.campaign.report", "get_funnel_action", [
            step,
            ...this.args,
        ]);
        return this.action.doAction(action);
    }
}

registry.category("actions").add("crm_marketing.funnel", CampaignFunnel);
