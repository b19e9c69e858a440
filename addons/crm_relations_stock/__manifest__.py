{
    "name": "CRM Relations with Stock",
    "summary": "Free stock on the deal, delivery asked or done, who sells on the transfer",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Departments",
    "license": "LGPL-3",
    "depends": ["crm_relations", "sale_stock"],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
    "data": [
        "data/mail_activity_type_data.xml",
        "data/crm_alarm_rule_data.xml",
        "views/crm_lead_views.xml",
        "views/sale_order_views.xml",
        "views/stock_picking_views.xml",
        "views/stock_warehouse_views.xml",
    ],
    "demo": ["demo/crm_relations_stock_demo.xml"],
    "assets": {
        "web.assets_tests": ["crm_relations_stock/static/tests/tours/*"],
    },
}
