import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");
const field = (name) => `.o_field_widget[name='${name}']`;

// a marketer makes a rule, looks who would be due, and starts it
tours.add("crm_repeat_marketer", {
    steps: () => [
        {
            content: "the empty list says what it is for; a new one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {trigger: `${field("name")} input`, run: "edit Oil change"},
        {trigger: `${field("what")} input`, run: "edit oil change"},
        {trigger: `${field("categ_ids")} input`, run: "edit Oils"},
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Oils)",
            run: "click",
        },
        {trigger: `${field("categ_ids")} .o_tag:contains(Oils)`},
        {trigger: `${field("control_percent")} input`, run: "edit 0"},
        ...stepUtils.saveForm(),
        {
            content: "who would be due",
            trigger: "button[name='action_preview']:visible",
            run: "click",
        },
        {
            content: "with the reason as the salesperson will read it",
            trigger: ".modal td:contains('Oil change: buys every 30 ± 0 days')",
        },
        {
            content: "those who are due already too",
            trigger: ".modal button[name='action_start_with_overdue']",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Running)",
        },
    ],
});

// a salesperson opens the deal: why now, what to offer, what to say; the quotation
tours.add("crm_repeat_salesperson", {
    steps: () => [
        {
            content: "his needs and their reasons",
            trigger: ".o_data_row:contains(Vera):contains('buys every 30')",
        },
        {trigger: "button[name='action_open_deal']", run: "click"},
        {
            content: "why now",
            trigger: `.o_crm_repeat ${field("crm_repeat_reason")}:contains('last on')`,
        },
        {
            content: "what to offer",
            trigger: `.o_crm_repeat ${field("crm_repeat_basket")}:contains('Oil 5W-40 × 4')`,
        },
        {
            content: "what to say",
            trigger: ".o_form_view:contains('Good day, Vera!')",
        },
        {
            content: "one click",
            trigger: "button[name='action_crm_repeat_quotation']",
            run: "click",
        },
        {
            content: "makes the quotation",
            trigger: `${field("order_line")} .o_data_row:contains('Oil 5W-40')`,
        },
    ],
});
