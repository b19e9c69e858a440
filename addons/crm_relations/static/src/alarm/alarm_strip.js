import {Component, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useBus, useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

import {SEVERITIES} from "./alarm_bell";
import {ALARMS_CHANGED} from "./alarm_service";

const COLOURS = {1: "alert-info", 2: "alert-danger", 3: "alert-danger"};

/** Red above the form: what waits, why it is due when it is, and what I can do. */
export class AlarmStrip extends Component {
    static template = "crm_relations.AlarmStrip";
    static props = {
        rows: {type: Array},
        class: {type: String, optional: true},
    };
    static defaultProps = {class: ""};

    setup() {
        this.dialog = useService("dialog");
        this.alarms = useService("crm_alarm");
    }

    colour(row) {
        return row.is_told && !row.is_held
            ? COLOURS[row.severity]
            : "o_crm_alarm_quiet";
    }

    icon(row) {
        return row.is_told ? SEVERITIES[row.severity].icon : "fa-clock-o text-muted";
    }

    resolve(row) {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Resolve"),
            body: _t(
                "Is it settled? The alarm does not start again while the record stays as it is.",
            ),
            confirmLabel: _t("It is settled"),
            confirm: () => this.alarms.resolve(row.id),
            cancel: () => {},
        });
    }
}

/** Asks for the alarms of a document, and anew when the record was saved. */
export class AlarmStripLoader extends Component {
    static template = "crm_relations.AlarmStripLoader";
    static components = {AlarmStrip};
    static props = {
        model: String,
        resId: {type: Number},
        class: {type: String, optional: true},
    };
    static defaultProps = {class: ""};

    setup() {
        this.orm = useService("orm");
        this.state = useState({rows: []});
        this.request = 0;
        onWillStart(() => {
            this.load(this.props); // not awaited: the form need not wait for it
        });
        onWillUpdateProps((props) => {
            if (props.resId !== this.props.resId || props.model !== this.props.model) {
                this.state.rows = [];
                this.load(props);
            }
        });
        useBus(this.env.bus, ALARMS_CHANGED, () => this.load(this.props));
    }

    async load({model, resId}) {
        const request = ++this.request;
        const rows = await this.orm.silent.call("crm.alarm", "load_strip", [
            model,
            resId,
        ]);
        if (request === this.request) {
            this.state.rows = rows;
        }
    }
}

/** The strip of the record of a form. */
export class AlarmStripWidget extends Component {
    static template = "crm_relations.AlarmStripWidget";
    static components = {AlarmStripLoader};
    static props = {...standardWidgetProps};
}

registry.category("view_widgets").add("crm_alarm_strip", {component: AlarmStripWidget});
