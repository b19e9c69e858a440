import {reactive} from "@odoo/owl";
import {registry} from "@web/core/registry";

/**
 * What the head and the timeline of one customer's form share: both ask for the same
 * card, one call to the server answers both.
 */
class CrmCard {
    constructor(orm, partnerId) {
        this.orm = orm;
        this.partnerId = partnerId;
        this.users = 0;
        this.request = 0;
        this.status = "loading"; // loading, ready, more, error
        this.head = null;
        this.items = [];
        this.planned = [];
        this.kinds = [];
        this.chosen = [];
        this.cursor = false;
    }

    async load() {
        const request = ++this.request;
        this.status = "loading";
        try {
            const result = await this.call({});
            if (request !== this.request) {
                return; // a newer question was asked meanwhile
            }
            Object.assign(this, result, {status: "ready"});
        } catch (error) {
            if (request === this.request) {
                this.status = "error";
            }
            throw error;
        }
    }

    async loadMore() {
        if (this.status !== "ready" || !this.cursor) {
            return;
        }
        const request = ++this.request;
        this.status = "more";
        try {
            const {items, cursor} = await this.call({before: this.cursor});
            if (request !== this.request) {
                return;
            }
            this.items.push(...items);
            this.cursor = cursor;
            this.status = "ready";
        } catch (error) {
            if (request === this.request) {
                this.status = "error";
            }
            throw error;
        }
    }

    toggleKind(code) {
        const chosen = this.chosen.filter((kind) => kind !== code);
        this.chosen = chosen.length < this.chosen.length ? chosen : [...chosen, code];
        return this.load();
    }

    showAll() {
        this.chosen = [];
        return this.load();
    }

    call(options) {
        return this.orm.silent.call("crm.timeline", "load_card", [this.partnerId], {
            kinds: this.chosen,
            ...options,
        });
    }
}

export const crmCardService = {
    dependencies: ["orm"],
    start(env, {orm}) {
        const cards = new Map(); // partner id -> CrmCard, as long as a component shows it
        // a call logged on return belongs to the stream at once
        env.bus.addEventListener("CRM-CONTACT-LOGGED", ({detail}) =>
            cards.get(detail.default_partner_id)?.load(),
        );
        return {
            acquire(partnerId) {
                let card = cards.get(partnerId);
                if (!card) {
                    card = reactive(new CrmCard(orm, partnerId));
                    cards.set(partnerId, card);
                    card.load();
                }
                card.users++;
                return card;
            },
            release(card) {
                card.users--;
                if (!card.users) {
                    cards.delete(card.partnerId);
                }
            },
            refresh(partnerId) {
                return cards.get(partnerId)?.load();
            },
        };
    },
};

registry.category("services").add("crm_card", crmCardService);
