import {registry} from "@web/core/registry";

/** Answers when ``check`` holds; else the tour fails with the message. */
function expectThat(check, message) {
    if (!check) {
        throw new Error(message);
    }
}

/** As if Alt and the keys were pressed. */
function pressHotkey(keysPressed) {
    const key = keysPressed.split("+").pop();
    const init = {key, altKey: true, shiftKey: true, bubbles: true};
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", init));
}

const keys = (list) =>
    [...document.querySelectorAll(list)].map((row) => row.dataset.kind);

registry.category("web_tour.tours").add("crm_card", {
    steps: () => [
        {
            content: "the head says who spoke last and what comes next",
            trigger: ".o_crm_card_head .o_crm_card_cell:contains(Phone Call)",
        },
        {trigger: ".o_crm_card_head .o_crm_card_cell:contains(Ask about tyres)"},
        {
            content:
                "everything is in one stream, and the chatter's own history is gone",
            trigger: ".o_crm_timeline .o_crm_timeline_item[data-kind='call']",
            run() {
                expectThat(
                    !document.querySelector(".o-mail-Chatter .o-mail-Thread"),
                    "the chatter still shows its history",
                );
                expectThat(
                    document.querySelectorAll(".o-mail-ActivityList").length === 0,
                    "planned activities are shown twice",
                );
                const kinds = new Set(keys(".o_crm_timeline_item"));
                for (const kind of ["call", "note", "order", "deal"]) {
                    expectThat(kinds.has(kind), `no ${kind} in the stream`);
                }
            },
        },
        {trigger: ".o-mail-Chatter-sendMessage"},
        {
            trigger:
                ".o_crm_timeline_planned .o-mail-Activity:contains(Send the price list)",
        },
        {
            content: "the keyboard: from row to row, Enter opens in place",
            trigger: ".o_crm_timeline_row[tabindex='0']",
            run({anchor}) {
                anchor.focus();
                anchor.dispatchEvent(
                    new KeyboardEvent("keydown", {key: "ArrowDown", bubbles: true}),
                );
                expectThat(
                    document.activeElement !== anchor,
                    "ArrowDown does not move",
                );
                expectThat(
                    document.activeElement.classList.contains("o_crm_timeline_row"),
                    "the focus left the list",
                );
            },
        },
        {
            trigger:
                ".o_crm_timeline_item[data-kind='note']:contains(Prefers mornings) .o_crm_timeline_row",
            run({anchor}) {
                anchor.focus();
                anchor.dispatchEvent(
                    new KeyboardEvent("keydown", {key: "Enter", bubbles: true}),
                );
            },
        },
        {trigger: ".o_crm_timeline_body .o-mail-Message:contains(Prefers mornings)"},
        {
            content: "filter: calls only",
            trigger: ".o_crm_timeline_filter button[data-kind='call']",
            run: "click",
        },
        {
            trigger:
                ".o_crm_timeline_filter button[data-kind='call'][aria-pressed='true']",
        },
        {
            trigger:
                ".o_crm_timeline:not(:has([data-kind='note'].o_crm_timeline_item)) .o_crm_timeline_item",
            run() {
                const kinds = new Set(keys(".o_crm_timeline_item"));
                expectThat(
                    kinds.size === 1 && kinds.has("call"),
                    "the filter lets others in",
                );
            },
        },
        {
            content: "older rows come when the end of the list comes into view",
            trigger: ".o_crm_timeline_older",
            run: ({anchor}) => anchor.scrollIntoView(),
        },
        {trigger: ".o_crm_timeline_item:contains(Talk no. 0)"},
        {
            content: "all again",
            trigger: ".o_crm_timeline_filter button:contains(All)",
            run: "click",
        },
        {
            content: "a note appears in the stream at once",
            trigger: ".o_crm_timeline_item[data-kind='order']",
        },
        {trigger: ".o-mail-Chatter-logNote", run: "click"},
        {trigger: ".o-mail-Composer-input", run: "edit Wants the blue ones"},
        {trigger: ".o-mail-Composer-send:enabled", run: "click"},
        {
            trigger:
                ".o_crm_timeline_item[data-kind='note']:contains(Wants the blue ones)",
        },
        {
            content: "the quick form by its key, the channel has the focus",
            trigger: ".o_crm_log_contact",
            run() {
                pressHotkey("shift+l");
            },
        },
        {
            trigger: ".modal .o_field_widget[name='channel_id'] input:focus:checked",
        },
        {
            trigger: ".modal .o_field_widget[name='note'] textarea",
            run: "edit Blue, matt",
        },
        {
            content: "Enter in a line saves",
            trigger: ".modal .o_field_widget[name='subject'] input",
            run: "edit Rang about the colour && press Enter",
        },
        {
            content:
                "the call is in the stream at once, and its note not a second time",
            trigger:
                ".o_crm_timeline_item[data-kind='call']:contains(Rang about the colour)",
            run() {
                const notes = [...document.querySelectorAll("[data-kind='note']")];
                expectThat(
                    !notes.some((note) => note.textContent.includes("Blue, matt")),
                    "the note of the call is shown twice",
                );
            },
        },
        {
            trigger:
                ".o_crm_timeline_item:contains(Rang about the colour) .o_crm_timeline_row",
            run: "click",
        },
        {trigger: ".o_crm_timeline_body .o-mail-Message:contains(Blue, matt)"},
        {
            content: "a promise is kept on the card itself",
            trigger:
                ".o_crm_card_promises .o_crm_card_item:contains(Pay the rest) button[aria-label='Kept']",
            run: "click",
        },
        {
            trigger:
                ".o_crm_card_promises:contains(Nothing promised):not(:contains(Pay the rest))",
        },
        {
            content: "things, consent and acquaintances have their lines",
            trigger: ".o_crm_card_assets .o_crm_card_chip:contains(Volkswagen)",
        },
        {trigger: ".o_crm_card_consent:contains(Refused: Call)"},
        {trigger: ".o_crm_card_acquaintances:contains(Lotus)"},
        {
            content: "he says how he wants to pay",
            trigger: ".o_crm_card_prefers button",
            run: "click",
        },
        {
            trigger:
                ".modal .o_field_widget[name='crm_preferred_payment'] input:not(:disabled)",
            run: "edit Cash on delivery",
        },
        {trigger: ".modal .o_form_button_save", run: "click"},
        {trigger: ".o_crm_card_prefers:contains(Cash on delivery)"},
        {
            content: "a click on the number leaves for the telephone …",
            trigger: ".o_field_widget[name='phone'] a[href^='tel:']:not(:visible)",
            run({anchor}) {
                // the browser of the test has no telephone
                document.addEventListener("click", (ev) => {
                    if (ev.target.closest("a[href^='tel:']")) {
                        ev.preventDefault();
                    }
                });
                anchor.click();
            },
        },
        {
            content: "he refused calls: who calls all the same decides it himself",
            trigger: ".modal:contains('Call now?'):contains('does not want')",
        },
        {
            trigger: ".modal .btn-primary:contains('Call all the same')",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
            run() {
                window.dispatchEvent(new Event("blur"));
                window.dispatchEvent(new Event("focus"));
            },
        },
        {
            content: "… and on return the outcome is asked, the number filled in",
            trigger:
                ".modal .o_field_widget[name='number'] input:value('+380671234567')",
        },
        {
            trigger: ".modal .o_field_widget[name='partner_id'] input:value(Romashka)",
        },
        {
            trigger: ".modal .o_field_widget[name='subject'] input",
            run: "edit He calls back && press Enter",
        },
        {trigger: ".o_crm_timeline_item[data-kind='call']:contains(He calls back)"},
        {
            content:
                "he refused letters too: the address asks before it opens the mailer",
            trigger: ".o_field_widget[name='email'] a[href^='mailto:']:not(:visible)",
            run: ({anchor}) => anchor.click(),
        },
        {trigger: ".modal:contains('Write now?'):contains('does not want')"},
        {
            trigger: ".modal .btn-secondary:contains('Do not write')",
            run: "click",
        },
        {
            content: "a row without a body leads to its document",
            trigger: ".o_crm_timeline_item[data-kind='deal'] .o_crm_timeline_row",
            run: "click",
        },
        {trigger: ".o_form_view .o_field_widget[name='expected_revenue']"},
    ],
});
