import {registry} from "@web/core/registry";

// From the first word to the paid invoice, each step in the hands of who does it:
// test_path_tour.py starts them one after another, each as another person.
const tours = registry.category("web_tour.tours");
// a whole document is made between two steps: a busy machine takes its time
const patiently = (steps) => steps.map((step) => ({timeout: 60000, ...step}));

tours.add("crm_path_sell", {
    steps: () =>
        patiently([
            {
                content: "the lead from the web form becomes a deal with a customer",
                trigger: "button:contains(Convert to Opportunity)",
                run: "click",
            },
            {trigger: ".modal button[name='action_apply']", run: "click"},
            {
                trigger: "body:not(:has(.modal)) button:contains(New Quotation)",
                run: "click",
            },
            {
                content: "a quotation line shows what is free now",
                trigger: ".o_field_x2many_list_row_add a:contains(Add a product)",
                run: "click",
            },
            {
                trigger:
                    ".o_field_widget[name='product_template_id'] input, .o_field_widget[name='product_id'] input",
                run: "edit Tyre R16",
            },
            {
                trigger: ".o-autocomplete--dropdown-item:contains(Tyre R16)",
                run: "click",
            },
            {trigger: ".o_data_row [name='crm_free_qty']:contains(10)"},
            {trigger: "button[name='action_confirm']:enabled", run: "click"},
            {
                content: "he may not deliver, he asks",
                trigger: "button[name='action_crm_ask_warehouse']",
                run: "click",
            },
            {trigger: "body:not(:has(button[name='action_crm_ask_warehouse']))"},
        ]),
});

tours.add("crm_path_deliver", {
    steps: () =>
        patiently([
            {
                content: "the stock keeper sees whom to ask about the customer",
                trigger: ".o_field_widget[name='crm_seller_id']",
            },
            {trigger: "button[name='button_validate']:visible", run: "click"},
            {trigger: ".o_arrow_button_current:contains(Done)"},
        ]),
});

tours.add("crm_path_invoice", {
    steps: () =>
        patiently([
            {trigger: "button#create_invoice", run: "click"},
            {trigger: ".modal button[name='create_invoices']", run: "click"},
            {
                content: "a draft: posting is asked of accounting",
                trigger: "button[name='action_crm_ask_posting']",
                run: "click",
            },
            {trigger: ".o_arrow_button_current:contains(Draft)"},
        ]),
});

tours.add("crm_path_pay", {
    steps: () =>
        patiently([
            {trigger: ".o_field_widget[name='crm_seller_ids']"},
            {trigger: "button[name='action_post']:visible", run: "click"},
            {trigger: "button[name='action_register_payment']:visible", run: "click"},
            {trigger: ".modal button[name='action_create_payments']", run: "click"},
            {trigger: "body:not(:has(.modal)) .ribbon"},
        ]),
});

tours.add("crm_path_card", {
    steps: () =>
        patiently(
            ["web", "deal", "order", "delivery", "invoice", "payment"].map((kind) => ({
                content: `the timeline shows the ${kind}`,
                trigger: `.o_crm_timeline_item[data-kind='${kind}']`,
            })),
        ),
});
