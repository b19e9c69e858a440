{
    "name": "CRM Marketing",
    "summary": "What each source, medium and campaign brought: contacts, leads, deals, money",
    "version": "19.0.1.0.0",
    "category": "Marketing",
    "author": "CRM Departments",
    "license": "LGPL-3",
    "application": True,
    "depends": ["crm_relations", "mass_mailing"],
    "uninstall_hook": "uninstall_hook",
    "data": [
        "security/ir.model.access.csv",
        "security/ir_rule.xml",
        "security/crm_touch_rule.xml",
        "views/crm_touch_site_views.xml",
        "views/crm_touch_views.xml",
        "views/crm_campaign_report_views.xml",
        "views/crm_marketing_menus.xml",
    ],
    "demo": [
        "demo/crm_marketing_demo.xml",
    ],
}
