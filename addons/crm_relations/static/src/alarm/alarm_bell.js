import {Component, onMounted, useState} from "@odoo/owl";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {useDropdownState} from "@web/core/dropdown/dropdown_hooks";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

export const SEVERITIES = {
    1: {icon: "fa-info-circle text-info", label: _t("Information")},
    2: {icon: "fa-exclamation-triangle text-warning", label: _t("Warning")},
    3: {icon: "fa-exclamation-circle text-danger", label: _t("Urgent")},
};

/** Who waits for me, how long, and when the next one above hears of it. */
export class AlarmBell extends Component {
    static template = "crm_relations.AlarmBell";
    static components = {Dropdown};
    static props = {};

    setup() {
        this.action = useService("action");
        this.alarms = useService("crm_alarm");
        this.bell = useState(this.alarms.bell);
        this.dropdown = useDropdownState();
        onMounted(() => this.alarms.load());
    }

    get title() {
        return this.bell.count
            ? _t("%s wait for you", this.bell.count)
            : _t("Nobody is waiting for you.");
    }

    severity(row) {
        return SEVERITIES[row.severity];
    }

    open(row) {
        this.dropdown.close();
        return this.alarms.open(row.id);
    }

    openAll() {
        this.dropdown.close();
        return this.action.doAction("crm_relations.crm_alarm_action", {
            clearBreadcrumbs: true,
        });
    }
}

registry
    .category("systray")
    .add("crm_relations.alarm_bell", {Component: AlarmBell}, {sequence: 24});
