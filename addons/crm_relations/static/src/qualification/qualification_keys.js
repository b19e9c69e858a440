import {Component, useRef} from "@odoo/owl";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/** 1, 2 and 3 press Qualify, Nurture and Reject while nobody is typing in a field. */
export class QualificationKeys extends Component {
    static template = "crm_relations.QualificationKeys";
    static props = {...standardWidgetProps};

    setup() {
        this.root = useRef("root");
        for (const key of ["1", "2", "3"]) {
            useHotkey(key, () => this.button(key).click(), {
                isAvailable: () => Boolean(this.button(key)),
            });
        }
    }

    button(key) {
        return this.root.el
            ?.closest(".o_form_view")
            ?.querySelector(`.o_qualification_key_${key}`);
    }
}

registry
    .category("view_widgets")
    .add("qualification_keys", {component: QualificationKeys});
