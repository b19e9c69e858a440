import {Component} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {deserializeDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";

/** What a customer brought: the waterfall of a year and 24 months of revenue and margin. */
export class CrmCardWorth extends Component {
    static template = "crm_relations.CrmCardWorth";
    static props = {partnerId: Number, currencyId: Number, worth: Object};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    money(amount) {
        return formatCurrency(amount, this.props.currencyId);
    }

    /** Bars of the waterfall, in per cent of the widest reach from the lowest point. */
    get bars() {
        const {bars, profit} = this.props.worth;
        let level = 0;
        const steps = bars.map((bar) => {
            const from = level;
            level += bar.amount;
            return {...bar, low: Math.min(from, level), high: Math.max(from, level)};
        });
        steps.push({
            key: "profit",
            label: profit < 0 ? _t("Loss") : _t("Profit"),
            amount: profit,
            low: Math.min(0, profit),
            high: Math.max(0, profit),
        });
        const lowest = Math.min(0, ...steps.map((step) => step.low));
        const reach = Math.max(0, ...steps.map((step) => step.high)) - lowest || 1;
        return steps.map((step) => ({
            ...step,
            style:
                `inset-inline-start: ${(100 * (step.low - lowest)) / reach}%; ` +
                `width: ${Math.max(0.5, (100 * (step.high - step.low)) / reach)}%`,
            class: this.getBarClass(step),
        }));
    }

    getBarClass(step) {
        if (step.key === "profit") {
            return step.amount < 0 ? "bg-danger" : "bg-success";
        }
        return step.amount < 0 ? "bg-warning" : "bg-info";
    }

    /** Columns of the chart: heights in per cent, losses hang below the line. */
    get months() {
        const {months} = this.props.worth;
        const amounts = months.flatMap(({revenue, margin}) => [revenue, margin]);
        const lowest = Math.min(0, ...amounts);
        const reach = Math.max(0, ...amounts) - lowest || 1;
        const bar = (amount) =>
            `bottom: ${(100 * (Math.min(0, amount) - lowest)) / reach}%; ` +
            `height: ${(100 * Math.abs(amount)) / reach}%`;
        return months.map((row, index) => {
            const day = deserializeDate(row.month);
            const name = day.toLocaleString({month: "long", year: "numeric"});
            return {
                ...row,
                revenueStyle: bar(row.revenue),
                marginStyle: bar(row.margin),
                isLoss: row.margin < 0,
                // the first year only when the next one leaves room for it
                year:
                    day.month === 1 || (index === 0 && day.month < 9)
                        ? day.toFormat("yyyy")
                        : "",
                title: _t("%(month)s: revenue %(revenue)s, margin %(margin)s", {
                    month: name,
                    revenue: this.money(row.revenue),
                    margin: this.money(row.margin),
                }),
                until: day.endOf("month").toISODate(),
            };
        });
    }

    openBar(key) {
        const {since, until} = this.props.worth;
        return this.open(key, since, until);
    }

    async open(key, since, until) {
        const action = await this.orm.call("crm.card.head", "open_bar", [
            this.props.partnerId,
            key,
            since,
            until,
        ]);
        return this.action.doAction(action);
    }
}
