import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_relations_asset", {
    steps: () => [
        {
            content: "search by words, in any order",
            trigger: ".o_searchview_input",
            run: "edit volkswagen red",
        },
        {
            trigger: ".o_searchview_autocomplete .o-dropdown-item:contains('Asset')",
            run: "click",
        },
        {
            content: "only the red one is left",
            trigger:
                ".o_list_view .o_data_row:only-child .o_data_cell:contains('Golf')",
            run: "click",
        },
        {
            content: "its type names the plate",
            trigger: ".o_form_view .o_form_label:contains('Plate or VIN')",
        },
        {
            trigger: ".o_form_view .o_property_field:contains('Colour')",
        },
        {
            content: "serviced today: the reminder goes, the next date comes",
            trigger: ".o_form_view button[name=action_service_done]",
            run: "click",
        },
        {
            trigger:
                ".o_form_view .o_field_widget[name=last_service_date]:contains('2')",
        },
        {
            trigger: ".o_form_view:not(:has(.o-mail-Activity))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_relations_consent", {
    steps: () => [
        {
            trigger: "a[name=crm_consent]",
            run: "click",
        },
        {
            trigger: "button[name=action_record_consent]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=state] input[data-value=refused]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=note] input",
            run: "edit No letters, please",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "the history on the card shows it",
            trigger:
                "body:not(:has(.modal)) .o_field_widget[name=crm_consent_ids] .o_data_row:contains('No letters, please')",
        },
    ],
});
