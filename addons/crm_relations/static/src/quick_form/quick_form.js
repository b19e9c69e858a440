import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";
import {onMounted, useExternalListener} from "@odoo/owl";

/**
 * A small form that Enter saves: in a line Enter presses the first button of the
 * footer; in a text field Ctrl+Enter does. A list of choices that is open keeps Enter.
 */
export class QuickFormController extends FormController {
    setup() {
        super.setup();
        onMounted(() => {
            // a choice by arrow keys has the focus first; touch screens keep theirs
            const first = ".modal .o_crm_quick_focus input:checked";
            document.querySelector(first)?.focus({preventScroll: true});
        });
        useExternalListener(window, "keydown", this.onQuickKeydown, {capture: true});
    }

    onQuickKeydown(ev) {
        const dialog = ev.target.closest?.(".modal");
        if (ev.key !== "Enter" || ev.isComposing || !dialog) {
            return;
        }
        const isOurs = dialog.querySelector(".o_crm_quick_form");
        const isText = ev.target.matches("textarea") && !ev.ctrlKey;
        const isButton = ev.target.matches("button, a");
        const isChoosing = ev.target.closest(".o-autocomplete")?.querySelector("ul");
        if (!isOurs || isText || isButton || isChoosing) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        ev.target.blur(); // the field gives its value to the record
        const buttons = dialog.querySelectorAll(".modal-footer .btn-primary");
        [...buttons].find((button) => button.offsetParent)?.click();
    }
}

export const quickFormView = {
    ...formView,
    Controller: QuickFormController,
};

registry.category("views").add("crm_quick_form", quickFormView);
