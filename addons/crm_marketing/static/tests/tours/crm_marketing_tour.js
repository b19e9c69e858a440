import {registry} from "@web/core/registry";

/* The marketer's way in four parts; between them the accountant posts a bill, the queues
   run, a letter is sent and answered (tests/test_marketing_tour.py). */

const tours = registry.category("web_tour.tours");

const SPEND = `Day;Campaign;Ad;Clicks;Impressions;Cost
03.03.2026;Tour tyres;red;40;4000;200
04.03.2026;Tour tyres;blue;20;2000;100
`;

/** The row of a model in the campaign's table, with these words in it. */
const model = (name, ...words) =>
    `.o_crm_campaign_return tbody tr:has(td:first-child:contains(/^${name}$/))` +
    words.map((word) => `:contains(${word})`).join("");

/** A condition's dialog: its kind is chosen by its words. */
const condition = (kind) => [
    {
        trigger: ".modal .o_field_widget[name=kind] input",
        run: "click",
    },
    {
        content: `they ${kind}`,
        trigger: `.o_select_menu_item:contains(${kind})`,
        run: "click",
    },
];

tours.add("crm_marketing_spend", {
    steps: () => [
        {
            content: "import a file of the advertising service",
            trigger: ".o_control_panel button:contains(Import)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=file]",
            run({anchor}) {
                const transfer = new window.DataTransfer();
                transfer.items.add(new File([SPEND], "spring.csv", {type: "text/csv"}));
                const input = anchor.querySelector("input[type=file]");
                input.files = transfer.files;
                input.dispatchEvent(new Event("change", {bubbles: true}));
            },
        },
        {
            content:
                "its columns are known by their names, and what it would do is shown",
            trigger:
                ".modal .o_field_widget[name=preview]:contains(2 lines):contains(300)",
        },
        {
            trigger: ".modal .o_field_widget[name=service] input",
            run: "edit Tour ads",
        },
        {
            trigger: ".modal button[name=action_import]",
            run: "click",
        },
        {
            trigger:
                "body:not(:has(.modal)) .o_form_view .o_field_widget[name=spend_ids] .o_data_row:contains(red)",
        },
        {
            trigger: ".o_field_widget[name=new_count]:contains(2)",
        },
    ],
});

tours.add("crm_marketing_romi", {
    steps: () => [
        {
            content: "the bill stands for the imported spend: nothing is provisional",
            trigger:
                ".o_crm_campaign_return:not(:contains(provisional)) button:contains(Spent):contains(400)",
        },
        {
            content: "three models side by side, and the invoice's own campaign",
            trigger: model("Own origin", "1,000", "960", "140 %"),
        },
        {
            content: "the radio was heard first",
            trigger: model("First touch", "-100 %"),
        },
        {trigger: model("Last touch", "1,000", "140 %")},
        {trigger: model("Linear", "500", "480", "20 %")},
        {
            trigger: ".o_crm_campaign_return:contains(none of them proves)",
        },
        {
            content: "what it cost opens",
            trigger: ".o_crm_campaign_return button:contains(Spent)",
            run: "click",
        },
        {trigger: ".o_list_view, .o_pivot_view"},
    ],
});

tours.add("crm_marketing_segment", {
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger:
                ".o_form_view .o_field_widget[name=name] input, .o_form_view [name=name] textarea",
            run: "edit Red Volkswagen, due a visit",
        },
        {
            trigger: ".o_field_widget[name=block_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        ...condition("have an asset"),
        {
            trigger: ".modal .o_field_widget[name=asset_words] input",
            run: "edit red Volkswagen",
        },
        {
            trigger: ".modal .o_form_button_save_new",
            run: "click",
        },
        {
            content: "the next condition",
            trigger:
                ".modal:not(:has([name=asset_words] input:value(red Volkswagen))) .o_field_widget[name=kind]",
        },
        ...condition("stay away longer than usual"),
        {
            content: "one and a half of his own intervals is what is proposed",
            trigger: ".modal .o_field_widget[name=intervals] input:value(/^1.5/)",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "how many is seen before anything is saved",
            trigger:
                "body:not(:has(.modal)) .o_field_widget[name=preview_count]:contains(/^24$/)",
        },
        {
            trigger: ".o_field_widget[name=sample_ids]:contains(Driver 00)",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved button[name=action_refresh]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=size]:contains(24)",
        },
        {
            content: "who they are",
            trigger: "button[name=action_portrait]",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=portrait_words]:contains(more often: City Odesa)",
        },
        {
            content: "a letter to them",
            trigger: "button[name=action_mail]",
            run: "click",
        },
        {
            trigger:
                ".o_mass_mailing_mailing_form .o_field_widget[name=subject] input, .o_mass_mailing_mailing_form [name=subject] textarea",
            run: "edit Is your Volkswagen well?",
        },
        {
            trigger:
                ".o_field_widget[name=crm_segment_id] input:value(Red Volkswagen, due a visit)",
        },
        {
            trigger: ".o_mailing_template_preview_wrapper [data-name=basic]",
            run: "click",
        },
        {
            trigger: "html:not(:has(.o_mailing_template_preview_wrapper))",
        },
        {
            trigger: ".nav-link[name=settings]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=campaign_id] input",
            run: "edit Tour tyres",
        },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains(/^Tour tyres$/)",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved button[name=action_launch]",
            run: "click",
        },
        {
            trigger: ".modal button:contains(Send to all)",
            run: "click",
        },
        {
            trigger:
                "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current[data-value=in_queue]",
        },
    ],
});

tours.add("crm_marketing_moved", {
    steps: () => [
        {
            content: "the answer was a lead, qualified, a deal",
            trigger:
                ".o_crm_campaign_chain:contains(1):contains(Leads):contains(Qualified):contains(Deals)",
        },
        {
            content: "and its money is the campaign's",
            trigger: model("Own origin", "1,500", "1,420", "255 %"),
        },
        {trigger: model("First touch", "500", "15 %")},
        {trigger: model("Last touch", "1,500")},
        {trigger: model("Linear", "1,000", "135 %")},
    ],
});
