import {
    RottingStatusBarDurationField,
    rottingStatusBarDurationField,
} from "@mail/js/rotting_mixin/rotting_statusbar";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {showMissing} from "./show_missing";
import {StageHoldDialog} from "./stage_hold_dialog";

/** The host's stage bar, which asks for the checks of a stage before it is left. */
export class StageBarField extends RottingStatusBarDurationField {
    setup() {
        super.setup();
        this.orm = useService("orm");
        this.dialog = useService("dialog");
    }

    async selectItem(item) {
        const {record} = this.props;
        // what was typed counts for the checks, and is kept whatever they say
        if (!(await record.save())) {
            return;
        }
        const move = await this.orm.call("crm.lead", "get_stage_move", [
            [record.resId],
            item.value,
        ]);
        if (!move.todo.length) {
            return super.selectItem(item);
        }
        this.dialog.add(StageHoldDialog, {
            leadName: record.data.display_name || record.data.name || "",
            stageName: item.label,
            todo: move.todo,
            mayOverride: move.may_override,
            onShow: showMissing,
            onOverride: async (reason) => {
                await this.orm.call("crm.lead", "move_in_spite_of_checks", [
                    [record.resId],
                    item.value,
                    reason,
                ]);
                await record.load();
            },
        });
    }
}

registry.category("fields").add("crm_stage_bar", {
    ...rottingStatusBarDurationField,
    component: StageBarField,
    // the host lays the stages out in a row by this class
    additionalClasses: [
        ...(rottingStatusBarDurationField.additionalClasses || []),
        "o_field_rotting_statusbar_duration",
    ],
});
