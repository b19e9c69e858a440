import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const field = (name) => `.o_field_widget[name='${name}']`;

// a marketer takes the ready questionnaire, says what it is about and invites a segment
tours.add("crm_survey_marketer", {
    steps: () => [
        {
            content: "the page stands",
            trigger: ".o_list_view .o_data_row:contains(Came this year)",
        },
        {
            content: "Opinions",
            trigger: "[data-menu-xmlid='crm_marketing.crm_opinion_menu_root']",
            run: "click",
        },
        {
            content: "the ready questionnaire",
            trigger: "[data-menu-xmlid='crm_marketing_survey.crm_survey_start_menu']",
            run: "click",
        },
        {
            content: "two questions stand there",
            trigger: ".o_data_row:contains(How likely are you to recommend us)",
        },
        {
            content: "what it is about",
            trigger: ".nav-link:contains(Whom and how we ask)",
            run: "click",
        },
        {
            trigger: `${field("crm_product_id")} input`,
            run: "edit Winter tyres",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Winter tyres)",
            run: "click",
        },
        {trigger: "button[name='action_crm_invite']", run: "click"},
        {
            trigger: `.modal ${field("segment_ids")} input`,
            run: "edit Came this year",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Came this year)",
            run: "click",
        },
        {trigger: `.modal ${field("new_count")}:contains(1)`},
        {trigger: ".modal button[name='action_invite']", run: "click"},
        {
            content: "one is in the outbox",
            trigger: ".o_list_view .o_data_row:contains(Vera):contains(To be sent)",
        },
    ],
});

// the customer, from the letter's link
tours.add("crm_survey_customer", {
    steps: () => [
        {trigger: "button.btn:contains(Start)", run: "click"},
        {
            trigger: ".js_question-wrapper label:has(input[value='2'])",
            run: "click",
        },
        {
            trigger: ".js_question-wrapper textarea",
            run: "edit Winter tyres of my size are sold out",
        },
        {trigger: "button[value='finish']", run: "click"},
        {trigger: ".modal .btn-primary:contains(Submit)", run: "click"},
        {trigger: ".o_survey_finished"},
    ],
});

// the salesperson sees the mark on the card and opens what was answered
tours.add("crm_survey_salesperson", {
    steps: () => [
        {
            trigger: ".o_crm_card_nps button:contains(2 of 10)",
            run: "click",
        },
        {trigger: ".o_list_view .o_data_row:contains(How likely are you)"},
    ],
});

// who answers for the product does it, and the customer is told
tours.add("crm_voice_owner", {
    steps: () => [
        {
            trigger: `${field("words")}:contains(sold out), ${field("words")} textarea`,
        },
        {
            trigger: `${field("answer")} textarea`,
            run: "edit Four sets are in stock now",
        },
        {trigger: "button[name='action_done']", run: "click"},
        {
            content: "told",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Done)",
        },
        {trigger: field("told_at")},
    ],
});
