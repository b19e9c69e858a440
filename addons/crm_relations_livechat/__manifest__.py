{
    "name": "CRM Relations: Live Chat",
    "summary": "Chats with visitors of the web site in the ledger of contacts",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Departments",
    "license": "LGPL-3",
    "depends": ["crm_relations", "im_livechat"],
    "data": ["views/im_livechat_channel_views.xml"],
    "auto_install": True,
}
