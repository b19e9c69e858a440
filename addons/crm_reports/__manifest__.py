{
    "name": "CRM Reports",
    "summary": "How fast customers get an answer, and how many contacts a day there are",
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
        "views/crm_response_report_views.xml",
        "views/crm_reports_menus.xml",
    ],
    "demo": [
        "demo/crm_reports_demo.xml",
    ],
}
