import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_relations_reconciliation", {
    steps: () => [
        {
            content: "an accountant sees that nothing is left unexplained",
            trigger:
                ".o_field_widget[name=difference]:contains('0.00'), .o_field_widget[name=difference] :contains('0.00')",
        },
        {
            content: "and opens the entry behind a row",
            trigger:
                ".o_data_row:contains('Manual entries') button[name=action_open_lines]",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('Rebate by hand')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_relations_who_earns", {
    steps: () => [
        {
            content: "the owner sees who brings money",
            trigger: ".o_data_row:contains('Careful driver'):contains('A')",
        },
        {
            content: "and who costs",
            trigger: ".o_data_row:contains('Careless driver'):contains('-')",
        },
        {
            trigger:
                ".o_data_row:contains('Careless driver') button[name=action_open_months]",
            run: "click",
        },
        {
            trigger: ".o_pivot_view, .o_list_view:contains('Careless driver')",
        },
    ],
});
