import {Activity} from "@mail/core/web/activity";
import {Component, onWillUnmount, useEffect, useRef, useState} from "@odoo/owl";
import {
    deserializeDate,
    deserializeDateTime,
    formatDate,
    today,
} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";

import {useCrmCard} from "./crm_card_hook";
import {CrmTimelineItem} from "./crm_timeline_item";

const STEPS = {ArrowDown: 1, ArrowUp: -1};

/** Everything that happened with a customer, instead of the chatter's history. */
export class CrmTimeline extends Component {
    static template = "crm_relations.CrmTimeline";
    static components = {Activity, CrmTimelineItem};
    static props = {
        partnerId: Number,
        activities: Array,
        onActivityChanged: Function,
        reloadParentView: Function,
        logContact: Function,
    };

    setup() {
        this.action = useService("action");
        this.holder = useCrmCard(this.props, (props) => props.partnerId);
        this.state = useState({current: 0});
        this.listRef = useRef("list");
        this.endRef = useRef("end");
        this.toolbarRef = useRef("toolbar");
        this.observeEnd();
    }

    get card() {
        return this.holder.card;
    }

    get isBusy() {
        return this.card.status === "loading" || this.card.status === "more";
    }

    get showsPlanned() {
        const {chosen, planned} = this.card;
        return planned.length && (!chosen.length || chosen.includes("activity"));
    }

    get kinds() {
        return Object.fromEntries(this.card.kinds.map((kind) => [kind.code, kind]));
    }

    /** The host's own activity of a planned row, with its buttons, when it is this card's. */
    getActivity(planned) {
        return this.props.activities.find((activity) => activity.id === planned.id);
    }

    getDeadline(planned) {
        const deadline = deserializeDate(planned.deadline);
        return {
            text: deadline.toRelativeCalendar({unit: "days"}),
            title: formatDate(deadline),
            isLate: deadline < today(),
        };
    }

    /** [{day, label, rows: [{item, index}]}], newest first */
    get days() {
        const days = [];
        this.card.items.forEach((item, index) => {
            const day = deserializeDateTime(item.at).startOf("day");
            if (!days.length || days.at(-1).day !== day.toISODate()) {
                days.push({
                    day: day.toISODate(),
                    label: this.getDayLabel(day),
                    rows: [],
                });
            }
            days.at(-1).rows.push({item, index});
        });
        return days;
    }

    getDayLabel(day) {
        const age = today().diff(day, "days").days;
        if (Math.abs(age) < 2) {
            return day.toRelativeCalendar({unit: "days"});
        }
        const format = {weekday: "short", day: "numeric", month: "long"};
        if (day.year !== today().year) {
            format.year = "numeric";
        }
        return day.toLocaleString(format);
    }

    /** Of a new customer only the machine's own lines are there: he is not known yet. */
    get isEmpty() {
        return !this.showsPlanned && this.card.items.every((item) => item.is_automatic);
    }

    get emptyText() {
        return this.card.chosen.length
            ? _t("Nothing of this kind yet.")
            : _t("Nothing has happened with this customer yet.");
    }

    // ------------------------------------------------------------- keyboard

    onListKeydown(ev) {
        const rows = [...this.listRef.el.querySelectorAll(".o_crm_timeline_row")];
        const at = rows.indexOf(ev.target);
        if (at < 0) {
            return; // inside an opened body
        }
        const last = rows.length - 1;
        let next = {Home: 0, End: last}[ev.key];
        if (ev.key in STEPS) {
            next = Math.min(last, Math.max(0, at + STEPS[ev.key]));
        }
        if (next === undefined) {
            return;
        }
        ev.preventDefault();
        this.state.current = next;
        rows[next].focus();
        if (next >= last - 2) {
            this.card.loadMore();
        }
    }

    onToolbarKeydown(ev) {
        const step = {ArrowRight: 1, ArrowLeft: -1}[ev.key];
        if (!step) {
            return;
        }
        ev.preventDefault();
        const buttons = [...this.toolbarRef.el.querySelectorAll("button")];
        const next =
            (buttons.indexOf(document.activeElement) + step + buttons.length) %
            buttons.length;
        buttons[next].focus();
    }

    toggleKind(code) {
        this.state.current = 0;
        return this.card.toggleKind(code);
    }

    showAll() {
        this.state.current = 0;
        return this.card.showAll();
    }

    // --------------------------------------------------------------- paging

    observeEnd() {
        const observer = new IntersectionObserver((entries) => {
            if (entries.some((entry) => entry.isIntersecting)) {
                this.card?.loadMore();
            }
        });
        useEffect(
            (el) => {
                if (el) {
                    observer.observe(el);
                    return () => observer.unobserve(el);
                }
            },
            () => [this.endRef.el, this.card?.items.length],
        );
        onWillUnmount(() => observer.disconnect());
    }

    openDocument({model, id}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}
