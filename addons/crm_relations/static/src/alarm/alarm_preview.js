import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/** Dry run of a rule: how many would start, and when whom they would reach. */
export class AlarmPreview extends Component {
    static template = "crm_relations.AlarmPreview";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({isBusy: false, found: null});
    }

    get summary() {
        const {count, late, older, running} = this.state.found;
        const parts = [count ? _t("%s wait now", count) : _t("None waits now")];
        if (late) {
            parts.push(_t("%s of them are late", late));
        }
        if (older) {
            parts.push(
                _t("%s began to wait before the rule and are left alone", older),
            );
        }
        if (running) {
            parts.push(_t("%s have an alarm already", running));
        }
        return parts.join("; ") + ".";
    }

    async run() {
        const {record} = this.props;
        this.state.isBusy = true;
        try {
            if (await record.save()) {
                this.state.found = await this.orm.call(
                    "crm.alarm.rule",
                    "load_preview",
                    [[record.resId]],
                );
            }
        } finally {
            this.state.isBusy = false;
        }
    }

    open(row) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: this.props.record.data.model,
            res_id: row.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("crm_alarm_preview", {component: AlarmPreview});
