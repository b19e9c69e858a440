import {Component, useExternalListener} from "@odoo/owl";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {useDropdownState} from "@web/core/dropdown/dropdown_hooks";
import {registry} from "@web/core/registry";

import {CrmSearchBox} from "./crm_search_box";

/**
 * One search box: a name, any spelling of a phone, a number of an order ... and the
 * customer, deal, document, product or colleague is one Enter away. Alt + / opens it.
 */
export class CrmSearch extends Component {
    static template = "crm_relations.CrmSearch";
    static components = {CrmSearchBox, Dropdown};
    static props = {};

    setup() {
        this.dropdown = useDropdownState();
        useExternalListener(window, "keydown", this.onKeydown.bind(this));
    }

    /** The place of the key counts, not the letter of the keyboard's language. */
    onKeydown(ev) {
        const isSlash = ev.code === "Slash" || ev.key === "/";
        if (!isSlash || !ev.altKey || ev.ctrlKey || ev.metaKey) {
            return;
        }
        ev.preventDefault();
        this.dropdown.open();
    }
}

registry
    .category("systray")
    .add("crm_relations.search", {Component: CrmSearch}, {sequence: 60});
