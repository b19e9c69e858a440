import {registry} from "@web/core/registry";

const stage = (name) => `.o_statusbar_status .o_arrow_button:contains('${name}')`;
const current = (name) =>
    `.o_statusbar_status .o_arrow_button_current:contains('${name}')`;

/** The script, what the checks demand, the next stage. */
const funnelSteps = () => [
    {
        content: "the words to say, with the customer's name in them",
        trigger: ".o_crm_script_step.border-3:contains('Good day, Oksana')",
    },
    {
        trigger: ".o_crm_script_step.border-3 button:contains('Not now')",
    },
    {
        content: "an answer leads to its branch",
        trigger: ".o_crm_script_step.border-3 button:contains('Go on')",
        run: "click",
    },
    {
        trigger: ".o_crm_script_step.border-3:contains('Which size')",
    },
    {
        trigger: ".o_crm_script_words",
        run: "edit 205/55 R16 && press Enter",
    },
    {
        trigger: ".o_crm_stage_guide:contains('Everything is said')",
    },
    {
        content: "all stages of the funnel stand in a row",
        trigger: stage("Proposal"),
        run: "click",
    },
    {
        content: "held: the check is named, and no way round for a salesperson",
        trigger: ".modal .o_crm_stage_todo li:contains('Size is known')",
    },
    {
        trigger: ".modal:not(:has(.o_crm_override)) .btn-primary",
        run: "click",
    },
    {
        trigger:
            "body:not(:has(.modal)) .o_crm_stage_check:contains('Size is known') input",
        run: "click",
    },
    {
        trigger: ".o_crm_stage_check:contains('Size is known') input:checked",
    },
    {
        trigger: stage("Proposal"),
        run: "click",
    },
    {
        trigger: `.o_form_view:has(.o_form_status_indicator_buttons.invisible) ${current("Proposal")}`,
    },
];

/** Before the holiday: a deputy for the time away. */
const holidaySteps = () => [
    {
        content: "it is about oneself",
        trigger:
            ".o_field_widget[name=user_id]:contains('Olena'), .o_field_widget[name=user_id] input:value('Olena')",
    },
    {
        trigger: ".o_field_widget[name=deputy_id] input",
        run: "edit Ivan",
    },
    {
        trigger: ".o-autocomplete--dropdown-item a:contains('Ivan')",
        run: "click",
    },
    {
        trigger:
            ".o_field_widget[name=date_to] button, .o_field_widget[name=date_to] input",
        run: "click",
    },
    {
        trigger: ".o_field_widget[name=date_to] input",
        run: "edit 12/31/2030 && press Tab",
    },
    {
        trigger: ".o_field_widget[name=note] textarea",
        run: "edit Nova Taxi waits for the price",
    },
    {
        trigger: ".o_form_button_save",
        run: "click",
    },
    {
        trigger:
            ".o_form_view:has(.o_form_status_indicator_buttons.invisible) .o_field_widget[name=state]:contains('Planned')",
    },
];

/** A lead of the list, decided by a key. */
const decide = (lead, key) => [
    {
        trigger: `.o_list_view .o_data_row:contains('${lead}') td[name=name]`,
        run: "click",
    },
    {
        content: "left how it came, below the three ways",
        trigger: `.o_form_view:has(.o_qualification .o_qualification_decide) .o_qualification_key_${key}`,
        run: () => {
            document.activeElement?.blur();
            document.body.dispatchEvent(
                new KeyboardEvent("keydown", {key, code: `Digit${key}`, bubbles: true}),
            );
        },
    },
];
const backToLeads = () => [
    {trigger: "body:not(:has(.modal)) .ribbon"},
    {trigger: ".breadcrumb a:contains('Leads'), .o_back_button", run: "click"},
];

/** A whole day: three new leads, one of them through the funnel, then a holiday. */
registry.category("web_tour.tours").add("crm_relations_salesperson_day", {
    steps: () => [
        ...decide("Boat hull", "3"),
        {trigger: ".modal .o_radio_item:contains('Wrong region') input", run: "click"},
        {
            trigger: ".modal .o_field_widget[name=words] input",
            run: "edit We do cars, not boats",
        },
        {trigger: ".modal button[name=action_apply]", run: "click"},
        ...backToLeads(),
        {
            content: "the rejected one has left the list",
            trigger: ".o_list_view:not(:contains('Boat hull')) .o_data_row",
        },
        ...decide("Tyres in autumn", "2"),
        {
            trigger: ".modal .o_field_widget[name=words] input",
            run: "edit Call before the frost",
        },
        {trigger: ".modal button[name=action_apply]", run: "click"},
        ...backToLeads(),
        {trigger: ".o_list_view:not(:contains('Tyres in autumn')) .o_data_row"},
        {
            trigger: ".o_list_view .o_data_row:contains('Four tyres') td[name=name]",
            run: "click",
        },
        {
            content: "the whole message and the page he wrote from",
            trigger: ".o_qualification_message:contains('Do you have 205/55 R16')",
        },
        {trigger: ".o_field_widget[name=pages_seen] a:contains('kolo.example/tyres')"},
        {trigger: ".o_qualification_key_1", run: "click"},
        ...funnelSteps(),
        {trigger: "button[data-menu-xmlid='crm.crm_menu_sales']", run: "click"},
        {
            trigger: "[data-menu-xmlid='crm_relations.crm_deputy_menu']",
            run: "click",
        },
        {trigger: ".o_list_view .o_list_button_add", run: "click"},
        ...holidaySteps(),
    ],
});

/** The head: board, a deal let pass with a reason, who does his checks. */
registry.category("web_tour.tours").add("crm_relations_head_board", {
    steps: () => [
        {
            content: "nothing is closed in this funnel yet: no 0 %",
            trigger: ".o_kanban_record:contains('Tyres way'):contains('— won')",
            run: "click",
        },
        {
            content: "the board of his team's deals",
            trigger: ".o_kanban_group:contains('Enquiry') .o_crm_funnel_conversion",
        },
        {
            trigger: ".o_kanban_record:contains('Nova Taxi')",
            run: "click",
        },
        {
            trigger: stage("Proposal"),
            run: "click",
        },
        {
            trigger: ".modal .o_crm_override:disabled",
        },
        {
            trigger: ".modal #o_crm_override_reason",
            run: "edit The director decides today",
        },
        {
            trigger: ".modal .o_crm_override:enabled",
            run: "click",
        },
        {
            trigger: current("Proposal"),
        },
        {
            content: "who moved his deals with every check done",
            trigger: "button[data-menu-xmlid='crm.crm_menu_report']",
            run: "click",
        },
        {
            trigger: "[data-menu-xmlid='crm_relations.crm_stage_check_report_menu']",
            run: "click",
        },
        {
            trigger: ".o_pivot th:contains('Olena')",
        },
    ],
});
