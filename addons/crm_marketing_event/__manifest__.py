{
    "name": "CRM Marketing: Events",
    "summary": "Visits to our events in the ledger of contacts",
    "version": "19.0.1.0.0",
    "category": "Marketing",
    "author": "CRM Departments",
    "license": "LGPL-3",
    "depends": ["crm_marketing", "event"],
    "auto_install": True,
    "demo": ["demo/crm_event_demo.xml"],
}
