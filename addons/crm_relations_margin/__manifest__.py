{
    "name": "CRM Relations: Margin",
    "summary": "Margins of orders for those who may see margins; the order's cost in profit",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Departments",
    "license": "LGPL-3",
    "depends": ["crm_relations", "sale_margin"],
    "data": ["views/sale_order_views.xml"],
    "auto_install": True,
}
