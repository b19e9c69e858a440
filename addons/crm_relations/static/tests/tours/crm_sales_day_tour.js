import {registry} from "@web/core/registry";

const stage = (name) => `.o_statusbar_status .o_arrow_button:contains('${name}')`;
const current = (name) =>
    `.o_statusbar_status .o_arrow_button_current:contains('${name}')`;

/** A salesperson: the script, what the checks demand, the next stage, then a holiday. */
registry.category("web_tour.tours").add("crm_relations_salesperson_funnel", {
    steps: () => [
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
    ],
});

/** Before the holiday: a deputy for the time away. */
registry.category("web_tour.tours").add("crm_relations_salesperson_holiday", {
    steps: () => [
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
