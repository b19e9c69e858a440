{
    "name": "CRM Call Centre",
    "summary": "Who waits for an answer, longest first, in every channel",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Departments",
    "license": "LGPL-3",
    "application": True,
    "depends": ["crm_relations"],
    "uninstall_hook": "uninstall_hook",
    "data": [
        "security/res_groups.xml",
        "security/ir.model.access.csv",
        "security/ir_rule.xml",
        "views/crm_interaction_views.xml",
        "views/crm_callcenter_menus.xml",
    ],
    "demo": [
        "demo/crm_callcenter_demo.xml",
    ],
}
