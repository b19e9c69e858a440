import {registry} from "@web/core/registry";

/** A salesperson makes a quotation to a good customer: the guard speaks. */
registry.category("web_tour.tours").add("crm_fairness", {
    steps: () => [
        {
            content: "the strip says it before the customer hears it",
            trigger:
                ".o_crm_unfair:contains(10.0 % above what customers of a worse class pay)",
        },
        {
            content: "he cannot approve a promotion",
            trigger:
                ".o_crm_unfair:not(:has(button[name='action_crm_approve_promotion']:visible))",
        },
        {
            content: "profit is nothing for him",
            trigger: ".o_form_view:not(:has(.o_crm_loss:visible))",
        },
        {
            trigger: ".o_crm_unfair button[name='action_crm_compare']",
            run: "click",
        },
        {
            content: "both quotations; the other's name is not his to know",
            trigger: ".modal .o_crm_fairness_card:contains(A customer of class C)",
            run() {
                const text = document.querySelector(".modal").textContent;
                for (const secret of ["Worse", "margin", "profit"]) {
                    if (text.includes(secret)) {
                        throw new Error(`${secret} is shown`);
                    }
                }
            },
        },
        {trigger: ".modal .btn-primary:contains(Close)", run: "click"},
        {
            content: "a lower price is answered while it is typed",
            trigger: ".o_field_x2many .o_data_row .o_data_cell[name='price_unit']",
            run: "click",
        },
        {
            trigger: ".o_selected_row .o_field_widget[name='price_unit'] input",
            run: "edit 100 && press Tab",
        },
        {trigger: ".o_form_view:not(:has(.o_crm_unfair:visible))"},
        {trigger: ".o_form_button_cancel", run: "click"},
        {trigger: ".o_crm_unfair"},
        {
            content: "sending asks why",
            trigger: "button[name='action_quotation_send']",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit Delivered at night",
        },
        {trigger: ".modal button[name='action_send']", run: "click"},
        {trigger: ".modal .o_mail_composer_form_view"},
    ],
});
