import {CrmCardHead} from "@crm_relations/card/crm_card_head";
import {_t} from "@web/core/l10n/translation";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {patch} from "@web/core/utils/patch";

patch(CrmCardHead.prototype, {
    get npsAt() {
        return deserializeDateTime(this.head.nps.at).toLocaleString({
            day: "numeric",
            month: "short",
            year: "numeric",
        });
    },
    openOpinions() {
        return this.openList(
            _t("What he answered"),
            "crm.survey.score",
            [["customer_id", "=", this.head.customer_id]],
            {},
            ["list"],
        );
    },
});
