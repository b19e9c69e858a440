import {Chatter} from "@mail/chatter/web_portal/chatter";
import {useState} from "@odoo/owl";
import {useService} from "@web/core/utils/hooks";
import {patch} from "@web/core/utils/patch";

import {useCrmCard} from "./crm_card_hook";
import {CrmTimeline} from "./crm_timeline";

Object.assign(Chatter.components, {CrmTimeline});

/**
 * On a customer's form the timeline stands in the place of the message history and of
 * the planned activities: nothing is shown twice. The composer stays.
 */
patch(Chatter.prototype, {
    setup() {
        super.setup(...arguments);
        this.crmCard = useService("crm_card");
        this.crmAction = useService("action");
        this.crmOrm = useService("orm");
        this.crmContact = useState({warning: ""});
        this.crmHolder = useCrmCard(
            this.props,
            (props) => props.threadModel === "res.partner" && props.threadId,
        );
    },

    get showsCrmTimeline() {
        return (
            this.props.threadModel === "res.partner" && Boolean(this.state.thread?.id)
        );
    },

    /** Also on a lead or deal: three keys, and the contact is in the ledger. */
    get canCrmLogContact() {
        if (this.props.threadModel === "crm.lead") {
            return Boolean(this.state.thread?.id);
        }
        return this.showsCrmTimeline && Boolean(this.crmHolder.card?.head?.can_log);
    },

    toggleComposer(mode = false) {
        if (mode === "message") {
            this.crmAskGate();
        }
        return super.toggleComposer(...arguments);
    },

    /** Who begins a letter reads what speaks against it; he decides himself. */
    async crmAskGate() {
        this.crmContact.warning = "";
        const {thread} = this.state;
        if (!["res.partner", "crm.lead"].includes(thread?.model) || !thread.id) {
            return;
        }
        const warning = await this.crmOrm.silent.call(
            "crm.consent",
            "get_contact_warning",
            [thread.model, thread.id, "email"],
        );
        if (thread.eq(this.state.thread)) {
            this.crmContact.warning = warning;
        }
    },

    /** The quick form: a call or visit that no machine has noted. */
    crmLogContact() {
        const {card} = this.crmHolder;
        if (!card) {
            return this.crmAction.doAction("crm_relations.crm_interaction_log_action", {
                additionalContext: {default_lead_id: this.state.thread.id},
                onClose: () => this.reloadParentView(),
            });
        }
        return this.crmAction.doAction(
            "crm_relations.crm_interaction_log_action_partner",
            {
                additionalContext: {default_partner_id: card.partnerId},
                onClose: () => card.load(),
            },
        );
    },

    /** The history is not fetched; what would have changed it refreshes the timeline. */
    async load(thread, requestList) {
        if (thread?.model !== "res.partner") {
            return super.load(...arguments);
        }
        const isChange = requestList.includes("messages");
        await super.load(
            thread,
            requestList.filter((name) => name !== "messages"),
        );
        if (isChange || this.crmLoadedId === thread.id) {
            await this.crmCard.refresh(thread.id);
        }
        this.crmLoadedId = thread.id;
    },
});
