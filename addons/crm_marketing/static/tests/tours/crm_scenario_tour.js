import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");
const field = (name) => `.o_field_widget[name='${name}']`;
const step = (words) => `${field("step_ids")} .o_data_row:contains(${words})`;

// a marketer makes a scenario with a control group, tries it, gets it, starts and stops it
tours.add("crm_scenario_marketer", {
    steps: () => [
        {trigger: ".o_list_view"},
        {
            content: "the empty list says what it is for; a new one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {trigger: `${field("name")} input`, run: "edit Service is due"},
        {
            trigger: `${field("control_percent")} input`,
            run: "edit 20",
        },
        {
            content: "the first step",
            trigger: `${field("step_ids")} .o_field_x2many_list_row_add a`,
            run: "click",
        },
        {
            content: "a task for a colleague",
            trigger: `.modal ${field("kind")} input`,
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(Task for a colleague)",
            run: "click",
        },
        {
            trigger: `.modal ${field("text")} textarea`,
            run: "edit Congratulate {name}",
        },
        {trigger: ".modal .o_form_button_save", run: "click"},
        {trigger: `body:not(:has(.modal)) ${step("Congratulate")}`},
        ...stepUtils.saveForm(),
        {
            content: "on one person: what and when",
            trigger: "button[name='action_try']",
            run: "click",
        },
        {
            trigger: `.modal ${field("partner_id")} input`,
            run: "edit Romashka",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Romashka LLC)",
            run: "click",
        },
        {
            trigger:
                ".modal .o_crm_scenario_trace li:contains(Congratulate Romashka LLC)",
        },
        {trigger: ".modal footer .btn-primary", run: "click"},
        {
            content: "to oneself first",
            trigger: "body:not(:has(.modal)) button[name='action_send_to_me']",
            run: "click",
        },
        {trigger: ".o_notification:contains(Letters on their way)"},
        {trigger: "button[name='action_start']", run: "click"},
        {trigger: ".modal footer .btn-primary", run: "click"},
        {
            content: "it runs",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Running)",
        },
        {
            content: "one click stops it",
            trigger: "button[name='action_stop']",
            run: "click",
        },
        {trigger: "button[name='action_start']:visible"},
    ],
});
