{
    "name": "CRM Relations: Surveys",
    "summary": "An alarm when a customer answers a survey badly",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Departments",
    "license": "LGPL-3",
    "depends": ["crm_relations", "survey"],
    "auto_install": True,
    "data": ["data/crm_alarm_rule_data.xml"],
}
