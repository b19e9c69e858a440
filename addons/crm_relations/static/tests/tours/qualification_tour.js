import {registry} from "@web/core/registry";

const answer = (question) => `.o_qualification_answer:contains("${question}")`;

/** Press a key as if nobody was typing in a field. */
function press(key) {
    return () => {
        document.activeElement?.blur();
        document.body.dispatchEvent(
            new KeyboardEvent("keydown", {key, code: `Digit${key}`, bubbles: true}),
        );
    };
}

registry.category("web_tour.tours").add("crm_relations_qualification", {
    steps: () => [
        {
            content: "the questions are on the lead, nothing is known yet",
            trigger: `${answer("Near us?")} button[data-answer=yes]:not(.active)`,
        },
        {
            trigger:
                ".o_field_widget[name=qualification_verdict]:contains('Not known yet')",
        },
        {
            content: "a must-have answered wrong is seen at once",
            trigger: `${answer("Near us?")} button[data-answer=no]`,
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=qualification_verdict]:contains('Does not fit')",
        },
        {
            trigger: `${answer("Near us?")} button[data-answer=yes]`,
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=qualification_score]:contains('20')",
        },
        {
            trigger: `${answer("What does it need?")} button:contains("Repair")`,
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=qualification_score]:contains('50')",
        },
        {
            content: "an amount",
            trigger: `${answer("Budget?")} input`,
            run: "edit 2000 && press Tab",
        },
        {
            content: "the score is there before anything is saved",
            trigger: ".o_field_widget[name=qualification_score]:contains('70')",
        },
        {
            trigger: ".o_field_widget[name=qualification_verdict]:contains('Fits')",
        },
        {
            content: "3 rejects",
            trigger: ".o_qualification_key_3",
            run: press("3"),
        },
        {
            trigger: ".modal .o_radio_item:contains('Wrong region') input",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=words] input",
            run: "edit Moved to Lviv",
        },
        {
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "rejected, not lost; restored",
            trigger: "body:not(:has(.modal)) .ribbon:contains('Rejected')",
        },
        {
            trigger: "button[name=action_restore]",
            run: "click",
        },
        {
            content: "2 puts aside",
            trigger: "body:not(:has(.ribbon)) .o_qualification_key_2",
            run: press("2"),
        },
        {
            trigger: ".modal .o_field_widget[name=words] input",
            run: "edit Call before the frost",
        },
        {
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .ribbon:contains('Nurture')",
        },
        {
            trigger: "button[name=action_restore]",
            run: "click",
        },
        {
            content: "1 qualifies: a deal with its customer",
            trigger: "body:not(:has(.ribbon)) .o_qualification_key_1",
            run: press("1"),
        },
        {
            trigger: ".o_form_view:has(.o_statusbar_status .o_arrow_button_current)",
        },
        {
            trigger:
                ".o_field_widget[name=partner_id]:contains('Taras Melnyk'), .o_field_widget[name=partner_id] input:value('Taras Melnyk')",
        },
        {
            trigger: ".nav-link[name=qualification_history]",
            run: "click",
        },
        {
            content: "the deal knows what was decided before",
            trigger:
                ".o_field_widget[name=qualification_decision_ids] .o_data_row:contains('Moved to Lviv')",
        },
    ],
});
