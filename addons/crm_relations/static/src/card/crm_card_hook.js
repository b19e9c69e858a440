import {onWillDestroy, onWillUpdateProps, useState} from "@odoo/owl";
import {useService} from "@web/core/utils/hooks";

/**
 * The card of the partner that ``getPartnerId(props)`` names, shared by all who use it.
 *
 * @param {Object} props first props of the component
 * @param {(props: Object) => number|false} getPartnerId
 * @returns {{card: Object|null}} reactive holder
 */
export function useCrmCard(props, getPartnerId) {
    const service = useService("crm_card");
    const holder = useState({card: null});
    const follow = (partnerId) => {
        if (holder.card?.partnerId === partnerId) {
            return;
        }
        const old = holder.card;
        holder.card = partnerId ? service.acquire(partnerId) : null;
        if (old) {
            service.release(old);
        }
    };
    follow(getPartnerId(props));
    onWillUpdateProps((nextProps) => follow(getPartnerId(nextProps)));
    onWillDestroy(() => follow(false));
    return holder;
}
