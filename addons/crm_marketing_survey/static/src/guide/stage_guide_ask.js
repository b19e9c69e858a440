import {StageGuide} from "@crm_relations/stage_guide/stage_guide";
import {patch} from "@web/core/utils/patch";
import {useService} from "@web/core/utils/hooks";

patch(StageGuide.prototype, {
    setup() {
        super.setup();
        this.action = useService("action");
    },
    /** The questions open in a new tab: the script stays in sight. */
    async askQuestionnaire() {
        const {record} = this.props;
        if (await record.save()) {
            const args = [[record.resId], this.state.guide.script.id];
            await this.action.doAction(
                await this.orm.call("crm.lead", "ask_by_script", args),
            );
        }
    },
});
