import {Component, useState} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {deserializeDate, formatDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {KeepLast} from "@web/core/utils/concurrency";
import {useAutofocus, useService} from "@web/core/utils/hooks";
import {useDebounced} from "@web/core/utils/timing";

const WAIT = 250; // ms of silence before a question is asked
const SHORTEST = 2; // letters
const MOVES = {ArrowDown: 1, ArrowUp: -1};

/** What is asked and what was found; lives as long as the box is open. */
export class CrmSearchBox extends Component {
    static template = "crm_relations.CrmSearchBox";
    static props = {close: Function};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        // status: idle, loading, found, empty, error
        this.state = useState({term: "", status: "idle", groups: [], current: 0});
        this.searchSoon = useDebounced(() => this.search(), WAIT);
        useAutofocus({refName: "input", mobile: true});
    }

    get term() {
        return this.state.term.trim();
    }

    get items() {
        return this.state.groups.flatMap((group) => group.items);
    }

    /** [{...group, rows: [{item, index}]}]: the index runs through all groups */
    get groups() {
        let index = 0;
        return this.state.groups.map((group) => ({
            ...group,
            rows: group.items.map((item) => ({item, index: index++})),
        }));
    }

    getOptionId(index) {
        return `o_crm_search_option_${index}`;
    }

    onInput(ev) {
        this.state.term = ev.target.value;
        if (this.term.length < SHORTEST) {
            this.searchSoon.cancel();
            Object.assign(this.state, {status: "idle", groups: [], current: 0});
            return;
        }
        this.state.status = "loading";
        this.searchSoon();
    }

    async search() {
        const term = this.term;
        if (term.length < SHORTEST) {
            return;
        }
        this.state.status = "loading";
        let groups;
        try {
            groups = await this.keepLast.add(
                this.orm.silent.call("crm.search", "search_everywhere", [term]),
            );
        } catch {
            // said in the box, with a button to ask again
            Object.assign(this.state, {status: "error", groups: [], current: 0});
            return;
        }
        if (term !== this.term) {
            return; // he typed on
        }
        const found = groups.filter((group) => group.items.length);
        Object.assign(this.state, {
            groups: found,
            current: 0,
            status: found.length ? "found" : "empty",
        });
    }

    onKeydown(ev) {
        if (ev.key in MOVES) {
            const count = this.items.length;
            if (count) {
                this.select((this.state.current + MOVES[ev.key] + count) % count);
            }
        } else if (ev.key === "Enter") {
            this.onEnter(ev);
        } else if (ev.key === "Escape") {
            this.props.close();
        } else {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }

    onEnter(ev) {
        if (this.state.status === "found") {
            return this.open(this.items[this.state.current], ev.ctrlKey || ev.metaKey);
        }
        this.searchSoon.cancel();
        return this.search();
    }

    select(index) {
        this.state.current = index;
        document
            .getElementById(this.getOptionId(index))
            ?.scrollIntoView({block: "nearest"});
    }

    // ------------------------------------------------------------ what a row says

    getAmount({extra}) {
        const amount = extra.amount ?? extra.price;
        return amount || amount === 0 ? formatCurrency(amount, extra.currency_id) : "";
    }

    /** The line below the title: words of the server, then what the extras add. */
    getDetails({subtitle, extra}) {
        const parts = [subtitle];
        if (extra.former) {
            parts.push(_t("found by a former number or address"));
        }
        if (extra.date) {
            parts.push(formatDate(deserializeDate(extra.date.slice(0, 10))));
        }
        if (extra.bought_by?.length) {
            const names = extra.bought_by.map((buyer) => buyer.name).join(", ");
            parts.push(_t("bought lately: %(names)s", {names}));
        }
        if ("deal_count" in extra) {
            parts.push(_t("deals: %(count)s", {count: extra.deal_count}));
            parts.push(_t("customers: %(count)s", {count: extra.customer_count}));
        }
        return parts.filter(Boolean).join(" · ");
    }

    // ------------------------------------------------------------ where it leads

    open(item, newWindow = false) {
        this.props.close();
        if (item.model === "res.users") {
            return this.action.doAction(this.getDealsOf(item), {newWindow});
        }
        return this.action.doAction(
            {
                type: "ir.actions.act_window",
                res_model: item.model,
                res_id: item.id,
                views: [[false, "form"]],
            },
            {newWindow},
        );
    }

    /** A colleague opens as his deals: his user record belongs to the administrator. */
    getDealsOf({id, title}) {
        return {
            type: "ir.actions.act_window",
            name: _t("Deals of %(name)s", {name: title}),
            res_model: "crm.lead",
            views: [
                [false, "kanban"],
                [false, "list"],
                [false, "form"],
            ],
            domain: [
                ["user_id", "=", id],
                ["type", "=", "opportunity"],
            ],
        };
    }
}
