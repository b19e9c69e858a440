import {registry} from "@web/core/registry";

const card = (words) => `.o_kanban_record:contains(${words})`;
const column = (name) => `.o_kanban_group:has(.o_column_title:contains(${name}))`;

registry.category("web_tour.tours").add("crm_day", {
    steps: () => [
        {
            content: "every piece of work stands where it belongs",
            trigger: `${column("Waiting")} ${card("Where are my tyres?")}`,
        },
        {trigger: `${column("Overdue")} ${card("Ask about size")}`},
        {trigger: `${column("Promised")} ${card("Pay the rest")}`},
        {trigger: `${column("New")} ${card("From the fair")}`},
        {
            content: "done with the next step in one go",
            trigger: `${card("Ask about size")} button[name='action_done']`,
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='feedback'] textarea",
            run: "edit 225/45 R17",
        },
        {
            content: "Enter in a line is the first button",
            trigger: ".modal .o_field_widget[name='next_summary'] input",
            run: "edit Send the offer && press Enter",
        },
        {
            trigger: `body:not(:has(.modal)) ${column("Later")} ${card("Send the offer")}`,
        },
        {
            trigger: `.o_kanban_renderer:not(:has(${card("Ask about size")}))`,
        },
        {
            content: "the promise was kept, nothing follows",
            trigger: `${card("Pay the rest")} button[name='action_done']`,
            run: "click",
        },
        {trigger: ".modal .o_field_widget[name='outcome'] input:checked"},
        {
            trigger: ".modal button[name='action_done']:contains(Nothing Follows)",
            run: "click",
        },
        {
            trigger: `body:not(:has(.modal)) .o_kanban_renderer:not(:has(${card("Pay the rest")}))`,
        },
        {
            content: "a colleague takes the new lead's first call",
            trigger: `${card("From the fair")} .o_dropdown_kanban button:not(:visible)`,
            run: ({anchor}) => anchor.click(), // seen when the mouse is over the card
        },
        {
            trigger: ".o-dropdown--menu .dropdown-item:contains(Task for a colleague)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='next_user_id'] input",
            run: "edit Ivan",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Ivan)",
            run: "click",
        },
        {trigger: ".modal button[name='action_plan']", run: "click"},
        {
            trigger: `body:not(:has(.modal)) .o_kanban_renderer:not(:has(${card("From the fair")}))`,
        },
        {
            content: "the customer is answered: the quick form knows whom",
            trigger: `${card("Where are my tyres?")} button[name='action_log_contact']`,
            run: "click",
        },
        {trigger: ".modal .o_field_widget[name='partner_id'] input:value(Romashka)"},
        {
            trigger: ".modal .o_field_widget[name='subject'] input",
            run: "edit Told him && press Enter",
        },
        {
            trigger: `body:not(:has(.modal)) .o_kanban_renderer:not(:has(${card("Where are my tyres?")}))`,
        },
        {
            content: "the week",
            trigger: ".o_cp_switch_buttons .o_calendar, .o_switch_view.o_calendar",
            run: "click",
        },
        {trigger: ".o_calendar_renderer .fc-event:contains(Send the offer)"},
        {
            content: "the list, by value",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {trigger: ".o_list_renderer .o_data_row:contains(Send the offer)"},
    ],
});

registry.category("web_tour.tours").add("crm_day_head", {
    steps: () => [
        {
            content: "a head sees the day of his people, by person",
            trigger: ".o_list_renderer .o_group_header:contains(Olena)",
            run: "click",
        },
        {trigger: ".o_data_row:contains(Where are my tyres?)"},
        {
            content: "nothing of another team",
            trigger: ".o_list_renderer:not(:contains(Petro))",
        },
    ],
});
