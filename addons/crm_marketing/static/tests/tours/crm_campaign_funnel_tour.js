import {registry} from "@web/core/registry";

// the marketer: a period, a campaign, a step and what it counts
registry.category("web_tour.tours").add("crm_campaign_funnel", {
    steps: () => [
        {
            trigger: ".o_crm_funnel input[name=from]",
            run: "edit 2026-03-01 && press Tab",
        },
        {
            trigger: ".o_crm_funnel input[name=to]",
            run: "edit 2026-03-31 && press Tab",
        },
        {
            trigger:
                ".o_crm_funnel select[name=campaign]:has(option:contains(Spring tyres))",
            run: "selectByLabel Spring tyres",
        },
        {
            trigger:
                ".o_crm_funnel_row[data-step=lead] .o_crm_funnel_count:contains(/^2$/)",
        },
        {
            trigger: ".o_crm_funnel_row[data-step=posted]:contains(500)",
            run: "click",
        },
        {trigger: ".o_list_view .o_data_row:contains(500)"},
    ],
});
