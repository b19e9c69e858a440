import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_loyalty_portal", {
    url: "/my",
    steps: () => [
        {
            content: "The portal leads to points and level",
            trigger: "a[href='/my/loyalty']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Points, and what they can be spent on",
            trigger: ".o_crm_points .display-6:contains('250')",
        },
        {
            content: "The lot that expires first is told first",
            trigger: ".o_crm_lots li:first-child:contains('50'):contains('until')",
        },
        {
            content: "The other has no end",
            trigger: ".o_crm_lots li:last-child:contains('200'):contains('expire')",
        },
        {
            content: "The level, and the way to the next",
            trigger: ".o_crm_level_part .display-6:contains('Silver')",
        },
        {
            content: "How far it is",
            trigger: ".o_crm_level_part:contains('4,000'):contains('Gold')",
        },
        {
            content: "The link for friends",
            trigger: ".o_crm_friends input[value*='/crm/friend/']",
        },
        {
            content: "What a friend brought",
            trigger: ".o_crm_friends li:contains('Friend'):contains('100')",
        },
        {
            content: "News are not wanted any more",
            trigger: ".o_crm_consent input[name=purpose]:checked:first",
            run: "click",
        },
        {
            trigger: ".o_crm_consent button:contains('Save my choice')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Saved, on the same page",
            trigger: ".o_crm_loyalty .alert-success",
        },
        {
            content: "Nothing else was changed by it",
            trigger: ".o_crm_points .display-6:contains('250')",
        },
    ],
});
