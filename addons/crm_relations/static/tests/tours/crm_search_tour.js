import {registry} from "@web/core/registry";

const press = (target, key, options = {}) =>
    target.dispatchEvent(
        new KeyboardEvent("keydown", {key, bubbles: true, ...options}),
    );

registry.category("web_tour.tours").add("crm_search", {
    steps: () => [
        {
            content: "Alt + / opens the box wherever one is",
            trigger: ".o_crm_search_toggle",
            run: () => press(document.body, "/", {code: "Slash", altKey: true}),
        },
        {
            content: "the cursor is in it already",
            trigger: ".o_crm_search input:focus",
            run: "edit Romash",
        },
        {trigger: ".o_crm_search_item.active:contains(Romashka)"},
        {
            content: "nothing found is said in words",
            trigger: ".o_crm_search input",
            run: "edit zzqqxxyy",
        },
        {trigger: ".o_crm_search_hint[role='status']"},
        {
            content: "any spelling of the phone",
            trigger: ".o_crm_search input",
            run: "edit 067 123-45-67",
        },
        {
            trigger: ".o_crm_search_item.active:contains(Romashka)",
            run: () => {
                const input = document.querySelector(".o_crm_search input");
                press(input, "ArrowDown");
                press(input, "ArrowUp");
            },
        },
        {trigger: ".o_crm_search_item.active:contains(Romashka)"},
        {
            trigger: ".o_crm_search input",
            run: ({anchor}) => press(anchor, "Enter"),
        },
        {
            content: "Enter opened the customer, the box is closed",
            trigger: ".o_form_view .o_field_widget[name='name'] :value(Romashka LLC)",
        },
        {trigger: "body:not(:has(.o_crm_search))"},
        {
            content: "Esc closes",
            trigger: ".o_crm_search_toggle",
            run: "click",
        },
        {
            trigger: ".o_crm_search input",
            run: ({anchor}) => press(anchor, "Escape"),
        },
        {trigger: "body:not(:has(.o_crm_search))"},
    ],
});
