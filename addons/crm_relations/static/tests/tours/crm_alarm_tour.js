import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const BELL = ".o_crm_alarm_toggle";
const count = (number) => `.o_crm_alarm_count:contains(${number})`;
const row = (words) => `.o_crm_alarm_row:contains(${words})`;
const held = (words) => `.o_crm_alarm_row.o_crm_alarm_held:contains(${words})`;
const card = (words) => `.o_kanban_record:contains(${words})`;
const column = (name) => `.o_kanban_group:has(.o_column_title:contains(${name}))`;

const openBell = (content) => [
    {content, trigger: BELL, run: "click"},
    {trigger: ".o_crm_alarm_list"},
];

tours.add("crm_alarm_salesperson", {
    steps: () => [
        {content: "one customer waits", trigger: count(1)},
        ...openBell("who, how long, what next, when it climbs"),
        {
            trigger: `${row("Romashka LLC")}:contains(Winter tyres):contains(Team leader)`,
        },
        {
            content: "one click opens the deal",
            trigger: `${row("Romashka LLC")} .o_crm_alarm_open`,
            run: "click",
        },
        {
            trigger:
                ".o_form_view .o_field_widget[name='name']:contains(Winter tyres), .o_form_view .o_field_widget[name='name'] :value(Winter tyres)",
        },
        {
            content: "the strip says why",
            trigger:
                ".o_crm_alarm_strip:contains(Winter tyres waits):contains(told Olena)",
        },
        {
            content: "acknowledged on the strip",
            trigger: ".o_crm_alarm_strip button:contains(Acknowledge)",
            run: "click",
        },
        {trigger: ".o_crm_alarm_strip_hold:contains(Olena sees to it until)"},
        {trigger: `body:not(:has(.o_crm_alarm_count))`},
        ...openBell("it stays in the bell, below, and is not counted"),
        {trigger: held("Romashka LLC")},
    ],
});

tours.add("crm_alarm_climbed_to_head", {
    steps: () => [
        {trigger: count(1)},
        {
            content: "by the rung it has reached",
            trigger: `${column("Second step")} ${card("Romashka LLC")}`,
        },
        {trigger: `${card("Romashka LLC")} .progress-bar`},
        {
            content: "from the list many are acknowledged at once",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            trigger:
                ".o_list_renderer .o_data_row:contains(Romashka) .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: "button[name='action_acknowledge_all']",
            run: "click",
        },
        {trigger: ".o_notification:contains(1 acknowledged)"},
        {trigger: ".o_data_row:contains(Romashka) .badge:contains(Acknowledged)"},
        ...openBell("the bell knows"),
        {trigger: held("Romashka LLC")},
    ],
});

tours.add("crm_alarm_owner", {
    steps: () => [
        {trigger: count(1)},
        ...openBell("it climbed past the head"),
        {trigger: `${row("Romashka LLC")}:contains(everybody was told)`},
        {trigger: `${column("Third step")} ${card("Romashka LLC")}`},
        {
            content: "by rule and person",
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {trigger: ".o_pivot:contains(Deal waits)"},
        {trigger: ".o_switch_view.o_graph", run: "click"},
        {trigger: ".o_graph_renderer canvas"},
    ],
});

tours.add("crm_alarm_resolved_by_call", {
    steps: () => [
        {
            content: "the card says so too",
            trigger: ".o_crm_alarm_strip:contains(Winter tyres waits)",
        },
        {
            content: "he calls the customer and notes it",
            trigger: ".o_crm_card_head button:contains(Log the first contact)",
            run: "click",
        },
        {
            trigger:
                ".modal .o_field_widget[name='direction'] input[data-value='out'], .modal .o_field_widget[name='direction'] .o_radio_item:contains(Outgoing) input",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='subject'] input",
            run: "edit Told him the price && press Enter",
        },
        {
            trigger:
                "body:not(:has(.modal)) .o_crm_card_head:not(:contains(No contact yet))",
        },
    ],
});

tours.add("crm_alarm_nobody", {
    steps: () => [
        {trigger: `${BELL}[title='Nobody is waiting for you.']`},
        ...openBell("silence"),
        {trigger: ".o_crm_alarm_empty:contains(Nobody is waiting for you.)"},
    ],
});

tours.add("crm_alarm_deputy", {
    steps: () => [
        {content: "who stands in is told", trigger: count(1)},
        ...openBell("the bell of the deputy"),
        {
            content: "second button: acknowledge",
            trigger: `${row("Romashka LLC")} .o_crm_alarm_acknowledge`,
            run: "click",
        },
        {trigger: `${held("Romashka LLC")}:contains(Ivan sees to it until)`},
        {trigger: "body:not(:has(.o_crm_alarm_count))"},
    ],
});

tours.add("crm_alarm_snoozed", {
    steps: () => [
        {
            trigger: ".o_crm_alarm_strip button:contains(Snooze)",
            run: "click",
        },
        {
            content: "without a reason nothing is put off",
            trigger: ".modal button[name='action_apply']",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='reason'].o_field_invalid input",
            run: "edit He decides on Thursday",
        },
        {trigger: ".modal button[name='action_apply']", run: "click"},
        {
            trigger:
                "body:not(:has(.modal)) .o_crm_alarm_strip_hold:contains(put it off until):contains(He decides on Thursday)",
        },
        {
            content: "once per level",
            trigger: ".o_crm_alarm_strip:not(:has(button:contains(Snooze)))",
        },
        {
            trigger: ".o_crm_alarm_strip button:contains(Resolve)",
            run: "click",
        },
        {trigger: ".modal button:contains(It is settled)", run: "click"},
        {trigger: "body:not(:has(.o_crm_alarm_strip)) .o_form_view"},
    ],
});

tours.add("crm_alarm_dry_run", {
    steps: () => [
        {trigger: ".o_notebook .nav-link:contains(Dry Run)", run: "click"},
        {
            trigger: ".o_crm_alarm_preview button:contains(What would it do)",
            run: "click",
        },
        {trigger: ".o_crm_alarm_preview_sum:contains(1 wait now; 1 of them are late)"},
        {trigger: ".o_crm_alarm_preview td:contains(Winter tyres)"},
    ],
});
