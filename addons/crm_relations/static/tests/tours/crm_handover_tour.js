import {registry} from "@web/core/registry";

/** Ivan takes over; what the preview shows, then done. */
const giveToIvan = (shown) => [
    {
        trigger: ".o_field_widget[name=receiver_ids] .o_field_x2many_list_row_add a",
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=user_id] input",
        run: "edit Ivan",
    },
    {
        trigger: ".o-autocomplete--dropdown-item a:contains('Ivan')",
        run: "click",
    },
    {
        trigger: ".modal .o_form_button_save",
        run: "click",
    },
    {
        trigger:
            "body:not(:has(.modal)) .o_field_widget[name=receiver_ids] .o_data_row:contains('Ivan')",
    },
    {
        trigger: "button[name=action_preview]:contains('Preview')",
        run: "click",
    },
    {
        content: "the preview shows the customer and his deal, nothing is done yet",
        trigger: `.o_field_widget[name=item_ids] .o_data_row:contains('${shown}')`,
    },
    {
        trigger: "button[name=action_apply]",
        run: "click",
    },
    {
        trigger: ".modal .modal-footer .btn-primary",
        run: "click",
    },
    {
        trigger: ".o_field_widget[name=item_ids] .o_data_row:contains('Handed over')",
    },
];

registry.category("web_tour.tours").add("crm_relations_handover", {
    steps: () => [
        {
            content: "a head hands over for one of his people",
            trigger: ".o_field_widget[name=from_user_id] input",
            run: "edit Olena",
        },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains('Olena')",
            run: "click",
        },
        ...giveToIvan("Romashka"),
        {
            content: "it was wrong: undo",
            trigger: "button[name=action_undo]",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=item_ids] .o_data_row:contains('Given back')",
        },
    ],
});

/** Before a long holiday: one's own customers to a colleague. */
registry.category("web_tour.tours").add("crm_relations_own_handover", {
    steps: () => [
        {
            content: "it is about oneself, and about a holiday",
            trigger: ".o_field_widget[name=from_user_id] input:value('Olena')",
        },
        {
            trigger: ".o_field_widget[name=reason] input:value('Long holiday')",
        },
        {
            trigger: ".o_field_widget[name=note] textarea",
            run: "edit Romashka waits for the price",
        },
        ...giveToIvan("Romashka"),
        {
            content: "the history of the customer tells why",
            trigger: "button[data-menu-xmlid='crm.crm_menu_report']",
            run: "click",
        },
        {
            trigger: "[data-menu-xmlid='crm_relations.crm_customer_owner_log_menu']",
            run: "click",
        },
        {
            trigger:
                ".o_list_view .o_data_row:contains('Romashka'):contains('Ivan'):contains('Long holiday')",
        },
    ],
});
