{
    "name": "CRM Call Centre: Questionnaires",
    "summary": "Agents ask while they speak with the customer",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Departments",
    "license": "LGPL-3",
    "depends": ["crm_callcenter", "crm_marketing_survey"],
    "auto_install": True,
    "data": ["security/ir.model.access.csv", "views/crm_interaction_views.xml"],
}
